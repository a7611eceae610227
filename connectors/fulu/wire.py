"""The partner's messages, in the partner's names. Unknown fields are allowed."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Raw, UnsetType

LIST = "fulu.goods.list.get"
GOOD = "fulu.goods.info.get"
TEMPLATE = "fulu.goods.template.get"
STOCK = "fulu.goods.stock.check"
ORDERED = "fulu.order.info.get"

TIME = "%Y-%m-%d %H:%M:%S"


class Envelope(msgspec.Struct):
    """What every answer travels in. Shape: `result` is JSON, as a string, and all that `sign` is about."""

    code: int | str
    result: str | None = None
    sign: str | None = None


class GoodsSearch(msgspec.Struct, omit_defaults=True):
    """What goods.list.get, goods.info.get and goods.stock.check are asked with."""

    product_id: int | None = None


class TemplateSearch(msgspec.Struct):
    """What goods.template.get is asked with."""

    template_id: str


class Good(msgspec.Struct):
    """One good. Units: 元, up to four decimals; `purchase_price` is that of one piece."""

    product_id: int
    product_name: str
    product_type: str
    purchase_price: Decimal
    sales_status: str
    face_value: Decimal | None = None
    template_id: str | None = None
    details: str | None = None


class Stock(msgspec.Struct):
    """What is left of a good. Shape: `stock_status` is 断货, 警报 or 充足."""

    product_id: int
    stock: int | None = None
    stock_status: str | None = None


class TemplateField(msgspec.Struct):
    """One thing that an order of a good wants."""

    name: str
    required: bool = True


class Template(msgspec.Struct):
    """Everything that an order of a good wants."""

    fields: list[TemplateField]


class DirectOrder(msgspec.Struct):
    """fulu.order.direct.add: charges an account. Units: `customer_price` is in 元, and of one piece."""

    product_id: int
    customer_order_no: str
    charge_account: str
    buy_num: int
    customer_price: str


class CardOrder(msgspec.Struct):
    """fulu.order.card.add: card secrets, which the enquiry brings."""

    product_id: int
    customer_order_no: str
    buy_num: int
    customer_price: str
    contact_tel: str | UnsetType = UNSET


class MobileOrder(msgspec.Struct):
    """fulu.order.mobile.add: tops up a mobile number. Units: `charge_value` is in whole 元."""

    charge_phone: str
    charge_value: int
    customer_order_no: str
    customer_price: str


class OrderSearch(msgspec.Struct):
    """What order.info.get is asked with."""

    customer_order_no: str


class Card(msgspec.Struct):
    """A card. Shape: number and password are AES-256-ECB in Base64; the deadline is local time."""

    card_number: str | None = None
    card_pwd: str | None = None
    card_deadline: str | None = None


class Order(msgspec.Struct):
    """An order as the partner keeps it. Units: `order_price` is in 元, and of all its pieces."""

    customer_order_no: str | None = None
    product_id: int | None = None
    charge_account: str | None = None
    buy_num: int | None = None
    order_price: Decimal | None = None
    order_state: str | None = None
    order_type: int | None = None
    cards: list[Card] | None = None


# The push writes numbers as strings, so whoever writes one there may write it elsewhere.
GOODS = msgspec.json.Decoder(list[Raw], strict=False)
GOOD_READ = msgspec.json.Decoder(Good, strict=False)
STOCK_READ = msgspec.json.Decoder(Stock, strict=False)
TEMPLATE_READ = msgspec.json.Decoder(Template, strict=False)
ORDER = msgspec.json.Decoder(Order, strict=False)
ENVELOPE = msgspec.json.Decoder(Envelope)
PUSH = msgspec.json.Decoder(dict[str, str])


def instant(text: str | None, zone: ZoneInfo) -> datetime | None:
    """A local time of the partner's as UTC. None where it cannot be read."""
    try:
        return datetime.strptime(text or "", TIME).replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None
