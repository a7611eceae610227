"""Errors: an HTTP status and one `errors` object."""

from sandbox.stand.message import Reply, json_reply

_MESSAGES = {
    "UNAUTHORIZED": (401, "The API key is missing or not valid"),
    "INSUFFICIENT_FUNDS": (402, "The funding source does not cover this order"),
    "NOT_FOUND": (404, "Not found"),
    "DUPLICATE_EXTERNAL_ID": (409, "The external_id has been used before"),
    "INVALID": (422, "Validation failed"),
    "RECIPIENT_REJECTED": (422, "The recipient cannot be sent rewards"),
    "UNHEARD_OF": (422, "Something nobody has heard of"),
}


class Refused(Exception):
    """The partner says no, with a code; `fields` names what is wrong where, for INVALID."""

    def __init__(self, code: str, **fields: str) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


def invalid(field: str, message: str) -> Refused:
    return Refused("INVALID", **{field: message})


def refusal(refused: Refused) -> Reply:
    status, message = _MESSAGES[refused.code]
    return json_reply(status, {"errors": {"code": refused.code, "message": message, "payload": refused.fields}})
