"""What partners sent that nobody could read, and how often they said what nobody has mapped."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Column, Integer, LargeBinary, String, Table, insert, select, update

from hub.store import Connection, UtcMicros, delete_some, insert_if_absent, metadata

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

unmapped = Table(
    "unmapped_codes",
    metadata,
    Column("partner", String(41), primary_key=True),
    Column("operation", String(80), primary_key=True),
    Column("said", String(100), primary_key=True),
    Column("times", Integer, nullable=False),
    Column("last_at", UtcMicros, nullable=False),
)
"""A counter for each code that a manifest lacks: whoever maintains it sees what to map first."""

KEPT = timedelta(days=7)
"""How long somebody may still want to look."""


def evidence_context(evidence_id: str) -> str:
    """What a piece of evidence is sealed for."""
    return f"evidence.sealed:{evidence_id}"


def keep_evidence(
    tx: Connection, evidence_id: str, *, tenant: str, partner: str, trace_id: str, at: datetime, sealed: bytes
) -> None:
    values = {"tenant": tenant, "partner": partner, "trace_id": trace_id, "at": at, "sealed": sealed}
    tx.execute(insert(evidence), {"evidence_id": evidence_id, **values})


def forget_evidence(tx: Connection, now: datetime) -> int:
    """Drops some of what was kept for long enough."""
    return delete_some(tx, evidence, evidence.c.at < now - KEPT)


class Unmapped(msgspec.Struct, frozen=True):
    """A code that nobody has mapped, in the words of the order's timeline, and how often it was said."""

    partner: str
    operation: str
    said: str
    times: int
    last_at: datetime


def count_unmapped(tx: Connection, partner: str, operation: str, said: str, now: datetime) -> None:
    """Counts one. What cannot be printed is no part of a code, and not every database would take it."""
    shown = "".join(char if char.isprintable() else "?" for char in said[:100])
    which = {"partner": partner, "operation": operation, "said": shown}
    if not insert_if_absent(tx, unmapped, {**which, "times": 1, "last_at": now}):
        same = [unmapped.c[name] == value for name, value in which.items()]
        tx.execute(update(unmapped).where(*same).values(times=unmapped.c.times + 1, last_at=now))


def unmapped_codes(tx: Connection) -> list[Unmapped]:
    """Every counter, the busiest first."""
    found = tx.execute(select(unmapped).order_by(unmapped.c.times.desc(), unmapped.c.partner, unmapped.c.said))
    return [Unmapped(*row) for row in found]
