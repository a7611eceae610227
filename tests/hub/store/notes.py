"""A table of one's own, so that these tests need no room's."""

from datetime import UTC, datetime

from sqlalchemy import Column, MetaData, Table, Text, func, insert, select

from hub.store import Connection, Serial, UtcMicros

private = MetaData()
notes = Table(
    "notes",
    private,
    Column("number", Serial, primary_key=True),
    Column("text", Text, nullable=False, unique=True),
    Column("at", UtcMicros, nullable=False),
)


def prepare(tx: Connection) -> None:
    private.create_all(tx)


def note(text: str):
    """A unit that writes one note."""

    def unit(tx: Connection) -> str:
        tx.execute(insert(notes).values(text=text, at=datetime.now(UTC)))
        return text

    return unit


def all_notes(tx: Connection) -> list[str]:
    return list(tx.execute(select(notes.c.text).order_by(notes.c.number)).scalars())


def count(tx: Connection) -> int:
    return tx.execute(select(func.count()).select_from(notes)).scalar_one()
