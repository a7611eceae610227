"""Due work: one table of what must be looked at again, and when. Whoever claims a row holds it under a fence."""

from datetime import datetime

import msgspec
from sqlalchemy import Column, Index, Integer, String, Table, delete, insert, or_, select, update

from hub.store import Connection, UtcMicros, metadata

due_work = Table(
    "due_work",
    metadata,
    Column("work_id", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("tenant", String(40), nullable=False),
    Column("due_at", UtcMicros, nullable=False),
    Column("owner", String(40)),
    Column("leased_until", UtcMicros),
    Column("fence", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Index(None, "due_at"),
)


class Work(msgspec.Struct, frozen=True):
    """One claimed piece of work. Shape: `work_id` is the id of what it is about, `fence` grows with every claim."""

    work_id: str
    kind: str
    tenant: str
    fence: int
    tries: int


def start(tx: Connection, work: Work, *, owner: str, leased_until: datetime) -> None:
    """Puts down work that its owner is doing right now; it falls due when the lease ends."""
    tx.execute(
        insert(due_work).values(
            work_id=work.work_id,
            kind=work.kind,
            tenant=work.tenant,
            due_at=leased_until,
            owner=owner,
            leased_until=leased_until,
            fence=work.fence,
            tries=work.tries,
        )
    )


def put(tx: Connection, work_id: str, kind: str, tenant: str, due_at: datetime) -> None:
    """Puts down work for whoever comes."""
    tx.execute(
        insert(due_work).values(
            work_id=work_id, kind=kind, tenant=tenant, due_at=due_at, fence=0, tries=0, owner=None, leased_until=None
        )
    )


def claim(tx: Connection, owner: str, now: datetime, leased_until: datetime, limit: int) -> list[Work]:
    """Takes what is due and free, or whose lease ran out; skips what another is taking this moment."""
    rows = tx.execute(
        select(due_work)
        .where(due_work.c.due_at <= now, or_(due_work.c.leased_until.is_(None), due_work.c.leased_until <= now))
        .order_by(due_work.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return [_take(tx, row, owner, leased_until) for row in rows]


def claim_one(tx: Connection, work_id: str, owner: str, now: datetime, leased_until: datetime) -> Work | None:
    """Takes one piece of work ahead of its time, unless somebody holds it."""
    row = tx.execute(
        select(due_work)
        .where(
            due_work.c.work_id == work_id,
            or_(due_work.c.leased_until.is_(None), due_work.c.leased_until <= now),
        )
        .with_for_update(skip_locked=True)
    ).first()
    return _take(tx, row, owner, leased_until) if row else None


def _take(tx: Connection, row: object, owner: str, leased_until: datetime) -> Work:
    found = row._mapping  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's documented accessor
    work = Work(found["work_id"], found["kind"], found["tenant"], found["fence"] + 1, found["tries"] + 1)
    tx.execute(
        update(due_work)
        .where(due_work.c.work_id == work.work_id)
        .values(owner=owner, leased_until=leased_until, fence=work.fence, tries=work.tries)
    )
    return work


def held(tx: Connection, work_id: str, fence: int | None) -> int | None:
    """How often this work was tried, if the claim under this fence still stands; None if somebody else took it.

    Without a fence: how often it was tried, whoever holds it; None if there is no such work any more.
    """
    row = tx.execute(
        select(due_work.c.fence, due_work.c.tries).where(due_work.c.work_id == work_id).with_for_update()
    ).first()
    if row is None or fence not in (None, row.fence):
        return None
    tries: int = row.tries
    return tries


def finish(tx: Connection, work_id: str) -> None:
    tx.execute(delete(due_work).where(due_work.c.work_id == work_id))


def again(tx: Connection, work_id: str, due_at: datetime, *, tries: int | None = None) -> None:
    """Lets go of work and has it fall due later."""
    values: dict[str, object] = {"due_at": due_at, "owner": None, "leased_until": None}
    if tries is not None:
        values["tries"] = tries
    tx.execute(update(due_work).where(due_work.c.work_id == work_id).values(**values))


def hurry(tx: Connection, work_id: str, due_at: datetime) -> None:
    """Brings work forward; a claim that stands is left alone."""
    tx.execute(
        update(due_work)
        .where(due_work.c.work_id == work_id, due_work.c.leased_until.is_(None), due_work.c.due_at > due_at)
        .values(due_at=due_at)
    )


def give_back(tx: Connection, owner: str | None, now: datetime) -> int:
    """Frees the leases of an owner that stops; of everyone (None), where this process is the only one."""
    statement = update(due_work).where(due_work.c.owner.is_not(None))
    if owner is not None:
        statement = statement.where(due_work.c.owner == owner)
    return tx.execute(statement.values(owner=None, leased_until=None, due_at=now)).rowcount


def next_due(tx: Connection) -> datetime | None:
    """When the earliest free or expiring work falls due."""
    row = tx.execute(select(due_work.c.due_at, due_work.c.leased_until).order_by(due_work.c.due_at).limit(1)).first()
    if row is None:
        return None
    due: datetime = row.due_at if row.leased_until is None else max(row.due_at, row.leased_until)
    return due
