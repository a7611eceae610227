"""Places, their slots, and merchants' offers near them."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from connectors.kit.feeds import page_of, readable
from connectors.lounge_booking import wire
from connectors.lounge_booking.exchange import MANIFEST, At, get
from schemas.call import Call
from schemas.errors import Refused
from schemas.outcome import Declined, Reason
from schemas.page import Merged
from schemas.region import covers
from schemas.rights import Kind, MerchantOffer, NearbySearch, Product, ProductSearch

ZONE = ZoneInfo(MANIFEST.zone)
RULES: Mapping[str, tuple[Kind, str]] = {
    "lounge": ("lounge", "by the customer's tier; changed or cancelled up to 2 hours before"),
    "airport-transfer": ("airport-transfer", "by the customer's tier; changed or cancelled up to 6 hours before"),
    "health-check": ("health-check", "by the customer's tier; changed or cancelled up to 24 hours before"),
}


async def list_products(search: ProductSearch, call: Call) -> Merged[Product]:
    where = _within(search.region)
    if where is None or (search.kind is not None and search.kind not in RULES):
        return Merged(items=[])
    query = where | ({"kind": search.kind} if search.kind else {})
    rows = (await get(call, "/venues", query, wire.VENUES, {})).items
    products = readable(rows, lambda raw: _product(wire.VENUE.decode(raw), call), call)
    return page_of([one for one in products if _lies(one.region, search.region)], search)


async def list_offers(search: NearbySearch, call: Call) -> Merged[MerchantOffer]:
    where = _within(search.region)
    if where is None:
        return Merged(items=[])
    rows = (await get(call, "/offers", where, wire.OFFERS, {})).items
    offers = readable(rows, lambda raw: _offer(wire.OFFER.decode(raw), call), call)
    return page_of([one for one in offers if _lies(one.region, search.region)], search)


async def slot_at(venue_id: str, starts_at: datetime, call: Call, at: At) -> wire.Slot | Declined:
    """The slot of a venue that starts at this very moment, or why there is none, naming the field by `at`."""
    query = {"date": starts_at.astimezone(ZONE).date().isoformat()}
    try:
        slots = await get(call, f"/venues/{quote(venue_id, safe='')}/slots", query, wire.SLOTS, at)
    except Refused as refused:
        return Declined(reason=Reason(code="declined", message=refused.message, field=refused.field))
    none = Reason(code="outside-window", message="no slot starts at this time", field=at["slot_id"])
    return next((slot for slot in slots.items if slot.starts_at == starts_at), Declined(reason=none))


def _product(row: wire.Venue, call: Call) -> Product | None:
    """None for a kind that this scenario has no word for."""
    if row.kind not in RULES:
        return None
    kind, rule = RULES[row.kind]
    ref = call.ref(row.venue_id)
    return Product(product_id=ref, name=row.name, kind=kind, currency="CNY", region=row.region, rule=rule)


def _offer(row: wire.Offer, call: Call) -> MerchantOffer:
    ref = call.ref(row.offer_id)
    return MerchantOffer(offer_id=ref, merchant=row.merchant, title=row.title, region=row.region)


def _within(region: str | None) -> dict[str, str] | None:
    """The query that finds a region, by its province: a county's code finds nothing. None where nobody is served."""
    if region is None or region == "CN":
        return {}
    return {"region": f"{region[:2]}0000"} if region.isdigit() else None


def _lies(place: str | None, region: str | None) -> bool:
    """A city counts as near each of its counties: venues are known by their city."""
    return place is None or region is None or covers(place, region)
