"""Prices at American terminal markets, in a dialect shaped after USDA MyMarketNews: per package, and corrected."""

from datetime import date

from connectors.kit.feeds import commodities_of, lies_in, page_of, readable, today
from connectors.kit.partner import Partner
from connectors.kit.prices import Quote, Weight, name_of, newest, price_of, said, weigh
from connectors.usda_mars.reports import LATEST, MANIFEST, MarsAccount, catalogue, day_of, lines
from connectors.usda_mars.wire import Row
from schemas.agri_prices import (
    AgriPrices,
    Commodity,
    CommoditySearch,
    HistorySearch,
    Market,
    MarketSearch,
    Price,
    PriceSearch,
)
from schemas.call import Call
from schemas.errors import Garbled
from schemas.page import Merged

BUSHELS = {"wheat": 60, "soybean": 60, "maize": 56}
"""Pounds of a bushel, by canonical key: it is a measure of space, so every grain has its own."""


class MarsPrices(AgriPrices):
    """Daily reports of terminal markets, and the weekly one of grain and rice."""

    async def list_markets(self, search: MarketSearch, call: Call) -> Merged[Market]:
        entries = await catalogue(call) if lies_in("US", search.region) else []
        names = {entry.market: None for entry in entries}
        return page_of([Market(market_id=call.ref(name), name=name, region="US") for name in names], search)

    async def list_commodities(self, search: CommoditySearch, call: Call) -> Merged[Commodity]:
        return commodities_of([entry.commodity for entry in await catalogue(call)], search)

    async def latest(self, search: PriceSearch, call: Call) -> Merged[Price]:
        day = today(call, MANIFEST.zone)
        return page_of(newest(await _prices(search, day - LATEST, day, call)), search)

    async def history(self, search: HistorySearch, call: Call) -> Merged[Price]:
        return page_of(await _prices(search, search.begins, search.ends, call), search)


async def _prices(search: PriceSearch, begins: date, ends: date, call: Call) -> list[Price]:
    rows = await lines(search.commodity, begins, ends, call) if lies_in("US", search.region) else []
    day = today(call, MANIFEST.zone)
    return readable(rows, lambda row: _price(row, search.commodity, day), call)


def _price(row: Row, commodity: str, day: date) -> Price | None:
    """None for a row without a figure, or with one that cannot be converted."""
    weight = _weight(row.package, commodity)
    return price_of(_quote(row, weight), commodity, day) if weight else None


def _quote(row: Row, weight: Weight) -> Quote:
    """Typical is the middle of what the service calls mostly."""
    low, high = said(row.mostly_low_price), said(row.mostly_high_price)
    organic = "organic" if row.organic == "Yes" else None
    return Quote(
        name=name_of(row.commodity, row.variety, row.item_size, row.grade, row.origin, organic),
        market=row.market,
        region="US",
        currency="USD",
        typical=(low, high) if low and high else (),
        low=said(row.low_price),
        high=said(row.high_price),
        unit=row.package,
        weight=weight,
        observed_on=day_of(row),
        corrected=(row.special_announcement or "").startswith("CORRECTED"),
    )


def _weight(package: str, commodity: str) -> Weight | None:
    """None for a package that says no weight: some are sold by the piece."""
    pounds = BUSHELS.get(commodity)
    if package.casefold() == "bushel" and pounds is not None:
        weight = weigh(f"{pounds} lb")
        return Weight(weight.kilograms, f"1 bushel of {commodity} = {weight.words}")
    try:
        return weigh(package)
    except Garbled:
        return None


PARTNER = Partner(account=MarsAccount, scenarios=(MarsPrices,))
