"""Payments: ours to the channel's orders, and the channel's verdicts to ours."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec

from connectors.ceb_channel import wire
from connectors.ceb_channel.envelope import Answer, CebAccount, decode
from connectors.ceb_channel.facts import ENQUIRY, PAY, STATUS, ZONE, means
from connectors.kit.units import from_major, to_yuan
from schemas.call import Attempt
from schemas.errors import Garbled
from schemas.outcome import Absent, Declined, Found, Outcome, Reason, Succeeded, Unknown
from schemas.utility_bills import BillPayment, Receipt

TOP_UP = "1"


def handles(item: wire.Item, bill: wire.Row | None = None, qry_acq_ssn: str = "") -> dict[str, str]:
    """What the check found out and paying needs."""
    kept = {"item_id": item.paymentItemId, "item_code": item.paymentItemCode, "category": item.categoryType}
    if bill is not None:
        kept |= {"bill": msgspec.json.encode(bill).decode(), "qry_acq_ssn": qry_acq_ssn}
    return kept


def creation(payment: BillPayment, attempt: Attempt, session_id: str, account: CebAccount) -> wire.CreateRequest:
    """The order to create. What is paid is in 元, the bill it is paid for in 分, as the bill said it."""
    kept = attempt.handles
    request = wire.CreateRequest(
        merOrderNo=attempt.reference,
        merOrderDate=f"{order_day(attempt):%Y%m%d}",
        payAmount=to_yuan(payment.amount),
        paymentItemCode=kept["item_code"],
        paymentItemId=kept["item_id"],
        billKey=payment.account,
        sessionId=session_id,
        appName=account.app_name,
        appVersion=account.app_version,
        notifyUrl=attempt.callback_url,
        type=TOP_UP if kept["category"] == wire.MOBILE else msgspec.UNSET,
    )
    request = msgspec.structs.replace(request, **payment.fields)
    return _for_bill(request, kept) if "bill" in kept else request


def _for_bill(request: wire.CreateRequest, kept: Mapping[str, str]) -> wire.CreateRequest:
    bill = decode(kept["bill"].encode(), wire.Row)
    return msgspec.structs.replace(
        request,
        billAmount=msgspec.UNSET if bill.payAmount is None else bill.payAmount,
        queryAcqSsn=kept["qry_acq_ssn"],
        customerName=bill.originalCustomerName or bill.customerName or msgspec.UNSET,
        contractNo=bill.contractNo or msgspec.UNSET,
        billQueryResultDataModel=kept["bill"],
    )


def enquiry(attempt: Attempt, session_id: str) -> wire.OrderRequest:
    """The question what became of an order."""
    return wire.OrderRequest(sessionId=session_id, orderNo=attempt.reference, tranDate=order_day(attempt).isoformat())


def order_day(attempt: Attempt) -> date:
    """The other half of an order's name, beside the number: the same for every enquiry, as `sent_at` is."""
    return attempt.sent_at.astimezone(ZONE).date()


def created(answer: Answer, reference: str) -> Outcome[Receipt]:
    """What a verified answer to the creation says. Raises: Garbled."""
    meaning = means("pay", answer.code)
    if meaning == "ok":
        return verdict(answer.read(wire.Order), reference)
    if meaning == "session":  # twice: nothing was performed, and nothing more is sent under this reference
        return Declined(
            reason=Reason(code="partner-failure", message="no session is accepted", partner_code=answer.code)
        )
    return _settled(PAY.outcome(answer.code, acknowledged=False))


def enquired(answer: Answer, reference: str) -> Found[Receipt]:
    """What a verified answer to the enquiry says. Raises: Garbled."""
    if means("enquiry", answer.code) == "ok":
        return detailed(answer.read(wire.OrderDetail), reference)
    return ENQUIRY.outcome(answer.code, acknowledged=False)


def verdict(order: wire.Order, reference: str) -> Outcome[Receipt]:
    """An acknowledged order's state. Raises: Garbled."""
    if order.merOrderNo != reference:
        raise Garbled("the answer is about another order")
    return _state(str(order.order_status), order, order.orderDate)


def detailed(order: wire.OrderDetail, reference: str) -> Outcome[Receipt]:
    """The same, as an enquiry tells it. Raises: Garbled."""
    if order.orderNo != reference:
        raise Garbled("the answer is about another order")
    return _state(str(order.status), order, order.payDate)


def _state(status: str, order: wire.Order | wire.OrderDetail, paid_at: str | None) -> Outcome[Receipt]:
    """A failure is only as final as its error code. Raises: Garbled."""
    meaning = means("status", status)
    if meaning == "succeeded":
        return Succeeded(result=_receipt(order, paid_at))
    if meaning == "declined" and order.errorCode:
        return _settled(PAY.outcome(order.errorCode, acknowledged=True))
    return _settled(STATUS.outcome(status, acknowledged=True))


def _receipt(order: wire.Order | wire.OrderDetail, paid_at: str | None) -> Receipt:
    """What the channel says was paid, whatever was ordered. Raises: Garbled."""
    return Receipt(
        paid=from_major(decode(bytes(order.payAmount), Decimal), "CNY"),
        receipt_number=order.transacNo or None,
        paid_at=_moment(paid_at),
    )


def _moment(text: str | None) -> datetime | None:
    """A local yyyyMMddHHmmss in UTC; None where it is none, for no payment fails over its date."""
    try:
        return datetime.strptime(text or "", "%Y%m%d%H%M%S").replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError:
        return None


def _settled(found: Found[Receipt]) -> Outcome[Receipt]:
    """Only an enquiry may find nothing; anywhere else that is a contradiction."""
    return Unknown(why="the partner knows no such order") if isinstance(found, Absent) else found
