"""Tables of the order journal, and the statements on them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    insert,
    select,
    update,
)

from hub import ids
from hub.store import Connection, UtcMicros, delete_some, insert_if_absent, metadata
from schemas.order import FINAL, Leg, OrderState, Posting, TimelineEntry
from schemas.outcome import Reason

orders = Table(
    "orders",
    metadata,
    Column("order_id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("client_id", String(40), nullable=False),
    Column("operation", String(80), nullable=False),
    Column("partner", String(41), nullable=False),
    Column("partner_id", BigInteger, nullable=False),
    Column("account_id", String(40), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("review", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("reverses", String(40)),
    Column("request", LargeBinary, nullable=False),
    Column("parties", LargeBinary),
    Column("handles", LargeBinary),
    Column("result", LargeBinary),
    Column("deliverable_id", String(40)),
    Column("reason", LargeBinary),
    Column("legs", LargeBinary, nullable=False),
    Column("postings", LargeBinary, nullable=False),
    Column("timeline", LargeBinary, nullable=False),
    Column("created_at", UtcMicros, nullable=False),
    Column("sent_at", UtcMicros, nullable=False),
    Column("settled_at", UtcMicros),
    Column("settled_fence", Integer),
    Column("next_check_at", UtcMicros),
    Index(None, "tenant", "order_id"),
    Index(None, "tenant", "state", "order_id"),
    Index(None, "tenant", "partner", "order_id"),
    Index(None, "tenant", "review", "order_id"),
    Index(None, "reverses"),
)
"""`request`, `parties`, `handles` and `result` are sealed under the tenant's key: they name accounts and people."""

order_references = Table(
    "order_references",
    metadata,
    Column("partner_id", BigInteger, primary_key=True),
    Column("account_id", String(40), primary_key=True),
    Column("reference", String(64), primary_key=True),
    Column("order_id", String(40), nullable=False),
)
"""Which order a partner means. Small, so that a callback finds its order however large the journal grows."""

order_keys = Table(
    "order_keys",
    metadata,
    Column("tenant", String(40), primary_key=True),
    Column("operation", String(80), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("order_id", String(40), nullable=False),
    Column("created_at", UtcMicros, nullable=False),
    Index(None, "created_at"),
)

deliverables = Table(
    "deliverables",
    metadata,
    Column("deliverable_id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("order_id", String(40), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", UtcMicros, nullable=False),
    Column("released_at", UtcMicros),
    Column("released_to", String(255)),
    UniqueConstraint("order_id"),
)
"""What success hands over, sealed. `released_to` is the key of the one call that may read it again for a while."""

_FIND = select(orders).where(orders.c.order_id == bindparam("which"))
_REVERSALS = select(orders).where(orders.c.reverses == bindparam("which")).order_by(orders.c.order_id)
_FIND_LOCKED = _FIND.with_for_update()
_UPDATE = (
    update(orders)
    .where(orders.c.order_id == bindparam("which"), orders.c.version == bindparam("read_version"))
    .values({column.name: bindparam(column.name) for column in orders.c})
)
_FIND_BY_REFERENCE = select(order_references.c.order_id).where(
    *(order_references.c[name] == bindparam(name) for name in ("partner_id", "account_id", "reference"))
)
_FIND_KEY = select(order_keys.c.fingerprint, order_keys.c.order_id).where(
    *(order_keys.c[name] == bindparam(name) for name in ("tenant", "operation", "key"))
)
"""Built once: on the path of every order, building a statement costs more than running it."""

SENT_AGAIN = "sent-again"
STEP = "step"
DETAIL_KEPT = 200
"""Characters of an entry's detail that are kept."""
TIMELINE_KEPT = 100
"""Entries of a timeline that are kept: the first half for what began, the rest for what came last."""


class Overtaken(Exception):
    """Somebody wrote the order since it was read: nothing of this unit may stand."""


_timeline = msgspec.json.Decoder(list[TimelineEntry])
_legs = msgspec.json.Decoder(list[Leg])
_postings = msgspec.json.Decoder(list[Posting])
_reason = msgspec.json.Decoder(Reason)
_encode = msgspec.json.Encoder().encode


class OrderRow(msgspec.Struct, kw_only=True):
    """An order as it is stored: sealed fields still sealed."""

    order_id: str
    tenant: str
    client_id: str
    operation: str
    partner: str
    partner_id: int
    account_id: str
    reference: str
    state: OrderState
    review: bool
    version: int
    trace_id: str
    reverses: str | None = None
    request: bytes
    parties: bytes | None = None
    handles: bytes | None = None
    result: bytes | None = None
    deliverable_id: str | None = None
    reason: Reason | None = None
    legs: list[Leg] = []
    postings: list[Posting] = []
    timeline: list[TimelineEntry] = []
    created_at: datetime
    sent_at: datetime
    settled_at: datetime | None = None
    settled_fence: int | None = None
    """The claim that stood when it settled: whoever holds an older one has nothing more to say."""
    next_check_at: datetime | None = None

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @property
    def steps(self) -> tuple[str, ...]:
        """Steps after the first that may have left."""
        return tuple(entry.detail for entry in self.timeline if entry.what == STEP)

    def note(self, at: datetime, what: str, detail: str = "") -> None:
        """Adds to the timeline. The same thing again only moves its time."""
        last = self.timeline[-1] if self.timeline else None
        entry = TimelineEntry(at=at, what=what, detail=detail[:DETAIL_KEPT])
        if last and (last.what, last.detail) == (entry.what, entry.detail):
            self.timeline[-1] = entry
        else:
            self.timeline.append(entry)
        if len(self.timeline) > TIMELINE_KEPT:
            del self.timeline[self._expendable()]

    def noted(self, what: str, detail: str = "") -> bool:
        """Whether the timeline has it already."""
        return any((entry.what, entry.detail) == (what, detail[:DETAIL_KEPT]) for entry in self.timeline)

    @property
    def may_have_left_at(self) -> datetime:
        """When it was last sent: what came of that is not known sooner because it certainly did not leave before."""
        last = self._last(SENT_AGAIN)
        return self.sent_at if last is None else self.timeline[last].at

    def _expendable(self) -> int:
        """The first entry of the timeline's second half that nothing is read from."""
        again = self._last(SENT_AGAIN)
        middle = TIMELINE_KEPT // 2
        second_half = (index for index in range(middle, len(self.timeline)) if index != again)
        return next((index for index in second_half if self.timeline[index].what != STEP), middle)

    def _last(self, what: str) -> int | None:
        """Where the latest entry of a kind stands in the timeline."""
        return next((index for index in reversed(range(len(self.timeline))) if self.timeline[index].what == what), None)


def insert_order(tx: Connection, row: OrderRow) -> None:
    tx.execute(insert(orders), _columns(row))
    tx.execute(
        insert(order_references),
        {
            "partner_id": row.partner_id,
            "account_id": row.account_id,
            "reference": row.reference,
            "order_id": row.order_id,
        },
    )


def update_order(tx: Connection, row: OrderRow) -> None:
    """Writes an order back if nobody wrote it since it was read. Raises: Overtaken."""
    columns = _columns(row) | {"version": row.version + 1, "read_version": row.version, "which": row.order_id}
    if tx.execute(_UPDATE, columns).rowcount != 1:
        raise Overtaken(row.order_id)
    row.version += 1


def find(tx: Connection, order_id: str, *, for_update: bool = False) -> OrderRow | None:
    found = tx.execute(_FIND_LOCKED if for_update else _FIND, {"which": order_id}).mappings().first()
    return _row(found) if found else None


def reversals_of(tx: Connection, order_id: str) -> list[OrderRow]:
    """Every order that undoes this one, or tried to, oldest first."""
    found = tx.execute(_REVERSALS, {"which": order_id}).mappings()
    return [_row(row) for row in found]


def find_by_reference(tx: Connection, partner_id: int, account_id: str, reference: str) -> str | None:
    """The order that a partner means by a reference."""
    meant = {"partner_id": partner_id, "account_id": account_id, "reference": reference}
    return tx.execute(_FIND_BY_REFERENCE, meant).scalar()


def list_orders(
    tx: Connection,
    tenant: str,
    *,
    before: str | None,
    limit: int,
    operations: Sequence[str],
    state: str | None = None,
    partner: str | None = None,
    review: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[OrderRow]:
    """A bank's orders of some operations, newest first."""
    table = orders.c
    statement = select(orders).where(table.tenant == tenant, table.operation.in_(operations))
    for column, wanted in ((table.state, state), (table.partner, partner)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if review is not None:
        statement = statement.where(table.review.is_(review))
    # An id holds its order's time to the millisecond, so that a time, too, is found by the index.
    if since is not None:
        statement = statement.where(table.order_id >= ids.first("ord", since), table.created_at >= since)
    if until is not None:
        statement = statement.where(table.order_id < ids.after("ord", until), table.created_at < until)
    if before is not None:
        statement = statement.where(table.order_id < before)
    found = tx.execute(statement.order_by(table.order_id.desc()).limit(limit)).mappings()
    return [_row(row) for row in found]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An Idempotency-Key as a bank used it. Shape: `fingerprint` is a keyed digest of the request."""

    tenant: str
    operation: str
    key: str
    fingerprint: bytes


def claim_key(tx: Connection, key: Key, order_id: str, now: datetime) -> bool:
    """Takes a key for an order. False: it is taken."""
    values = {**msgspec.structs.asdict(key), "order_id": order_id, "created_at": now}
    return insert_if_absent(tx, order_keys, values)


def find_key(tx: Connection, key: Key) -> tuple[bytes, str] | None:
    """The fingerprint and the order that stand under this key."""
    row = tx.execute(_FIND_KEY, {"tenant": key.tenant, "operation": key.operation, "key": key.key}).first()
    return (bytes(row.fingerprint), row.order_id) if row else None


def keep_deliverable(tx: Connection, row: OrderRow, sealed: bytes, now: datetime) -> None:
    tx.execute(
        insert(deliverables),
        {
            "deliverable_id": row.deliverable_id,
            "tenant": row.tenant,
            "order_id": row.order_id,
            "sealed": sealed,
            "created_at": now,
        },
    )


KEYS_KEPT = timedelta(days=90)
"""How long an Idempotency-Key finds its order again."""


def forget_keys(tx: Connection, now: datetime) -> int:
    """Frees some of the keys that nobody repeats any more; their orders stay."""
    return delete_some(tx, order_keys, order_keys.c.created_at < now - KEYS_KEPT)


class DeliverableRow(msgspec.Struct, frozen=True):
    """A deliverable as it is stored: sealed, and to which key it was released."""

    tenant: str
    order_id: str
    sealed: bytes
    released_at: datetime | None
    released_to: str | None


def find_deliverable(tx: Connection, deliverable_id: str, *, for_update: bool = False) -> DeliverableRow | None:
    table = deliverables.c
    statement = select(table.tenant, table.order_id, table.sealed, table.released_at, table.released_to).where(
        table.deliverable_id == deliverable_id
    )
    row = tx.execute(statement.with_for_update() if for_update else statement).first()
    return DeliverableRow(*row) if row else None


def mark_released(tx: Connection, deliverable_id: str, key: str, now: datetime) -> None:
    tx.execute(
        update(deliverables)
        .where(deliverables.c.deliverable_id == deliverable_id)
        .values(released_at=now, released_to=key)
    )


def _columns(row: OrderRow) -> dict[str, Any]:
    columns = msgspec.structs.asdict(row)
    columns["reason"] = _encode(row.reason) if row.reason else None
    columns["legs"] = _encode(row.legs)
    columns["postings"] = _encode(row.postings)
    columns["timeline"] = _encode(row.timeline)
    return columns


def _row(found: Any) -> OrderRow:
    columns = dict(found)
    columns["reason"] = _reason.decode(columns["reason"]) if columns["reason"] else None
    columns["legs"] = _legs.decode(columns["legs"])
    columns["postings"] = _postings.decode(columns["postings"])
    columns["timeline"] = _timeline.decode(columns["timeline"])
    return OrderRow(**columns)
