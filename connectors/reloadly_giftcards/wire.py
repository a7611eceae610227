"""The partner's messages, in the partner's names. Unknown fields are allowed; its spelling is kept where it errs."""

from decimal import Decimal

import msgspec
from msgspec import UNSET, Raw, UnsetType, field

ACCEPT = "application/com.reloadly.giftcards-v1+json"
NULL = Raw(b"null")


class Wire(msgspec.Struct, rename="camel"):
    """A message, or a part of one. Units: amounts are exact decimals in major units."""


class Country(Wire):
    """Where a card can be used. A global card has one too."""

    iso_name: str | None = None


class RedeemInstruction(Wire):
    """How a card is used, in a sentence."""

    concise: str | None = None


class Requirements(Wire):
    """What an order must bring beyond the usual."""

    user_id_required: bool = False


class CardRow(Wire):
    """One gift card on sale. Shape: FIXED has fixed amounts, RANGE a minimum and a maximum, each in two currencies."""

    product_id: int
    product_name: str
    denomination_type: str
    recipient_currency_code: str
    sender_currency_code: str
    sender_fee: Decimal
    is_global: bool = field(default=False, name="global")
    status: str | None = None
    fixed_recipient_denominations: list[Decimal] | None = None
    fixed_prices: list[dict[str, Decimal]] | None = field(default=None, name="fixedRecipientToSenderDenominationsMap")
    min_recipient_denomination: Decimal | None = None
    max_recipient_denomination: Decimal | None = None
    misspelt_max: Decimal | None = field(default=None, name="maxrecipientDenomination")
    country: Country | None = None
    redeem_instruction: RedeemInstruction | None = None
    additional_requirements: Requirements | None = None


class Rate(Wire):
    """GET /fx-rate: what an amount on a card costs from the wallet."""

    sender_currency: str
    sender_amount: Decimal


class PhoneDetails(Wire):
    """A recipient's number, and the country that it is of."""

    country_code: str
    phone_number: str


class ProductRequirements(Wire):
    """What a card wants to know beyond the usual."""

    user_id: str


class OrderRequest(Wire):
    """POST /orders. Units: `unitPrice` is in the card's currency."""

    product_id: int
    quantity: int
    unit_price: Decimal
    sender_name: str
    custom_identifier: str
    recipient_email: str | UnsetType = UNSET
    recipient_phone_details: PhoneDetails | UnsetType = UNSET
    product_additional_requirements: ProductRequirements | UnsetType = UNSET


class Ordered(Wire):
    """What was ordered, as a transaction repeats it."""

    product_id: int
    quantity: int
    unit_price: Decimal
    total_price: Decimal | None = None


class Transaction(Wire):
    """An order as the partner keeps it. Units: `amount` is what the wallet paid, fees included."""

    transaction_id: int | None = None
    custom_identifier: str | None = None
    status: str | None = None
    amount: Decimal | None = None
    currency_code: str | None = None
    product: Ordered | None = None


class Card(Wire):
    """One card. Numbers stay as they were written: as JSON numbers they would lose digits."""

    card_number: Raw = NULL
    pin_code: Raw = NULL
    redemption_url: str | None = None


ROWS = msgspec.json.Decoder(list[Raw])
ROW = msgspec.json.Decoder(CardRow)
RATE = msgspec.json.Decoder(Rate)
ORDER = msgspec.json.Decoder(Transaction)
TRANSACTIONS = msgspec.json.Decoder(list[Transaction])
CARDS = msgspec.json.Decoder(list[Card] | Card)
"""One object in the document's sample, though an order may bring many."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write(order: OrderRequest) -> bytes:
    """An order as JSON, its price an exact JSON number."""
    return _ENCODER.encode(order)
