"""One audit record of every call by a bank that showed a valid token, however it ended."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from hub.audit import rows as audit
from hub.audit.masking import facts_of
from hub.audit.record import new_record
from hub.identity.guard import Caller
from hub.store import Store
from hub.trace import trace_id
from schemas.call import Clock


class Call(msgspec.Struct):
    """What is told of a call. A handler fills it in as it learns.

    Shape: `request` is recorded masked, `answer` by digest. `covered`: another record tells all this already.
    """

    how: str = "answered"
    request: Any = None
    answer: bytes = b""
    order_id: str | None = None
    query_id: str = ""
    consent_id: str | None = None
    covered: bool = False


class Calls:
    """Writes the records. A call is answered only once it is recorded."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._writing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def recorded(self, caller: Caller, operation: str) -> AsyncIterator[Call]:
        """Around the serving of one call. Raises: StoreUnavailable."""
        call = Call()
        try:
            yield call
        except (Exception, asyncio.CancelledError) as error:  # a bug too: a partner may have been told by then
            call.how = type(error).__name__
            await self._record(caller, operation, call)
            raise
        if not call.covered:
            await self._record(caller, operation, call)

    async def _record(self, caller: Caller, operation: str, call: Call) -> None:
        """Writes one down, though its caller goes away meanwhile."""
        task = asyncio.create_task(self._write(caller, operation, call))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        await asyncio.shield(task)

    async def _write(self, caller: Caller, operation: str, call: Call) -> None:
        facts = {} if call.request is None else facts_of(call.request)
        facts["how"] = call.how
        facts |= {name: value for name in ("query_id", "consent_id") if (value := getattr(call, name))}
        record = new_record(
            tenant=caller.tenant,
            at=self._clock(),
            kind="call",
            trace_id=trace_id.get(),
            actor=caller.client_id,
            operation=operation,
            order_id=call.order_id,
            facts=facts,
            digests={"answer": hashlib.sha256(call.answer).hexdigest()} if call.answer else None,
        )
        await self._store.write(lambda tx: audit.append(tx, record))
