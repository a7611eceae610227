"""The outbox of events to banks, and the callbacks of partners as they came."""

from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    LargeBinary,
    String,
    Table,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from hub import ids
from hub.store import Connection, UtcMicros, delete_some, metadata

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
    Column("partner_id", BigInteger, nullable=False),
    Column("account_id", String(40), nullable=False),
    Column("at", UtcMicros, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("trusted", Boolean),
    Column("what", String(40)),
    Column("order_id", String(40)),
    Column("reference", String(64)),
    Index(None, "account_id", "trusted", "at"),
    Index(None, "account_id", "reference"),
    Index(None, "trusted", "at"),
)
"""News from partners: the raw bytes first, sealed; then whether they are believed, and what became of them."""

KIND = "callback"
"""Of due work: a callback that nobody has applied."""
EVENTS_KEPT = timedelta(days=30)
"""How long an event may wait in the outbox to be fetched; orders themselves tell their state for ever."""
TRUSTED_KEPT = timedelta(days=90)
DOUBTFUL_KEPT = timedelta(days=7)
"""How long callbacks are kept once somebody has judged them; one that nobody has stays."""


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
            "partner_id": partner_id,
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


def judge_callback(
    tx: Connection, callback_id: str, what: str, order_id: str | None, *, trusted: bool, reference: str | None = None
) -> bool:
    """Records what became of a callback. Says whether nobody had judged it so before."""
    this = callbacks.c.callback_id == callback_id
    before = tx.execute(select(callbacks.c.what).where(this).with_for_update()).scalar()
    values = {"what": what, "order_id": order_id, "trusted": trusted, "reference": reference}
    tx.execute(update(callbacks).where(this).values(**values))
    return before != what


EARLY = "no-order"
"""What becomes of a callback that names a reference of nobody, or of nobody yet."""
UNREADABLE = "unreadable"
"""What becomes of one that is no message of its partner's."""


def early(tx: Connection, account_id: str, reference: str) -> list[str]:
    """Callbacks that came before what they are about was written down; each is handed out once."""
    table = callbacks.c
    meant = (table.account_id == account_id, table.reference == reference, table.what == EARLY)
    found = [row.callback_id for row in tx.execute(select(table.callback_id).where(*meant))]
    if found:
        tx.execute(update(callbacks).where(table.callback_id.in_(found)).values(what=None))
    return found


def doubtful_since(tx: Connection, account_id: str, since: datetime, most: int) -> int:
    """How many callbacks to an account meant nothing: unreadable, or of nothing of ours and not to be believed.

    Shape: counted no further than `most`. A hint about something of ours is no such one: some partners send no other.
    """
    table = callbacks.c
    some = (
        select(table.callback_id)
        .where(
            table.account_id == account_id,
            table.trusted.is_(False),
            table.what.in_((UNREADABLE, EARLY)),
            table.at >= since,
        )
        .limit(most)
    )
    return tx.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def forget_events(tx: Connection, now: datetime) -> int:
    """Drops some of the events that are too old to be news to anybody."""
    return delete_some(tx, outbox, outbox.c.event_id < ids.first("evt", now - EVENTS_KEPT))


def forget_callbacks(tx: Connection, now: datetime) -> int:
    """Drops some of the judged callbacks that were kept for long enough."""
    table = callbacks.c
    return delete_some(
        tx,
        callbacks,
        or_(
            and_(table.trusted.is_(True), table.at < now - TRUSTED_KEPT),
            and_(table.trusted.is_(False), table.at < now - DOUBTFUL_KEPT),
        ),
    )
