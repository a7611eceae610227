"""Today's prices at Indian mandis, in a dialect shaped after Agmarknet on data.gov.in."""

from connectors.agmarknet.snapshot import MANIFEST, AgmarknetAccount, snapshot
from connectors.agmarknet.wire import Record
from connectors.kit.commodities import key_of
from connectors.kit.feeds import commodities_of, lies_in, moment_of, page_of, readable, today
from connectors.kit.partner import Partner
from connectors.kit.prices import Quote, name_of, price_of, said, weigh
from schemas.agri_prices import AgriPrices, Commodity, CommoditySearch, Market, MarketSearch, Price, PriceSearch
from schemas.call import Call
from schemas.page import Merged

QUINTAL = weigh("quintal")


class AgmarknetPrices(AgriPrices):
    """The current day alone: this feed remembers nothing."""

    async def list_markets(self, search: MarketSearch, call: Call) -> Merged[Market]:
        records = await snapshot(call) if lies_in("IN", search.region) else []
        places = {f"{record.state}/{record.district or ''}/{record.market}": _place(record) for record in records}
        markets = [Market(market_id=call.ref(key), name=name, region="IN") for key, name in places.items()]
        return page_of(markets, search)

    async def list_commodities(self, search: CommoditySearch, call: Call) -> Merged[Commodity]:
        return commodities_of([record.commodity for record in await snapshot(call)], search)

    async def latest(self, search: PriceSearch, call: Call) -> Merged[Price]:
        records = await snapshot(call) if lies_in("IN", search.region) else []
        mine = [record for record in records if key_of(record.commodity) == search.commodity]
        day = today(call, MANIFEST.zone)
        prices = readable(mine, lambda record: price_of(_quote(record), search.commodity, day), call)
        return page_of(prices, search)


def _quote(record: Record) -> Quote:
    typical = said(record.modal_price)
    return Quote(
        name=name_of(record.commodity, record.variety, record.grade),
        market=_place(record),
        region="IN",
        currency="INR",
        typical=(typical,) if typical else (),
        low=said(record.min_price),
        high=said(record.max_price),
        unit="quintal",
        weight=QUINTAL,
        observed_on=moment_of(record.arrival_date, "%d/%m/%Y", "%d-%m-%Y").date(),
    )


def _place(record: Record) -> str:
    """A market's name is no name without its district and state: there is a Rampur everywhere."""
    return name_of(record.market, record.district, record.state)


PARTNER = Partner(account=AgmarknetAccount, scenarios=(AgmarknetPrices,))
