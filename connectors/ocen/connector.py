"""Lending over a network that only acknowledges: what it has to say comes by callback, and is read from handles."""

from datetime import timedelta

from connectors.kit.feeds import page_of, readable
from connectors.kit.partner import Partner
from connectors.ocen import acceptances, answers, applications, exchange, repayments, wire
from connectors.ocen.callback import SIGNATURE, read_callback
from connectors.ocen.exchange import OcenAccount
from connectors.ocen.loans import instalment, loan, own
from connectors.ocen.offers import CURRENCY, product, read_offer_id, refuse_acceptance
from schemas.call import Attempt, Call, Kept
from schemas.errors import Garbled, Refused
from schemas.lending import Lending
from schemas.lending.applications import Acceptance, Application, Applied, Offer, OfferSearch, Referral
from schemas.lending.loans import Instalment, Loan, LoanSearch, LoansSearch, Repaid, Repayment
from schemas.lending.products import LoanProduct, ProductSearch
from schemas.outcome import Declined, Found, Outcome, Pending, Reason
from schemas.page import Merged
from schemas.region import covers

REGION = "IN"
CATALOGUE_KEPT = timedelta(minutes=10)
Wish = Application | Referral


class OcenLending(Lending):
    """Loans in rupees, of every lender in the network."""

    async def list_products(self, search: ProductSearch, call: Call) -> Merged[LoanProduct]:
        if not _serves(search.region):
            return Merged(items=[])
        return page_of(await _products(call), search)

    async def find_offers(self, search: OfferSearch, call: Call) -> Merged[Offer]:
        """Files an application for the question: without one no lender offers. What goes on files no other."""
        if not _serves(search.region) or search.amount.currency != CURRENCY:
            return Merged(items=[])
        return await applications.gathered(search, call)

    async def check_application(self, application: Application, call: Call) -> None:
        found = [one for one in await _products(call) if one.product_id == application.product_id]
        if not found:
            raise Refused("is no product of this network", field="product_id")
        applications.refuse_application(application, found[0])
        applications.borrower(call)

    async def apply(self, application: Application, attempt: Attempt) -> Outcome[Applied]:
        return await _filed(application, attempt, application.product_id.local_id)

    async def find_application(self, application: Application, attempt: Attempt) -> Found[Applied]:
        return await applications.found(application, attempt)

    async def refer(self, referral: Referral, attempt: Attempt) -> Outcome[Applied]:
        """An application to every lender, whose description says why the bank said no."""
        return await _filed(referral, attempt)

    async def find_referral(self, referral: Referral, attempt: Attempt) -> Found[Applied]:
        return await applications.found(referral, attempt)

    async def check_acceptance(self, acceptance: Acceptance, call: Call) -> None:
        refuse_acceptance(acceptance, call)

    async def accept(self, acceptance: Acceptance, attempt: Attempt) -> Outcome[Loan]:
        return await acceptances.accept(read_offer_id(acceptance.offer_id), attempt)

    async def find_acceptance(self, acceptance: Acceptance, attempt: Attempt) -> Found[Loan]:
        return await acceptances.found(read_offer_id(acceptance.offer_id), attempt)

    async def find_loan(self, search: LoanSearch, call: Call) -> Loan:
        loan_id = own(search.loan_id, call)
        found = await answers.answer(call, wire.LOAN, {"loanId": loan_id}, field="loan_id")
        if found.loan_id != loan_id:
            raise Garbled("asked about one loan, the network answered about another")
        return loan(found, call)

    async def list_loans(self, search: LoansSearch, call: Call) -> Merged[Loan]:
        if not _serves(search.region):
            return Merged(items=[])
        borrower = applications.borrower(call)
        asked = {"primaryId": borrower.primary_id, "primaryIdType": borrower.primary_id_type}
        found = await answers.answer(call, wire.LOANS, {"borrower": asked})
        return page_of(readable(found.loans, lambda row: loan(row, call), call), search)

    async def find_plan(self, search: LoanSearch, call: Call) -> list[Instalment]:
        loan_id = own(search.loan_id, call)
        found = await answers.answer(call, wire.PLAN, {"loanId": loan_id}, field="loan_id")
        if found.plan is None or found.loan_id != loan_id:
            raise Garbled("the answer has no plan, or another loan's")
        return [instalment(row) for row in found.plan.installments]

    async def repay(self, repayment: Repayment, attempt: Attempt) -> Outcome[Repaid]:
        if repayment.amount.currency != CURRENCY:
            return _in_another_currency()
        try:
            loan_id = own(repayment.loan_id, attempt)
        except Refused as error:
            return Declined(reason=Reason(code="account-unknown", message=error.message, field=error.field))
        content = {"loanId": loan_id, "payment": {"id": attempt.reference, "totalAmount": repayment.amount.value}}
        refused = await exchange.submit(attempt, "repay", wire.REPAY, content, attempt.reference)
        return refused or Pending(stage="mandate asked for")

    async def find_repayment(self, repayment: Repayment, attempt: Attempt) -> Found[Repaid]:  # noqa: ARG002 - found by id
        return await repayments.found(attempt)


async def _filed(wish: Wish, attempt: Attempt, product_id: str | None = None) -> Outcome[Applied]:
    """Files an application under our reference."""
    if wish.amount.currency != CURRENCY:
        return _in_another_currency()
    try:
        content = applications.filing(attempt, wish, created=attempt.sent_at, product_id=product_id)
    except Refused as error:
        return Declined(reason=Reason(code="not-eligible", message=error.message, field=error.field))
    refused = await exchange.submit(attempt, "create", wire.CREATE, content, attempt.reference)
    return refused or Pending(stage="filed")


def _in_another_currency() -> Declined:
    reason = Reason(code="amount-refused", message=f"must be {CURRENCY}", field="amount.currency")
    return Declined(reason=reason)


async def _products(call: Call) -> list[LoanProduct]:
    async def load() -> Kept[list[LoanProduct]]:
        return Kept(readable(await exchange.registry(call), product, call), call.clock() + CATALOGUE_KEPT)

    return await call.session("products", load)


def _serves(region: str | None) -> bool:
    return region is None or covers(REGION, region)


PARTNER = Partner(
    account=OcenAccount, scenarios=(OcenLending,), read_callback=read_callback, callback_headers=(SIGNATURE,)
)
