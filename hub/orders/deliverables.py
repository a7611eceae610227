"""Hands over what an order delivered: once, to one key, and again to that key for a short while."""

from datetime import timedelta

import msgspec

from hub.audit import rows as audit
from hub.audit.record import new_record
from hub.errors import FieldError, KeyReused, NotFound
from hub.identity.guard import Caller
from hub.orders import rows
from hub.orders.rows import DeliverableRow
from hub.orders.sealed import deliverable_context
from hub.store import Connection, Store
from hub.tenants.data_keys import DataKeys
from hub.trace import trace_id
from schemas.call import Clock
from schemas.struct import Canonical


class Deliverable(Canonical):
    """What an order handed over. Never kept by the hub's logs, and not to be kept by caches."""

    deliverable_id: str
    order_id: str
    value: msgspec.Raw


class Deliverables:
    """The sealed store of meter tokens, card numbers and vouchers."""

    def __init__(self, store: Store, data_keys: DataKeys, clock: Clock, *, again: timedelta) -> None:
        self._store = store
        self._data_keys = data_keys
        self._clock = clock
        self._again = again

    async def release(self, caller: Caller, deliverable_id: str, key: str) -> Deliverable:
        """Audited in the same unit as the release. Raises: NotFound, KeyReused where another key had it."""
        now = self._clock()
        sealer = await self._data_keys.of(caller.tenant)

        def unit(tx: Connection) -> DeliverableRow | NotFound | KeyReused:
            row = rows.find_deliverable(tx, deliverable_id, for_update=True)
            if row is None or row.tenant != caller.tenant:
                return NotFound("there is no such deliverable")
            if row.released_at is None:
                rows.mark_released(tx, deliverable_id, key, now)
            elif row.released_to != key or now - row.released_at > self._again:
                error = FieldError(field="Idempotency-Key", message="is not the one that it was released to")
                return KeyReused("released before; only the same key reads it again, and for a while", error)
            audit.append(
                tx,
                new_record(
                    tenant=caller.tenant,
                    at=now,
                    kind="release",
                    trace_id=trace_id.get(),
                    actor=caller.client_id,
                    operation="deliverable.release",
                    order_id=row.order_id,
                    facts={"deliverable_id": deliverable_id, "again": str(row.released_at is not None).lower()},
                ),
            )
            return row

        row = await self._store.write(unit)
        if not isinstance(row, DeliverableRow):
            raise row
        value = sealer.unseal(row.sealed, context=deliverable_context(row.order_id, deliverable_id))
        return Deliverable(deliverable_id=deliverable_id, order_id=row.order_id, value=msgspec.Raw(value))

    async def order_of(self, caller: Caller, deliverable_id: str) -> str:
        """The order a deliverable belongs to. Raises: NotFound."""
        row = await self._store.read(lambda tx: rows.find_deliverable(tx, deliverable_id))
        if row is None or row.tenant != caller.tenant:
            raise NotFound("there is no such deliverable")
        return row.order_id
