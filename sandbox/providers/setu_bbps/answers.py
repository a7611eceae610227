"""The two shapes of every answer: data, or an error with a code."""

from typing import Any

from sandbox.providers.setu_bbps.india import letters
from sandbox.stand.message import Reply, json_reply

INVALID = "validation-error"
NOT_FOUND = "not-found"
UNHEARD_OF = "unheard-of"


class Refused(Exception):
    """The partner says no, before anything is performed."""

    def __init__(self, message: str, code: str = INVALID, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status


class Duplicate(Exception):
    """The paymentRefId is known, under this refId."""

    def __init__(self, ref_id: str) -> None:
        super().__init__(ref_id)
        self.ref_id = ref_id


def demand(holds: object, message: str) -> None:
    """Raises: Refused, unless it holds."""
    if not holds:
        raise Refused(message)


def answered(data: dict[str, Any]) -> Reply:
    return json_reply(200, {"success": True, "traceId": trace_id(), "data": data})


def refusal(refused: Refused) -> Reply:
    error = {"code": refused.code, "message": refused.message}
    return json_reply(refused.status, {"error": error, "success": False, "traceId": trace_id()})


def duplicate(known: Duplicate) -> Reply:
    """Odd but documented: 409 with `success` true, and the refId of the first request."""
    said = {"code": "duplicate-ref-id", "message": "paymentRefId has been used before", "refId": known.ref_id}
    data = {"duplicate": said, "refId": known.ref_id}
    return json_reply(409, {"data": data, "success": True, "traceId": trace_id()})


def trace_id() -> str:
    return letters(18)
