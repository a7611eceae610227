"""What a customer wants, read from a body and refused field by field."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.providers.lounge_booking.errors import Refused
from sandbox.providers.lounge_booking.tiers import TIERS
from sandbox.stand.message import json_object
from sandbox.stand.people import check_digit

_REFERENCE = re.compile(r"[0-9A-Za-z_-]{1,64}")
_DOCUMENT = re.compile(r"[0-9]{17}[0-9X]")
_MOST_GUESTS = 9


@dataclass(frozen=True, slots=True)
class Customer:
    """Who visits, and the tier the bank says the customer has."""

    account: str
    tier: str


def content_of(body: bytes) -> dict[str, Any]:
    """Raises: Refused."""
    content = json_object(body)
    if content is None:
        raise Refused("INVALID_INPUT", "body")
    return content


def reference_of(content: dict[str, Any]) -> str:
    """Raises: Refused."""
    reference = content.get("client_reference")
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        raise Refused("INVALID_INPUT", "client_reference")
    return reference


def customer_of(content: dict[str, Any]) -> Customer:
    """Raises: Refused."""
    customer = content.get("customer")
    if not isinstance(customer, dict):
        raise Refused("INVALID_INPUT", "customer")
    if not isinstance(customer.get("name"), str) or not customer["name"]:
        raise Refused("INVALID_INPUT", "customer.name")
    account = customer.get("document_number")
    if customer.get("document_type") != "ID_CARD":
        raise Refused("INVALID_INPUT", "customer.document_type")
    if not isinstance(account, str) or not _DOCUMENT.fullmatch(account) or check_digit(account[:17]) != account[17]:
        raise Refused("INVALID_INPUT", "customer.document_number")
    if customer.get("tier") not in TIERS:
        raise Refused("INVALID_INPUT", "customer.tier")
    return Customer(account, customer["tier"])


def guests_of(content: dict[str, Any], default: int = 0) -> int:
    """Raises: Refused."""
    guests = content.get("guests", default)
    if not isinstance(guests, int) or isinstance(guests, bool) or not 0 <= guests <= _MOST_GUESTS:
        raise Refused("INVALID_INPUT", "guests")
    return guests
