"""Goods: from the partner's rows to products, and what one purchase of them comes to."""

from decimal import Decimal
from typing import Literal

import msgspec

from connectors.fulu import wire
from connectors.kit.phones import chinese_mobile
from connectors.kit.units import from_major, up_to_minor
from schemas.errors import Garbled, Refused
from schemas.money import Money
from schemas.refs import PartnerRef
from schemas.rights import Kind, Product, Purchase, Quote, QuoteRequest, TierPrice

Way = Literal["direct", "card", "mobile"]

CURRENCY = "CNY"
ON_SALE = "上架"
SOLD_OUT = "断货"
WAYS: dict[str, Way] = {"直充": "direct", "卡密": "card"}
KINDS: dict[Way, Kind] = {"direct": "top-up", "card": "voucher", "mobile": "top-up"}
MOST = 100
"""Pieces in one order, as far as the contract goes: the partner names no limit."""

MOBILE = "mobile"
"""The local id of the mobile top-up, which is in no list of goods."""
MOBILE_VALUES = (10, 20, 30, 50, 100, 200, 300, 500)
MOBILE_RATE = Decimal("0.985")


class Terms(msgspec.Struct, frozen=True):
    """How one purchase is ordered, and what a piece of it costs. Units: 元, up to four decimals."""

    way: Way
    unit_price: Decimal

    def total(self, quantity: int) -> Decimal:
        return self.unit_price * quantity


def product_of(good: wire.Good, ref: PartnerRef) -> Product | None:
    """A good as a product; None where it is off sale. Raises: Garbled."""
    if good.sales_status != ON_SALE:
        return None
    way = way_of(good)
    face = [from_major(good.face_value, CURRENCY)] if good.face_value else []
    return Product(
        product_id=ref,
        name=good.product_name,
        kind=KINDS[way],
        currency=CURRENCY,
        denominations=face,
        prices=[TierPrice(price=up_to_minor(good.purchase_price, CURRENCY))],
        most=MOST,
        region="CN",
        rule=good.details or "",
    )


def mobile_product(ref: PartnerRef) -> Product:
    """The mobile top-up: its face values are in no list, and its price follows from a quote."""
    return Product(
        product_id=ref,
        name="全国话费",
        kind=KINDS["mobile"],
        currency=CURRENCY,
        denominations=[Money.of(value, CURRENCY) for value in MOBILE_VALUES],
        region="CN",
    )


def way_of(good: wire.Good) -> Way:
    """Which order the type of a good wants. Raises: Garbled."""
    if good.product_type not in WAYS:
        raise Garbled(f"good {good.product_id}: is of an unknown type")
    return WAYS[good.product_type]


def terms_of(good: wire.Good, request: Purchase | QuoteRequest) -> Terms:
    """Raises: Refused where it is not offered so."""
    if good.sales_status != ON_SALE:
        raise Refused("is off sale", field="product_id")
    refuse_face_value(request.face_value, [from_major(good.face_value, CURRENCY)] if good.face_value else [])
    return Terms(way_of(good), good.purchase_price)


def mobile_terms(request: Purchase | QuoteRequest) -> Terms:
    """Raises: Refused where it is not offered so."""
    if request.face_value is None:
        raise Refused("a top-up needs a face value", field="face_value")
    refuse_face_value(request.face_value, [Money.of(value, CURRENCY) for value in MOBILE_VALUES])
    if request.quantity != 1:
        raise Refused("is topped up once an order", field="quantity")
    return Terms("mobile", request.face_value.value * MOBILE_RATE)


def refuse_face_value(face_value: Money | None, offered: list[Money]) -> None:
    if face_value is None or any(face_value.equals(one) for one in offered):
        return
    if face_value.currency != CURRENCY:
        raise Refused(f"must be in {CURRENCY}", field="face_value.currency")
    raise Refused("is not offered", field="face_value.amount")


def refuse_recipient(purchase: Purchase, way: Way) -> None:
    if way == "direct" and purchase.recipient is None:
        raise Refused("the account to be charged is wanted", field="recipient")
    if way == "mobile" and chinese_mobile(purchase.recipient) is None:
        raise Refused("a Chinese mobile number is wanted", field="recipient")


def refuse_price(purchase: Purchase, terms: Terms) -> None:
    if purchase.max_total.currency != CURRENCY:
        raise Refused(f"must be in {CURRENCY}", field="max_total.currency")
    if terms.total(purchase.quantity) > purchase.max_total.value:
        total = up_to_minor(terms.total(purchase.quantity), CURRENCY)
        raise Refused(f"it costs {total.amount} by now", field="max_total.amount")


def refuse_stock(stock: wire.Stock, quantity: int) -> None:
    if stock.stock_status == SOLD_OUT or (stock.stock is not None and stock.stock < quantity):
        raise Refused("is out of stock, or nearly", field="quantity")


def quote_of(terms: Terms, quantity: int) -> Quote:
    """Both sums are rounded up by themselves: the total of many is not so many times the price of one."""
    return Quote(total=up_to_minor(terms.total(quantity), CURRENCY), unit_price=up_to_minor(terms.unit_price, CURRENCY))
