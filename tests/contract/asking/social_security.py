"""Social security: cards, QR texts and transfers, each of a customer whom the partner never met."""

from secrets import token_hex

from tests.contract.asking.words import Body, Customer, Ordered, Questioned, area, asked, done
from tests.running import Running

SOCIAL = "/v1/social-security"
PURPOSE = "hospital"
INTO = {"served": "to_region", "other": "from_region"}
OUT_OF = {"served": "from_region", "other": "to_region"}


def here(_hub: Running, partner: str, _customer: Customer, _variant: Body | None = None) -> Body:
    """What most calls say: only where."""
    return {"region": area(partner)}


def with_card(hub: Running, partner: str, customer: Customer, _variant: Body | None = None) -> Body:
    """Where a card is that was issued just now."""
    body = here(hub, partner, customer)
    done(hub, f"{SOCIAL}/cards", body, token_hex(16), customer.consent(hub))
    return body


def qr_request(hub: Running, partner: str, customer: Customer) -> Body:
    return with_card(hub, partner, customer) | {"purpose": PURPOSE}


def scanned(hub: Running, partner: str, customer: Customer, _variant: Body) -> Body:
    """A QR text that nobody has used."""
    request = qr_request(hub, partner, customer)
    return request | {"token": asked(hub, f"{SOCIAL}/qr-tokens", request, customer.consent(hub))["token"]}


def certificate(hub: Running, partner: str, customer: Customer) -> Body:
    return here(hub, partner, customer) | {"insurance": "pension", "begins": "2025-01", "ends": "2025-12"}


def move(_hub: Running, partner: str, _customer: Customer, variant: Body) -> Body:
    """Into the area that is asked or out of it; nobody here serves the other end."""
    return {variant["served"]: area(partner), variant["other"]: "440100", "insurance": "pension"}


ORDERS: dict[str, Ordered] = {
    "social-security.issue_card": Ordered(body=here),
    "social-security.unlink_card": Ordered(body=with_card),
    "social-security.verify_qr": Ordered(body=scanned),
    "social-security.transfer": Ordered(body=move, variants=lambda *_: [INTO, OUT_OF]),
}
QUERIES: dict[str, Questioned] = {
    "social-security.find_card": here,
    "social-security.issue_qr": qr_request,
    "social-security.find_insurances": here,
    "social-security.find_pension_account": here,
    "social-security.estimate_pension": lambda *who: here(*who) | {"retires_at_age": 65},
    "social-security.certify_contributions": certificate,
}
