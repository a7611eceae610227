"""China's wholesale prices of farm produce, in a dialect shaped after the page of pfsc.agri.cn."""

from connectors.kit.feeds import commodities_of, page_of
from connectors.kit.partner import Partner
from connectors.pfsc_wholesale import cooperative, quotations
from connectors.pfsc_wholesale.exchange import PfscAccount, varieties
from schemas.agri_prices import (
    AgriPrices,
    Commodity,
    CommoditySearch,
    Goods,
    GoodsSearch,
    HistorySearch,
    Index,
    IndexSearch,
    Lesson,
    LessonSearch,
    Market,
    MarketSearch,
    Price,
    PriceSearch,
)
from schemas.call import Call
from schemas.page import Merged


class PfscPrices(AgriPrices):
    """Wholesale markets by division, with the supply cooperatives' goods and lessons."""

    async def list_markets(self, search: MarketSearch, call: Call) -> Merged[Market]:
        rows = await quotations.markets(search.region, call)
        markets = [
            Market(market_id=call.ref(str(row.market_id)), name=row.market_name, region=row.region) for row in rows
        ]
        return page_of(markets, search)

    async def list_commodities(self, search: CommoditySearch, call: Call) -> Merged[Commodity]:
        return commodities_of([variety.variety_name for variety in await varieties(call)], search)

    async def latest(self, search: PriceSearch, call: Call) -> Merged[Price]:
        return await quotations.latest(search, call)

    async def history(self, search: HistorySearch, call: Call) -> Merged[Price]:
        return await quotations.history(search, call)

    async def index(self, search: IndexSearch, call: Call) -> Merged[Index]:
        return await quotations.index(search, call)

    async def list_lessons(self, search: LessonSearch, call: Call) -> Merged[Lesson]:
        return await cooperative.lessons(search, call)

    async def list_goods(self, search: GoodsSearch, call: Call) -> Merged[Goods]:
        return await cooperative.goods(search, call)


PARTNER = Partner(account=PfscAccount, scenarios=(PfscPrices,))
