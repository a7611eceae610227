"""The checkpoint file against the checkpoints in the database."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from hub.audit import rows
from hub.audit.checkpoint import BadNote, Checkpoint, parse, tenant_of, vouched
from hub.audit.checkpoint_file import notes_in
from hub.audit.report import Report
from hub.store import Store

BATCH = 500
MOST_STRAYS = 100_000
"""For each tenant; beyond these, more of the same would tell nothing new."""


class Filed:
    """What the file knows and the database does not, or knows otherwise. In a healthy hub, that is nothing."""

    def __init__(self, store: Store, publics: Sequence[bytes], report: Report) -> None:
        self.sizes: dict[str, int] = {}
        """The largest tree that the file vouches for, by tenant."""
        self.strays: dict[str, dict[int, bytes]] = {}
        """Roots by tenant and size, to be compared with the leaves."""
        self._store = store
        self._publics = publics
        self._report = report

    async def read(self, path: Path) -> None:
        """Compare every note; equal bytes need no second look. Raises: OSError, StoreUnavailable."""
        try:
            for batch in _batches(notes_in(path)):
                await self._compare(batch)
        except FileNotFoundError:
            self._report.remarks.append(f"{path} does not exist: nothing outside the database to compare with")

    async def _compare(self, batch: Sequence[bytes]) -> None:
        known = [(note, *said) for note in batch if (said := _said(note)) is not None]
        if len(known) < len(batch):
            self._report.remarks.append(f"{len(batch) - len(known)} entries of the file are of no log of this hub")
        places = {(tenant, checkpoint.size) for _, tenant, checkpoint in known}
        stored = await self._store.read(lambda tx: rows.notes_at(tx, places))
        for note, tenant, checkpoint in known:
            if stored.get((tenant, checkpoint.size)) != note:
                self._keep(note, tenant, checkpoint)

    def _keep(self, note: bytes, tenant: str, checkpoint: Checkpoint) -> None:
        try:
            vouched(note, self._publics)
        except BadNote as bad:
            self._report.find("FORKED", tenant, f"the file's checkpoint at size {checkpoint.size}: {bad}")
            return
        self.sizes[tenant] = max(checkpoint.size, self.sizes.get(tenant, 0))
        roots = self.strays.setdefault(tenant, {})
        if len(roots) < MOST_STRAYS and roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            self._report.find("FORKED", tenant, f"the file has two checkpoints at size {checkpoint.size}")


def _said(note: bytes) -> tuple[str, Checkpoint] | None:
    """The tenant and what is said of its log; None where it is no log of this hub."""
    try:
        checkpoint = parse(note)
        return tenant_of(checkpoint.origin), checkpoint
    except BadNote:
        return None


def _batches(notes: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(islice(notes, BATCH)):
        yield batch
