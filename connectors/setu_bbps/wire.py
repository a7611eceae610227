"""The partner's messages, in the partner's names. Unknown fields are allowed."""

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType, field

T = TypeVar("T")

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder raises about bytes that are no message."""

RefId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[!-~]+$(?!\n)")]


class Wire(msgspec.Struct, rename="camel"):
    """A message, or a part of one. Units: amounts and limits are paise."""


class TokenRequest(msgspec.Struct):
    """POST /api/v2/auth/token."""

    client_id: str = field(name="clientID")
    secret: str


class Token(Wire):
    """Its answer, which has no `data` around it."""

    success: bool
    token: Annotated[str, Meta(min_length=1, pattern=r"^[!-~]+$(?!\n)")]
    expires_in: Annotated[int, Meta(gt=0)]


class Answer(Wire, Generic[T]):
    """What every business call answers."""

    success: bool
    data: T


class Fault(Wire):
    """Why a call was refused, or which reference was doubled."""

    code: str | None = None


class FailureData(Wire):
    """The `data` of a 409."""

    duplicate: Fault | None = None


class Failure(Wire):
    """The body of an error. A 409 calls itself a success, and has its code elsewhere."""

    success: bool | None = None
    error: Fault | None = None
    data: FailureData | None = None


class Param(Wire):
    """Something a biller knows its customers by. What may be missing is missing somewhere."""

    param_name: str
    data_type: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    regex: str | None = None
    optional: bool = False
    visibility: bool = True
    values: str | None = None


class Mode(Wire):
    """Limits of one way in which the customer pays."""

    payment_mode: str
    min_limit: int | None = None
    max_limit: int | None = None


class Channel(Wire):
    """Limits of one way in which the payment reaches us."""

    payment_channel: str
    min_limit: int | None = None
    max_limit: int | None = None


class Fee(Wire):
    """C2B: the customer pays it, beside the amount."""

    fee_direction: str | None = None


class BillerRow(Wire):
    """One biller of GET /api/v2/bbps/billers."""

    id: str
    name: str
    category_name: str
    exactness: str
    fetch_api_type: str
    pay_without_fetch_allowed: bool
    customer_params: list[Param]
    payment_modes: list[Mode]
    payment_channels: list[Channel]
    status: str = "ACTIVE"
    country: str | None = None
    response_type: str | None = None
    selection_type: str | None = None
    plan_requirement: str | None = None
    customer_params_groups: list[list[str]] | None = None
    interchange_fee: list[Fee] | None = None
    enforces_same_day_fetch_pay: bool = False


class BillerPage(Wire):
    """The rows stay raw, so that one bad biller spoils no page."""

    billers: list[Raw]
    next_page: str | None = None


class NamedValue(Wire):
    """A customer parameter, or a line of additional information."""

    name: str
    value: str


class Agent(Wire):
    """The integrator's own agent; which fields are demanded depends on the channel."""

    id: str
    channel: str
    ip: str
    mac: str


class Named(Wire):
    """A biller, by its id."""

    id: str


class Customer(Wire):
    """Whom a biller is asked about."""

    mobile: str
    customer_params: list[NamedValue]


class FetchRequest(Wire):
    """POST /api/v2/bbps/bills/fetch/request."""

    agent: Agent
    biller: Named
    customer: Customer


class Ref(Wire):
    """What the first half of every pair answers, and the second half asks with."""

    ref_id: RefId


class Option(Wire):
    """Another amount that may be paid for a bill: a fixed one, or a span."""

    name: str
    amount: int | None = None


class BillRow(Wire):
    """One bill. `amountMultiple` counts from nothing, not from `minAmount`."""

    bill_number: str
    amount: int | None = None
    due_date: str | None = None
    customer_name: str | None = None
    min_amount: int | None = None
    max_amount: int | None = None
    amount_multiple: int | None = None
    payment_options: list[Option] | None = None


class FailureReason(Wire):
    """Why a biller refused."""

    code: str
    message: str | None = None


class Fetch(Wire):
    """POST /api/v2/bbps/bills/fetch/response."""

    ref_id: RefId
    status: str
    exactness: str | None = None
    bills: list[BillRow] | None = None
    additional_info: list[NamedValue] | None = None
    failure_reason: FailureReason | None = None


class SelectedBill(Wire):
    """A bill out of several that a payment is for."""

    bill_number: str
    amount: int


class SelectedOption(Wire):
    """The option that a payment takes; left out where the bill's own amount is paid."""

    name: str
    amount: int


class PaymentDetails(Wire):
    """What is paid. `paymentRefId` is ours, and may be used once."""

    amount: int
    mode: str
    payment_ref_id: str
    timestamp: str
    selected_payment_options: list[SelectedOption] | UnsetType = UNSET


class Remitter(Wire):
    """The payer, who may be another than the account holder."""

    name: str


class PaymentRequest(Wire, omit_defaults=True):
    """POST /api/v2/bbps/bills/payment/request: either `refId` of a fetch, or agent, biller and customer."""

    payment_details: PaymentDetails
    remitter: Remitter
    ref_id: str | UnsetType = UNSET
    bills: list[SelectedBill] | UnsetType = UNSET
    agent: Agent | UnsetType = UNSET
    biller: Named | UnsetType = UNSET
    customer: Customer | UnsetType = UNSET


class PaidDetails(Wire):
    """The partner's echo of what is paid."""

    payment_ref_id: str
    amount: int


class Payment(Wire):
    """POST /api/v2/bbps/bills/payment/response."""

    ref_id: RefId
    status: str
    payment_details: PaidDetails | None = None
    biller_id: str | None = None
    transaction_id: str | None = None
    biller_ref_id: str | None = None
    last_paid_date: str | None = None
    failure_reason: FailureReason | None = None


class TransactionRow(Wire):
    """One payment of GET /api/v2/bbps/transactions, in that list's words."""

    status: str
    payment_ref_id: str | None = None
    amount: int | None = None
    biller_id: str | None = None
    transaction_id: str | None = None


class TransactionPage(Wire):
    """Payments of some days."""

    transactions: list[TransactionRow]
    next_page: str | None = None


class PushedDetails(Wire):
    """What a webhook says is paid."""

    payment_ref_id: str | None = None


class PushedData(Wire):
    """What a webhook is about; BILLER_UPDATES spells its fields in another case, and is not read."""

    payment_details: PushedDetails | None = None


class Push(Wire):
    """The envelope of a webhook. An error comes without `data`."""

    event: str
    data: PushedData | None = None


BILLERS = msgspec.json.Decoder(Answer[BillerPage])
REF = msgspec.json.Decoder(Answer[Ref])
FETCH = msgspec.json.Decoder(Answer[Fetch])
PAYMENT = msgspec.json.Decoder(Answer[Payment])
TRANSACTIONS = msgspec.json.Decoder(Answer[TransactionPage])
PUSH = msgspec.json.Decoder(Push)
