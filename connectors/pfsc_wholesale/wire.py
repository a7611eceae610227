"""The page's messages, in its names, all in one envelope. A price that is not known is null, and stays None."""

from decimal import Decimal
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, field

from schemas.region import RegionCode

T = TypeVar("T")


class Envelope(msgspec.Struct, Generic[T]):
    """What every answer is wrapped in. Shape: `content` is null wherever `code` is not 200."""

    code: int
    message: str = ""
    content: T | None = None


class Pages(msgspec.Struct):
    """A page of a list. Shape: rows stay raw, so that one bad row spoils no page."""

    pages: int
    rows: list[Raw] = field(name="list")


class Category(msgspec.Struct, rename="camel"):
    """A kind of produce."""

    variety_type_code: str


class Variety(msgspec.Struct, rename="camel"):
    """A variety, by its own number."""

    variety_id: int
    variety_name: str


class Quotation(msgspec.Struct, rename="camel"):
    """One variety at one market on one day. Units: yuan per what follows the slash in `meteringUnit`."""

    market_id: int
    market_name: str
    variety_name: str
    metering_unit: str
    report_time: str
    province_code: RegionCode
    area_code: RegionCode | None = None
    minimum_price: Decimal | None = None
    middle_price: Decimal | None = None
    highest_price: Decimal | None = None

    @property
    def region(self) -> str:
        return self.area_code or self.province_code


class Good(msgspec.Struct, rename="camel"):
    """Something that a supply cooperative sells. Units: yuan per what follows the slash in `priceUnit`."""

    goods_id: int
    goods_name: str
    category_code: str
    price_unit: str
    price: Decimal | None = None
    specification: str | None = None
    update_time: str | None = None


class Article(msgspec.Struct, rename="camel"):
    """A lesson for growers."""

    title: str
    summary: str
    source: str
    url: str
    publish_time: str
    variety_name: str | None = None


CATEGORIES = msgspec.json.Decoder(Envelope[list[Category]])
VARIETIES = msgspec.json.Decoder(Envelope[list[list[Variety]]])
PAGES = msgspec.json.Decoder(Envelope[Pages])
