"""The platform's messages, in its own names, as far as they are read.

Units: 万元 in what STRIKE, PRODUCTS and ESTIMATE say, 元 in everything else; rates are yearly fractions.
Source: partners/lending.md, C2; what it leaves open, the platform's own README.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

PRODUCTS = "products"
ESTIMATE = "estimate"
STRIKE = "strike"
AUTHORISE = "downstream/auth-callback"
APPLY = "apply"
TRIAL = "trial"
BORROW = "loan"
PROGRESS = "progress"
PLAN = "plan"
REPAY = "repay"
LOANS = "loans"

Id = Annotated[str, Meta(min_length=1, max_length=64)]


class Wire(msgspec.Struct, rename="camel"):
    """A message, or a part of one."""


Content: TypeAlias = Wire | Mapping[str, object]
"""What a request says, before it is sealed."""


class Envelope(Wire):
    """What everything that is sealed travels in, in either direction."""

    channel_code: str
    data: str


class Answer(Wire):
    """A plain answer; `data` stays raw until the code is known."""

    code: int
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class Product(Wire):
    """Units: 万元."""

    product_id: Id
    product_name: str
    company_name: str
    min_amount: Decimal
    max_amount: Decimal
    max_term: Annotated[int, Meta(ge=1, le=360)]
    min_year_rate: Decimal


class Products(Wire):
    """The rows stay raw, so that one bad product spoils no page."""

    products: list[msgspec.Raw]


class Limit(Wire):
    """What somebody could borrow. Units: 万元."""

    max_amount: Decimal


class Strike(Wire, omit_defaults=True):
    """撞库: nothing in it names anybody. Units: 万元, months; flags are 0 or 1."""

    mobile_mask: str
    mobile_md5: str
    loan_amount: Decimal
    loan_time: int
    product_id: str | UnsetType = UNSET
    age: int | None = None
    education: int | None = None
    housing_status: int | None = None
    has_car: int | None = None
    has_provident_fund: int | None = None
    has_social_security: int | None = None
    overdue: int | None = None


class Protocol(Wire):
    """Something that the customer agrees to."""

    url: str


class Struck(Wire):
    """Who passed: the application is `apply_no` from now on, and the customer is to read and agree at `url`."""

    apply_no: Id
    user_id: Id
    company_name: str = ""
    url: str | None = None
    protocols: list[Protocol] = []


class Agreement(Wire):
    apply_no: str
    user_id: str


class Lead(Wire):
    """进件: the one message with the plain mobile number. Units: 元, months."""

    order_no: str
    apply_no: str
    mobile: str
    amount: str
    term: int
    notify_url: str


class Quoted(Wire):
    """What an amount and a term would cost. Units: 元."""

    year_rate: Decimal
    interest: Decimal


class Loan(Wire):
    """借款申请. Units: 元, months."""

    order_no: str
    apply_no: str
    amount: str
    term: int
    notify_url: str


class Repayment(Wire):
    """Units: 元."""

    order_no: str
    loan_no: str
    amount: str
    notify_url: str


class Taken(Wire):
    """The answer to an order."""

    order_no: str
    status: str


class Order(Taken):
    """An order as `progress` and a push tell it. Units: 元; times are local."""

    type: str = ""
    amount: Decimal | None = None
    apply_no: Id | None = None
    credit_amount: Decimal | None = None
    year_rate: Decimal | None = None
    max_term: Annotated[int, Meta(ge=1, le=360)] | None = None
    valid_to: str | None = None
    loan_no: Id | None = None
    disburse_time: str | None = None


class LoanRow(Wire):
    """A loan of the customer's. Units: 元."""

    loan_no: Id
    amount: Decimal
    outstanding: Decimal
    year_rate: Decimal
    start_time: str
    status: str


class Loans(Wire):
    loans: list[LoanRow]


class Instalment(Wire):
    """Units: 元. `paid` is 0 or 1."""

    period: Annotated[int, Meta(ge=1)]
    due_date: str
    amount: Decimal
    principal: Decimal
    interest: Decimal
    paid: int


class Plan(Wire):
    loan_no: str
    plan: list[Instalment]


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write(message: Content) -> bytes:
    """A message as JSON; decimals as exact JSON numbers."""
    return _ENCODER.encode(message)
