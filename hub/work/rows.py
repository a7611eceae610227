"""Due work: one table of what must be looked at again, and when. Whoever claims a row holds it under a fence."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

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


def claim(
    tx: Connection, owner: str, now: datetime, leased_until: datetime, limit: int, served: Sequence[str] = ()
) -> list[Work]:
    """Takes what is due and free, or whose lease ran out; skips what another is taking this moment.

    Shape: what is claimed falls due with its lease, unless somebody hurries it. Nothing is taken of banks that are
    `served` enough.
    """
    rows = tx.execute(
        select(due_work)
        .where(_claimable(now), due_work.c.tenant.not_in(served))
        .order_by(due_work.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return [_take(tx, row, owner, leased_until) for row in rows]


def claim_one(tx: Connection, work_id: str, owner: str, now: datetime, leased_until: datetime) -> Work | None:
    """Takes one piece of work ahead of its time, unless somebody holds it. That is no try of the schedule's."""
    row = tx.execute(
        select(due_work).where(due_work.c.work_id == work_id, _free_at(now)).with_for_update(skip_locked=True)
    ).first()
    return _take(tx, row, owner, leased_until, counts=False) if row else None


def _take(tx: Connection, row: object, owner: str, leased_until: datetime, *, counts: bool = True) -> Work:
    found = row._mapping  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's documented accessor
    work = Work(found["work_id"], found["kind"], found["tenant"], found["fence"] + 1, found["tries"] + counts)
    tx.execute(
        update(due_work)
        .where(due_work.c.work_id == work.work_id)
        .values(owner=owner, leased_until=leased_until, due_at=leased_until, fence=work.fence, tries=work.tries)
    )
    return work


class Standing(msgspec.Struct, frozen=True):
    """The claim that stands on a piece of work, and how often the work was tried."""

    fence: int
    tries: int


def standing(tx: Connection, work_id: str) -> Standing | None:
    """The claim that stands, whoever holds it; None if there is no such work any more."""
    row = tx.execute(
        select(due_work.c.fence, due_work.c.tries).where(due_work.c.work_id == work_id).with_for_update()
    ).first()
    return Standing(row.fence, row.tries) if row else None


def held(tx: Connection, work_id: str, fence: int) -> bool:
    """Whether the claim under this fence still stands."""
    claim = standing(tx, work_id)
    return claim is not None and claim.fence == fence


def finish(tx: Connection, work_id: str) -> None:
    tx.execute(delete(due_work).where(due_work.c.work_id == work_id))


def again(tx: Connection, work_id: str, due_at: datetime, *, tries: int | None = None) -> None:
    """Lets go of work and has it fall due later, or when somebody hurried it meanwhile."""
    later = literal(due_at, UtcMicros)
    hurried = and_(due_work.c.due_at < due_work.c.leased_until, due_work.c.due_at < due_at)
    due = case((hurried, due_work.c.due_at), else_=later)
    values: dict[str, object] = {"due_at": due, "owner": None, "leased_until": None}
    if tries is not None:
        values["tries"] = tries
    tx.execute(update(due_work).where(due_work.c.work_id == work_id).values(**values))


def hurry(tx: Connection, work_id: str, due_at: datetime) -> None:
    """Brings work forward; a claim that stands is left alone, and minded once it is let go of."""
    tx.execute(update(due_work).where(due_work.c.work_id == work_id, due_work.c.due_at > due_at).values(due_at=due_at))


def put_now(tx: Connection, work_id: str, kind: str, tenant: str, now: datetime) -> None:
    """Has work done now: puts it down, or brings forward what stands already."""
    if standing(tx, work_id) is None:
        put(tx, work_id, kind, tenant, now)
    else:
        hurry(tx, work_id, now)


def give_back(tx: Connection, owner: str, now: datetime) -> int:
    """Frees the leases of an owner that stops."""
    return _free(tx, due_work.c.owner == owner, now)


def free_others(tx: Connection, owner: str, now: datetime) -> int:
    """Frees the leases of everyone but this owner, where whoever else held one is dead."""
    return _free(tx, due_work.c.owner != owner, now)


def _free(tx: Connection, whose: ColumnElement[bool], now: datetime) -> int:
    return tx.execute(update(due_work).where(whose).values(owner=None, leased_until=None, due_at=now)).rowcount


def next_due(tx: Connection, now: datetime) -> datetime | None:
    """When there is next something to claim: now, when work falls due, or when a lease runs out."""
    if tx.execute(select(due_work.c.work_id).where(_claimable(now)).limit(1)).first() is not None:
        return now
    falls_due = select(func.min(due_work.c.due_at)).where(due_work.c.due_at > now)
    runs_out = select(func.min(due_work.c.leased_until)).where(due_work.c.due_at <= now)
    moments: list[datetime] = [moment for each in (falls_due, runs_out) if (moment := tx.execute(each).scalar())]
    return min(moments, default=None)


def _claimable(now: datetime) -> ColumnElement[bool]:
    return and_(due_work.c.due_at <= now, _free_at(now))


def _free_at(now: datetime) -> ColumnElement[bool]:
    return or_(due_work.c.leased_until.is_(None), due_work.c.leased_until <= now)
