"""Lending through the supermarket: a pre-check without identity, the customer's agreement, then the plain number."""

from collections.abc import Mapping

from connectors.kit.feeds import page_of, today
from connectors.kit.partner import Acknowledgement, News, Partner
from connectors.wanlitong import catalogue, credit, loans, orders, prechecks, wire
from connectors.wanlitong.envelope import WanlitongAccount, ask, open_push
from connectors.wanlitong.facts import ASK, MANIFEST
from connectors.wanlitong.units import CURRENCY, from_wan
from schemas.call import Attempt, Call
from schemas.errors import MaybeSent, Refused
from schemas.lending import Lending
from schemas.lending.applications import Acceptance, Application, Applied, Offer, OfferSearch, Referral
from schemas.lending.loans import Instalment, Loan, LoanSearch, LoansSearch, Repaid, Repayment
from schemas.lending.products import (
    Estimate,
    EstimateSearch,
    LoanProduct,
    PreCheck,
    PreChecked,
    ProductSearch,
)
from schemas.money import Money
from schemas.outcome import Declined, Found, Outcome
from schemas.page import Merged
from schemas.region import covers

REGION = "CN"
RECEIVED = Acknowledgement(body=b'{"code":0}', content_type="application/json")


class WanlitongLending(Lending):
    """Consumer and small business loans of the platform's lenders."""

    async def list_products(self, search: ProductSearch, call: Call) -> Merged[LoanProduct]:
        return page_of(await catalogue.products(call) if _serves(search.region) else [], search)

    async def pre_check(self, check_for: PreCheck, call: Call) -> PreChecked:
        if check_for.amount.currency != CURRENCY:
            raise Refused(f"must be {CURRENCY}", field="amount.currency")
        return await prechecks.verdict(check_for, call)

    async def find_offers(self, search: OfferSearch, call: Call) -> Merged[Offer]:
        """Indicative: credit is granted on an application, to which this is the way."""
        if not _serves(search.region) or search.amount.currency != CURRENCY:
            return Merged(items=[])
        return page_of(await credit.quotes(search, call), search)

    async def estimate(self, search: EstimateSearch, call: Call) -> Merged[Estimate]:
        """The customer's limit, held against each product: mask and digest are enough for it."""
        if not _serves(search.region):
            return Merged(items=[])
        mobile = orders.mobile_of(call)
        asked = {"mobileMask": mobile[: prechecks.MASK], "mobileMd5": prechecks.digest(mobile)}
        answer = await ask(call, wire.ESTIMATE, asked)
        meaning = ASK.meaning(answer.code)
        if meaning is None or meaning.means != "ok":
            raise MaybeSent(f"the estimate was answered {answer.code[:16]}")
        limit = from_wan(answer.read(wire.Limit).max_amount)
        return page_of(
            [_estimate(one, limit, call) for one in await catalogue.products(call) if _within(one, limit)], search
        )

    async def check_application(self, application: Application, call: Call) -> None:
        pre_check = prechecks.read_pre_check_id(application.pre_check_id)
        if pre_check.product_id != application.product_id.local_id:
            raise Refused("was for another product", field="pre_check_id")
        found = [one for one in await catalogue.products(call) if one.product_id == application.product_id]
        if not found:
            raise Refused("is no product of this partner", field="product_id")
        catalogue.refuse_application(application, found[0])
        prechecks.refuse_anothers(pre_check, orders.mobile_of(call), call)
        await call.remember(**{prechecks.LENDER: found[0].lender})

    async def apply(self, application: Application, attempt: Attempt) -> Outcome[Applied]:
        try:
            mobile = orders.mobile_of(attempt)
            pre_check = prechecks.read_pre_check_id(application.pre_check_id)
            prechecks.refuse_anothers(pre_check, mobile, attempt)
        except Refused as error:
            return orders.denied(error)
        if other := orders.in_another_currency(application.amount):
            return other
        return await credit.lead(pre_check, application, mobile, attempt)

    async def find_application(self, application: Application, attempt: Attempt) -> Found[Applied]:
        return await credit.found(application, attempt)

    async def refer(self, referral: Referral, attempt: Attempt) -> Outcome[Applied]:
        """Pre-check and application in one: the platform has no place for the bank's reason."""
        if other := orders.in_another_currency(referral.amount):
            return other
        try:
            mobile = orders.mobile_of(attempt)
        except Refused as error:
            return orders.denied(error)
        passed = await prechecks.passed(referral, mobile, attempt)
        return passed if isinstance(passed, Declined) else await credit.lead(passed, referral, mobile, attempt)

    async def find_referral(self, referral: Referral, attempt: Attempt) -> Found[Applied]:
        return await credit.found(referral, attempt)

    async def check_acceptance(self, acceptance: Acceptance, call: Call) -> None:
        credit.refuse_acceptance(acceptance, call)

    async def accept(self, acceptance: Acceptance, attempt: Attempt) -> Outcome[Loan]:
        return await loans.borrow(credit.read_offer_id(acceptance.offer_id), attempt)

    async def find_acceptance(self, acceptance: Acceptance, attempt: Attempt) -> Found[Loan]:
        return await loans.borrowed(credit.read_offer_id(acceptance.offer_id), attempt)

    async def find_loan(self, search: LoanSearch, call: Call) -> Loan:
        return loans.loan(await loans.own(search.loan_id, call))

    async def list_loans(self, search: LoansSearch, call: Call) -> Merged[Loan]:
        if not _serves(search.region):
            return Merged(items=[])
        return page_of([loans.loan(row) for row in await loans.loans(call)], search)

    async def find_plan(self, search: LoanSearch, call: Call) -> list[Instalment]:
        return await loans.plan(search.loan_id, today(call, MANIFEST.zone), call)

    async def repay(self, repayment: Repayment, attempt: Attempt) -> Outcome[Repaid]:
        return orders.in_another_currency(repayment.amount) or await loans.repay(repayment, attempt)

    async def find_repayment(self, repayment: Repayment, attempt: Attempt) -> Found[Repaid]:
        return await loans.repaid(repayment, attempt)


def _within(one: LoanProduct, limit: Money) -> bool:
    return one.minimum.value <= limit.value


def _estimate(one: LoanProduct, limit: Money, call: Call) -> Estimate:
    up_to = min(limit, one.maximum, key=lambda money: money.value)
    return Estimate(product_id=one.product_id, lender=one.lender, up_to=up_to, as_of=call.clock())


def _serves(region: str | None) -> bool:
    return region is None or covers(REGION, region)


def read_callback(raw: bytes, _headers: Mapping[str, str], account: WanlitongAccount) -> News:
    """A result: sealed for us, but by nobody knows whom, so it only makes the hub ask. Raises: Garbled."""
    reference = open_push(account, raw).order_no
    return News(reference=reference, outcome=None, trusted=False, acknowledgement=RECEIVED)


PARTNER = Partner(account=WanlitongAccount, scenarios=(WanlitongLending,), read_callback=read_callback)
