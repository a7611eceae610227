"""Orders: fees first, then a settlement, and at most one way back."""

import re
import secrets
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sandbox.providers.nhsa_mobile_pay.codes import DECLINED, DUPLICATE, FIELD, NO_ORDER, WRONG_STATE, Refused
from sandbox.providers.nhsa_mobile_pay.fees import businesses, check_fees, check_organisation, digest
from sandbox.providers.nhsa_mobile_pay.insured import person
from sandbox.providers.nhsa_mobile_pay.legs import Legs, divided, legs_of
from sandbox.providers.nhsa_mobile_pay.magic import Situation, situation_of
from sandbox.providers.nhsa_mobile_pay.operations import PAY, REVOKE
from sandbox.providers.nhsa_mobile_pay.vouchers import Vouchers
from sandbox.providers.nhsa_mobile_pay.words import demand
from sandbox.stand.book import Order, Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.partner import Equipment

Fields = dict[str, Any]

UPLOADED, PROCESSING, ENDLESS, UNCONFIRMED, CASH_OPEN, SETTLED, REVOKED, FAILED, UNHEARD_OF = (
    "0",
    "1",
    "2",
    "3",
    "4",
    "6",
    "7",
    "14",
    "99",
)
CANDIDATES = frozenset("3456")
PAID = frozenset({CASH_OPEN, SETTLED})
_FATES = {
    Situation.CASH_FAILED: CASH_OPEN,
    Situation.LATER_FAILURE: FAILED,
    Situation.FOREVER: ENDLESS,
    Situation.NEVER_CONFIRMED: UNCONFIRMED,
    Situation.UNHEARD_OF: UNHEARD_OF,
}
_LATE = frozenset({Situation.LATER_SUCCESS, Situation.LATER_FAILURE, Situation.LATER_CONFIRMED})
_AT_ONCE = frozenset({Situation.ENQUIRY_ONLY, Situation.FOREVER, Situation.UNHEARD_OF})
_PAY_ORD_ID = re.compile(r"ORD([0-9]{18})")


@dataclass(frozen=True, slots=True)
class Trade:
    """An order with everything that has happened to it."""

    order: Order
    pay: Order | None = None
    revoke: Order | None = None
    refunds: tuple[Order, ...] = ()

    @property
    def id_no(self) -> str:
        return str(self.order["idNo"])

    @property
    def pay_ord_id(self) -> str:
        return f"ORD{self.order['number']:018d}"

    @property
    def status(self) -> str:
        """The ordStas of this moment."""
        if self.revoke is not None:
            return REVOKED
        if self.pay is None:
            return UPLOADED
        if self.pay["finalAt"] <= now():
            return str(self.pay["fate"])
        return UNCONFIRMED if self.pay["fate"] == SETTLED and self.pay["candidateAt"] <= now() else PROCESSING

    @property
    def charged(self) -> Legs:
        """What was to be paid, whether it was or not."""
        return legs_of(self.pay["legs"]) if self.pay else legs_of(["0", "0", "0"])

    @property
    def settled(self) -> Legs:
        """What has been paid, or will be once the hospital's side has confirmed."""
        return self.charged.insurance if self.status == CASH_OPEN else self.charged


class Orders:
    """Takes uploads, settles and revokes them."""

    def __init__(self, equipment: Equipment, vouchers: Vouchers) -> None:
        self._book = equipment.book
        self._settings = equipment.settings
        self._vouchers = vouchers

    async def upload(self, content: Fields) -> Trade:
        """Raises: Refused."""
        total, covered = check_fees(content)
        order = {
            **{name: content[name] for name in ("medOrgOrd", "idNo", "userName", "chrgBchno", "iptOtpNo")},
            "mdtrtId": content.get("mdtrtId") or f"MD{secrets.randbelow(10**18):018d}",
            "payToken": secrets.token_hex(16),
            "total": str(total),
            "covered": str(covered),
            "digest": digest(content),
        }
        if (known := self.by_reference(order["medOrgOrd"])) and self._settings.duplicates != "perform":
            return self._same(known, order)
        self._check_consent(content)
        return await self._book.write(partial(self._keep, order))

    async def pay(self, content: Fields, fault: str | None) -> Trade:
        """Raises: Refused."""
        demand(content, ("payAuthNo", "payOrdId", "payToken", "orgBizSer", "chrgBchno", "feeType", "mdtrtId"))
        check_organisation(content)
        if (used := content.get("acctUsedFlag", "")) not in ("", "0", "1"):
            raise Refused(FIELD, "acctUsedFlag")
        order = self.find(content).order
        self._vouchers.check_authorisation(content["payAuthNo"], order["idNo"])
        for name in ("chrgBchno", "mdtrtId"):
            if content[name] != order[name]:
                raise Refused(FIELD, name)
        if fault == "decline":
            raise Refused(DECLINED)
        return await self._book.write(partial(self._settle, order, used != "0", fault))

    async def revoke(self, content: Fields) -> Trade:
        """Raises: Refused."""
        demand(content, ("payOrdId", "idNo", "userName", "idType"))
        check_organisation(content)
        trade = self.find(content)
        reference = content.get("orgBizSer") or trade.order["medOrgOrd"]
        return await self._book.write(partial(_revoke, trade.order["number"], str(reference)))

    def find(self, content: Fields) -> Trade:
        """The order that payOrdId names, with payToken as the right to it; a revsToken beside it must be right too.

        Raises: Refused.
        """
        demand(content, ("payOrdId", "payToken"))
        trade = self.numbered(content["payOrdId"])
        if trade is None or content.get("idNo", trade.id_no) != trade.id_no:
            raise Refused(NO_ORDER, "payOrdId")
        rights = {"payToken": trade.order["payToken"], "revsToken": trade.pay["revsToken"] if trade.pay else None}
        for name in filter(content.get, rights):
            if content[name] != rights[name]:
                raise Refused(NO_ORDER, name)
        return trade

    def by_reference(self, med_org_ord: object) -> Trade | None:
        """The latest order under the institution's own number."""
        found = self._book.read(lambda page: page.find(f"order {med_org_ord}"))
        return self._book.read(partial(trade_of, found[-1])) if found else None

    def numbered(self, pay_ord_id: object) -> Trade | None:
        """Whatever payOrdId names, without asking for a right."""
        named = _PAY_ORD_ID.fullmatch(str(pay_ord_id))
        order = self._book.read(lambda page: page.numbered(int(named[1]))) if named else None
        if order is None or "payToken" not in order:
            return None
        return self._book.read(partial(trade_of, order))

    def _check_consent(self, content: Fields) -> None:
        if content.get("ecToken"):
            self._vouchers.spend_token(content["ecToken"], content["idNo"], businesses(content))
        else:
            demand(content, ("payAuthNo", "mdtrtId"))
            self._vouchers.check_authorisation(content["payAuthNo"], content["idNo"])

    def _keep(self, order: Order, page: Page) -> Trade:
        key = f"order {order['medOrgOrd']}"
        if (known := page.find(key)) and self._settings.duplicates != "perform":
            return self._same(trade_of(known[-1], page), order)
        return Trade({**order, "number": page.keep(key, order)})

    def _same(self, known: Trade, order: Order) -> Trade:
        if known.order["digest"] != order["digest"]:
            raise Refused(DUPLICATE, "medOrgOrd")
        return known

    def _settle(self, order: Order, account_used: bool, fault: str | None, page: Page) -> Trade:
        trade = trade_of(order, page)
        if trade.revoke is not None:
            raise Refused(WRONG_STATE)
        if trade.pay is not None and self._settings.duplicates != "perform":
            return trade
        total, covered = (legs_of([order[name], "0", "0"]).total for name in ("total", "covered"))
        legs = divided(total, covered, person(order["idNo"]).balance, account_used=account_used)
        situation = situation_of(order["idNo"])
        fate = _FATES.get(situation, SETTLED) if situation else SETTLED
        if fate not in (FAILED, ENDLESS):
            paid = legs.insurance if fate == CASH_OPEN else legs
            page.perform(Performance(order["medOrgOrd"], PAY.plain, order["idNo"], f"{paid.total:.2f}", "CNY"))
        final_at = self._final_at(situation, fault)
        pay = {
            "event": "pay",
            "at": now(),
            "candidateAt": self._candidate_at(situation, final_at),
            "finalAt": final_at,
            "fate": fate,
            "legs": legs.kept(),
            "reported": (legs.overstated() if fault == "wrong-amount" else legs).kept(),
            "revsToken": secrets.token_hex(16),
        }
        page.keep(events_of(order["number"]), pay)
        return replace(trade, pay=pay)

    def _final_at(self, situation: Situation | None, fault: str | None) -> float:
        if situation in _AT_ONCE or fault == "early-callback":
            return now()
        return now() + (self._settings.late_seconds if situation in _LATE else self._settings.processing_seconds)

    def _candidate_at(self, situation: Situation | None, final_at: float) -> float:
        """From when on only the hospital's side has still to confirm."""
        return now() if situation is Situation.LATER_CONFIRMED else final_at - self._settings.processing_seconds / 2


def trade_of(order: Order, page: Page) -> Trade:
    events = page.find(events_of(order["number"]))
    last = {event["event"]: event for event in events}
    refunds = tuple(event for event in events if event["event"] == "refund")
    return Trade(order, last.get("pay"), last.get("revoke"), refunds)


def events_of(number: int) -> str:
    return f"events {number}"


def _revoke(number: int, reference: str, page: Page) -> Trade:
    order = page.numbered(number)
    if order is None:
        raise Refused(NO_ORDER)
    trade = trade_of(order, page)
    if trade.status == REVOKED:
        return trade
    if trade.status not in CANDIDATES | {UPLOADED} or trade.refunds:
        raise Refused(WRONG_STATE)
    page.perform(Performance(reference, REVOKE.plain, trade.id_no, f"{trade.settled.total:.2f}", "CNY"))
    revoke = {"event": "revoke", "at": now()}
    page.keep(events_of(number), revoke)
    return replace(trade, revoke=revoke)
