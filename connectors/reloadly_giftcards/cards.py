"""Gift cards on sale: from the partner's rows to products, what may be bought, and what it costs."""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

import msgspec

from connectors.kit.phones import chinese_mobile
from connectors.kit.units import from_major, up_to_minor
from connectors.reloadly_giftcards import wire
from schemas.errors import Garbled, Refused
from schemas.money import EXPONENTS, Money
from schemas.refs import PartnerRef
from schemas.rights import Product, Purchase, Quote, QuoteRequest

ON_SALE = (None, "ACTIVE")
MOST = 100


class Price(msgspec.Struct, frozen=True):
    """What so many cards cost. Units: exact decimals of the wallet's currency."""

    cards: Decimal
    fee: Decimal
    currency: str

    @property
    def total(self) -> Decimal:
        return self.cards + self.fee


def product_of(row: wire.CardRow, ref: PartnerRef) -> Product | None:
    """A card as a product; None where it is off sale. Raises: Garbled where its data would leave its rule in doubt."""
    if row.status not in ON_SALE:
        return None
    fixed = denominations_of(row)
    low, high = (None, None) if fixed else bounds_of(row)
    return Product(
        product_id=ref,
        name=row.product_name,
        kind="gift-card",
        currency=row.recipient_currency_code,
        denominations=fixed,
        minimum=low,
        maximum=high,
        most=MOST,
        region=region_of(row),
        rule=rule_of(row),
    )


def denominations_of(row: wire.CardRow) -> list[Money]:
    """The face values there are; none of a card with a range. Raises: Garbled."""
    if row.denomination_type == "RANGE":
        return []
    if row.denomination_type != "FIXED" or not row.fixed_recipient_denominations:
        raise Garbled(f"card {row.product_id}: neither fixed face values nor a range of them")
    return [from_major(amount, row.recipient_currency_code) for amount in row.fixed_recipient_denominations]


def bounds_of(row: wire.CardRow) -> tuple[Money, Money]:
    """The least and the most on a card, rounded inwards. Raises: Garbled."""
    most = row.misspelt_max if row.max_recipient_denomination is None else row.max_recipient_denomination
    low = _bound(row.min_recipient_denomination, row.recipient_currency_code, ROUND_CEILING)
    high = _bound(most, row.recipient_currency_code, ROUND_FLOOR)
    if low.value > high.value:
        raise Garbled(f"card {row.product_id}: the minimum is above the maximum")
    return low, high


def region_of(row: wire.CardRow) -> str | None:
    """The country where a card is good; None for a global one. Raises: Garbled."""
    if row.is_global:
        return None
    country = row.country.iso_name if row.country else None
    if not re.fullmatch("[A-Z]{2}", country or ""):
        raise Garbled(f"card {row.product_id}: good nowhere")
    return country


def rule_of(row: wire.CardRow) -> str:
    instruction = row.redeem_instruction.concise if row.redeem_instruction else None
    needs = "The recipient is the customer's own user id at the brand." if user_id_wanted(row) else None
    return " ".join(text for text in (instruction, needs) if text)


def user_id_wanted(row: wire.CardRow) -> bool:
    return row.additional_requirements is not None and row.additional_requirements.user_id_required


def face_value_of(request: Purchase | QuoteRequest, row: wire.CardRow) -> Money:
    """The face value of each card; the only one where none is named. Raises: Refused."""
    if row.status not in ON_SALE:
        raise Refused("is off sale", field="product_id")
    offered, face_value = denominations_of(row), request.face_value
    if face_value is None:
        if len(offered) != 1:
            raise Refused("a face value is wanted", field="face_value")
        return offered[0]
    if face_value.currency != row.recipient_currency_code:
        raise Refused(f"must be in {row.recipient_currency_code}", field="face_value.currency")
    if offered:
        within = any(face_value.equals(one) for one in offered)
    else:
        low, high = bounds_of(row)
        within = low.value <= face_value.value <= high.value
    if not within:
        raise Refused("is not offered", field="face_value.amount")
    return face_value


def fixed_price(row: wire.CardRow, face_value: Money) -> Decimal | None:
    """What one card costs from the wallet, where the partner says so with the card. Raises: Garbled."""
    for pair in row.fixed_prices or []:
        for amount, price in pair.items():
            try:
                same = Decimal(amount) == face_value.value
            except InvalidOperation as error:
                raise Garbled(f"card {row.product_id}: a face value is no number") from error
            if same:
                return price
    return None


def quote_of(price: Price, quantity: int) -> Quote:
    """Each sum is rounded up by itself: the partner's have more decimals than the currency."""
    return Quote(
        total=up_to_minor(price.total, price.currency),
        unit_price=up_to_minor(price.cards / quantity, price.currency),
        fee=up_to_minor(price.fee, price.currency),
    )


def refuse_recipient(purchase: Purchase, row: wire.CardRow) -> None:
    recipient = purchase.recipient
    if user_id_wanted(row):
        if recipient is None:
            raise Refused("the customer's user id at the brand is wanted", field="recipient")
    elif recipient is not None and not is_mail(recipient) and chinese_mobile(recipient) is None:
        raise Refused("must be an e-mail address or a Chinese mobile number", field="recipient")


def refuse_price(purchase: Purchase, row: wire.CardRow, price: Price) -> None:
    """A text message has a fee that nobody tells before; so much as the order's fee is kept free for it."""
    if purchase.max_total.currency != price.currency:
        raise Refused(f"must be in {price.currency}", field="max_total.currency")
    texted = chinese_mobile(purchase.recipient) is not None and not user_id_wanted(row)
    total = up_to_minor(price.total + (price.fee if texted else 0), price.currency)
    if total.value > purchase.max_total.value:
        what = "with the text message it may cost" if texted else "it costs"
        raise Refused(f"{what} {total.amount} {total.currency} by now", field="max_total.amount")


def is_mail(recipient: str) -> bool:
    return "@" in recipient


def _bound(amount: Decimal | None, currency: str, rounding: str) -> Money:
    if amount is None or currency not in EXPONENTS:
        raise Garbled("a bound of the face value, or its currency, is missing")
    try:
        return from_major(amount.quantize(Decimal(1).scaleb(-EXPONENTS[currency]), rounding=rounding), currency)
    except InvalidOperation as error:
        raise Garbled("a bound of the face value is no number") from error
