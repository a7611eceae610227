"""The table of member banks, and the statements on it."""

from datetime import datetime

import msgspec
from sqlalchemy import Column, ColumnElement, LargeBinary, String, Table, UniqueConstraint, select, update

from hub.store import Connection, UtcMicros, metadata
from hub.store.conflict import insert_if_absent

banks = Table(
    "banks",
    metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("name", String(41), nullable=False),
    Column("data_key", LargeBinary, nullable=False),
    Column("status", String(12), nullable=False),
    Column("created_at", UtcMicros, nullable=False),
    UniqueConstraint("name"),
)
"""`data_key` is wrapped under the master key; `status` is "active" or "suspended"."""


class BankRow(msgspec.Struct, frozen=True):
    """One member bank."""

    tenant_id: str
    name: str
    data_key: bytes
    status: str
    created_at: datetime

    @property
    def active(self) -> bool:
        return self.status == "active"


def insert_bank(tx: Connection, row: BankRow) -> bool:
    """False: the name is taken."""
    return insert_if_absent(tx, banks, msgspec.structs.asdict(row))


def set_status(tx: Connection, tenant_id: str, status: str) -> bool:
    """False: there is no such bank."""
    done = tx.execute(update(banks).where(banks.c.tenant_id == tenant_id).values(status=status))
    return done.rowcount == 1


def find_bank(tx: Connection, tenant_id: str) -> BankRow | None:
    return _first(tx, banks.c.tenant_id == tenant_id)


def find_by_name(tx: Connection, name: str) -> BankRow | None:
    return _first(tx, banks.c.name == name)


def list_banks(tx: Connection) -> list[BankRow]:
    """In the order of their names."""
    return [BankRow(**row) for row in tx.execute(select(banks).order_by(banks.c.name)).mappings()]


def data_key(tx: Connection, tenant_id: str) -> bytes:
    """The bank's data key, wrapped. Raises: KeyError for a bank that does not exist."""
    found = tx.execute(select(banks.c.data_key).where(banks.c.tenant_id == tenant_id)).scalar()
    if found is None:
        raise KeyError(tenant_id)
    return bytes(found)


def _first(tx: Connection, condition: ColumnElement[bool]) -> BankRow | None:
    found = tx.execute(select(banks).where(condition)).mappings().first()
    return BankRow(**found) if found else None
