"""Utility bills in a dialect shaped after Reloadly Utilities: OAuth 2.0, JSON, and an answer that comes later."""

import re
from datetime import timedelta
from functools import partial

import msgspec
import structlog

from connectors.kit.feeds import UNREADABLE, page_within
from connectors.kit.oauth import is_success, read
from connectors.kit.partner import Partner
from connectors.reloadly_utilities import wire
from connectors.reloadly_utilities.billers import ROWS, Terms, biller_query, matches, terms_of
from connectors.reloadly_utilities.exchange import API, ReloadlyAccount
from connectors.reloadly_utilities.payments import (
    acknowledgement,
    found,
    handles,
    not_taken,
    pay_request,
    refuse_amount,
    taken,
)
from schemas.call import Attempt, Call, Kept
from schemas.errors import Garbled, Refused
from schemas.outcome import Found, Outcome
from schemas.page import Merged
from schemas.refs import PartnerRef
from schemas.utility_bills import Bill, Biller, BillerSearch, BillPayment, BillSearch, Receipt, UtilityBills

CATALOGUE_AGE = timedelta(minutes=10)

log = structlog.get_logger("hub.reloadly_utilities")


class ReloadlyUtilityBills(UtilityBills):
    """Billers abroad, paid from the bank's wallet at the partner."""

    async def list_billers(self, search: BillerSearch, call: Call) -> Merged[Biller]:
        query = biller_query(search)
        if query is None:
            return Merged(items=[])
        page = read(await API.get(call, "/billers", query), wire.BILLERS)
        terms = [_terms_or_none(row, call) for row in page.content]
        billers = [each.biller for each in terms if each and matches(each.biller, search)]
        ended = len(page.content) < ROWS if page.last is None else page.last
        return page_within(billers, search, ROWS, more=not ended)

    async def find_bills(self, search: BillSearch, call: Call) -> list[Bill]:
        """Always none: this dialect pays without a bill. Only the biller is checked."""
        await _terms(search.biller_id, call)
        return []

    async def check_payment(self, payment: BillPayment, call: Call) -> None:
        if payment.bill_id is not None:
            raise Refused("this biller has no bills to pay against", field="bill_id")
        for name in payment.fields:
            raise Refused("this biller wants nothing beyond the account", field=f"fields.{name}")
        terms = await _terms(payment.biller_id, call)
        refuse_amount(payment.amount, terms.biller)
        await call.remember(**handles(payment.amount, terms))

    async def pay(self, payment: BillPayment, attempt: Attempt) -> Outcome[Receipt]:
        if "use_local" not in attempt.handles:
            await self.check_payment(payment, attempt)
        message = wire.write(pay_request(payment, attempt.reference, attempt.handles))
        reply = await API.authorised(attempt, partial(attempt.submit, "pay"), "POST", "/pay", message)
        if not is_success(reply):
            return not_taken(reply)
        answer = acknowledgement(reply, attempt.reference)
        await attempt.remember(transaction_id=str(answer.id))
        return taken(answer, attempt.clock())

    async def find_payment(self, payment: BillPayment, attempt: Attempt) -> Found[Receipt]:
        reply = await API.get(attempt, "/transactions", {"referenceId": attempt.reference})
        answer = read(reply, wire.TRANSACTIONS)
        rows = answer.content if isinstance(answer, wire.TransactionPage) else answer
        return found(rows, payment, attempt)


async def _terms(biller_id: PartnerRef, call: Call) -> Terms:
    """A biller's terms, from the catalogue. Raises: Refused where it cannot be paid."""
    local_id = biller_id.local_id
    if not re.fullmatch("[0-9]{1,18}", local_id):
        raise Refused("there is no such biller", field="biller_id")
    return await call.session(f"billers:{local_id}", partial(_open_terms, local_id, call))


async def _open_terms(local_id: str, call: Call) -> Kept[Terms]:
    page = read(await API.get(call, "/billers", {"id": local_id, "page": "1", "size": "1"}), wire.BILLERS)
    if not page.content:
        raise Refused("there is no such biller", field="biller_id")
    terms = _terms_or_none(page.content[0], call)
    if terms is None:
        raise Refused("this biller cannot be paid at present", field="biller_id")
    if terms.biller.biller_id.local_id != local_id:
        raise Garbled("asked about one biller, the partner answered about another")
    return Kept(terms, call.clock() + CATALOGUE_AGE)


def _terms_or_none(raw: msgspec.Raw, call: Call) -> Terms | None:
    """None for a biller whose data make no sense: leaving it out is better than a laxer rule."""
    try:
        row = msgspec.json.decode(raw, type=wire.BillerRow)
        return terms_of(row, call.ref(str(row.id)), call.account(ReloadlyAccount).wallet_currency)
    except (*UNREADABLE, Garbled) as error:
        log.warning("biller-left-out", partner=call.partner, why=str(error), trace_id=call.trace_id)
        return None


PARTNER = Partner(account=ReloadlyAccount, scenarios=(ReloadlyUtilityBills,))
