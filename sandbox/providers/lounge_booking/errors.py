"""Errors: an HTTP status and `{"Errors": {"Error": [one]}}`."""

from sandbox.stand.message import Reply, json_reply

_DESCRIPTIONS = {
    "INVALID_KEY": (401, "The API key is not known"),
    "INVALID_SIGNATURE": (401, "The request is not signed as it must be"),
    "REQUEST_EXPIRED": (401, "The time of the request is too far away, or its nonce was used before"),
    "INVALID_INPUT": (400, "A field is missing or not as it must be"),
    "NOT_FOUND": (404, "There is no such thing"),
    "NOT_ELIGIBLE": (422, "The customer's tier has no right to this"),
    "VISITS_USED_UP": (422, "The customer has used up all visits"),
    "SOLD_OUT": (422, "There are not enough places left"),
    "SLOT_OVER": (422, "The slot is over, or too far away"),
    "CHANGE_DEADLINE_PASSED": (422, "The booking can no longer be changed"),
    "CANCEL_DEADLINE_PASSED": (422, "The booking can no longer be cancelled"),
    "BOOKING_NOT_OPEN": (409, "The status of the booking does not allow it"),
    "DUPLICATE_REFERENCE": (409, "The client_reference has been used before"),
    "VOUCHER_NOT_YET": (409, "The voucher is given on the day of the visit"),
    "DECLINED": (422, "The venue declines"),
    "UNHEARD_OF": (422, "Something nobody has heard of"),
}


class Refused(Exception):
    """The partner says no, with a reason code; `source` is the field to blame, if there is one."""

    def __init__(self, code: str, source: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.source = source


def refusal(refused: Refused) -> Reply:
    status, description = _DESCRIPTIONS[refused.code]
    error = {
        "Source": refused.source,
        "ReasonCode": refused.code,
        "Description": description,
        "Recoverable": False,
        "Details": None,
    }
    return json_reply(status, {"Errors": {"Error": [error]}})
