"""The notary: makes records tamper-evident, a moment after they were written.

It drains the queue into each tenant's Merkle tree and signs what grew. The lease keeps two from doing the same
work; what keeps them from forking a tree is the comparison with its size, in the unit that lets it grow.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import structlog

from hub.audit import rows
from hub.audit.checkpoint import Checkpoint, origin_of
from hub.audit.checkpoint_file import append_notes, sync_folder
from hub.audit.log import Growth, Head, Tree, WaitingRecord
from hub.audit.log_key import LogKey
from hub.audit.merkle import Frontier, leaf_hash
from hub.store import Connection, Store, StoreUnavailable
from schemas.call import Clock

log = structlog.get_logger("hub.audit")

LEASE = timedelta(seconds=5)
LIMIT = 1000
"""Records in one unit: about ten milliseconds that other units wait."""
PAUSE_SECONDS = 0.2
"""Between two rounds, so that a busy second brings a few checkpoints and not hundreds."""
POLL_SECONDS = 0.7
"""For records that another process wrote, whose bell is not heard here."""


class Notary:
    """Seals the records of every tenant, as long as it holds the lease."""

    def __init__(
        self,
        store: Store,
        key: LogKey,
        clock: Clock,
        *,
        checkpoint_file: Path | None = None,
        holder: str | None = None,
        lease: timedelta = LEASE,
        limit: int = LIMIT,
    ) -> None:
        self._store = store
        self._key = key
        self._clock = clock
        self._file = checkpoint_file
        self._holder = holder or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._lease = lease
        self._limit = limit
        self._bell = asyncio.Event()
        self._started = False
        self._unfiled: dict[str, bytes] = {}
        self._distrusted: set[str] = set()
        """Tenants whose log was altered; they wait for an operator, and hold up nobody else."""

    def ring(self) -> None:
        """Say that there are new records; nothing is lost when nobody does."""
        self._bell.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Seal until told to stop, and then what is left."""
        stopping = asyncio.create_task(stop.wait(), name="notary-stop")
        try:
            while not stop.is_set():
                await self._round()
                await self._rest(stopping)
        finally:
            stopping.cancel()
        await self._round()
        with suppress(StoreUnavailable):
            await self.release()

    async def seal_once(self) -> int:
        """Seal what waits, up to the limit, in one unit. Returns how many records were sealed.

        Raises: StoreUnavailable.
        """
        await self._start()
        batch = await self._store.read(self._waiting)
        sealed = await self._seal(batch) if batch else 0
        await self._file_notes()
        return sealed

    async def release(self) -> None:
        """Give the lease back. Raises: StoreUnavailable."""
        now = self._clock()
        await self._store.write(lambda tx: rows.release_lease(tx, self._holder, now))

    async def _round(self) -> None:
        """Seal until the queue is empty; trouble is logged, and the next round tries again."""
        self._bell.clear()
        try:
            more = True
            while more:
                more = await self.seal_once() >= self._limit
        except StoreUnavailable as error:
            self._started = False  # the last unit may have been committed after all, and its notes are not filed
            log.warning("sealing-waits", reason=str(error))
        except Exception:
            log.exception("sealing-failed")

    async def _rest(self, stopping: asyncio.Task[bool]) -> None:
        """Wait a little, then for the bell, and never longer than the poll."""
        await asyncio.wait([stopping], timeout=PAUSE_SECONDS)
        bell = asyncio.create_task(self._bell.wait(), name="notary-bell")
        await asyncio.wait([stopping, bell], timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        bell.cancel()

    async def _start(self) -> None:
        """The checkpoints that a crash may have kept from the file: each tree's own."""
        if not self._started and self._file is not None:
            self._unfiled = await self._store.read(rows.newest_notes)
        self._started = True

    def _waiting(self, tx: Connection) -> list[WaitingRecord]:
        if not rows.lease_is_free(tx, self._holder, self._clock()):
            return []
        return rows.waiting(tx, self._limit, without=self._distrusted)

    async def _seal(self, batch: Sequence[WaitingRecord]) -> int:
        """Hash and sign outside of the unit, which only compares and writes."""
        fresh = [record for record in batch if record.leaf_index is None]
        tenants = {record.tenant for record in fresh}
        heads = await self._store.read(lambda tx: {tenant: rows.head(tx, tenant) for tenant in tenants})
        growths = self._growths(fresh, heads)
        sealed = {record_id for growth in growths for _, record_id, _ in growth.added}
        done = [record.record_id for record in batch if record.record_id in sealed or record.leaf_index is not None]
        if not done or not await self._commit(growths, done):
            return 0
        if self._file is not None:
            self._unfiled |= {growth.tenant: growth.note for growth in growths}
        return len(sealed)

    async def _commit(self, growths: Sequence[Growth], done: Sequence[str]) -> bool:
        """False: another notary has the lease, or was faster; nothing was written."""
        now = self._clock()

        def unit(tx: Connection) -> bool:
            if not rows.hold_lease(tx, self._holder, now, now + self._lease):
                return False
            sizes = rows.sizes_of(tx, [growth.tenant for growth in growths])
            if any(sizes.get(growth.tenant, 0) != growth.old_size for growth in growths):
                return False
            for growth in growths:
                rows.grow(tx, growth, now)
            rows.leave_queue(tx, done)
            return True

        return await self._store.write(unit)

    def _growths(self, fresh: Sequence[WaitingRecord], heads: dict[str, Head]) -> list[Growth]:
        by_tenant = groupby(sorted(fresh, key=attrgetter("tenant", "record_id")), key=attrgetter("tenant"))
        grown = (self._growth(heads[tenant], list(group)) for tenant, group in by_tenant)
        return [growth for growth in grown if growth is not None]

    def _growth(self, head: Head, added: Sequence[WaitingRecord]) -> Growth | None:
        """None for a log that grew meanwhile, or contradicts itself: the hub does not sign what it cannot trust."""
        if head.tree_size != added[0].tree_size:
            return None
        tenant, frontier = head.tenant, _frontier(head)
        if frontier is None:
            self._distrusted.add(tenant)
            log.critical("audit-altered", tenant=tenant, advice="run `hub audit verify`")
            return None
        begin, hashes = frontier.size, [leaf_hash(record.body) for record in added]
        for leaf in hashes:
            frontier.add(leaf)
        tree = Tree(tenant=tenant, size=frontier.size, root=frontier.root(), frontier=frontier.pack())
        note = self._key.sign(Checkpoint(origin=origin_of(tenant), size=tree.size, root=tree.root))
        indexed = enumerate(zip(added, hashes, strict=True), begin)
        places = [(index, record.record_id, leaf) for index, (record, leaf) in indexed]
        return Growth(tenant=tenant, old_size=begin, tree=tree, added=places, note=note)

    async def _file_notes(self) -> None:
        """After the commit: a checkpoint in the file always stands in the database too.

        A file that cannot be written stops no sealing; what it lacks is kept for the next round.
        """
        if self._file is None or not self._unfiled:
            return
        try:
            await asyncio.to_thread(_file, self._file, list(self._unfiled.values()))
        except OSError as error:
            log.critical("checkpoint-file-unwritable", path=str(self._file), reason=str(error))
        else:
            self._unfiled = {}


def _frontier(head: Head) -> Frontier | None:
    """The tree to grow from, if leaves, tree and checkpoints agree about it."""
    if not head.leaves == head.tree_size == head.checkpoint_size:
        return None
    with suppress(ValueError):
        frontier = Frontier.load(head.tree_size, head.frontier)
        if frontier.root() == head.root:
            return frontier
    return None


def _file(path: Path, notes: list[bytes]) -> None:
    new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    append_notes(path, notes)
    if new:
        sync_folder(path)
