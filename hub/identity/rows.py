"""The tables of the door: clients, the hub's signing keys, and what may not be used (again)."""

from datetime import datetime

import msgspec
from sqlalchemy import Column, Index, Integer, LargeBinary, Row, String, Table, UniqueConstraint, delete, select, update

from hub.store import Connection, UtcMicros, metadata
from hub.store.conflict import insert_if_absent
from hub.tenants.rows import banks

clients = Table(
    "clients",
    metadata,
    Column("client_id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("name", String(80), nullable=False),
    Column("scopes", String, nullable=False),
    Column("jwks", LargeBinary, nullable=False),
    Column("status", String(12), nullable=False),
    Column("created_at", UtcMicros, nullable=False),
    UniqueConstraint("tenant_id", "name"),
)
"""`scopes` are separated by spaces; `jwks` holds public keys in canonical form; `status`: "active" or "inactive"."""

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("serial", Integer, nullable=False),
    Column("alg", String(8), nullable=False),
    Column("public", LargeBinary, nullable=False),
    Column("data_key", LargeBinary, nullable=False),
    Column("private", LargeBinary, nullable=False),
    Column("created_at", UtcMicros, nullable=False),
    Column("retired_at", UtcMicros),
    UniqueConstraint("serial"),
)
"""`private` is sealed under `data_key`, which is wrapped. `serial` counts up, so of two processes one makes the key."""

assertion_ids = Table(
    "assertion_ids",
    metadata,
    Column("client_id", String(40), primary_key=True),
    Column("jti", String(255), primary_key=True),
    Column("expires_at", UtcMicros, nullable=False),
    Index(None, "expires_at"),
)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("jti", String(40), primary_key=True),
    Column("expires_at", UtcMicros, nullable=False),
    Index(None, "expires_at"),
)


class ClientRow(msgspec.Struct, frozen=True):
    """A program of a bank. `active` only while its bank is, too."""

    client_id: str
    tenant_id: str
    name: str
    scopes: list[str]
    jwks: bytes
    active: bool
    created_at: datetime


class SigningKeyRow(msgspec.Struct, frozen=True):
    """One of the hub's own keys; the private half is sealed."""

    kid: str
    serial: int
    alg: str
    public: bytes
    data_key: bytes
    private: bytes
    created_at: datetime
    retired_at: datetime | None = None


_active = (clients.c.status == "active") & (banks.c.status == "active")
_client = select(clients, _active.label("active")).join(banks, banks.c.tenant_id == clients.c.tenant_id)


def insert_client(tx: Connection, row: ClientRow) -> bool:
    """False: the bank has a client of this name."""
    columns = msgspec.structs.asdict(row)
    columns |= {"scopes": " ".join(row.scopes), "status": "active" if columns.pop("active") else "inactive"}
    return insert_if_absent(tx, clients, columns)


def find_client(tx: Connection, client_id: str) -> ClientRow | None:
    found = tx.execute(_client.where(clients.c.client_id == client_id)).first()
    return _client_row(found) if found else None


def list_clients(tx: Connection, tenant_id: str) -> list[ClientRow]:
    """In the order of their names."""
    mine = _client.where(clients.c.tenant_id == tenant_id).order_by(clients.c.name)
    return [_client_row(row) for row in tx.execute(mine)]


def deactivate_client(tx: Connection, client_id: str) -> bool:
    """False: there is no such client."""
    done = tx.execute(update(clients).where(clients.c.client_id == client_id).values(status="inactive"))
    return done.rowcount == 1


def barred_clients(tx: Connection) -> list[str]:
    """Clients that may not come in: shut out themselves, or with their bank."""
    barred = select(clients.c.client_id).join(banks, banks.c.tenant_id == clients.c.tenant_id).where(~_active)
    return list(tx.execute(barred).scalars())


def consume_assertion(tx: Connection, client_id: str, jti: str, expires_at: datetime) -> bool:
    """False: this assertion was used before, here or in another process."""
    return insert_if_absent(tx, assertion_ids, {"client_id": client_id, "jti": jti, "expires_at": expires_at})


def revoke_token(tx: Connection, jti: str, expires_at: datetime) -> None:
    """Puts a token on the denylist until it would have expired anyway."""
    insert_if_absent(tx, revoked_tokens, {"jti": jti, "expires_at": expires_at})


def revoked(tx: Connection, now: datetime) -> list[str]:
    """The denylist: tokens that were revoked and would still be good."""
    return list(tx.execute(select(revoked_tokens.c.jti).where(revoked_tokens.c.expires_at > now)).scalars())


def insert_signing_key(tx: Connection, row: SigningKeyRow) -> bool:
    """False: another process made the key of this serial."""
    return insert_if_absent(tx, signing_keys, msgspec.structs.asdict(row))


def retire_signing_keys(tx: Connection, before: int, now: datetime) -> None:
    """Marks every key with a lower serial as on its way out."""
    old = (signing_keys.c.serial < before) & signing_keys.c.retired_at.is_(None)
    tx.execute(update(signing_keys).where(old).values(retired_at=now))


def list_signing_keys(tx: Connection) -> list[SigningKeyRow]:
    """The oldest first."""
    return [SigningKeyRow(**row) for row in tx.execute(select(signing_keys).order_by(signing_keys.c.serial)).mappings()]


def prune(tx: Connection, now: datetime, *, keys_retired_before: datetime) -> None:
    """Forgets what time has made harmless."""
    tx.execute(delete(assertion_ids).where(assertion_ids.c.expires_at <= now))
    tx.execute(delete(revoked_tokens).where(revoked_tokens.c.expires_at <= now))
    tx.execute(delete(signing_keys).where(signing_keys.c.retired_at <= keys_retired_before))


def _client_row(found: Row[tuple[object, ...]]) -> ClientRow:
    columns = found._asdict()
    del columns["status"]
    return ClientRow(**columns | {"scopes": columns["scopes"].split(), "active": bool(columns["active"])})
