"""Prices in the European Union, in a dialect shaped after its agri-food data portal: bare arrays, no key, no pages."""

from datetime import date, timedelta

from connectors.eu_agrifood.portal import MANIFEST, SECTORS, EuAccount, figures, markets, products
from connectors.eu_agrifood.quotes import quote_of, region_of
from connectors.eu_agrifood.wire import Row
from connectors.kit.feeds import commodities_of, lies_in, page_of, readable, today
from connectors.kit.partner import Partner
from connectors.kit.prices import mean_of, newest, price_of
from schemas.agri_prices import (
    AgriPrices,
    Commodity,
    CommoditySearch,
    HistorySearch,
    Index,
    IndexSearch,
    Market,
    MarketSearch,
    Price,
    PriceSearch,
)
from schemas.call import Call
from schemas.page import Merged

LATEST = timedelta(days=70)
"""How old a latest figure may be: two months of milk, and a market that was silent for weeks."""


class EuAgriPrices(AgriPrices):
    """Weekly and monthly figures of the member states."""

    async def list_markets(self, search: MarketSearch, call: Call) -> Merged[Market]:
        rows = [row for row in await markets(call) if lies_in(region_of(row), search.region)]
        return page_of([_market(row, call) for row in rows], search)

    async def list_commodities(self, search: CommoditySearch, call: Call) -> Merged[Commodity]:
        words = [product for sector in SECTORS for product in await products(sector, call)]
        return commodities_of(words, search)

    async def latest(self, search: PriceSearch, call: Call) -> Merged[Price]:
        return page_of(await _latest(search.commodity, search.region, call), search)

    async def history(self, search: HistorySearch, call: Call) -> Merged[Price]:
        prices = await _prices(search.commodity, search.region, (search.begins, search.ends), call)
        return page_of([price for price in prices if search.begins <= price.observed_on <= search.ends], search)

    async def index(self, search: IndexSearch, call: Call) -> Merged[Index]:
        return mean_of(await _latest(search.commodity, search.region, call), search)


async def _latest(commodity: str, region: str | None, call: Call) -> list[Price]:
    day = today(call, MANIFEST.zone)
    return newest(await _prices(commodity, region, (day - LATEST, day), call))


async def _prices(commodity: str, region: str | None, period: tuple[date, date], call: Call) -> list[Price]:
    rows = await figures(commodity, region, period, call)
    day = today(call, MANIFEST.zone)
    return readable(rows, lambda row: price_of(quote_of(row), commodity, day), call)


def _market(row: Row, call: Call) -> Market:
    place = call.ref(f"{row.member_state_code}/{row.at_market}")
    return Market(market_id=place, name=row.at_market, region=region_of(row))


PARTNER = Partner(account=EuAccount, scenarios=(EuAgriPrices,))
