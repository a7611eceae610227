"""A payment in the partner's words, and what the partner's words about it are worth."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import structlog

from connectors.kit.codes import Codes
from connectors.kit.oauth import error_code, read
from connectors.kit.units import from_major
from connectors.reloadly_utilities import wire
from connectors.reloadly_utilities.billers import Terms
from connectors.reloadly_utilities.exchange import MANIFEST
from schemas.call import Attempt, Reply
from schemas.errors import Garbled, Refused
from schemas.money import Money
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Succeeded, Unknown
from schemas.secret import Secret
from schemas.utility_bills import Biller, BillPayment, Receipt

PAY = Codes(MANIFEST, "pay")
STATUS = Codes(MANIFEST, "status")
SUCCESS = frozenset(code for code, meaning in MANIFEST.codes["status"].items() if meaning.means == "succeeded")

FIRST_LOOK = timedelta(seconds=5)
"""Most payments are final within seconds; what the partner promises, a day, is only the latest."""
ZONE_DOUBT = timedelta(days=1)
"""How far a time without a zone may be off."""

log = structlog.get_logger("hub.reloadly_utilities")


def refuse_amount(amount: Money, biller: Biller) -> None:
    """Raises: Refused where the biller's rule forbids it."""
    if amount.currency != biller.currency:
        raise Refused(f"must be in {biller.currency}", field="amount.currency")
    refusal = biller.rule.refusal(amount, None)
    if refusal:
        raise Refused(refusal, field="amount.amount")


def handles(amount: Money, terms: Terms) -> dict[str, str]:
    """What the payment and its enquiries need to know about the biller."""
    needed = {"use_local": "yes" if terms.use_local else "no", "service": terms.service}
    for on_sale, amount_id in terms.amount_ids.items():
        if amount.value == Decimal(on_sale):
            needed["amount_id"] = str(amount_id)
    return needed


def pay_request(payment: BillPayment, reference: str, remembered: Mapping[str, str]) -> wire.PayRequest:
    """The payment in the partner's words, in the currency that its biller was checked with."""
    amount_id = remembered.get("amount_id")
    return wire.PayRequest(
        subscriber_account_number=payment.account,
        amount=payment.amount.value,
        biller_id=int(payment.biller_id.local_id),
        use_local_amount=remembered["use_local"] == "yes",
        reference_id=reference,
        amount_id=int(amount_id) if amount_id else msgspec.UNSET,
    )


def acknowledgement(reply: Reply, reference: str) -> wire.Acknowledgement:
    """The answer to a payment. Raises: Garbled unless it is about this one."""
    answer = read(reply, wire.ACKNOWLEDGEMENT)
    if answer.reference_id not in (None, reference):
        raise Garbled("the answer is about another payment", reply.body)
    return answer


def taken(answer: wire.Acknowledgement, now: datetime) -> Outcome[Receipt]:
    """What an acknowledgement says. It carries no amount, so even a success waits for the enquiry."""
    if answer.status in SUCCESS:
        return Pending(stage="paid, to be confirmed", check_after=now)
    promised = wire.instant(answer.final_status_availability_at)
    first_look = now + FIRST_LOOK
    return _decided(STATUS, answer.status, acknowledged=True, at=min(first_look, promised or first_look))


def not_taken(reply: Reply) -> Outcome[Receipt]:
    """What an error says about a payment: declined only by a code that the manifest maps so."""
    return _decided(PAY, error_code(reply), acknowledged=False)


def found(rows: list[wire.TransactionRow], payment: BillPayment, attempt: Attempt) -> Found[Receipt]:
    """What the rows under our reference say about our payment."""
    if not rows:
        return Absent(why="the partner has no transaction under this reference")
    seen = [row.transaction for row in rows if row.transaction]
    ours = [each for each in seen if each.reference_id == attempt.reference]
    if not ours and len(rows) == len(seen) == 1 and _must_be_ours(seen[0], payment, attempt):
        ours = seen
    if len(ours) != 1:
        log.error("transactions-under-one-reference", ours=len(ours), rows=len(rows), **_trace(attempt))
        return Unknown(why=f"{len(ours)} of {len(rows)} transactions are ours, where there should be one")
    return judged(ours[0], payment, attempt)


def judged(transaction: wire.Transaction, payment: BillPayment, attempt: Attempt) -> Found[Receipt]:
    """What one transaction says about our payment, once it is certain that it is ours."""
    if not _agrees(transaction, payment, attempt.handles):
        log.error("another-payment-under-our-reference", **_trace(attempt))
        return Unknown(why="the partner's transaction is about another payment than ours")
    if transaction.status not in SUCCESS:
        return _decided(STATUS, transaction.status, acknowledged=True)
    if transaction.bill_details is None:
        return Pending(stage="details-awaited")
    receipt = receipt_of(transaction, transaction.bill_details, payment.amount.currency)
    if payment.contradicts(receipt):
        return Succeeded(result=receipt)  # the hub holds it against the order, and has a person look
    if _delivers_otherwise(transaction):
        log.error("delivered-otherwise", **_trace(attempt))
        return Unknown(why="the partner says that the biller got another amount than was paid")
    if receipt.token is None and _token_due(transaction.bill_details, attempt.handles):
        return Pending(stage="token-awaited", so_far=receipt)
    return Succeeded(result=receipt)


def receipt_of(transaction: wire.Transaction, details: wire.BillDetails, ordered: str) -> Receipt:
    """What the partner confirmed, in its own numbers. Raises: Garbled where it names no amount."""
    token = details.pin_details.token if details.pin_details else None
    return Receipt(
        paid=paid(transaction, ordered),
        receipt_number=details.biller_reference_id or str(transaction.id),
        paid_at=wire.instant(details.completed_at),
        token=Secret(token) if token else None,
    )


def paid(transaction: wire.Transaction, ordered: str) -> Money:
    """The amount in the currency that was ordered, if the partner names it so; otherwise as it names it."""
    amount, currency = transaction.amount, transaction.amount_currency_code
    if currency != ordered and transaction.delivery_amount_currency_code == ordered:
        amount, currency = transaction.delivery_amount, ordered
    if amount is None or currency is None:
        raise Garbled("the transaction names no amount")
    return from_major(amount, currency)


def _must_be_ours(transaction: wire.Transaction, payment: BillPayment, attempt: Attempt) -> bool:
    """A transaction without a reference, the only answer to a question about ours: everything else must fit."""
    submitted = wire.instant(transaction.submitted_at)
    return (
        transaction.reference_id is None
        and _account(transaction) is not None
        and submitted is not None
        and submitted > attempt.sent_at - ZONE_DOUBT
        and paid(transaction, payment.amount.currency).equals(payment.amount)
        and _agrees(transaction, payment, attempt.handles)
    )


def _agrees(transaction: wire.Transaction, payment: BillPayment, remembered: Mapping[str, str]) -> bool:
    """Whether nothing that the transaction names belongs to another payment."""
    details, account = transaction.bill_details, _account(transaction)
    number = str(transaction.id)
    return (
        remembered.get("transaction_id", number) == number
        and (details is None or str(details.biller_id) == payment.biller_id.local_id)
        and (account is None or _same(account, payment.account))
    )


def _account(transaction: wire.Transaction) -> str | int | None:
    subscriber = transaction.bill_details.subscriber_details if transaction.bill_details else None
    return subscriber.account_number if subscriber else None


def _same(account: str | int, ours: str) -> bool:
    """An account number that the partner wrote as a number has lost its leading zeros."""
    if isinstance(account, int):
        return ours.isdigit() and int(ours) == account
    return account == ours


def _delivers_otherwise(transaction: wire.Transaction) -> bool:
    return (
        transaction.delivery_amount is not None
        and transaction.delivery_amount_currency_code == transaction.amount_currency_code
        and transaction.delivery_amount != transaction.amount
    )


def _token_due(details: wire.BillDetails, remembered: Mapping[str, str]) -> bool:
    """Prepaid, if anybody says so, or nobody says otherwise."""
    services = (details.service_type, remembered.get("service"))
    return "PREPAID" in services or "POSTPAID" not in services


def _decided(
    codes: Codes, code: str, *, acknowledged: bool, at: datetime | None = None
) -> Declined | Pending[Receipt] | Unknown:
    outcome = codes.outcome(code, acknowledged=acknowledged, check_after=at)
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome


def _trace(attempt: Attempt) -> dict[str, str]:
    return {"partner": attempt.partner, "order_id": attempt.order_id, "trace_id": attempt.trace_id}
