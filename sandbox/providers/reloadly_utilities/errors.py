"""Errors in the documents' two shapes."""

from typing import Any

from sandbox.providers.reloadly_utilities.words import stamp
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.moment import now

_MESSAGES = {
    "INVALID_CREDENTIALS": (401, "Access Denied"),
    "INVALID_TOKEN": (401, "Full authentication is required to access this resource"),
    "INVALID_AMOUNT": (400, "The amount is not allowed for this biller"),
    "BILLER_NOT_FOUND": (400, "Biller not found"),
    "SUBSCRIBER_NOT_FOUND": (400, "The subscriber account number is not known to the biller"),
    "INSUFFICIENT_BALANCE": (400, "The wallet balance does not cover this payment"),
    "DUPLICATE_REFERENCE": (400, "The referenceId has been used before"),
    "UNHEARD_OF": (400, "Something nobody has heard of"),
}


class Refused(Exception):
    """The partner says no, with an errorCode."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def refusal(request: Request, code: str) -> Reply:
    status, message = _MESSAGES[code]
    return json_reply(
        status,
        {
            "timeStamp": stamp(now()),
            "message": message,
            "path": request.path,
            "errorCode": code,
            "infoLink": None,
            "details": [],
        },
    )


def plain(request: Request, status: int, error: str, **more: Any) -> Reply:
    """The shape the server itself uses, before the product has seen the request."""
    document = {"timeStamp": stamp(now()), "status": status, "error": error, "message": "No message available"}
    return json_reply(status, {**document, "path": request.path, **more})
