"""The way along one log, leaf by leaf, with its records on one side and the signed checkpoints on the other."""

from collections.abc import Mapping, Sequence

import msgspec

from hub.audit.checkpoint import BadNote, origin_of, parse, vouched
from hub.audit.log import Head, Leaf
from hub.audit.merkle import Frontier, leaf_hash
from hub.audit.report import Report


class _Identity(msgspec.Struct, frozen=True):
    """What a record's bytes say about the row that holds them. Other fields are nobody's business here."""

    record_id: str
    tenant: str
    at: int


_IDENTITY = msgspec.json.Decoder(_Identity)


class Walk:
    """One walk. `strays` are signed roots that the file has and the database has not, or not so."""

    def __init__(self, tenant: str, publics: Sequence[bytes], strays: Mapping[int, bytes], report: Report) -> None:
        self._tenant = tenant
        self._publics = publics
        self._strays = strays
        self._report = report
        self._log = report.log(tenant)
        self._frontier: Frontier | None = Frontier()
        self._agreed = 0
        self._disagreed = False

    def along(self, begin: int, end: int, leaves: Sequence[Leaf], notes: Sequence[tuple[int, bytes]]) -> None:
        """From one number of leaves to another. A note at size n is compared after leaf n - 1."""
        found = {leaf.leaf_index: leaf for leaf in leaves}
        stored = dict(notes)
        for index in range(begin, end):
            self._step(index, found.get(index))
            size = index + 1
            if size in stored:
                self._check_stored(size, stored[size])
            if size in self._strays:
                self._check_filed(size, stored.get(size))

    def arrive(self, head: Head) -> None:
        """At the end stands the tree's own root."""
        frontier = self._frontier
        if frontier is not None and frontier.size == head.tree_size and frontier.root() != head.root:
            self._find_forked(f"the tree's root at size {head.tree_size} is not that of its leaves")

    def _step(self, index: int, leaf: Leaf | None) -> None:
        if leaf is None:
            self._report.find("MISSING", self._tenant, f"leaf {index} is gone")
            self._frontier = None  # no root beyond this point can be computed any more
            return
        self._log.sealed += 1
        if self._frontier is not None:
            self._frontier.add(leaf.leaf_hash)
        if leaf.body is None:
            self._report.find("MISSING", self._tenant, f"record {leaf.record_id} of leaf {index} is gone")
        elif leaf_hash(leaf.body) != leaf.leaf_hash:
            self._report.find("MODIFIED", self._tenant, f"record {leaf.record_id} of leaf {index} was altered")
        elif not self._row_fits(leaf):
            self._report.find("MODIFIED", self._tenant, f"the row around record {leaf.record_id} was altered")

    def _row_fits(self, leaf: Leaf) -> bool:
        """The columns beside the bytes repeat what the bytes say."""
        try:
            said = _IDENTITY.decode(leaf.body or b"")
        except msgspec.DecodeError:
            return False
        return (said.record_id, said.tenant, said.tenant, said.at) == (
            leaf.record_id,
            leaf.tenant,
            self._tenant,
            leaf.at,
        )

    def _check_stored(self, size: int, note: bytes) -> None:
        self._log.checkpoints += 1
        try:
            checkpoint = vouched(note, self._publics)
        except BadNote as bad:
            self._report.find("FORKED", self._tenant, f"the checkpoint at size {size}: {bad}")
            return
        if (checkpoint.origin, checkpoint.size) != (origin_of(self._tenant), size):
            self._report.find("FORKED", self._tenant, f"the checkpoint at size {size} is of another log or size")
        else:
            self._compare_root(size, checkpoint.root, "the checkpoint")

    def _check_filed(self, size: int, stored: bytes | None) -> None:
        root = self._strays[size]
        if stored is None:
            self._report.find("MISSING", self._tenant, f"the file's checkpoint at size {size} is not in the database")
        elif _root_in(stored) != root:
            self._find_forked(f"the file and the database have different checkpoints at size {size}")
        self._compare_root(size, root, "the file's checkpoint")

    def _compare_root(self, size: int, root: bytes, witness: str) -> None:
        """Once the log differs, every later root does; the first one tells where."""
        if self._frontier is None:
            return
        if self._frontier.root() == root:
            self._agreed = size
        else:
            agreed = f"they agreed at size {self._agreed}" if self._agreed else "they never agreed"
            self._find_forked(f"{witness} at size {size} has another root than the leaves; {agreed}")

    def _find_forked(self, what: str) -> None:
        if not self._disagreed:
            self._report.find("FORKED", self._tenant, what)
        self._disagreed = True


def _root_in(note: bytes) -> bytes | None:
    try:
        return parse(note).root
    except BadNote:
        return None
