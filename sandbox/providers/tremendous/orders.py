"""Orders: replayed by external_id, released by a person where one must, known for ever."""

from decimal import Decimal
from functools import partial
from typing import Any

from sandbox.providers.tremendous.errors import Refused
from sandbox.providers.tremendous.magic import Situation, situation_of
from sandbox.providers.tremendous.operations import CREATE
from sandbox.providers.tremendous.wishes import account_of, content_of, external_id_of, rewards_of
from sandbox.stand.book import Order, Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.partner import Equipment

EXECUTED, FAILED, CANCELED, CART = "EXECUTED", "FAILED", "CANCELED", "CART"
PENDING, PENDING_INTERNAL = "PENDING APPROVAL", "PENDING INTERNAL PAYMENT APPROVAL"
# What an order stands in first, and what it comes to if it is ever decided.
_COURSES = {
    Situation.LATER_SUCCESS: (PENDING, EXECUTED),
    Situation.LATER_FAILURE: (PENDING, FAILED),
    Situation.LATER_CANCEL: (PENDING, CANCELED),
    Situation.AWAITS_APPROVAL: (PENDING, EXECUTED),
    Situation.INTERNAL_APPROVAL: (PENDING_INTERNAL, EXECUTED),
    Situation.CART: (CART, CART),
}
_NEVER_BY_ITSELF = frozenset({Situation.AWAITS_APPROVAL, Situation.CART})


class Orders:
    """Takes orders and tells what became of them."""

    def __init__(self, equipment: Equipment, funding_source_id: str) -> None:
        self._book = equipment.book
        self._settings = equipment.settings
        self._funding_source_id = funding_source_id
        rows = self._book.read(Page.latest)
        self._approved = {row["approves"]: float(row["at"]) for row in rows if "approves" in row}

    async def create(self, body: bytes, fault: str | None) -> tuple[Order, bool]:
        """The order, and whether it is new; a replay is answered before anything else in the body is looked at.

        Raises: Refused.
        """
        content = content_of(body)
        external_id = external_id_of(content)
        if replayed := self._book.read(partial(self._replayed, external_id)):
            return replayed, False
        rewards = rewards_of(content, self._funding_source_id)
        account = account_of(rewards[0]["recipient"]) or ""
        situation = situation_of(account)
        if fault == "decline" or situation is Situation.FUNDS_SPENT:
            raise Refused("INSUFFICIENT_FUNDS")
        if situation is Situation.RECIPIENT_REJECTED:
            raise Refused("RECIPIENT_REJECTED")
        order = self._order(external_id, account, rewards, fault)
        return await self._book.write(partial(self._file, order))

    def find(self, external_id: str | None) -> list[Order]:
        """Orders newest first; without an external_id all of them."""
        rows = self._book.read(lambda page: page.find(external_id)[::-1] if external_id else page.latest())
        return [self._now(row) for row in rows if "rewards" in row]

    def numbered(self, number: int) -> Order | None:
        row = self._book.read(lambda page: page.numbered(number))
        return self._now(row) if row is not None and "rewards" in row else None

    async def approve(self, external_id: str) -> Order | None:
        """Releases an order that a person must release; None if there is none waiting."""
        waiting = [order for order in self.find(external_id) if order["awaits"] and order["decidedAt"] is None]
        if not waiting:
            return None
        order, moment = waiting[0], now()
        self._approved[order["number"]] = moment
        await self._book.write(partial(_release, order, moment))
        return self._now(order)

    def _order(
        self, external_id: str | None, account: str, rewards: list[dict[str, Any]], fault: str | None
    ) -> dict[str, Any]:
        situation, moment = situation_of(account), now()
        first, fate = _COURSES.get(situation, (EXECUTED, EXECUTED)) if situation else (EXECUTED, EXECUTED)
        total = sum((Decimal(reward["denomination"]) for reward in rewards), Decimal(0))
        late = situation is Situation.DELIVERY_LATE
        return {
            "external_id": external_id,
            "account": account,
            "rewards": rewards,
            "funding_source_id": self._funding_source_id,
            "currency": rewards[0]["currency"],
            "total": f"{total:.2f}",
            "reported": f"{total + (fault == 'wrong-amount'):.2f}",
            "at": moment,
            "first": first,
            "fate": fate,
            "awaits": situation is Situation.AWAITS_APPROVAL,
            "decidedAt": self._decided_at(moment, situation),
            "deliverAfter": self._deliver_after(late=late, early=fault == "early-callback"),
        }

    def _decided_at(self, moment: float, situation: Situation | None) -> float | None:
        if situation in _NEVER_BY_ITSELF:
            return None
        return moment + self._settings.late_seconds if situation in _COURSES else moment

    def _deliver_after(self, *, late: bool, early: bool) -> float:
        if early:
            return 0.0
        return self._settings.late_seconds if late else self._settings.processing_seconds

    def _file(self, order: Order, page: Page) -> tuple[Order, bool]:
        if replayed := self._replayed(order["external_id"], page):
            return replayed, False
        if order["fate"] == EXECUTED and not order["awaits"]:
            page.perform(_performance(order))
        return {**order, "number": page.keep(order["external_id"] or "", order)}, True

    def _replayed(self, external_id: str | None, page: Page) -> Order | None:
        found = page.find(external_id) if external_id else []
        if not found or self._settings.duplicates == "perform":
            return None
        if self._settings.duplicates == "refuse":
            raise Refused("DUPLICATE_EXTERNAL_ID")
        return self._now(found[0])

    def _now(self, order: Order) -> Order:
        return {**order, "decidedAt": self._approved.get(order["number"], order["decidedAt"])}


def status_of(order: Order) -> str:
    decided_at = order["decidedAt"]
    return str(order["first"] if decided_at is None or now() < decided_at else order["fate"])


def delivery_of(order: Order, index: int) -> str:
    """The delivery status of one reward: PENDING, SUCCEEDED or FAILED."""
    if status_of(order) in (FAILED, CANCELED):
        return "FAILED"
    if order["fate"] != EXECUTED or order["decidedAt"] is None or now() < delivered_at(order):
        return "PENDING"
    situation, last = situation_of(order["account"]), len(order["rewards"]) - 1
    fails = situation is Situation.DELIVERY_FAILS or (
        situation is Situation.PARTLY_DELIVERED and index == last and last > 0
    )
    return "FAILED" if fails else "SUCCEEDED"


def delivered_at(order: Order) -> float:
    return float(order["decidedAt"] + order["deliverAfter"])


def _performance(order: Order) -> Performance:
    reference = order["external_id"] or ""
    return Performance(reference, CREATE.plain, order["account"], order["total"], order["currency"])


def _release(order: Order, moment: float, page: Page) -> None:
    page.perform(_performance(order))
    page.keep("", {"approves": order["number"], "at": moment})
