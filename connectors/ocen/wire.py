"""The network's messages, in its own names, as far as we read them: what is not read is dropped here.

Units: amounts are JSON numbers in rupees, read and written exactly.
Source: partners/lending.md, C1; ocen_openapi_apache_2023-08.json; what both leave open, the network's own README.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

VERSION = "4.0.0alpha"
ROOT = f"/v{VERSION}/"
PRODUCTS = "/products"
TOKEN = "/auth/oauth2/token/"  # noqa: S105 - a path

CREATE = "loanApplications/createLoanRequest"
OFFERS = "offers/generateOffersRequest"
CHOOSE = "offers/setOffersRequest"
AGREE = "loanAcceptance/loanAgreementRequest"
GRANT = "grantLoan/grantLoanRequest"
REPAY = "repayment/triggerRepaymentRequest"
REPAYMENT = "repayment/triggerRepaymentStatusRequest"
CONFIRMED = "repayment/confirmRepaymentRequest"
LOAN = "loanDetails/getloanRequest"
LOANS = "loanDetails/listloansRequest"
PLAN = "disbursement/setRepaymentPlanStatusRequest"

Id = Annotated[str, Meta(min_length=1, max_length=64)]


class Wire(msgspec.Struct, rename="camel", omit_defaults=True):
    """A message, or a part of one."""


class Token(msgspec.Struct):
    """What the auth service gives. Units: seconds."""

    access_token: Annotated[str, Meta(min_length=1, pattern=r"^[!-~]+$(?!\n)")]
    expires_in: Annotated[int, Meta(gt=0)]
    token_type: str = "Bearer"  # noqa: S105 - the kind of token, no token


class Ack(Wire):
    """The whole of every synchronous answer: `error` is "0", or says why nothing was taken."""

    error: str
    trace_id: str = ""


class Metadata(Wire):
    """Of a message in either direction. Shape: a response has the `requestId` and `traceId` of its request."""

    trace_id: Annotated[str, Meta(min_length=1)]
    request_id: str
    timestamp: str
    version: str = ""
    originator_org_id: str = ""
    originator_participant_id: str = ""
    operation: str = ""
    """Of a response: the path under which we would have served it."""


class Verdict(Wire):
    """Whether a request was answered with what was asked for; `response_detail` is the code of an ERROR."""

    status: str
    response_detail: str = ""


class Tenure(Wire):
    duration: str
    unit: str


class Terms(Wire):
    """Units: amounts in `currency`; the rate is per cent a year."""

    currency: str
    requested_amount: Decimal | None = None
    sanctioned_amount: Decimal | None = None
    net_disbursed_amount: Decimal | None = None
    interest_rate: Decimal | None = None
    total_repayable_amount: Decimal | None = None
    tenure: Tenure | None = None


class Lender(Wire):
    name: str


class Offer(Wire):
    id: Id
    valid_till: str
    terms: Terms
    lender: Lender


class Action(Wire):
    """What a lender wants before it goes on."""

    action_type: str
    description: str = ""


class Rejection(Wire):
    reason: str
    description: str = ""


class Application(Wire):
    """An application as a response tells of it: among others of a bulk, or alone."""

    loan_application_id: str | None = None
    loan_application_status: str | None = None
    terms: Terms | None = None
    offers: list[Offer] = []
    action_required: list[Action] = []
    rejection_details: list[Rejection] = []


class Summary(Wire):
    """What is left of a loan, interest included."""

    amount_pending: Decimal | None = None


class Loan(Application):
    """An application that has become a loan."""

    loan_id: Id | None = None
    loan_status: str | None = None
    lender: Lender | None = None
    created_date: str | None = None
    summary: Summary | None = None


class Instalment(Wire):
    installment_number: str
    date: str
    total_amount: Decimal
    status: str
    principal: Decimal | None = None
    interest_amount: Decimal | None = None


class Plan(Wire):
    installments: list[Instalment]


class Payment(Wire):
    """A repayment. `id` is ours."""

    id: str
    total_amount: Decimal | None = None
    status: str = ""
    date: str | None = None


class Response(Loan, kw_only=True):
    """Any response: which of its fields are there depends on what was asked."""

    metadata: Metadata
    response: Verdict
    loan_applications: list[Application] = []
    loans: list[Loan] = []
    plan: Plan | None = None
    payment: Payment | None = None

    @property
    def application(self) -> Application:
        """The application that it is about: we never ask about two at once."""
        return self.loan_applications[0] if self.loan_applications else self


class Product(Wire):
    """A product in the registry. Units: rupees; per cent a year. `tenure` is the longest."""

    id: Id
    name: str
    lender: Lender
    min_amount: Decimal
    max_amount: Decimal
    tenure: Tenure
    interest_rate: Decimal
    currency: str


class Products(Wire):
    """GET /products. The rows stay raw, so that one bad product spoils no page."""

    products: list[msgspec.Raw]


class Borrower(Wire):
    primary_id: str
    primary_id_type: str
    name: str
    category: str
    contact_details: list[dict[str, str]]


class Filing(Wire):
    """One application of createLoan. `loan_application_id` is ours."""

    created_date: str
    loan_application_id: str
    borrower: Borrower
    terms: Terms
    description: str


ACK = msgspec.json.Decoder(Ack)
RESPONSE = msgspec.json.Decoder(Response)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write(metadata: Metadata, content: Mapping[str, object]) -> bytes:
    """A request as JSON, amounts as exact JSON numbers."""
    return _ENCODER.encode({"metadata": metadata, **content})


def topic(operation: str) -> str:
    """What a request and its response have in common: `listloansRequest` and `listLoansResponse` are not one casing."""
    return operation.rpartition("/")[2].lower().removesuffix("request").removesuffix("response")
