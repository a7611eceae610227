"""Bills: the channel's rows as bills, how a bill is found again, and what may not be paid."""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import msgspec

from connectors.ceb_channel import wire
from connectors.ceb_channel.envelope import Answer, CebAccount, decode
from connectors.ceb_channel.facts import BILL, MANIFEST, ZONE
from connectors.kit.patterns import Pattern
from connectors.kit.units import from_fen
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.money import Money
from schemas.refs import PartnerRef
from schemas.utility_bills import Bill, Biller, BillPayment, BillPeriod, BillSearch

AGAIN = "is no longer known; search for the bills again"
PAUSE = timedelta(seconds=3)
LONGEST_PAUSE = 600


class BillId(msgspec.Struct, frozen=True, array_like=True):
    """How a bill is found again at the channel.

    References leave the house, so keyed digests stand for what names a customer. `ours` is the bank's own account.
    """

    biller: str
    qry_acq_ssn: str
    account: str
    row: str


def request(item: wire.Item, asked: BillSearch | BillPayment, qry_acq_ssn: str, polls: int) -> wire.BillRequest:
    """The question, or the next poll of it; without the session, which is not known yet."""
    return wire.BillRequest(
        sessionId="",
        paymentItemCode=item.paymentItemCode,
        paymentItemId=item.paymentItemId,
        billKey=asked.account,
        pollingTimes=polls,
        qryAcqSsn=qry_acq_ssn,
        **asked.fields,
    )


def answered(answer: Answer, account: str) -> wire.BillReply | None:
    """What a verified answer says; None where nothing is due. Raises: Refused, MaybeSent, Garbled."""
    meaning = BILL.meaning(answer.code)
    if meaning and meaning.means == "ok":
        found = answer.read(wire.BillReply)
        if found.billKey not in (None, "", account):
            raise Garbled("the answer is about another account")
        return found
    if meaning and meaning.means == "nothing":
        return None
    if meaning and meaning.means in ("refused", "absent"):
        field = "account" if meaning.reason == "account-unknown" else None
        raise Refused(meaning.text, field=field)
    raise MaybeSent(f"the bill query was answered {answer.code[:16]!r}")


def ready(found: wire.BillReply) -> bool:
    """Raises: Garbled."""
    state = str(found.queryState)
    if state not in ("0", "1"):
        raise Garbled(f"queryState {state[:16]!r} is none of the channel's")
    return state == "0"


def pause(found: wire.BillReply) -> timedelta:
    """How long the channel wants to be left alone; a default where it says nothing sensible."""
    text = str(found.pollingInterval)
    if not (text.isascii() and text.isdigit() and int(text)):
        return PAUSE
    return timedelta(seconds=min(int(text), LONGEST_PAUSE))


def read_bill_id(ref: PartnerRef) -> BillId:
    """Raises: Refused."""
    try:
        return decode(ref.local_id.encode(), BillId)
    except Garbled as error:
        raise Refused(AGAIN, field="bill_id") from error


def rows(found: wire.BillReply, ours: CebAccount) -> dict[str, wire.Row]:
    """The rows by identity: contract and period, and a count where rows share those."""
    named: dict[str, wire.Row] = {}
    for row in found.data or ():
        name, count = _name(found, row, 0, ours), 0
        while name in named:
            count += 1
            name = _name(found, row, count, ours)
        named[name] = row
    return named


def _name(found: wire.BillReply, row: wire.Row, count: int, ours: CebAccount) -> str:
    return ours.digest(found.qryAcqSsn, row.contractNo, row.beginDate, row.endDate, count)


def bills(found: wire.BillReply, biller: str, account: str, ours: CebAccount) -> list[Bill]:
    """What a finished fetch brought. Raises: Garbled."""
    key = ours.digest(found.qryAcqSsn, account)
    return [bill(row, BillId(biller, found.qryAcqSsn, key, name)) for name, row in rows(found, ours).items()]


def bill(row: wire.Row, bill_id: BillId) -> Bill:
    """Raises: Garbled."""
    begins, ends = day(row.beginDate), day(row.endDate, last=True)
    return Bill(
        bill_id=PartnerRef(MANIFEST.id, msgspec.json.encode(bill_id).decode()),
        amount=owed(row),
        period=BillPeriod(begins=begins, ends=ends) if begins or ends else None,
        customer_name=row.customerName or None,
    )


def owed(row: wire.Row) -> Money | None:
    """Raises: Garbled."""
    return None if row.payAmount in (None, "") else from_fen(row.payAmount)


def day(text: str | None, *, last: bool = False) -> date | None:
    """yyyyMMdd, or the first or last day of yyyyMM; None for anything else, which is how the channel says nothing."""
    match = re.fullmatch("([0-9]{4})([0-9]{2})([0-9]{2})?", text or "")
    try:
        year, month = (int(match[1]), int(match[2])) if match else (0, 0)
        if match and match[3]:
            return date(year, month, int(match[3]))
        return date(year, month, monthrange(year, month)[1] if last else 1)
    except ValueError:
        return None


def refuse_fields(biller: Biller, given: Mapping[str, str]) -> None:
    """Raises: Refused where the extra fields are not those the biller demands."""
    declared = {one.name: one for one in biller.fields}
    for name in given:
        if name not in declared:
            raise Refused("is not asked for by this biller", field=f"fields.{name}")
    for name, one in declared.items():
        value = given.get(name, "")
        if one.required and not value:
            raise Refused("is demanded by this biller", field=f"fields.{name}")
        if value and one.pattern and not Pattern(whole=one.pattern).matches(value):
            raise Refused(f"must match {one.pattern}", field=f"fields.{name}")


def refuse_payment(payment: BillPayment, biller: Biller, now: datetime) -> None:
    """What can be told without the bill. Raises: Refused."""
    if payment.amount.currency != biller.currency:
        raise Refused(f"must be {biller.currency}", field="amount.currency")
    if biller.bill == "required" and payment.bill_id is None:
        raise Refused("this biller takes payments of a bill only; search for it first", field="bill_id")
    if biller.bill == "none" and payment.bill_id is not None:
        raise Refused("this biller is paid without a bill", field="bill_id")
    refuse_fields(biller, payment.fields)
    at = now.astimezone(ZONE).time()
    if biller.windows and not any(window.holds(at) for window in biller.windows):
        raise Refused("this biller takes no payments at this time of day; see its windows", field="biller_id")


def refuse_bill_id(payment: BillPayment, bill_id: BillId, ours: CebAccount) -> None:
    """Raises: Refused where a bill is another biller's, or another account's."""
    if bill_id.biller != payment.biller_id.local_id:
        raise Refused("is a bill of another biller", field="bill_id")
    if bill_id.account != ours.digest(bill_id.qry_acq_ssn, payment.account):
        raise Refused("is not the account that this bill was found for", field="account")


def refuse_amount(payment: BillPayment, biller: Biller, row: wire.Row | None) -> None:
    """Raises: Refused; Garbled where the bill's amount cannot be read."""
    bill_owes = owed(row) if row else None
    if row and bill_owes is None and biller.rule.against_bill != "any":
        raise Refused("cannot be held against this bill, which names no amount", field="amount.amount")
    if words := biller.rule.refusal(payment.amount, bill_owes):
        raise Refused(words, field="amount.amount")


def refuse_contract(item: wire.Item, row: wire.Row) -> None:
    """Raises: Refused."""
    if str(item.needContractNo) == "1" and not row.contractNo:
        raise Refused("names no contract, which this biller demands", field="bill_id")
