"""Lending: products and offers of many lenders side by side, from the pre-check to the last repayment."""

from schemas.call import Attempt, Call
from schemas.contract import A1, A2, Scenario, check, enquiry, order, query
from schemas.lending.applications import Acceptance, Application, Applied, Offer, OfferSearch, Referral
from schemas.lending.loans import Instalment, Loan, LoanSearch, LoansSearch, Repaid, Repayment
from schemas.lending.products import Estimate, EstimateSearch, LoanProduct, PreCheck, PreChecked, ProductSearch
from schemas.outcome import Found, Outcome
from schemas.page import Merged


class Lending(Scenario, name="lending"):
    """A marketplace of lenders: products, pre-check, offers, application, loan and repayment."""

    @query("GET /products", access="read", level=A1)
    async def list_products(self, search: ProductSearch, call: Call) -> Merged[LoanProduct]:
        """Loan products of every partner on the shelf."""

    @query("POST /pre-checks", access="apply", level=A2, subject="digest", optional=True)
    async def pre_check(self, check_for: PreCheck, call: Call) -> PreChecked:
        """Whether a customer may apply, before any consent. Silence for three seconds counts as a duplicate."""

    @query("POST /offer-searches", access="apply", level=A2, subject="required")
    async def find_offers(self, search: OfferSearch, call: Call) -> Merged[Offer]:
        """Offers of all lenders side by side, each with its validity. A lender that needs longer says so.

        A lender may have to be told who asks, and may file the search as an application, which binds nobody.
        """

    @order("POST /applications", access="apply", level=A2, subject="required")
    async def apply(self, application: Application, attempt: Attempt) -> Outcome[Applied]:
        """Apply for a loan."""

    @check(of=apply)
    async def check_application(self, application: Application, call: Call) -> None:
        """Refuses an application that the product's rules exclude, naming the field."""

    @enquiry(of=apply)
    async def find_application(self, application: Application, attempt: Attempt) -> Found[Applied]:
        """What became of an application that was or may have been sent."""

    @order("POST /referrals", access="refer", level=A2, subject="required", optional=True)
    async def refer(self, referral: Referral, attempt: Attempt) -> Outcome[Applied]:
        """Send a customer whom the bank declined to the marketplace, with the reason."""

    @enquiry(of=refer)
    async def find_referral(self, referral: Referral, attempt: Attempt) -> Found[Applied]:
        """What became of a referral that was or may have been sent."""

    @order("POST /acceptances", access="apply", level=A2, subject="required")
    async def accept(self, acceptance: Acceptance, attempt: Attempt) -> Outcome[Loan]:
        """Accept an offer: the loan is granted."""

    @check(of=accept)
    async def check_acceptance(self, acceptance: Acceptance, call: Call) -> None:
        """Refuses an offer past its validity, or another amount than it says."""

    @enquiry(of=accept)
    async def find_acceptance(self, acceptance: Acceptance, attempt: Attempt) -> Found[Loan]:
        """What became of an acceptance that was or may have been sent."""

    @query("POST /loan-searches", access="read", level=A2, subject="required")
    async def find_loan(self, search: LoanSearch, call: Call) -> Loan:
        """One loan: whether it is disbursed, and what is left."""

    @query("POST /loan-lists", access="read", level=A2, subject="required", optional=True)
    async def list_loans(self, search: LoansSearch, call: Call) -> Merged[Loan]:
        """The customer's loans at every partner."""

    @query("POST /repayment-plans", access="read", level=A2, subject="required")
    async def find_plan(self, search: LoanSearch, call: Call) -> list[Instalment]:
        """What is to be paid back, when."""

    @order("POST /repayments", access="repay", level=A2, subject="required")
    async def repay(self, repayment: Repayment, attempt: Attempt) -> Outcome[Repaid]:
        """Pay back a part of a loan, or all of it."""

    @enquiry(of=repay)
    async def find_repayment(self, repayment: Repayment, attempt: Attempt) -> Found[Repaid]:
        """What became of a repayment that was or may have been sent."""

    @query("POST /estimates", access="read", level=A2, subject="required", optional=True)
    async def estimate(self, search: EstimateSearch, call: Call) -> Merged[Estimate]:
        """How much the customer could borrow, by lender."""
