"""Rights: one product of each way that a partner sells or books, for a customer whom no partner ever met."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from secrets import token_hex

from sandbox.providers.lounge_booking.places import venues
from sandbox.providers.lounge_booking.slots import CHINA, slot_of
from tests.contract.asking.words import MANIFESTS, Body, Customer, Ordered, Questioned, asked, done
from tests.running import Running

RIGHTS = "/v1/rights"
HOME = "CNY"
TIER = "platinum"
"""May visit a lounge with one guest, ride twice, and be checked once."""
WANTED: dict[str, list[Body]] = {
    "fulu": [
        {"name": "影视会员月卡"},
        {"name": "超市购物卡50元", "quantity": 2},
        {"name": "全国话费", "amount": "100.00"},
    ],
    "reloadly_giftcards": [
        {"name": "1-800-PetSupplies", "amount": "25.00", "quantity": 2},
        {"name": "Amazon Spain", "amount": "12.50"},
    ],
    "tremendous": [{"name": "Harbour Coffee 电子礼品卡", "amount": "50.00", "quantity": 2}],
}
"""A good that charges an account, one with cards, a mobile number; a fixed card, one of a range; a link."""


def products(hub: Running, partner: str, **search: str) -> list[Body]:
    """Everything that a partner has, page by page."""
    found: list[Body] = []
    cursor: dict[str, str] = {}
    while True:
        page = hub.app.get(f"{RIGHTS}/products", limit="200", **search, **cursor).raise_for_status().json()
        found += [product for product in page["items"] if product["partner"] == partner]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def product(hub: Running, partner: str, name: str) -> Body:
    return next(one for one in products(hub, partner) if one["name"] == name)


def wanted(hub: Running, partner: str) -> list[Body]:
    """One request for each way that a partner sells. Shape: as a quote is asked for."""
    assert partner in WANTED, f"tests/contract/asking/rights.py does not say what {partner} sells"
    shelf = {one["name"]: one for one in products(hub, partner)}
    return [piece_of(shelf[one["name"]], one.get("quantity", 1), one.get("amount")) for one in WANTED[partner]]


def piece_of(product: Body, quantity: int = 1, amount: str | None = None) -> Body:
    """Pieces of a product, at a face value where one is chosen."""
    face = {"face_value": {"amount": amount, "currency": product["currency"]}} if amount else {}
    return {"product_id": product["product_id"], "quantity": quantity, **face}


def priced(hub: Running, partner: str, pieces: Body) -> Body:
    """With the price guard: what it costs to the last 分, and abroad room for a text message."""
    if "quote" not in MANIFESTS[partner].offers["rights"]:
        face = pieces["face_value"]
        return pieces | {"max_total": face | {"amount": str(Decimal(face["amount"]) * pieces["quantity"])}}
    quote = asked(hub, f"{RIGHTS}/quotes", pieces)
    most = sum(Decimal(part["amount"]) for part in (quote["total"], quote["fee"]) if part)
    return pieces | {"max_total": quote["total"] | {"amount": str(most)}}


def purchase(hub: Running, partner: str, customer: Customer, pieces: Body) -> Body:
    return priced(hub, partner, pieces) | {"recipient": customer.mobile}


def charged(body: Body) -> Body:
    """What a ledger at home holds is the price; abroad, where a wallet in another currency pays, the face values."""
    if body["max_total"]["currency"] == HOME:
        return dict(body["max_total"])
    face = body["face_value"]
    return face | {"amount": str(Decimal(face["amount"]) * body["quantity"])}


def paid_at_home(result: Body) -> Body | None:
    return result["paid"] if result["paid"]["currency"] == HOME else None


def bookable(hub: Running, *, today: bool = False, skip: int = 0) -> Body:
    """A lounge and an hour with room for a guest, of today or of the day after tomorrow; `skip` passes over some."""
    now = datetime.now(CHINA)
    first = (now if today else now + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    hours = [first.replace(hour=hour) for hour in range(23, (now.hour if today else 0) - 1, -1)]
    named = {one["name"]: one["product_id"] for one in products(hub, "lounge_booking", kind="lounge")}
    for venue in venues().values():
        for hour in hours if venue.name in named else []:
            free = slot_of(f"{venue.venue_id}:{hour:%Y%m%d%H}").places_left > 1
            if free and not skip:
                return {"product_id": named[venue.name], "starts_at": hour.astimezone(UTC).isoformat(), "tier": TIER}
            skip -= free
    raise LookupError("every lounge is full")


def booking(hub: Running, _partner: str, _customer: Customer, _variant: Body | None = None) -> Body:
    return bookable(hub) | {"guests": 1}


def booked(hub: Running, customer: Customer, *, today: bool = False) -> Body:
    """A booking that stands: its order."""
    body = bookable(hub, today=today)
    return done(hub, f"{RIGHTS}/bookings", body, token_hex(16), customer.consent(hub))


def change(hub: Running, _partner: str, customer: Customer, _variant: Body) -> Body:
    """To the next hour of the same lounge that has room."""
    return {"booking": booked(hub, customer)["order_id"], "starts_at": bookable(hub, skip=1)["starts_at"]}


def cancellation(hub: Running, _partner: str, customer: Customer, _variant: Body) -> Body:
    return {"reverses": booked(hub, customer)["order_id"]}


def shown(hub: Running, _partner: str, customer: Customer) -> Body:
    """A booking of today: it has a pass."""
    return {"booking": booked(hub, customer, today=True)["order_id"]}


def used(hub: Running, _partner: str, customer: Customer) -> Body:
    return {"order": booked(hub, customer)["order_id"]}


ORDERS: dict[str, Ordered] = {
    "rights.buy": Ordered(body=purchase, variants=wanted, money=charged, reported=paid_at_home),
    "rights.book": Ordered(body=booking),
    "rights.change_booking": Ordered(body=change),
    "rights.cancel_booking": Ordered(body=cancellation),
}
QUERIES: dict[str, Questioned] = {
    "rights.list_products": lambda *_: {},
    "rights.list_offers": lambda *_: {"region": "310000"},
    "rights.check_eligibility": lambda hub, *_: {"product_id": bookable(hub)["product_id"], "tier": TIER},
    "rights.quote": lambda hub, partner, _: wanted(hub, partner)[0],
    "rights.issue_pass": shown,
    "rights.find_redemptions": used,
}
