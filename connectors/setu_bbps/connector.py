"""Utility bills in a dialect shaped after Setu BBPS BillPay: everything is a pair, asked for and then asked about."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

import msgspec
import structlog

from connectors.kit.partner import Acknowledgement, News, Partner
from connectors.setu_bbps import bills, wire
from connectors.setu_bbps.billers import Terms, biller_query, customer_of, refuse_customer, terms_of
from connectors.setu_bbps.exchange import SetuAccount, after, authorised, error_code, get, is_success, post, read
from connectors.setu_bbps.facts import ENQUIRY, day_of, means
from connectors.setu_bbps.payments import PAUSE, judged, judged_by_list, not_taken, ours, payment_request
from schemas.call import Attempt, Call, Kept
from schemas.errors import Garbled, Late, MaybeSent, NotReady, Refused
from schemas.outcome import Absent, Found, Outcome, Pending, Unknown
from schemas.page import Merged
from schemas.refs import PartnerRef
from schemas.utility_bills import Bill, Biller, BillerSearch, BillPayment, BillSearch, Receipt, UtilityBills

CATALOGUE_AGE = timedelta(minutes=10)
BILL_PATIENCE = timedelta(seconds=180)
"""How long a fetch is asked about."""
PAGES = 3
"""Pages of the transaction list that one enquiry reads; the next one reads on."""
PAGE = 100
RECEIVED = Acknowledgement(body=b'{"success":true}', content_type="application/json")

log = structlog.get_logger("hub.setu_bbps")


class SetuUtilityBills(UtilityBills):
    """Billers of India, on the bill payment network."""

    async def list_billers(self, search: BillerSearch, call: Call) -> Merged[Biller]:
        query = biller_query(search)
        if query is None:
            return Merged(items=[])
        page = read(await get(call, "/billers", query), wire.BILLERS)
        terms = [_terms_or_none(row, call) for row in page.billers]
        found = [each.biller for each in terms if each and search.category in (None, each.biller.category)]
        return Merged(items=found, next=after(page.next_page))

    async def find_bills(self, search: BillSearch, call: Call) -> list[Bill]:
        terms = await _terms(search.biller_id, call)
        if terms.biller.bill == "none":
            raise Refused("this biller is paid without a bill", field="biller_id")
        refuse_customer(terms, search.account, search.fields)
        ref_id, asked_at = await _asked(search, terms, call)
        fetch = bills.fetched(await post(call, "/bills/fetch/response", wire.Ref(ref_id)), ref_id)
        if fetch is None:
            await call.remember(fetch_ref="")  # whoever asks again asks the biller anew
            raise MaybeSent("the partner has forgotten this fetch")
        if not bills.ready(fetch):
            if call.clock() - asked_at >= BILL_PATIENCE:
                raise Late("the biller did not answer in time")
            raise NotReady(PAUSE)
        account, biller_id = call.account(SetuAccount), search.biller_id.local_id
        customer = bills.customer_digest(account, ref_id, search)
        return [
            bills.bill(each, bills.BillId(biller_id, ref_id, day_of(asked_at), customer, name), terms.biller)
            for name, each in bills.owed(fetch, terms, account, call.clock()).items()
        ]

    async def check_payment(self, payment: BillPayment, call: Call) -> None:
        terms = await _terms(payment.biller_id, call)
        refuse_customer(terms, payment.account, payment.fields)
        if payment.bill_id is None:
            if terms.biller.bill == "required":
                raise Refused("this biller takes payments of a bill only; search for it first", field="bill_id")
            bills.refuse_amount(payment, terms.biller, None)
            return
        if terms.biller.bill == "none":
            raise Refused("this biller is paid without a bill", field="bill_id")
        bill_id = bills.BillId.read(payment.bill_id)
        bills.refuse_bill_id(payment, bill_id, terms, call.account(SetuAccount), call.clock())
        found = await _owed(bill_id, terms, call)
        bills.refuse_amount(payment, terms.biller, found)
        await call.remember(**bills.handles(bill_id, found, terms, payment.amount.minor))

    async def pay(self, payment: BillPayment, attempt: Attempt) -> Outcome[Receipt]:
        customer = None
        if payment.bill_id is None:
            customer = customer_of(await _terms(payment.biller_id, attempt), payment.account, payment.fields)
        request = payment_request(payment, attempt, attempt.account(SetuAccount), customer)
        submit = partial(attempt.submit, "pay")
        reply = await authorised(attempt, submit, "POST", "/bills/payment/request", msgspec.json.encode(request))
        if not is_success(reply):
            return not_taken(reply)
        await attempt.remember(payment_ref=read(reply, wire.REF).ref_id)
        return Pending(stage="accepted", check_after=attempt.clock() + PAUSE)

    async def find_payment(self, payment: BillPayment, attempt: Attempt) -> Found[Receipt]:
        ref_id = attempt.handles.get("payment_ref")
        if ref_id is None:
            return await _in_list(payment, attempt)
        reply = await post(attempt, "/bills/payment/response", wire.Ref(ref_id))
        if not is_success(reply) and means(ENQUIRY, error_code(reply)) == "absent":
            return await _in_list(payment, attempt)
        return judged(read(reply, wire.PAYMENT), payment, attempt)


def read_callback(raw: bytes, _headers: Mapping[str, str], _account: SetuAccount) -> News:
    """A webhook. Nobody signs it, so it is a hint at most; one about anything but a payment is only thanked for."""
    try:
        push = wire.PUSH.decode(raw)
    except wire.UNREADABLE as error:
        raise Garbled("the webhook cannot be read", raw) from error
    details = push.data.payment_details if push.data and push.event == "BILL_PAY" else None
    reference = (details.payment_ref_id if details else None) or ""
    return News(reference=reference, outcome=None, trusted=False, acknowledgement=RECEIVED)


async def _asked(search: BillSearch, terms: Terms, call: Call) -> tuple[str, datetime]:
    """The number of the fetch and when it was asked for; asked for now, if it was not before."""
    if call.handles.get("fetch_ref"):
        return call.handles["fetch_ref"], datetime.fromisoformat(call.handles["asked_at"])
    customer = customer_of(terms, search.account, search.fields)
    biller = wire.Named(search.biller_id.local_id)
    request = wire.FetchRequest(call.account(SetuAccount).agent, biller, customer)
    asked_at = call.clock()
    ref_id = bills.requested(await post(call, "/bills/fetch/request", request))
    await call.remember(fetch_ref=ref_id, asked_at=asked_at.isoformat())
    return ref_id, asked_at


async def _owed(bill_id: bills.BillId, terms: Terms, call: Call) -> bills.Owed:
    """What a bill was made from, as the partner has it now. Raises: Refused where it has it no longer."""
    fetch = bills.fetched(await post(call, "/bills/fetch/response", wire.Ref(bill_id.ref_id)), bill_id.ref_id)
    found = None
    if fetch is not None and bills.ready(fetch):
        found = bills.owed(fetch, terms, call.account(SetuAccount), call.clock()).get(bill_id.row)
    if found is None:
        raise Refused(bills.AGAIN, field="bill_id")
    return found


async def _in_list(payment: BillPayment, attempt: Attempt) -> Found[Receipt]:
    """Looks our reference up in the list of the day of our timestamp: the list cannot be asked for a reference."""
    day = day_of(attempt.sent_at).isoformat()
    query = {"startDate": day, "endDate": day, "billerId": payment.biller_id.local_id, "limit": str(PAGE)}
    cursor = attempt.handles.get("list_after") or None
    for _ in range(PAGES):
        asked = query | ({"after": cursor} if cursor else {})
        page = read(await get(attempt, "/transactions", asked), wire.TRANSACTIONS)
        found = ours(page.transactions, attempt)
        if len(found) > 1:
            return Unknown(why="there are two transactions under our reference")
        if found:
            return judged_by_list(found[0], payment, attempt)
        cursor = after(page.next_page)
        if cursor is None:
            await attempt.remember(list_after="")
            return Absent(why="the partner lists no transaction under this reference")
    await attempt.remember(list_after=cursor or "")
    return Unknown(why="the partner's list of that day is long; the next enquiry reads on")


async def _terms(biller_id: PartnerRef, call: Call) -> Terms:
    """A biller's terms, from the catalogue. Raises: Refused where it cannot be paid."""
    local_id = biller_id.local_id
    if not re.fullmatch("[A-Za-z0-9]{1,64}", local_id):
        raise Refused("there is no such biller", field="biller_id")
    return await call.session(f"biller:{local_id}", partial(_open_terms, local_id, call))


async def _open_terms(local_id: str, call: Call) -> Kept[Terms]:
    page = read(await get(call, "/billers", {"ids": local_id}), wire.BILLERS)
    if not page.billers:
        raise Refused("there is no such biller", field="biller_id")
    terms = _terms_or_none(page.billers[0], call)
    if terms is None:
        raise Refused("this biller cannot be paid at present", field="biller_id")
    if terms.biller.biller_id.local_id != local_id:
        raise Garbled("asked about one biller, the partner answered about another")
    return Kept(terms, call.clock() + CATALOGUE_AGE)


def _terms_or_none(raw: msgspec.Raw, call: Call) -> Terms | None:
    """None for a biller whose data make no sense: leaving it out is better than a laxer rule."""
    try:
        row = msgspec.json.decode(raw, type=wire.BillerRow)
        return terms_of(row, call.ref(row.id), call.account(SetuAccount).agent_channel)
    except (*wire.UNREADABLE, Garbled) as error:
        log.warning("biller-left-out", partner=call.partner, why=str(error), trace_id=call.trace_id)
        return None


PARTNER = Partner(account=SetuAccount, scenarios=(SetuUtilityBills,), read_callback=read_callback)
