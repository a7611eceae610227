"""Bills: what a finished fetch brought, how a bill is found again, and what may not be paid."""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from connectors.kit.manifest import Meaning
from connectors.setu_bbps import wire
from connectors.setu_bbps.billers import MOBILE, Terms, against, narrowed
from connectors.setu_bbps.exchange import SetuAccount, error_code, is_success, read
from connectors.setu_bbps.facts import FETCH, FETCH_STATUS, MANIFEST, day_of, means, rupees
from schemas.call import Reply
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.refs import PartnerRef
from schemas.utility_bills import AmountRule, Bill, Biller, BillPayment, BillSearch

AGAIN = "is no longer known; search for the bills again"
EARLY, EARLY_DATE, LATE = "Early Payment Amount", "Early Payment Date", "Late Payment Amount"
THE_ACCOUNT, ALL = "", "*"
"""Instead of one bill: an account that was only proved, or all bills of a biller that wants them at once."""


class BillId(msgspec.Struct, frozen=True, array_like=True):
    """How a bill is found again at the partner.

    References leave the house, so keyed digests stand for what names a customer. `day` is the fetch's, in IST.
    """

    biller: str
    ref_id: str
    day: date
    customer: str
    row: str

    @classmethod
    def read(cls, ref: PartnerRef) -> "BillId":
        """Raises: Refused."""
        try:
            return msgspec.json.decode(ref.local_id, type=cls)
        except wire.UNREADABLE as error:
            raise Refused(AGAIN, field="bill_id") from error

    @property
    def ref(self) -> PartnerRef:
        return PartnerRef(MANIFEST.id, msgspec.json.encode(self).decode())


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is paid at once. Shape: `rows` is empty for an account, several where all are paid together."""

    rows: list[wire.BillRow]
    amount: int | None
    rule: AmountRule
    options: dict[str, int]
    """Names and amounts of what may be paid today instead of the bill's own amount."""

    def selected_bills(self, paid: int) -> list[wire.SelectedBill]:
        """Raises: Garbled."""
        if len(self.rows) == 1:
            return [wire.SelectedBill(self.rows[0].bill_number, paid)]
        return [wire.SelectedBill(row.bill_number, _amount(row)) for row in self.rows]

    def option(self, paid: int) -> str | None:
        """What the partner calls this amount; None for the bill's own, and for any that it leaves to the payer."""
        names = [name for name, amount in self.options.items() if amount == paid != self.amount]
        return names[0] if names else None


def customer_digest(ours: SetuAccount, ref_id: str, asked: BillSearch | BillPayment) -> str:
    """Names the customer that a fetch was about: a payment must be about the same. The mobile is the payer's."""
    fields = {name: value for name, value in sorted(asked.fields.items()) if value and name != MOBILE.name}
    return ours.digest(ref_id, asked.account, fields)


def fetched(reply: Reply, ref_id: str) -> wire.Fetch | None:
    """A fetch as it stands; None where the partner knows it no longer. Raises: Refused, MaybeSent, Garbled."""
    if not is_success(reply):
        _refuse_unless_forgotten(error_code(reply))
        return None
    fetch = read(reply, wire.FETCH)
    if fetch.ref_id != ref_id:
        raise Garbled("the answer is about another fetch", reply.body)
    return fetch


def requested(reply: Reply) -> str:
    """The number of a new fetch. Raises: Refused, MaybeSent, Garbled."""
    if not is_success(reply):
        _refuse_unless_forgotten(error_code(reply))
        raise Garbled("asked for a new fetch, the partner knows none", reply.body)
    return read(reply, wire.REF).ref_id


def ready(fetch: wire.Fetch) -> bool:
    """Raises: Refused where the biller refused; MaybeSent where nobody can tell."""
    status = means(FETCH_STATUS, fetch.status)
    if status == "pending":
        return False
    if fetch.failure_reason and status in ("ok", "refused"):  # the document's own example of a failure says Success
        _refuse_unless(FETCH.meaning(fetch.failure_reason.code), "nothing", fetch.failure_reason.code)
    elif status != "ok":
        raise MaybeSent(f"the fetch ended as {fetch.status[:32]!r}")
    return True


def _refuse_unless_forgotten(code: str) -> None:
    """Raises: Refused, MaybeSent."""
    _refuse_unless(FETCH.meaning(code), "absent", code)


def _refuse_unless(meaning: Meaning | None, bearable: str, code: str) -> None:
    """Raises: Refused, MaybeSent."""
    if meaning and meaning.means == "refused":
        raise Refused(meaning.text, field="account" if meaning.reason == "account-unknown" else None)
    if meaning is None or meaning.means != bearable:
        raise MaybeSent(f"the fetch was answered {code[:32]!r}")


def owed(fetch: wire.Fetch, terms: Terms, ours: SetuAccount, now: datetime) -> dict[str, Owed]:
    """What a finished fetch brought, by name. Raises: Garbled."""
    rows = fetch.bills or []
    if not rows:
        proved = terms.validates and fetch.failure_reason is None
        return {THE_ACCOUNT: Owed(rows=[], amount=None, rule=terms.biller.rule, options={})} if proved else {}
    if terms.all_at_once:
        exact = replace(terms.biller.rule, against_bill="exact")
        return {ALL: Owed(rows=rows, amount=sum(map(_amount, rows)), rule=exact, options={})}
    named = {ours.digest(fetch.ref_id, row.bill_number): _owed(row, fetch, terms, day_of(now)) for row in rows}
    if len(named) != len(rows):
        raise Garbled("two bills of one fetch have one number")
    return named


def _owed(row: wire.BillRow, fetch: wire.Fetch, terms: Terms, today: date) -> Owed:
    """Raises: Garbled."""
    stands = against(fetch.exactness) if fetch.exactness else terms.biller.rule.against_bill
    minimum, maximum = narrowed(terms.biller.rule, row.min_amount, row.max_amount)
    options = options_open(row, fetch, today)
    if stands == "exact" and options:
        choices = [rupees(amount) for amount in sorted({_amount(row), *options.values()})]
        rule = AmountRule(choices=choices, minimum=minimum, maximum=maximum)
    else:
        multiple = rupees(row.amount_multiple) if row.amount_multiple else None
        rule = AmountRule(against_bill=stands, minimum=minimum, maximum=maximum, multiple_of=multiple)
    return Owed(rows=[row], amount=row.amount, rule=rule, options=options)


def options_open(row: wire.BillRow, fetch: wire.Fetch, today: date) -> dict[str, int]:
    """The fixed amounts that hold today: an early or a late one only where its date can be read, and is right."""
    fixed = {each.name: each.amount for each in row.payment_options or [] if each.amount}
    early_until = _day(next((each.value for each in fetch.additional_info or [] if each.name == EARLY_DATE), None))
    due = _day(row.due_date)
    if early_until is None or today > early_until:
        fixed.pop(EARLY, None)
    if due is None or today <= due:
        fixed.pop(LATE, None)
    return fixed


def bill(found: Owed, bill_id: BillId, biller: Biller) -> Bill:
    """One thing owed, in the contract's words."""
    due_dates = [due for row in found.rows if (due := _day(row.due_date))]
    return Bill(
        bill_id=bill_id.ref,
        amount=None if found.amount is None else rupees(found.amount),
        due_date=min(due_dates, default=None),
        customer_name=next((row.customer_name for row in found.rows if row.customer_name), None),
        rule=None if found.rule == biller.rule else found.rule,
    )


def refuse_bill_id(payment: BillPayment, bill_id: BillId, terms: Terms, ours: SetuAccount, now: datetime) -> None:
    """Raises: Refused where a bill is another biller's or customer's, or of an earlier day where that matters."""
    if bill_id.biller != payment.biller_id.local_id:
        raise Refused("is a bill of another biller", field="bill_id")
    if bill_id.customer != customer_digest(ours, bill_id.ref_id, payment):
        raise Refused("is not the account, with its fields, that this bill was found for", field="account")
    if terms.same_day and bill_id.day != day_of(now):
        raise Refused("this biller is paid on the day of the search; search for the bills again", field="bill_id")


def refuse_amount(payment: BillPayment, biller: Biller, found: Owed | None) -> None:
    """Raises: Refused."""
    if payment.amount.currency != biller.currency:
        raise Refused(f"must be in {biller.currency}", field="amount.currency")
    rule = found.rule if found else biller.rule
    if found and found.rows and found.amount is None and rule.against_bill != "any":
        raise Refused("cannot be held against this bill, which names no amount", field="amount.amount")
    bill_owes = None if found is None or found.amount is None else rupees(found.amount)
    if words := rule.refusal(payment.amount, bill_owes):
        raise Refused(words, field="amount.amount")


def handles(bill_id: BillId, found: Owed, terms: Terms, paid: int) -> Mapping[str, str]:
    """What the payment needs to know about the fetch."""
    selected = found.selected_bills(paid) if terms.selects and found.rows else []
    return {
        "fetch_ref": bill_id.ref_id,
        "bills": msgspec.json.encode(selected).decode(),
        "option": found.option(paid) or "",
    }


def _amount(row: wire.BillRow) -> int:
    if row.amount is None:
        raise Garbled("a bill that needs an amount has none")
    return row.amount


def _day(text: str | None) -> date | None:
    try:
        return datetime.strptime(text or "", "%Y-%m-%d").date()  # noqa: DTZ007 - a day in IST, not a moment
    except ValueError:
        return None
