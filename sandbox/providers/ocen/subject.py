"""Whom and what a request is about, read leniently: nothing has been verified yet."""

from typing import Any
from uuid import UUID

from sandbox.providers.ocen.case import Document
from sandbox.providers.ocen.loans import standing
from sandbox.stand.book import Page


def request_id(message: Document) -> str | None:
    """The requestId as it was sent, if it is a UUID."""
    metadata = message.get("metadata")
    given = metadata.get("requestId") if isinstance(metadata, dict) else None
    if not isinstance(given, str):
        return None
    try:
        UUID(given)
    except ValueError:
        return None
    return given


def about(message: Document, page: Page) -> dict[str, Any]:
    """The `account`, and the `requestId` that performed what is asked about, as far as they are known."""
    first = _first(message.get("loanApplications"))
    for holder in (first, message):
        if isinstance(holder, dict) and isinstance(borrower := holder.get("borrower"), dict):
            return {"account": _text(borrower.get("primaryId"))}
    if isinstance(payment := message.get("payment"), dict) and (found := page.find(f"payment:{payment.get('id')}")):
        return found[-1]
    application_id = message.get("loanApplicationId") or _first(message.get("loanApplicationIds"))
    if found := page.find(f"application:{application_id}"):
        return found[-1]
    loan_id = str(message.get("loanId"))
    found = page.find(f"loan:{loan_id}")
    return found[-1] if found else standing(loan_id) or {}


def _first(value: object) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.isprintable() else None
