"""The tables of the audit, and every statement on them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    Label,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    cast,
    delete,
    func,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.sql.dml import UpdateBase

from hub.audit.log import Growth, Head, Leaf, Queue, SealedKey, WaitingRecord
from hub.audit.merkle import EMPTY_ROOT
from hub.audit.record import Record, canonical
from hub.store import UtcMicros, insert_if_absent, metadata

records = Table(
    "audit_records",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("at", UtcMicros, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

unsealed = Table(
    "audit_unsealed",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
)
"""Records that wait for the notary. Commits reorder, so "greater than the last id" would lose some."""

leaves = Table(
    "audit_leaves",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", Text, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    UniqueConstraint("record_id"),
)

trees = Table(
    "audit_trees",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("at", UtcMicros, nullable=False),
)
"""`frontier`: the roots of the perfect subtrees that make up the tree, the largest first, 32 bytes each."""

checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
    Column("at", UtcMicros, nullable=False),
)

keys = Table(
    "audit_keys",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("public", LargeBinary, nullable=False),
    Column("data_key", LargeBinary, nullable=False),
    Column("private", LargeBinary, nullable=False),
    Column("at", UtcMicros, nullable=False),
)
"""Ed25519 keys of the log, the highest number in use; `private` is sealed under `data_key`, which is wrapped."""

sealers = Table(
    "audit_sealers",
    metadata,
    Column("shard", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("lease_until", UtcMicros, nullable=False),
)
"""Who seals now, and until when nobody else may. One shard, until one notary no longer keeps up."""

SHARD = "all"
NOBODY = ""


def _bytes(column: Column[Any]) -> Label[Any]:
    """The column as bytes even where an intruder put text: SQLite keeps whatever type it is given."""
    return cast(column, LargeBinary).label(column.name)


def append(tx: Connection, record: Record) -> None:
    """Write a record in the unit of what it records; the notary seals it within a second."""
    for_record, for_queue = _append_texts(tx.dialect)
    tx.exec_driver_sql(for_record, (record.record_id, record.tenant, record.at, canonical(record)))
    if for_queue:
        tx.exec_driver_sql(for_queue, (record.record_id, record.tenant))


@cache
def _append_texts(dialect: Dialect) -> tuple[str, str | None]:
    """The statements as the driver reads them: compiled once, where SQLAlchemy would work at each call.

    PostgreSQL takes both inserts in one statement, which saves a journey to the server.
    """
    if dialect.name != "postgresql":
        return _text(records.insert(), dialect), _text(unsealed.insert(), dialect)
    kept = records.insert().returning(records.c.record_id, records.c.tenant).cte("kept")
    return _text(unsealed.insert().from_select(["record_id", "tenant"], select(kept)), dialect), None


@cache
def _seal_texts(dialect: Dialect) -> tuple[str, str]:
    done = delete(unsealed).where(unsealed.c.record_id == bindparam("done"))
    return _text(leaves.insert(), dialect), _text(done, dialect)


def _text(statement: UpdateBase, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect))


def log_keys(tx: Connection) -> list[SealedKey]:
    """Every key of the log, the one in use last."""
    found = tx.execute(
        select(_bytes(keys.c.public), _bytes(keys.c.data_key), _bytes(keys.c.private)).order_by(keys.c.number)
    )
    return [SealedKey(public=row.public, data_key=row.data_key, private=row.private) for row in found]


def keep_log_key(tx: Connection, number: int, key: SealedKey, at: datetime) -> bool:
    """False: another process was first."""
    return insert_if_absent(tx, keys, {"number": number, "at": at, **msgspec.structs.asdict(key)})


def lease_is_free(tx: Connection, holder: str, now: datetime) -> bool:
    """Whether this holder might seal. Only `hold_lease` decides."""
    row = tx.execute(select(sealers.c.holder, sealers.c.lease_until).where(sealers.c.shard == SHARD)).first()
    return row is None or _may_hold(row, holder, now)


def hold_lease(tx: Connection, holder: str, now: datetime, until: datetime) -> bool:
    """Take or prolong the lease and keep everyone else out until this unit is committed.

    False: somebody else holds it, or is taking it this moment; nothing was written.
    """
    fresh = {"shard": SHARD, "holder": holder, "lease_until": until}
    row = tx.execute(
        select(sealers.c.holder, sealers.c.lease_until)
        .where(sealers.c.shard == SHARD)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return insert_if_absent(tx, sealers, fresh)
    if not _may_hold(row, holder, now):
        return False
    tx.execute(update(sealers).where(sealers.c.shard == SHARD).values(holder=holder, lease_until=until))
    return True


def _may_hold(row: Any, holder: str, now: datetime) -> bool:
    return row.holder in {holder, NOBODY} or bool(row.lease_until < now)


def release_lease(tx: Connection, holder: str, now: datetime) -> None:
    """Let another notary seal at once."""
    mine = (sealers.c.shard == SHARD) & (sealers.c.holder == holder)
    tx.execute(update(sealers).where(mine).values(holder=NOBODY, lease_until=now))


def waiting(tx: Connection, limit: int, *, without: Collection[str]) -> list[WaitingRecord]:
    """The oldest records that wait. One whose record is gone stays where verification finds it."""
    statement = (
        select(
            unsealed.c.record_id,
            records.c.tenant,
            _bytes(records.c.body),
            leaves.c.leaf_index,
            func.coalesce(trees.c.size, 0),
        )
        .join_from(unsealed, records, unsealed.c.record_id == records.c.record_id)
        .outerjoin(leaves, leaves.c.record_id == unsealed.c.record_id)
        .outerjoin(trees, trees.c.tenant == records.c.tenant)
        .order_by(unsealed.c.record_id)
        .limit(limit)
    )
    if without:
        statement = statement.where(records.c.tenant.not_in(without))
    return [WaitingRecord(*row) for row in tx.execute(statement)]


def head(tx: Connection, tenant: str) -> Head:
    """Where one tenant's log stands; all is zero before its first record."""
    row = tx.execute(_HEAD, {"of": tenant}).one()
    return Head(
        tenant=tenant,
        leaves=0 if row.last_leaf is None else row.last_leaf + 1,
        tree_size=row.size or 0,
        checkpoint_size=row.signed or 0,
        root=row.root or EMPTY_ROOT,
        frontier=row.frontier or b"",
    )


def _newest(column: Column[Any], name: str) -> Label[Any]:
    """The greatest value within a tenant: one step into the primary key."""
    return select(func.max(column)).where(column.table.c.tenant == bindparam("of")).scalar_subquery().label(name)


def _of_tree(column: Column[Any] | Label[Any]) -> Label[Any]:
    return select(column).where(trees.c.tenant == bindparam("of")).scalar_subquery().label(column.name)


_HEAD = select(
    _newest(leaves.c.leaf_index, "last_leaf"),
    _newest(checkpoints.c.size, "signed"),
    _of_tree(trees.c.size),
    _of_tree(_bytes(trees.c.root)),
    _of_tree(_bytes(trees.c.frontier)),
)


def sizes_of(tx: Connection, tenants: Iterable[str]) -> dict[str, int]:
    found = tx.execute(select(trees.c.tenant, trees.c.size).where(trees.c.tenant.in_(list(tenants))))
    return {row.tenant: row.size for row in found}


def grow(tx: Connection, growth: Growth, at: datetime) -> None:
    """Write a grown tree, its leaves and its checkpoint, and take the records out of the queue.

    Raises: RuntimeError when the tree is no longer what it grew from.
    """
    tree = {"size": growth.tree.size, "root": growth.tree.root, "frontier": growth.tree.frontier, "at": at}
    if growth.old_size == 0:
        grown = insert_if_absent(tx, trees, {"tenant": growth.tenant, **tree})
    else:
        same = (trees.c.tenant == growth.tenant) & (trees.c.size == growth.old_size)
        grown = tx.execute(update(trees).where(same).values(**tree)).rowcount == 1
    if not grown:
        raise RuntimeError(f"the audit tree of {growth.tenant} grew elsewhere")
    for_leaf, _ = _seal_texts(tx.dialect)
    tx.exec_driver_sql(for_leaf, [(growth.tenant, *leaf) for leaf in growth.added])
    tx.execute(checkpoints.insert(), {"tenant": growth.tenant, "size": growth.tree.size, "note": growth.note, "at": at})


def leave_queue(tx: Connection, record_ids: Sequence[str]) -> None:
    """Take records out of the queue."""
    _, for_done = _seal_texts(tx.dialect)
    tx.exec_driver_sql(for_done, [(record_id,) for record_id in record_ids])


def newest_notes(tx: Connection) -> dict[str, bytes]:
    """Each tree's own checkpoint."""
    found = tx.execute(
        select(checkpoints.c.tenant, _bytes(checkpoints.c.note)).join_from(
            trees,
            checkpoints,
            (checkpoints.c.tenant == trees.c.tenant) & (checkpoints.c.size == trees.c.size),
        )
    )
    return {row.tenant: row.note for row in found}


def newest_checkpoint(tx: Connection, tenant: str) -> tuple[int, bytes] | None:
    """Size and note."""
    row = tx.execute(
        select(checkpoints.c.size, _bytes(checkpoints.c.note))
        .where(checkpoints.c.tenant == tenant)
        .order_by(checkpoints.c.size.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.size, row.note)


def notes_at(tx: Connection, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], bytes]:
    """The checkpoints of these tenants at these sizes."""
    found = tx.execute(
        select(checkpoints.c.tenant, checkpoints.c.size, _bytes(checkpoints.c.note)).where(
            tuple_(checkpoints.c.tenant, checkpoints.c.size).in_(list(places))
        )
    )
    return {(row.tenant, row.size): row.note for row in found}


def notes_between(tx: Connection, tenant: str, above: int, upto: int) -> list[tuple[int, bytes]]:
    """Checkpoints in the order of their sizes."""
    found = tx.execute(
        select(checkpoints.c.size, _bytes(checkpoints.c.note))
        .where(checkpoints.c.tenant == tenant, checkpoints.c.size > above, checkpoints.c.size <= upto)
        .order_by(checkpoints.c.size)
    )
    return [(row.size, row.note) for row in found]


def tenants(tx: Connection) -> list[str]:
    """Every tenant that has a tree, a checkpoint or a leaf. Steps from one to the next: a log is long."""
    return sorted({name for table in (trees, checkpoints, leaves) for name in _names(tx, table)})


def _names(tx: Connection, table: Table) -> Iterator[str]:
    name: str | None = ""
    while (name := tx.scalar(select(func.min(table.c.tenant)).where(table.c.tenant > name))) is not None:
        yield name


def leaves_between(tx: Connection, tenant: str, begin: int, end: int) -> list[Leaf]:
    """Leaves with their records, in the order of the log."""
    found = tx.execute(
        select(
            leaves.c.leaf_index,
            _bytes(leaves.c.leaf_hash),
            leaves.c.record_id,
            _bytes(records.c.body),
            records.c.tenant,
            type_coerce(records.c.at, BigInteger).label("at"),
        )
        .outerjoin_from(leaves, records, records.c.record_id == leaves.c.record_id)
        .where(leaves.c.tenant == tenant, leaves.c.leaf_index >= begin, leaves.c.leaf_index < end)
        .order_by(leaves.c.leaf_index)
    )
    return [Leaf(**row._mapping) for row in found]  # noqa: SLF001 — SQLAlchemy's documented accessor


def hashes_between(tx: Connection, tenant: str, begin: int, end: int) -> list[bytes]:
    """Leaf hashes alone, in the order of the log."""
    return list(
        tx.scalars(
            select(_bytes(leaves.c.leaf_hash))
            .where(leaves.c.tenant == tenant, leaves.c.leaf_index >= begin, leaves.c.leaf_index < end)
            .order_by(leaves.c.leaf_index)
        )
    )


def sealed_record(tx: Connection, record_id: str) -> tuple[str, int, bytes] | None:
    """Tenant, leaf index and stored bytes of a record that has its leaf."""
    row = tx.execute(
        select(leaves.c.tenant, leaves.c.leaf_index, _bytes(records.c.body))
        .join_from(leaves, records, records.c.record_id == leaves.c.record_id)
        .where(leaves.c.record_id == record_id)
    ).first()
    return None if row is None else (row.tenant, row.leaf_index, row.body)


def places_after(tx: Connection, after: str, limit: int) -> list[tuple[str, str, bool]]:
    """Records by id: id, tenant, and whether it has a leaf or waits for one. One statement, for sealing goes on."""
    page = (
        select(records.c.record_id, records.c.tenant)
        .where(records.c.record_id > after)
        .order_by(records.c.record_id)
        .limit(limit)
        .subquery()
    )
    found = tx.execute(
        select(page.c.record_id, page.c.tenant, leaves.c.leaf_index, unsealed.c.record_id.label("waits"))
        .outerjoin_from(page, leaves, leaves.c.record_id == page.c.record_id)
        .outerjoin(unsealed, unsealed.c.record_id == page.c.record_id)
        .order_by(page.c.record_id)
    )
    return [(row.record_id, row.tenant, row.leaf_index is not None or row.waits is not None) for row in found]


def queues(tx: Connection) -> list[Queue]:
    """How much waits, by tenant."""
    found = tx.execute(
        select(
            unsealed.c.tenant,
            func.count().label("waiting"),
            func.count(records.c.record_id).label("whole"),
            type_coerce(func.min(records.c.at), BigInteger).label("oldest"),
        )
        .outerjoin_from(unsealed, records, records.c.record_id == unsealed.c.record_id)
        .group_by(unsealed.c.tenant)
    )
    return [
        Queue(tenant=row.tenant, waiting=row.waiting, without_record=row.waiting - row.whole, oldest=row.oldest)
        for row in found
    ]
