"""From the offers of many lenders to the one that is accepted."""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.lending.loans import Loan
from schemas.lending.products import LoanPurpose, PreCheckRef, ProductRef, Rate, Term
from schemas.money import Money
from schemas.order import OrderRequest
from schemas.page import Paged
from schemas.privacy import C2, private
from schemas.refs import PartnerRef
from schemas.region import RegionCode
from schemas.struct import Canonical, Instant

ApplicationState = Literal["processing", "offered", "action-required", "accepted", "granted", "rejected", "cancelled"]
OfferRef = Annotated[PartnerRef, private(C2, "financial", "An offer made to one customer")]


class OfferSearch(Paged):
    """For what offers are wanted, from every lender at once."""

    amount: Money
    term_months: Term
    purpose: LoanPurpose
    region: RegionCode | None = None

    def __post_init__(self) -> None:
        self.amount.refuse_zero()


class Offer(Canonical):
    """What one lender would lend this customer, and until when that holds."""

    offer_id: OfferRef
    lender: str
    amount: Money
    term_months: Term
    annual_rate: Rate
    total_repayable: Money | None = None
    fee: Money | None = None
    valid_until: Instant
    binding: bool
    """False: indicative; the lender decides on the application."""


class Application(OrderRequest):
    """A loan to apply for."""

    product_id: ProductRef
    amount: Money
    term_months: Term
    purpose: LoanPurpose
    pre_check_id: PreCheckRef | None = None

    def __post_init__(self) -> None:
        self.amount.refuse_zero()
        if self.pre_check_id is not None and self.pre_check_id.partner != self.product_id.partner:
            raise ValueError("pre_check_id: belongs to another partner than product_id")

    def contradicts(self, result: "Applied") -> str | None:
        return "the partner reports the application rejected" if result.state == "rejected" else None


class Applied(Canonical):
    """An application that has a verdict: its offers may be accepted until they expire."""

    application_number: str
    state: ApplicationState
    offers: list[Offer] = field(default_factory=list)
    action: str | None = None
    """What the customer must do, where the state is `action-required`."""


class Referral(OrderRequest):
    """A customer whom the bank itself declined, sent to the marketplace with the reason."""

    region: RegionCode
    amount: Money
    term_months: Term
    purpose: LoanPurpose
    reason: Literal["score", "income", "collateral", "exposure", "region", "product", "other"]
    """Why the bank said no."""
    remark: Annotated[str, Meta(max_length=200), private(C2, "financial")] = ""

    def __post_init__(self) -> None:
        self.amount.refuse_zero()

    def contradicts(self, result: Applied) -> str | None:
        return "the partner reports the case rejected" if result.state == "rejected" else None


class Acceptance(OrderRequest):
    """An offer to accept: the agreement is made, and the loan granted."""

    offer_id: OfferRef
    amount: Money
    """As the offer says: a price guard."""

    def __post_init__(self) -> None:
        self.amount.refuse_zero()

    def contradicts(self, result: Loan) -> str | None:
        if not result.principal.equals(self.amount):
            return f"the partner reports a loan of {result.principal.amount}, {self.amount.amount} was accepted"
        return None
