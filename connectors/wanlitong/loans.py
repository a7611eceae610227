"""Loans, their plans and repayments, in our words."""

from datetime import date

from connectors.kit.units import to_yuan
from connectors.wanlitong import orders, wire
from connectors.wanlitong.credit import PLATFORM, OfferId
from connectors.wanlitong.envelope import Answer, ask, submit
from connectors.wanlitong.facts import ASK, LOAN, MANIFEST
from connectors.wanlitong.units import CURRENCY, day, moment, percent, yuan
from schemas.call import Attempt, Call
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.lending.loans import Instalment, Loan, Repaid, Repayment
from schemas.money import Money
from schemas.outcome import Found, Outcome
from schemas.refs import PartnerRef


async def borrow(offer: OfferId, attempt: Attempt) -> Outcome[Loan]:
    """借款申请: takes the credit as it was granted."""
    message = wire.Loan(
        order_no=attempt.reference,
        apply_no=offer.apply_no,
        amount=offer.amount,
        term=offer.term,
        notify_url=attempt.callback_url,
    )
    return orders.taken(await submit(attempt, "borrow", wire.BORROW, message), attempt, orders.OFFER)


async def borrowed(offer: OfferId, attempt: Attempt) -> Found[Loan]:
    amount = Money(amount=offer.amount, currency=CURRENCY)
    return await orders.found(attempt, wire.BORROW, amount, lambda order: paid_out(order, offer))


def paid_out(order: wire.Order, offer: OfferId) -> Loan:
    """Raises: Garbled."""
    if order.loan_no is None or order.amount is None:
        raise Garbled("a loan without number or amount")
    disbursed_at = moment(order.disburse_time) if order.disburse_time else None
    return Loan(
        loan_id=PartnerRef(MANIFEST.id, order.loan_no),
        lender=offer.lender,
        state="active",
        principal=yuan(order.amount),
        annual_rate=offer.rate,
        disbursed_at=disbursed_at,
    )


async def repay(repayment: Repayment, attempt: Attempt) -> Outcome[Repaid]:
    """Of a loan of the customer's own: the platform does not ask who pays."""
    try:
        await own(repayment.loan_id, attempt)
    except Refused as error:
        return orders.denied(error, "account-unknown" if error.field == "loan_id" else "not-eligible")
    message = wire.Repayment(
        order_no=attempt.reference,
        loan_no=repayment.loan_id.local_id,
        amount=to_yuan(repayment.amount),
        notify_url=attempt.callback_url,
    )
    return orders.taken(await submit(attempt, "repay", wire.REPAY, message), attempt, orders.LOAN)


async def repaid(repayment: Repayment, attempt: Attempt) -> Found[Repaid]:
    return await orders.found(attempt, wire.REPAY, repayment.amount, settled)


def settled(order: wire.Order) -> Repaid:
    """Raises: Garbled."""
    if order.amount is None:
        raise Garbled("a repayment without amount")
    return Repaid(paid=yuan(order.amount))


async def loans(call: Call) -> list[wire.LoanRow]:
    """The customer's. Raises: Refused, NotSent, MaybeSent."""
    answer = _answered(await ask(call, wire.LOANS, {"mobile": orders.mobile_of(call)}))
    return answer.read(wire.Loans).loans


async def own(ref: PartnerRef, call: Call) -> wire.LoanRow:
    """A loan from the customer's own list, so that nobody has to do with another's. Raises: as `loans`."""
    row = next((row for row in await loans(call) if row.loan_no == ref.local_id), None)
    if row is None:
        raise Refused("is no loan of this customer", field="loan_id")
    return row


def loan(row: wire.LoanRow) -> Loan:
    """Raises: Garbled."""
    meaning = LOAN.meaning(row.status)
    if meaning is None:
        raise Garbled(f"a loan in state {row.status[:16]!r}")
    return Loan(
        loan_id=PartnerRef(MANIFEST.id, row.loan_no),
        lender=PLATFORM,
        state="closed" if meaning.text == "closed" else "active",
        principal=yuan(row.amount),
        outstanding=yuan(row.outstanding),
        annual_rate=percent(row.year_rate),
        disbursed_at=moment(row.start_time),
    )


async def plan(ref: PartnerRef, today: date, call: Call) -> list[Instalment]:
    """Raises: Refused, NotSent, MaybeSent."""
    loan_no = (await own(ref, call)).loan_no
    found = _answered(await ask(call, wire.PLAN, {"loanNo": loan_no})).read(wire.Plan)
    if found.loan_no != loan_no:
        raise Garbled("asked about one loan, the platform answered about another")
    return [instalment(row, today) for row in found.plan]


def instalment(row: wire.Instalment, today: date) -> Instalment:
    """Raises: Garbled."""
    due_on = day(row.due_date)
    if row.paid not in (0, 1):
        raise Garbled("an instalment that is neither paid nor not")
    return Instalment(
        number=row.period,
        due_on=due_on,
        amount=yuan(row.amount),
        principal=yuan(row.principal),
        interest=yuan(row.interest),
        state="paid" if row.paid else "overdue" if due_on < today else "due",
    )


def _answered(answer: Answer) -> Answer:
    """Raises: Refused where there is no such loan, MaybeSent for anything else but an answer."""
    meaning = ASK.meaning(answer.code)
    if meaning and meaning.means == "refused":
        raise Refused(meaning.text, field="loan_id")
    if meaning is None or meaning.means != "ok":
        raise MaybeSent(f"a question was answered {answer.code[:16]}")
    return answer
