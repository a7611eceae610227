"""Errors in the document's two shapes; most business errors have no errorCode and are told apart by message alone."""

from typing import Any

from sandbox.providers.reloadly_giftcards.words import stamp
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.moment import now

_ERRORS: dict[str, tuple[int, str | None, str]] = {
    "client": (401, "INVALID_CREDENTIALS", "Access Denied"),
    "token": (401, "INVALID_TOKEN", "Full authentication is required to access this resource"),
    "price": (400, None, "Invalid price, please ensure you selected the right price."),
    "product": (
        400,
        None,
        "The product was either not found or is no longer available, Please contact support",
    ),
    "country": (404, "COUNTRY_NOT_SUPPORTED", "Country not found and/or not currently supported"),
    "rate": (500, "FX_RATE_NOT_AVAILABLE", "Fx rate is currently not available for this currency"),
    "cards": (404, None, "Invalid transaction id"),
    "transaction": (404, None, "Gift Card transaction not found."),
    "recipient": (400, "INVALID_RECIPIENT_PHONE", "Recipient phone number is not valid"),
    "requirements": (400, None, "The product requires a userId"),
    "malformed": (400, None, "The request body is not valid"),
    "balance": (400, "INSUFFICIENT_BALANCE", "The wallet balance does not cover this order"),
    "duplicate": (400, "DUPLICATE_IDENTIFIER", "The customIdentifier has been used before"),
    "unheard-of": (400, "UNHEARD_OF", "Something nobody has heard of"),
}


class Refused(Exception):
    """The partner says no, for one of the reasons above."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def refusal(request: Request, reason: str) -> Reply:
    status, code, message = _ERRORS[reason]
    document = {"timeStamp": stamp(now()), "message": message, "path": request.path}
    return json_reply(status, {**document, "errorCode": code, "infoLink": None, "details": []})


def plain(request: Request, status: int, error: str) -> Reply:
    """The shape the server itself uses, before the product has seen the request."""
    document: dict[str, Any] = {"timeStamp": stamp(now()), "status": status, "error": error}
    return json_reply(status, {**document, "message": "No message available", "path": request.path})
