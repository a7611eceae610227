"""Agricultural prices: one commodity that every feed carries. Nothing is ordered here."""

from datetime import UTC, datetime, timedelta

from tests.contract.asking.words import Body, Customer, Ordered, Questioned
from tests.running import Running

WHEAT = {"commodity": "wheat"}


def lately(_hub: Running, _partner: str, _customer: Customer) -> Body:
    """Wheat of a fortnight: even the weekly feeds have some."""
    today = datetime.now(UTC).date()
    return {**WHEAT, "begins": (today - timedelta(days=14)).isoformat(), "ends": today.isoformat()}


def where(_hub: Running, partner: str, _customer: Customer) -> Body:
    """Where this feed has an index of wheat, or would."""
    return {**WHEAT, "region": "430000" if partner == "pfsc_wholesale" else "DE"}


ORDERS: dict[str, Ordered] = {}
QUERIES: dict[str, Questioned] = {
    "agri-prices.list_markets": lambda *_: {},
    "agri-prices.list_commodities": lambda *_: {"name": "小麦"},
    "agri-prices.latest": lambda *_: WHEAT,
    "agri-prices.history": lately,
    "agri-prices.index": where,
    "agri-prices.list_lessons": lambda *_: {},
    "agri-prices.list_goods": lambda *_: {},
}
