"""Loans and their plans, from the network's words to ours."""

from datetime import date
from typing import Literal, get_args

import msgspec

from connectors.kit.feeds import UNREADABLE
from connectors.kit.whose import is_theirs, mark
from connectors.ocen import wire
from connectors.ocen.facts import INSTALMENT, LOAN, MANIFEST, PAYOUT
from connectors.ocen.offers import moment, money, percent
from schemas.call import Call
from schemas.errors import Garbled, Refused
from schemas.lending.loans import Instalment, Loan, LoanState
from schemas.refs import PartnerRef

NO_LOAN = MANIFEST.codes["detail"]["LOAN_NOT_FOUND"].text
_STATES: dict[str, LoanState] = {state: state for state in get_args(LoanState)}


class LoanId(msgspec.Struct, frozen=True, array_like=True):
    """How a loan is found again at the network, and whose it is: no answer about one names its borrower."""

    loan_id: str
    mark: str


def own(ref: PartnerRef, call: Call) -> str:
    """The network's number of a loan of this customer. Raises: Refused, for another's as for one that nobody knows."""
    try:
        found = msgspec.json.decode(ref.local_id, type=LoanId)
    except UNREADABLE as error:
        raise Refused(NO_LOAN, field="loan_id") from error
    if not is_theirs(call, found.loan_id, found.mark):
        raise Refused(NO_LOAN, field="loan_id")
    return found.loan_id


def loan(row: wire.Loan, call: Call) -> Loan:
    """A loan of the call's customer. Raises: Garbled where it cannot be read, or is no loan yet."""
    terms = row.terms
    if row.loan_id is None or row.lender is None or terms is None or terms.sanctioned_amount is None:
        raise Garbled("a loan without number, lender or amount")
    pending = row.summary.amount_pending if row.summary else None
    loan_id = LoanId(row.loan_id, mark(call, row.loan_id))
    return Loan(
        loan_id=PartnerRef(MANIFEST.id, msgspec.json.encode(loan_id).decode()),
        lender=row.lender.name,
        state=state(row),
        principal=money(terms.sanctioned_amount),
        outstanding=None if pending is None else money(pending),
        annual_rate=None if terms.interest_rate is None else percent(terms.interest_rate),
        granted_at=None if row.created_date is None else moment(row.created_date),
    )


def state(row: wire.Loan) -> LoanState:
    """Of the payout first, and of the repayments once that is through. Raises: Garbled for a state nobody mapped."""
    paid_out = PAYOUT.meaning(row.loan_application_status or "")
    if paid_out and paid_out.text != "active":
        return _STATES[paid_out.text]
    repaid = LOAN.meaning(row.loan_status or "")
    if paid_out is None or repaid is None:
        raise Garbled("a loan in an unknown state")
    return _STATES[repaid.text]


def instalment(row: wire.Instalment) -> Instalment:
    """Raises: Garbled."""
    meaning, number = INSTALMENT.meaning(row.status), row.installment_number
    if meaning is None or not (number.isascii() and number.isdigit() and int(number)):
        raise Garbled("an instalment without number, or in an unknown state")
    try:
        due_on = date.fromisoformat(row.date)
    except ValueError as error:
        raise Garbled("an instalment is due on no date") from error
    return Instalment(
        number=int(number),
        due_on=due_on,
        amount=money(row.total_amount),
        principal=None if row.principal is None else money(row.principal),
        interest=None if row.interest_amount is None else money(row.interest_amount),
        state=msgspec.convert(meaning.text, Literal["due", "paid", "overdue", "waived"]),
    )
