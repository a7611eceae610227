"""Questions that take a partner minutes: what was asked, what it remembered on the way, and the answer."""

from datetime import datetime

import msgspec
from sqlalchemy import Column, Index, LargeBinary, String, Table, insert, select, update

from hub.store import Connection, UtcMicros, delete_some, metadata

queries = Table(
    "queries",
    metadata,
    Column("query_id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("client_id", String(40), nullable=False),
    Column("operation", String(80), nullable=False),
    Column("account_id", String(40), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("state", String(12), nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("parties", LargeBinary),
    Column("handles", LargeBinary),
    Column("answer", LargeBinary),
    Column("created_at", UtcMicros, nullable=False),
    Column("check_at", UtcMicros, nullable=False),
    Column("expires_at", UtcMicros, nullable=False),
    Index(None, "expires_at"),
    Index(None, "account_id", "reference"),
)
"""`request`, `parties`, `handles` and `answer` are sealed under the tenant's key."""


class QueryRow(msgspec.Struct, kw_only=True):
    """A question as it is stored. Shape: `state` is running, done or failed; a failed one's answer is a problem."""

    query_id: str
    tenant: str
    client_id: str
    operation: str
    account_id: str
    reference: str
    trace_id: str
    state: str
    request: bytes
    parties: bytes | None = None
    handles: bytes | None = None
    answer: bytes | None = None
    created_at: datetime
    check_at: datetime
    expires_at: datetime


def insert_query(tx: Connection, row: QueryRow) -> None:
    tx.execute(insert(queries), msgspec.structs.asdict(row))


def update_query(tx: Connection, row: QueryRow) -> None:
    values = msgspec.structs.asdict(row)
    tx.execute(update(queries).where(queries.c.query_id == row.query_id).values(**values))


def find_query(tx: Connection, query_id: str) -> QueryRow | None:
    found = tx.execute(select(queries).where(queries.c.query_id == query_id)).mappings().first()
    return QueryRow(**found) if found else None


def find_by_reference(tx: Connection, account_id: str, reference: str) -> QueryRow | None:
    """The running question that a partner means by a reference."""
    meant = (queries.c.account_id == account_id, queries.c.reference == reference, queries.c.state == "running")
    found = tx.execute(select(queries).where(*meant)).mappings().first()
    return QueryRow(**found) if found else None


def forget_expired(tx: Connection, now: datetime) -> int:
    """Drops some of the questions whose answers are no longer kept."""
    return delete_some(tx, queries, queries.c.expires_at <= now)
