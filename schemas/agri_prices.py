"""Agricultural prices: what a thing costs where, as of when, and how that figure came about."""

from datetime import date, timedelta
from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.call import Call
from schemas.contract import A1, Scenario, query
from schemas.money import Currency, Money
from schemas.page import Merged, Paged
from schemas.refs import PartnerRef
from schemas.region import RegionCode
from schemas.struct import Canonical, Instant, pattern

LONGEST = timedelta(days=366)
"""Feeds that have no pages give a period whole, so nobody may ask for all of history at once."""
CommodityKey = Annotated[str, pattern("[a-z][a-z0-9-]{1,40}", "Canonical name of a commodity: rice, see /commodities")]
Figure = Annotated[str, pattern(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?", "Decimal string, with up to six decimals")]


class MarketSearch(Paged):
    """Which markets are wanted."""

    region: RegionCode | None = None


class Market(Canonical):
    """A place where prices are made."""

    market_id: PartnerRef
    name: str
    region: RegionCode | None = None


class CommoditySearch(Paged):
    """Which commodities are wanted. `name` is looked up among aliases, in Chinese or English."""

    name: Annotated[str, Meta(max_length=60)] | None = None


class Commodity(Canonical):
    """A commodity of one feed, and what everybody calls it."""

    commodity: CommodityKey
    name: str
    """As this feed calls it."""
    aliases: list[str] = field(default_factory=list)


class PriceSearch(Paged):
    """Which prices are wanted."""

    commodity: CommodityKey
    region: RegionCode | None = None


class HistorySearch(PriceSearch):
    """Prices of which days are wanted, both included; a year of them at most."""

    begins: date
    ends: date

    def __post_init__(self) -> None:
        if self.ends < self.begins:
            raise ValueError("ends: is before begins")
        if self.ends - self.begins > LONGEST:
            raise ValueError("ends: is more than a year after begins")


class Original(Canonical):
    """A figure as the feed gave it, before anything was converted."""

    text: str
    """The feed's own characters: €302,50."""
    unit: str
    """What it is per: quintal, TONNES, 40 lb carton."""
    currency: Currency


class Price(Canonical):
    """One figure per kilogram. What the feed did not say is absent, never 0."""

    commodity: CommodityKey
    name: str
    market: str
    region: RegionCode | None = None
    currency: Currency
    typical: Figure | None = None
    low: Figure | None = None
    high: Figure | None = None
    unit: Literal["kg"] = "kg"
    originals: list[Original]
    """What typical, low and high were made from, in that order as far as they exist."""
    conversion: str
    """How: 1 quintal = 100 kg."""
    observed_on: date
    age_days: Annotated[int, Meta(ge=0)]
    stage: str | None = None
    corrected: bool = False
    """This figure replaced an earlier one of the same day."""


class Index(Canonical):
    """The mean of the typical prices in a region, and what it rests on."""

    commodity: CommodityKey
    region: RegionCode
    currency: Currency
    mean: Figure
    unit: Literal["kg"] = "kg"
    figures: Annotated[int, Meta(ge=1)]
    observed_on: date
    age_days: Annotated[int, Meta(ge=0)]


class IndexSearch(Paged):
    """Over which region the mean is wanted."""

    commodity: CommodityKey
    region: RegionCode


class LessonSearch(Paged):
    """Which lessons are wanted."""

    commodity: CommodityKey | None = None


class Lesson(Canonical):
    """A short lesson for growers (农技课堂), with where it comes from."""

    title: str
    summary: str
    source: str
    url: str
    published_on: date
    commodity: CommodityKey | None = None


class GoodsSearch(Paged):
    """Which goods are wanted."""

    region: RegionCode | None = None
    kind: Literal["fertiliser", "seed", "film", "pesticide", "feed", "tool"] | None = None


class Goods(Canonical):
    """Something that a supply cooperative sells."""

    goods_id: PartnerRef
    name: str
    kind: Literal["fertiliser", "seed", "film", "pesticide", "feed", "tool"]
    price: Money
    unit: str
    in_stock: bool | None = None
    as_of: Instant | None = None


class AgriPrices(Scenario, name="agri-prices"):
    """Agricultural prices of many feeds in one unit, with their age and their originals; lessons and goods."""

    @query("GET /markets", access="read", level=A1)
    async def list_markets(self, search: MarketSearch, call: Call) -> Merged[Market]:
        """Markets of every feed."""

    @query("GET /commodities", access="read", level=A1)
    async def list_commodities(self, search: CommoditySearch, call: Call) -> Merged[Commodity]:
        """Commodities of every feed under one name, with their aliases."""

    @query("GET /prices/latest", access="read", level=A1)
    async def latest(self, search: PriceSearch, call: Call) -> Merged[Price]:
        """The latest figures of every feed. None at all is an answer."""

    @query("GET /prices/history", access="read", level=A1, optional=True)
    async def history(self, search: HistorySearch, call: Call) -> Merged[Price]:
        """Figures of some days. Days without any are absent, not zero."""

    @query("GET /indices", access="read", level=A1, optional=True)
    async def index(self, search: IndexSearch, call: Call) -> Merged[Index]:
        """The mean over a region, by feed."""

    @query("GET /lessons", access="read", level=A1, optional=True)
    async def list_lessons(self, search: LessonSearch, call: Call) -> Merged[Lesson]:
        """Short lessons for growers."""

    @query("GET /goods", access="read", level=A1, optional=True)
    async def list_goods(self, search: GoodsSearch, call: Call) -> Merged[Goods]:
        """What supply cooperatives sell, and for how much."""
