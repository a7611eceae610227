"""A payment in the partner's words, and what the partner's words about it are worth."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import structlog
from msgspec.structs import replace

from connectors.kit.codes import Codes
from connectors.setu_bbps import wire
from connectors.setu_bbps.exchange import SetuAccount, error_code
from connectors.setu_bbps.facts import FAILURE, LIST, MANIFEST, MODE, PAY, STATUS, ZONE, rupees
from schemas.call import Attempt, Reply
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Succeeded, Unknown
from schemas.utility_bills import BillPayment, Receipt

PAID = frozenset(word for word, meaning in MANIFEST.codes["status"].items() if meaning.means == "succeeded")
PAID_IN_LIST = frozenset(word for word, meaning in MANIFEST.codes["list"].items() if meaning.means == "succeeded")
PAUSE = timedelta(seconds=3)
"""The partner wants to be asked every three to five seconds."""

log = structlog.get_logger("hub.setu_bbps")


def payment_request(
    payment: BillPayment, attempt: Attempt, account: SetuAccount, customer: wire.Customer | None
) -> wire.PaymentRequest:
    """A payment of a fetched bill, which says all about its customer, or of the customer that is given."""
    paid = payment.amount.minor
    details = wire.PaymentDetails(paid, MODE, attempt.reference, timestamp(attempt.sent_at))
    remitter = wire.Remitter(account.remitter_name)
    if customer is not None:
        biller = wire.Named(payment.biller_id.local_id)
        return wire.PaymentRequest(details, remitter, agent=account.agent, biller=biller, customer=customer)
    if option := attempt.handles["option"]:
        details = replace(details, selected_payment_options=[wire.SelectedOption(option, paid)])
    bills = msgspec.json.decode(attempt.handles["bills"], type=list[wire.SelectedBill])
    return wire.PaymentRequest(details, remitter, ref_id=attempt.handles["fetch_ref"], bills=bills or msgspec.UNSET)


def timestamp(sent_at: datetime) -> str:
    """The day in it is the day under which the transaction list files the payment."""
    return sent_at.astimezone(ZONE).isoformat(timespec="milliseconds")


def not_taken(reply: Reply) -> Outcome[Receipt]:
    """What an error says about a payment: declined only by a code that the manifest maps so."""
    return _never_absent(PAY.outcome(error_code(reply), acknowledged=False))


def judged(answer: wire.Payment, payment: BillPayment, attempt: Attempt) -> Found[Receipt]:
    """What the response says about a payment. Another payment than ours is no news about it."""
    details = answer.payment_details
    if answer.ref_id != attempt.handles["payment_ref"] or not _is_ours(details, answer.biller_id, payment, attempt):
        log.error("another-payment-under-our-reference", **_trace(attempt))
        return Unknown(why="the partner's answer is about another payment than ours")
    if answer.status in PAID:
        if answer.failure_reason:
            return Unknown(why="the partner reports a success, and the reason of its failure")
        number = answer.transaction_id or answer.biller_ref_id
        return _paid(details.amount if details else None, number, instant(answer.last_paid_date), attempt)
    outcome = _decided(STATUS, answer.status, attempt)
    if isinstance(outcome, Declined) and answer.failure_reason:
        reason = FAILURE.outcome(answer.failure_reason.code, acknowledged=True)
        if isinstance(reason, Declined | Unknown):  # a reason that leaves it open is no failure
            return reason
    return outcome


def judged_by_list(row: wire.TransactionRow, payment: BillPayment, attempt: Attempt) -> Found[Receipt]:
    """What the list says about a payment, in the list's own words."""
    if row.biller_id not in (None, payment.biller_id.local_id):
        log.error("another-payment-under-our-reference", **_trace(attempt))
        return Unknown(why="the partner's transaction is about another payment than ours")
    if row.status not in PAID_IN_LIST:
        return _decided(LIST, row.status, attempt)
    return _paid(row.amount, row.transaction_id, None, attempt)


def ours(rows: list[wire.TransactionRow], attempt: Attempt) -> list[wire.TransactionRow]:
    """The rows under our reference. More than one raises an alert: it may have been paid twice."""
    found = [row for row in rows if row.payment_ref_id == attempt.reference]
    if len(found) > 1:
        log.error("transactions-under-one-reference", count=len(found), **_trace(attempt))
    return found


def instant(text: str | None) -> datetime | None:
    """A moment of the partner's; None where it cannot be read, or names no zone."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _paid(paise: int | None, number: str | None, paid_at: datetime | None, attempt: Attempt) -> Found[Receipt]:
    """A success. Without an amount, nothing in it can be held against the order. Raises: Garbled."""
    if paise is None:
        return Pending(stage="amount-awaited", check_after=attempt.clock() + PAUSE)
    return Succeeded(result=Receipt(paid=rupees(paise), receipt_number=number, paid_at=paid_at))


def _decided(codes: Codes, status: str, attempt: Attempt) -> Declined | Pending[Receipt] | Unknown:
    return _never_absent(codes.outcome(status, acknowledged=True, check_after=attempt.clock() + PAUSE))


def _never_absent(outcome: Declined | Pending[Receipt] | Unknown | Absent) -> Declined | Pending[Receipt] | Unknown:
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome


def _is_ours(details: wire.PaidDetails | None, biller_id: str | None, payment: BillPayment, attempt: Attempt) -> bool:
    """Whether nothing that the partner names belongs to another payment."""
    reference = details.payment_ref_id if details else attempt.reference
    return reference == attempt.reference and biller_id in (None, payment.biller_id.local_id)


def _trace(attempt: Attempt) -> Mapping[str, str]:
    return {"partner": attempt.partner, "order_id": attempt.order_id, "trace_id": attempt.trace_id}
