"""Orders that other orders, and questions, are about: whose they are, and whether they may be followed or undone."""

from typing import Any, NamedTuple

from hub.consents.parties import Parties
from hub.errors import Invalid
from hub.orders import rows
from hub.orders.journal import Journal
from hub.orders.rows import OrderRow
from hub.store import Store
from schemas.contract import Operation, operation_named
from schemas.order import FINAL, Flaw, OrderRequest, Original, Reversal


class Followed(NamedTuple):
    """An order that a request names. Shape: `reversals` counts the orders that undo it, or tried to."""

    row: OrderRow
    original: Original
    reversals: int = 0


class Originals:
    """Finds the order behind an `OrderId`."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal

    async def named(self, tenant: str, operation: Operation, request: Any, parties: Parties | None = None) -> Followed:
        """The order that a bank's request names: the same customer's, where that order concerned one.

        Raises: Invalid, naming the field.
        """
        field = str(operation.order_field)
        row = await self._followed(tenant, operation, request)
        if row is None:
            raise Invalid.at(field, f"names no order of {' or '.join(sorted(_followable(operation)))}")
        if flaw := _unfollowable(row, field, reversal=operation.reverses):
            raise Invalid.at(flaw.field, flaw.message)
        if not await self._is_about(row, parties):
            raise Invalid.at(field, "is another customer's: the consent does not reach it")
        original = await self.of(row)
        if not isinstance(request, Reversal):
            return Followed(row, original)
        return Followed(row, original, await self._refuse(request, original))

    async def of(self, row: OrderRow) -> Original:
        """A stored order, as those that follow it are shown it."""
        operation = operation_named(row.operation)
        opened = await self._journal.opened(row, operation)
        return Original(
            order_id=row.order_id,
            reference=row.reference,
            sent_at=row.sent_at,
            state=row.state,
            request=opened.request,
            handles=opened.handles,
            result=await self._journal.result(row, operation),
            legs=tuple(row.legs),
        )

    async def behind(self, operation: Operation, request: OrderRequest) -> Original | None:
        """The original of an order that stands; None where it follows none."""
        if operation.order_field is None:
            return None
        row = await self._journal.find(getattr(request, operation.order_field))
        return await self.of(row) if row else None

    async def _followed(self, tenant: str, operation: Operation, request: Any) -> OrderRow | None:
        """The order that a request names, where it is this bank's and may be followed by this operation."""
        row = await self._journal.find(getattr(request, str(operation.order_field)))
        return row if row and row.tenant == tenant and row.operation in _followable(operation) else None

    async def _is_about(self, row: OrderRow, parties: Parties | None) -> bool:
        """Whether an order concerns nobody, or the same customer; consents come and go."""
        concerned = (await self._journal.opened(row, operation_named(row.operation))).parties
        return concerned is None or (parties is not None and concerned.is_about(parties.subject))

    async def _refuse(self, request: Reversal, original: Original) -> int:
        """How many reversals there were. Raises: Invalid where another is open, or nothing is left to undo."""
        standing = await self._store.read(lambda tx: rows.reversals_of(tx, request.reverses))
        if still := next((row for row in standing if row.state not in FINAL), None):
            raise Invalid.at("reverses", f"is being undone by {still.order_id}, which is not final")
        done = [row for row in standing if row.state == "succeeded"]
        earlier = [(await self._journal.opened(row, operation_named(row.operation))).request for row in done]
        if flaw := request.refusal(original, [one for one in earlier if isinstance(one, Reversal)]):
            raise Invalid.at(flaw.field, flaw.message)
        return len(standing)


def _followable(operation: Operation) -> set[str]:
    return {f"{operation.scenario}.{name}" for name in operation.follows}


def _unfollowable(row: OrderRow, field: str, *, reversal: bool) -> Flaw | None:
    if row.state == "declined":
        return Flaw(field, "was declined: there is nothing to follow up")
    if row.state in ("received", "submitting"):
        return Flaw(field, "is still on its way; ask for the order first")
    if row.state != "succeeded" and not reversal:
        return Flaw(field, f"is {row.state}; wait until it has succeeded")
    return None
