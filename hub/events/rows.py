"""The outbox of events to banks, and the callbacks of partners as they came."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, String, Table, insert, select, update

from hub import ids
from hub.store import Connection, UtcMicros, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("event_id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("type", String(64), nullable=False),
    Column("order_id", String(40), nullable=False),
    Column("at", UtcMicros, nullable=False),
    Index(None, "tenant", "event_id"),
)
"""Thin events: what happened to which order. Written with the change; the body is the order as it stands."""

callbacks = Table(
    "callbacks",
    metadata,
    Column("callback_id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("partner_id", String(12), nullable=False),
    Column("account_id", String(40), nullable=False),
    Column("at", UtcMicros, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("what", String(40)),
    Column("order_id", String(40)),
)
"""News from partners: the raw bytes first, sealed; then what became of them."""


evidence = Table(
    "evidence",
    metadata,
    Column("evidence_id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("partner", String(41), nullable=False),
    Column("trace_id", String(32), nullable=False, index=True),
    Column("at", UtcMicros, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)


def keep_evidence(tx: Connection, row: dict[str, object]) -> None:
    tx.execute(insert(evidence), row)


def publish(tx: Connection, tenant: str, event_type: str, order_id: str, at: datetime) -> None:
    tx.execute(
        insert(outbox),
        {"event_id": ids.new("evt", at), "tenant": tenant, "type": event_type, "order_id": order_id, "at": at},
    )


def keep_callback(
    tx: Connection, callback_id: str, *, tenant: str, partner_id: int, account_id: str, at: datetime, raw: bytes
) -> None:
    tx.execute(
        insert(callbacks),
        {
            "callback_id": callback_id,
            "tenant": tenant,
            "partner_id": str(partner_id),
            "account_id": account_id,
            "at": at,
            "raw": raw,
        },
    )


def find_callback(tx: Connection, callback_id: str) -> tuple[str, bytes] | None:
    """The account and the sealed raw bytes of a callback."""
    row = tx.execute(
        select(callbacks.c.account_id, callbacks.c.raw).where(callbacks.c.callback_id == callback_id)
    ).first()
    return (row.account_id, bytes(row.raw)) if row else None


def judge_callback(tx: Connection, callback_id: str, what: str, order_id: str | None) -> None:
    """Records what became of a callback."""
    tx.execute(update(callbacks).where(callbacks.c.callback_id == callback_id).values(what=what, order_id=order_id))
