"""Billers: from the partner's rows to ours, each rule as strict as its data or left out."""

import re
from collections import Counter
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

import msgspec

from connectors.kit.feeds import place_of
from connectors.kit.units import from_major
from connectors.reloadly_utilities import wire
from schemas.errors import Garbled
from schemas.money import EXPONENTS, Money
from schemas.refs import PartnerRef
from schemas.utility_bills import AmountRule, Biller, BillerSearch, Category

CATEGORIES: dict[str, Category] = {
    "ELECTRICITY_BILL_PAYMENT": "electricity",
    "WATER_BILL_PAYMENT": "water",
    "TV_BILL_PAYMENT": "television",
    "INTERNET_BILL_PAYMENT": "internet",
}
ROWS = 200
"""Billers on one of the partner's pages, whatever length the bank wants."""
TYPES = {category: of_type for of_type, category in CATEGORIES.items()}


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """A biller, and what paying it needs. Shape: `amount_ids` maps an amount that is on sale to its number."""

    biller: Biller
    service: str
    use_local: bool
    amount_ids: dict[str, int]


def biller_query(search: BillerSearch) -> dict[str, str] | None:
    """The query of the partner's page that the cursor leads to; None where this partner certainly serves nobody."""
    region, category = search.region, search.category
    if region is not None and (region == "CN" or not region.isalpha()):
        return None
    if category is not None and category != "other" and category not in TYPES:
        return None
    query = {"page": str(place_of(search) // ROWS + 1), "size": str(ROWS)}
    if region is not None:
        query["countryISOCode"] = region
    if category in TYPES:
        query["type"] = TYPES[category]
    return query


def matches(biller: Biller, search: BillerSearch) -> bool:
    """Whether the partner's own filter was right."""
    return search.region in (None, *biller.regions) and search.category in (None, biller.category)


def terms_of(row: wire.BillerRow, ref: PartnerRef, wallet_currency: str | None) -> Terms:
    """A biller and its rule. Raises: Garbled where the data would leave the rule in doubt."""
    country = row.country_iso_code or row.country_code or ""
    if not re.fullmatch("[A-Z]{2}", country):
        raise Garbled(f"biller {row.id}: no country")
    if row.service_type not in ("PREPAID", "POSTPAID"):
        raise Garbled(f"biller {row.id}: neither prepaid nor postpaid")
    if row.requires_invoice:
        raise Garbled(f"biller {row.id}: wants an invoice, which is not described")
    use_local, currency = currency_of(row, wallet_currency)
    rule, amount_ids = rule_of(row, currency, use_local=use_local)
    biller = Biller(
        biller_id=ref,
        name=row.name,
        category=CATEGORIES.get(row.type, "other"),
        regions=[country],
        currency=currency,
        prepaid=row.service_type == "PREPAID",
        bill="none",
        rule=rule,
        zone="UTC",
    )
    return Terms(biller=biller, service=row.service_type, use_local=use_local, amount_ids=amount_ids)


def currency_of(row: wire.BillerRow, wallet_currency: str | None) -> tuple[bool, str]:
    """Whether amounts are local, and in which currency they are then."""
    abroad = row.international_transaction_currency_code
    if row.local_amount_supported:
        currency = row.local_transaction_currency_code or row.misspelt_local_currency
    elif row.international_amount_supported or row.misspelt_international_supported:
        if abroad and wallet_currency and abroad != wallet_currency:
            raise Garbled(f"biller {row.id}: takes {abroad[:8]}, the wallet holds {wallet_currency}")
        currency = abroad or wallet_currency
    else:
        raise Garbled(f"biller {row.id}: takes neither local nor international amounts")
    if currency not in EXPONENTS:
        raise Garbled(f"biller {row.id}: no currency")
    return bool(row.local_amount_supported), currency


def rule_of(row: wire.BillerRow, currency: str, *, use_local: bool) -> tuple[AmountRule, dict[str, int]]:
    """What may be paid, and the numbers of the amounts on sale where only those may."""
    fixed = (row.local_fixed_amounts if use_local else row.international_fixed_amounts) or []
    if row.denomination_type == "FIXED" or fixed:
        choices = choices_of(fixed, currency)
        if not choices:
            raise Garbled(f"biller {row.id}: no fixed amount")
        return AmountRule(choices=[Money(amount=amount, currency=currency) for amount in choices]), choices
    if row.denomination_type not in (None, "RANGE"):
        raise Garbled(f"biller {row.id}: unknown kind of amounts")
    low = row.min_local_transaction_amount if use_local else row.min_international_transaction_amount
    high = row.max_local_transaction_amount if use_local else row.max_international_transaction_amount
    minimum, maximum = _bound(low, currency, ROUND_CEILING), _bound(high, currency, ROUND_FLOOR)
    if minimum.value > maximum.value:
        raise Garbled(f"biller {row.id}: the minimum is above the maximum")
    return AmountRule(minimum=minimum, maximum=maximum), {}


def choices_of(fixed: list[wire.FixedAmount], currency: str) -> dict[str, int]:
    """Amounts on sale and their numbers. An amount sold twice names no product, so it is left out."""
    amounts = [(from_major(each.amount, currency).amount, each.id) for each in fixed]
    sold = Counter(amount for amount, _ in amounts)
    return {amount: amount_id for amount, amount_id in amounts if sold[amount] == 1}


def _bound(amount: Decimal | None, currency: str, rounding: str) -> Money:
    """A bound in the currency's decimals, rounded inwards: bounds are converted, and come with five of them."""
    if amount is None:
        raise Garbled("a bound of the amount is missing")
    try:
        return from_major(amount.quantize(Decimal(1).scaleb(-EXPONENTS[currency]), rounding=rounding), currency)
    except InvalidOperation as error:
        raise Garbled("a bound of the amount is no number") from error
