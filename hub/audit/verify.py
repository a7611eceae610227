"""Verification: everything that can be compared is compared, on the bytes that are stored.

Sealing may go on meanwhile. The file is read before the database, because its notes are written after the commit;
a log's head is read in one statement, and nothing beyond that head is looked at. So healthy data never cries.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path

from hub.audit import rows
from hub.audit.filed import Filed
from hub.audit.log import Head, Leaf
from hub.audit.log_key import known_keys
from hub.audit.report import Report
from hub.audit.walk import Walk
from hub.store import Store
from hub.store.metadata import EPOCH
from schemas.call import Clock

CHUNK = 2000
"""Rows in memory at a time."""
LATE = timedelta(seconds=10)


async def verify(
    store: Store,
    clock: Clock,
    *,
    checkpoint_file: Path | None = None,
    publics: Collection[bytes] | None = None,
    late: timedelta = LATE,
) -> Report:
    """Verify every tenant's log against its records, its signed checkpoints and the file.

    `publics` are the keys that may sign; None takes those that the database names, which an intruder may
    have exchanged: prefer `known_keys(store, sealer)`, or keys kept elsewhere.

    Raises: StoreUnavailable, OSError when there is a file and it cannot be read.
    """
    trusted = list(publics) if publics is not None else await known_keys(store)
    report = Report()
    filed = Filed(store, trusted, report)
    if checkpoint_file is not None:
        await filed.read(checkpoint_file)
    verification = _Verification(store, trusted, filed, report)
    for tenant in sorted({*await store.read(rows.tenants), *filed.sizes}):
        await verification.check_log(tenant)
    await verification.check_places()
    await verification.count_unsealed(clock, late)
    return report


class _Verification:
    """One run over the database."""

    def __init__(self, store: Store, publics: Sequence[bytes], filed: Filed, report: Report) -> None:
        self._store = store
        self._publics = publics
        self._filed = filed
        self._report = report

    async def check_log(self, tenant: str) -> None:
        """Walk along one tenant's leaves, with the records on one side and the checkpoints on the other."""
        head = await self._store.read(lambda tx: rows.head(tx, tenant))
        self._check_head(head, self._filed.sizes.get(tenant, 0))
        walk = Walk(tenant, self._publics, self._filed.strays.get(tenant, {}), self._report)
        for begin in range(0, head.leaves, CHUNK):
            end = min(begin + CHUNK, head.leaves)
            leaves, notes = await self._slice(tenant, begin, end)
            walk.along(begin, end, leaves, notes)
            await asyncio.sleep(0)  # a quick read does not yield, and a hub may be serving beside
        walk.arrive(head)

    async def _slice(self, tenant: str, begin: int, end: int) -> tuple[list[Leaf], list[tuple[int, bytes]]]:
        return (
            await self._store.read(lambda tx: rows.leaves_between(tx, tenant, begin, end)),
            await self._store.read(lambda tx: rows.notes_between(tx, tenant, begin, end)),
        )

    def _check_head(self, head: Head, filed: int) -> None:
        for size, witness in (
            (head.tree_size, "the tree"),
            (head.checkpoint_size, "a signed checkpoint"),
            (filed, "the file's newest checkpoint"),
        ):
            if size > head.leaves:
                self._report.find("TRUNCATED", head.tenant, f"{witness} knows {size} leaves, {head.leaves} are there")
        if head.tree_size < head.leaves:
            self._report.find("FORKED", head.tenant, f"the tree knows {head.tree_size} of {head.leaves} leaves")
        if head.checkpoint_size < head.leaves:
            self._report.find("MISSING", head.tenant, f"no checkpoint at size {head.leaves}, where the log ends")

    async def check_places(self) -> None:
        """Every record has a leaf, or waits for one."""
        after = ""
        while page := await self._places(after):
            for record_id, tenant, placed in page:
                if not placed:
                    self._report.find("MISSING", tenant, f"record {record_id} has no leaf and waits for none")
            after = page[-1][0]

    async def _places(self, after: str) -> list[tuple[str, str, bool]]:
        return await self._store.read(lambda tx: rows.places_after(tx, after, CHUNK))

    async def count_unsealed(self, clock: Clock, late: timedelta) -> None:
        """Waiting is no fault; waiting long says that no notary works."""
        for queue in await self._store.read(rows.queues):
            log = self._report.log(queue.tenant)
            log.unsealed = queue.waiting - queue.without_record
            if queue.without_record:
                gone = f"{queue.without_record} records were removed before they were sealed"
                self._report.find("MISSING", queue.tenant, gone)
            if queue.oldest is not None:
                log.waits_for = (clock() - EPOCH).total_seconds() - queue.oldest / 1_000_000
            if log.waits_for > late.total_seconds():
                waits = f"{log.unsealed} records unsealed for up to {log.waits_for:.0f} s"
                self._report.remarks.append(f"{queue.tenant}: {waits}: is a hub running?")
