"""Tables of what customers agreed to."""

from datetime import datetime

import msgspec
from sqlalchemy import Column, Index, LargeBinary, String, Table, bindparam, insert, select, update

from hub.store import Connection, UtcMicros, metadata

consents = Table(
    "consents",
    metadata,
    Column("consent_id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("client_id", String(40), nullable=False),
    Column("agreed", LargeBinary, nullable=False),
    Column("created_at", UtcMicros, nullable=False),
    Column("expires_at", UtcMicros, nullable=False),
    Column("revoked_at", UtcMicros),
    Index(None, "tenant", "consent_id"),
)
"""`agreed` is sealed under the tenant's key: it names people. An ended consent stays, for it is evidence."""

_FIND = select(consents).where(consents.c.consent_id == bindparam("which"))


class ConsentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A consent as it is stored."""

    consent_id: str
    tenant: str
    client_id: str
    agreed: bytes
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


def insert_consent(tx: Connection, row: ConsentRow) -> None:
    tx.execute(insert(consents), msgspec.structs.asdict(row))


def find_consent(tx: Connection, consent_id: str) -> ConsentRow | None:
    found = tx.execute(_FIND, {"which": consent_id}).mappings().first()
    return ConsentRow(**found) if found else None


def revoke_consent(tx: Connection, consent_id: str, now: datetime) -> None:
    """The first revocation counts."""
    tx.execute(
        update(consents)
        .where(consents.c.consent_id == consent_id, consents.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
