"""Products: from the partner's rows to ours, and what of them may be bought."""

import msgspec

from connectors.kit.feeds import readable
from connectors.kit.units import from_major
from connectors.tremendous import wire
from schemas.call import Call
from schemas.errors import Garbled, Refused
from schemas.money import Money
from schemas.rights import Kind, Product, ProductSearch, Purchase

KINDS: dict[str, Kind] = {"merchant_card": "gift-card", "visa_card": "gift-card"}
"""Every other category, a bank transfer or a donation, is a link to redeem, too: a voucher."""
MOST = 5
"""Pieces in one order: each link is an exchange of its own, and an enquiry has ten."""


class Listed(msgspec.Struct, frozen=True):
    """A product, and the countries where it is of use: none where the partner names none, and it is of use in all."""

    product: Product
    countries: frozenset[str]


def products_of(answer: wire.ProductList, call: Call) -> list[Listed]:
    return readable(answer.products, lambda raw: listed(wire.PRODUCT.decode(raw), call), call)


def listed(row: wire.ProductRow, call: Call) -> Listed:
    """Raises: Garbled."""
    return Listed(product_of(row, call), frozenset(country.abbr for country in row.countries))


def product_of(row: wire.ProductRow, call: Call) -> Product:
    """Raises: Garbled where the row leaves in doubt which amounts there are."""
    if len(row.currency_codes) != 1:
        raise Garbled("several currencies or none, and amounts that name none")
    currency = row.currency_codes[0]
    ranges = [sku for sku in row.skus if sku.min != sku.max]
    if not row.skus or (ranges and len(row.skus) > 1):
        raise Garbled("its amounts are neither a list nor one range")
    return Product(
        product_id=call.ref(row.id),
        name=row.name,
        kind=KINDS.get(row.category, "voucher"),
        currency=currency,
        denominations=[] if ranges else [from_major(sku.min, currency) for sku in row.skus],
        minimum=from_major(ranges[0].min, currency) if ranges else None,
        maximum=from_major(ranges[0].max, currency) if ranges else None,
        most=MOST,
        region=row.countries[0].abbr if len(row.countries) == 1 else None,
        rule=_rule(sorted(country.abbr for country in row.countries)),
    )


def _rule(countries: list[str]) -> str:
    """Where the one region of a product cannot tell."""
    return f"handed over as a link; of use in {', '.join(countries)}" if len(countries) > 1 else "handed over as a link"


def matches(one: Listed, search: ProductSearch) -> bool:
    """A product of several countries has no region, and is found in each of them; one that names none, in all."""
    country = "CN" if search.region and search.region.isdigit() else search.region
    there = country is None or not one.countries or country in one.countries
    return there and search.kind in (None, one.product.kind)


def refuse(purchase: Purchase, products: list[Product]) -> None:
    """Raises: Refused, naming the field."""
    product = next((one for one in products if one.product_id == purchase.product_id), None)
    if product is None:
        raise Refused("is not offered (any more)", field="product_id")
    if purchase.face_value is None:
        raise Refused("is needed: each product comes in several amounts", field="face_value")
    _refuse_amount(purchase.face_value, product)
    if purchase.quantity > MOST:
        raise Refused(f"must be at most {MOST}", field="quantity")
    if purchase.max_total.currency != product.currency:
        raise Refused(f"must be in {product.currency}", field="max_total.currency")
    if purchase.face_value.value * purchase.quantity > purchase.max_total.value:
        raise Refused("is less than the face values together, which is what is charged", field="max_total.amount")


def _refuse_amount(amount: Money, product: Product) -> None:
    if amount.currency != product.currency:
        raise Refused(f"must be in {product.currency}", field="face_value.currency")
    low, high = product.minimum, product.maximum
    ranged = low is not None and high is not None and low.value <= amount.value <= high.value
    if not ranged and not any(amount.equals(one) for one in product.denominations):
        raise Refused("is no amount that this product comes in", field="face_value.amount")
