"""Loans, what is left of them, and paying them back."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from schemas.lending.products import Rate
from schemas.money import Money
from schemas.order import OrderRequest
from schemas.page import Paged
from schemas.privacy import C2, private
from schemas.refs import PartnerRef
from schemas.region import RegionCode
from schemas.struct import Canonical, Instant

LoanState = Literal["granted", "disbursing", "active", "overdue", "closed", "failed"]
LoanRef = Annotated[PartnerRef, private(C2, "financial", "A loan of one customer")]


class Loan(Canonical):
    """A loan, as it stands."""

    loan_id: LoanRef
    lender: str
    state: LoanState
    principal: Annotated[Money, private(C2, "financial")]
    outstanding: Annotated[Money | None, private(C2, "financial")] = None
    annual_rate: Rate | None = None
    granted_at: Instant | None = None
    disbursed_at: Instant | None = None


class LoanSearch(Canonical):
    """Which loan is meant."""

    loan_id: LoanRef


class LoansSearch(Paged):
    """Which loans of the customer are wanted."""

    region: RegionCode | None = None


class Instalment(Canonical):
    """One payment of the plan."""

    number: Annotated[int, Meta(ge=1)]
    due_on: date
    amount: Money
    principal: Money | None = None
    interest: Money | None = None
    state: Literal["due", "paid", "overdue", "waived"]


class Repayment(OrderRequest):
    """Money to pay back."""

    loan_id: LoanRef
    amount: Money

    def __post_init__(self) -> None:
        self.amount.refuse_zero()

    def contradicts(self, result: "Repaid") -> str | None:
        return None if result.paid.equals(self.amount) else f"the partner reports {result.paid.amount} repaid"


class Repaid(Canonical):
    """What was paid back, and what is left."""

    paid: Money
    outstanding: Annotated[Money | None, private(C2, "financial")] = None
    paid_at: Instant | None = None
