"""Where banks look at their orders: one, refreshed when it is open, or a list of them."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from hub.errors import Invalid, NotFound, ScopeMissing
from hub.identity.guard import Caller
from hub.orders import rows
from hub.orders.attempts import Attempts
from hub.orders.journal import Journal
from hub.orders.rows import OrderRow
from hub.store import Connection, Store
from hub.work.worker import Worker
from schemas.call import Clock
from schemas.contract import SCENARIOS, Operation, operation_named
from schemas.order import OrderState
from schemas.page import Paged
from schemas.scenarios import operations
from schemas.struct import Canonical, Instant

REFRESH_AFTER = timedelta(seconds=2)
"""An open order that was looked into so lately is shown as it stands."""
REFRESH_WAIT = timedelta(seconds=2)
"""How long a reader waits for the refreshed order."""


class OrderSearch(Paged):
    """Which orders are wanted. Times bound `created_at`: from `since`, before `until`."""

    state: Annotated[OrderState, Meta(description="Orders in this state")] | None = None
    operation: Annotated[str, Meta(description="Orders of this operation: utility-bills.pay")] | None = None
    partner: Annotated[str, Meta(description="Orders at this partner")] | None = None
    review: Annotated[bool, Meta(description="`true`: orders that a person must look at")] | None = None
    since: Annotated[Instant, Meta(description="Created then or later; write + as %2B")] | None = None
    until: Annotated[Instant, Meta(description="Created before then")] | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError("until: must be later than since")


class OrderPage(Canonical):
    """Orders, newest first."""

    items: list[msgspec.Raw]
    next: str | None


class Desk:
    """Reads orders for the bank that owns them."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        attempts: Attempts,
        worker: Worker,
        clock: Clock,
        *,
        partners: Collection[str],
    ) -> None:
        self._store = store
        self._journal = journal
        self._attempts = attempts
        self._worker = worker
        self._clock = clock
        self._partners = partners

    async def see(self, caller: Caller, order_id: str) -> OrderRow:
        """One order, after asking the partner once more where it is open. Raises: NotFound, ScopeMissing."""
        row = await self._journal.find(order_id)
        if row is None or row.tenant != caller.tenant:
            raise NotFound("there is no such order")
        _refuse_outsider(operation_named(row.operation), caller)
        return row if row.final else await self._refreshed(row)

    async def find(self, caller: Caller, search: OrderSearch, before: str | None) -> list[OrderRow]:
        """One more row than asked for, where there are more. Raises: ScopeMissing, Invalid."""
        wanted = _wanted(caller, search.operation)

        def query(tx: Connection) -> list[OrderRow]:
            return rows.list_orders(
                tx,
                caller.tenant,
                operations=wanted,
                before=before,
                limit=search.limit + 1,
                state=search.state,
                partner=search.partner,
                review=search.review,
                since=search.since,
                until=search.until,
            )

        found = await self._store.read(query)
        if not found and search.partner is not None and search.partner not in self._partners:
            raise Invalid.at("partner", "is no partner of this hub")
        return found

    async def _refreshed(self, row: OrderRow) -> OrderRow:
        looked_into = row.timeline[-1].at if row.timeline else row.created_at
        if self._attempts.running(row.order_id) is None and self._clock() - looked_into >= REFRESH_AFTER:
            enquiry = await self._worker.begin_now(row.order_id)
            if enquiry is not None:
                await asyncio.wait([enquiry], timeout=REFRESH_WAIT.total_seconds())
                return await self._journal.find(row.order_id) or row
        return row


def _wanted(caller: Caller, named: str | None) -> list[str]:
    """The operation that a search names, or all whose orders the caller may see. Raises: ScopeMissing, Invalid."""
    scenarios = scenarios_of(caller)
    if not scenarios:
        raise ScopeMissing("this needs a scope of some scenario")
    orders = {each.key: each for each in operations() if each.kind == "order"}
    seen = [key for key, operation in orders.items() if operation.scenario in scenarios]
    if named is None:
        return seen
    if named not in orders:
        raise Invalid.at("operation", f"is no operation that makes orders; there are: {', '.join(seen)}")
    _refuse_outsider(orders[named], caller)
    return [named]


def _refuse_outsider(operation: Operation, caller: Caller) -> None:
    """Raises: ScopeMissing unless the caller has any scope of the operation's scenario."""
    if operation.scenario not in scenarios_of(caller):
        raise ScopeMissing(f"this needs a scope of {operation.scenario}")


def scenarios_of(caller: Caller) -> set[str]:
    """The scenarios that a caller has any scope of."""
    return {scope.partition(":")[0] for scope in caller.scopes} & SCENARIOS.keys()
