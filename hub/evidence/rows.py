"""The table of what partners sent that nobody could read."""

from datetime import datetime, timedelta

from sqlalchemy import Column, LargeBinary, String, Table, insert

from hub.store import Connection, UtcMicros, delete_some, metadata

evidence = Table(
    "evidence",
    metadata,
    Column("evidence_id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("partner", String(41), nullable=False),
    Column("trace_id", String(32), nullable=False, index=True),
    Column("at", UtcMicros, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
)

KEPT = timedelta(days=7)
"""How long somebody may still want to look."""


def keep_evidence(
    tx: Connection, evidence_id: str, *, tenant: str, partner: str, trace_id: str, at: datetime, sealed: bytes
) -> None:
    values = {"tenant": tenant, "partner": partner, "trace_id": trace_id, "at": at, "sealed": sealed}
    tx.execute(insert(evidence), {"evidence_id": evidence_id, **values})


def forget_evidence(tx: Connection, now: datetime) -> int:
    """Drops some of what was kept for long enough."""
    return delete_some(tx, evidence, evidence.c.at < now - KEPT)
