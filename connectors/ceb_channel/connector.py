"""Utility bills through the channel: what is asked when, and what is kept in between."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from connectors.ceb_channel import bills, catalogue, payments, wire
from connectors.ceb_channel.envelope import Answer, CebAccount, open_push, seal, unseal
from connectors.ceb_channel.facts import means
from connectors.kit.partner import Acknowledgement, News, Partner
from schemas.call import Attempt, Call, Kept
from schemas.errors import Garbled, MaybeSent, NotReady, Refused
from schemas.outcome import Found, Outcome
from schemas.page import Merged
from schemas.refs import PartnerRef
from schemas.region import covers
from schemas.utility_bills import Bill, Biller, BillerSearch, BillPayment, BillSearch, Receipt, UtilityBills

LOGIN = "login"
LOGIN_KEPT = timedelta(hours=2)
CATALOGUE_KEPT = timedelta(minutes=10)
BILL_PATIENCE = timedelta(seconds=180)
CITIES_A_PAGE = 6
"""Each may cost an exchange, and a call has few. A page may therefore be short, and still have a next."""


class CebUtilityBills(UtilityBills):
    """Household bills, as the channel sells them."""

    async def list_billers(self, search: BillerSearch, call: Call) -> Merged[Biller]:
        start, offset = _read_cursor(search.cursor)
        cities = [city for city in await _cities(call) if not search.region or covers(city, search.region)]
        items: list[Biller] = []
        for visited, city in enumerate(city for city in cities if city >= start):
            if visited == CITIES_A_PAGE:
                return Merged(items=items, next=f"{city}:0")
            found = _of_category(await _listed(city, call), search)
            begin = offset if city == start else 0
            end = begin + search.limit - len(items)
            items += found[begin:end]
            if len(found) > end:
                return Merged(items=items, next=f"{city}:{end}")
        return Merged(items=items)

    async def find_bills(self, search: BillSearch, call: Call) -> list[Bill]:
        listed = await _biller(search.biller_id, call)
        if listed.biller.bill == "none":
            raise Refused("this biller is paid without a bill", field="biller_id")
        bills.refuse_fields(listed.biller, search.fields)
        polls = int(call.handles.get("polls", "0")) + 1
        ssn = call.handles.get("qry_acq_ssn", "")
        reply = await _fetch(call, listed.item, bills.request(listed.item, search, ssn, polls))
        if reply is None:
            return []
        if not bills.ready(reply):
            await call.remember(qry_acq_ssn=reply.qryAcqSsn, polls=str(polls))
            raise NotReady(bills.pause(reply))
        return bills.bills(reply, search.biller_id.local_id, search.account, call.account(CebAccount))

    async def check_payment(self, payment: BillPayment, call: Call) -> None:
        listed = await _biller(payment.biller_id, call)
        bills.refuse_payment(payment, listed.biller, call.clock())
        if payment.bill_id is None:
            bills.refuse_amount(payment, listed.biller, None)
            await call.remember(**payments.handles(listed.item))
            return
        bill_id = bills.read_bill_id(payment.bill_id)
        bills.refuse_bill_id(payment, bill_id, call.account(CebAccount))
        row = await _row(payment, bill_id, listed.item, call)
        bills.refuse_contract(listed.item, row)
        bills.refuse_amount(payment, listed.biller, row)
        await call.remember(**payments.handles(listed.item, row, bill_id.qry_acq_ssn))

    async def pay(self, payment: BillPayment, attempt: Attempt) -> Outcome[Receipt]:
        account = attempt.account(CebAccount)

        async def create(session_id: str) -> Answer:
            order = payments.creation(payment, attempt, session_id, account)
            reply = await attempt.submit("create", await seal(account, wire.CREATE, order))
            return await unseal(account, reply)

        answer = await _logged_in(attempt, "pay", create)
        return payments.created(answer, attempt.reference)

    async def find_payment(self, payment: BillPayment, attempt: Attempt) -> Found[Receipt]:  # noqa: ARG002 - found by reference
        async def ask(session_id: str) -> Answer:
            return await _ask(attempt, wire.ORDER, payments.enquiry(attempt, session_id))

        return payments.enquired(await _logged_in(attempt, "enquiry", ask), attempt.reference)


def read_callback(raw: bytes, _headers: Mapping[str, str], account: CebAccount) -> News:
    """TMRI_ORDER_RESULT. One that cannot be believed is not thanked for, so that a true one comes again."""
    order, trusted = open_push(account, raw)
    reference = order.merOrderNo
    if not trusted:
        return News(reference=reference, outcome=None, trusted=False, acknowledgement=Acknowledgement(body=b"fail"))
    received = Acknowledgement(body=b"success")
    try:
        outcome = payments.verdict(order, reference)
    except Garbled:  # believed, but without an amount it decides nothing: ask
        return News(reference=reference, outcome=None, trusted=True, acknowledgement=received)
    return News(reference=reference, outcome=outcome, trusted=True, acknowledgement=received)


async def _ask(call: Call, transac_code: str, data: msgspec.Struct, patience: timedelta | None = None) -> Answer:
    account = call.account(CebAccount)
    return await unseal(account, await call.send(await seal(account, transac_code, data, patience)))


async def _logged_in(call: Call, family: str, exchange: Callable[[str], Awaitable[Answer]]) -> Answer:
    """An exchange under the session; under a new one, once more, where the partner verifiably refused the first.

    A refused session means that nothing was performed.
    """
    session_id = await _session(call)
    answer = await exchange(session_id)
    if means(family, answer.code) != "session":
        return answer
    call.reject(LOGIN, session_id)
    return await exchange(await _session(call))


async def _session(call: Call) -> str:
    async def login() -> Kept[str]:
        answer = await _ask(call, wire.LOGIN, wire.LoginRequest(userId=call.account(CebAccount).user_id))
        if means("login", answer.code) != "ok":
            raise MaybeSent(f"the login was answered {answer.code[:16]!r}")
        return Kept(answer.read(wire.LoginReply).sessionId, call.clock() + LOGIN_KEPT)

    return await call.session(LOGIN, login)


async def _fetch(call: Call, item: wire.Item, request: wire.BillRequest) -> wire.BillReply | None:
    """A bill query, as slow as the channel's are; None where nothing is due."""
    transac_code = wire.MOBILE_BILL if item.categoryType == wire.MOBILE else wire.BILL

    async def ask(session_id: str) -> Answer:
        return await _ask(call, transac_code, replace(request, sessionId=session_id), BILL_PATIENCE)

    return bills.answered(await _logged_in(call, "bill", ask), request.billKey)


async def _row(payment: BillPayment, bill_id: bills.BillId, item: wire.Item, call: Call) -> wire.Row:
    """The row that a bill was made from, as the channel has it now. Raises: Refused where it has it no longer."""
    try:
        reply = await _fetch(call, item, bills.request(item, payment, bill_id.qry_acq_ssn, 1))
    except Refused as error:
        raise Refused(error.message, field=error.field or "bill_id") from error
    found = bills.rows(reply, call.account(CebAccount)) if reply and bills.ready(reply) else {}
    row = found.get(bill_id.row)
    if row is None:
        raise Refused(bills.AGAIN, field="bill_id")
    return row


async def _cities(call: Call) -> list[str]:
    async def load() -> Kept[list[str]]:
        answer = await _catalogue(call, wire.CITIES, wire.CitiesRequest())
        cities = answer.read(wire.CitiesReply).cityList if answer else []
        return Kept(sorted(city.cityCode for city in cities), call.clock() + CATALOGUE_KEPT)

    return await call.session("cities", load)


async def _listed(city: str, call: Call) -> dict[str, catalogue.Listed]:
    async def load() -> Kept[dict[str, catalogue.Listed]]:
        answer = await _catalogue(call, wire.ITEMS, wire.ItemsRequest(cityCode=city))
        items = answer.read(wire.ItemsReply).payItemList if answer else []
        return Kept(catalogue.listed(items, city), call.clock() + CATALOGUE_KEPT)

    return await call.session(f"items:{city}", load)


async def _catalogue(call: Call, transac_code: str, request: msgspec.Struct) -> Answer | None:
    answer = await _ask(call, transac_code, request)
    meaning = means("catalogue", answer.code)
    if meaning not in ("ok", "nothing"):
        raise MaybeSent(f"the catalogue was answered {answer.code[:16]!r}")
    return answer if meaning == "ok" else None


async def _biller(biller_id: PartnerRef, call: Call) -> catalogue.Listed:
    city, _, _ = biller_id.local_id.partition(".")
    found = (await _listed(city, call)).get(biller_id.local_id)
    if found is None:
        raise Refused("is in the partner's catalogue no longer", field="biller_id")
    return found


def _of_category(found: dict[str, catalogue.Listed], search: BillerSearch) -> list[Biller]:
    return [one.biller for one in found.values() if search.category in (None, one.biller.category)]


def _read_cursor(cursor: str | None) -> tuple[str, int]:
    """City and offset in it: `330100:50`. A city that is gone since is passed over."""
    city, _, offset = (cursor or ":0").partition(":")
    if not offset.isdecimal():
        raise Refused("is no cursor", field="cursor")
    return city, int(offset)


PARTNER = Partner(account=CebAccount, scenarios=(CebUtilityBills,), read_callback=read_callback)
