"""The partner's messages, in the partner's names. Unknown fields are allowed; its spelling is kept where it errs."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from msgspec import UNSET, Raw, UnsetType, field

ACCEPT = "application/com.reloadly.utilities-v1+json"


class Wire(msgspec.Struct, rename="camel"):
    """A message, or a part of one. Units: amounts are exact decimals in major units."""


class FixedAmount(Wire):
    """One amount that a biller sells; `amountId` of a payment names it."""

    id: int
    amount: Decimal


class BillerRow(Wire):
    """One biller of GET /billers. What may be missing is missing in some source."""

    id: int
    name: str
    type: str
    service_type: str
    country_iso_code: str | None = None
    country_code: str | None = None
    denomination_type: str | None = None
    requires_invoice: bool | None = None
    local_amount_supported: bool | None = None
    local_transaction_currency_code: str | None = None
    misspelt_local_currency: str | None = field(default=None, name="localTransactionCurencyCode")
    min_local_transaction_amount: Decimal | None = None
    max_local_transaction_amount: Decimal | None = None
    local_fixed_amounts: list[FixedAmount] | None = None
    international_amount_supported: bool | None = None
    misspelt_international_supported: bool | None = field(default=None, name="internatonalAmountSupported")
    international_transaction_currency_code: str | None = None
    min_international_transaction_amount: Decimal | None = None
    max_international_transaction_amount: Decimal | None = None
    international_fixed_amounts: list[FixedAmount] | None = None


class BillerPage(Wire):
    """GET /billers. The rows stay raw, so that one bad biller spoils no page."""

    content: list[Raw]
    last: bool | None = None


class PayRequest(Wire):
    """POST /pay. Without `useLocalAmount` the amount would be in the wallet's currency."""

    subscriber_account_number: str
    amount: Decimal
    biller_id: int
    use_local_amount: bool
    reference_id: str
    amount_id: int | UnsetType = UNSET


class Acknowledgement(Wire):
    """The answer to POST /pay: it names no amount, biller or account."""

    id: int
    status: str
    reference_id: str | None = None
    final_status_availability_at: str | None = None


class PinDetails(Wire):
    """What a prepaid meter wants typed in."""

    token: str | None = None


class SubscriberDetails(Wire):
    """A number in the document's example, a string in its schema."""

    account_number: str | int | None = None


class BillDetails(Wire):
    """What was paid, and for whom."""

    biller_id: int
    service_type: str | None = None
    biller_reference_id: str | None = None
    completed_at: str | None = None
    subscriber_details: SubscriberDetails | None = None
    pin_details: PinDetails | None = None


class Transaction(Wire):
    """A payment as the partner keeps it. Shape: `amount` is as ordered, `deliveryAmount` is what the biller gets."""

    id: int
    status: str
    reference_id: str | None = None
    amount: Decimal | None = None
    amount_currency_code: str | None = None
    delivery_amount: Decimal | None = None
    delivery_amount_currency_code: str | None = None
    submitted_at: str | None = None
    bill_details: BillDetails | None = None


class TransactionRow(Wire):
    """One row of GET /transactions."""

    code: str | None = None
    transaction: Transaction | None = None


class TransactionPage(Wire):
    """How the document's schema frames the rows, where its example is a bare array."""

    content: list[TransactionRow]


BILLERS = msgspec.json.Decoder(BillerPage)
TRANSACTIONS = msgspec.json.Decoder(list[TransactionRow] | TransactionPage)
"""Reads GET /transactions in either frame."""
ACKNOWLEDGEMENT = msgspec.json.Decoder(Acknowledgement)

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write(message: PayRequest) -> bytes:
    """A payment as JSON, its amount an exact JSON number."""
    return _ENCODER.encode(message)


def instant(text: str | None) -> datetime | None:
    """A time of the partner's as UTC, which is an inference: it names no zone. None where it cannot be read."""
    try:
        return datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
