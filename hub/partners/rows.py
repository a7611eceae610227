"""Accounts of banks at partners: the settings and credentials, sealed."""

from datetime import datetime

import msgspec
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, UniqueConstraint, insert, select, update

from hub.store import Connection, UtcMicros, metadata

accounts = Table(
    "partner_accounts",
    metadata,
    Column("account_id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("partner_id", BigInteger, nullable=False),
    Column("settings", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcMicros, nullable=False),
    Column("updated_at", UtcMicros, nullable=False),
    UniqueConstraint("tenant", "partner_id"),
)


class AccountRow(msgspec.Struct, frozen=True):
    """One bank's account at one partner. Shape: `settings` is sealed under the tenant's key."""

    account_id: str
    tenant: str
    partner_id: int
    settings: bytes
    version: int


def set_account(tx: Connection, account_id: str, tenant: str, partner_id: int, settings: bytes, now: datetime) -> str:
    """Stores an account, or new settings for the one that stands. Returns its id."""
    standing = tx.execute(
        select(accounts.c.account_id, accounts.c.version).where(
            accounts.c.tenant == tenant, accounts.c.partner_id == partner_id
        )
    ).first()
    if standing is None:
        values = {"account_id": account_id, "tenant": tenant, "partner_id": partner_id, "settings": settings}
        tx.execute(insert(accounts), {**values, "version": 1, "created_at": now, "updated_at": now})
        return account_id
    tx.execute(
        update(accounts)
        .where(accounts.c.account_id == standing.account_id)
        .values(settings=settings, version=standing.version + 1, updated_at=now)
    )
    return str(standing.account_id)


def accounts_of(tx: Connection, tenant: str) -> list[AccountRow]:
    """A bank's shelf: its accounts, whichever connectors are enabled."""
    table = accounts.c
    found = tx.execute(
        select(table.account_id, table.tenant, table.partner_id, table.settings, table.version).where(
            table.tenant == tenant
        )
    )
    return [AccountRow(*row) for row in found]


def find_account(tx: Connection, account_id: str) -> AccountRow | None:
    table = accounts.c
    row = tx.execute(
        select(table.account_id, table.tenant, table.partner_id, table.settings, table.version).where(
            table.account_id == account_id
        )
    ).first()
    return AccountRow(*row) if row else None
