"""Adding a bank's program as a client, and shutting one out."""

import re
from collections.abc import Collection
from datetime import datetime

from hub import ids
from hub.audit import rows as audit
from hub.audit.record import new_record
from hub.identity import client_keys, rows, scopes
from hub.identity.refusals import ClientError
from hub.identity.rows import ClientRow
from hub.store import Connection

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}")


def add_client(
    tx: Connection, tenant_id: str, name: str, wanted: Collection[str], jwks: bytes, *, now: datetime
) -> ClientRow:
    """Adds a client with its scopes and public keys; `jwks` is the JWK set as the bank sent it.

    Raises: ClientError naming the name, the scope or the key at fault.
    """
    if not NAME.fullmatch(name):
        raise ClientError(f"{name!r} is no name for a client: up to 80 letters, digits, spaces and . _ -")
    client = ClientRow(
        client_id=ids.new("cli", now),
        tenant_id=tenant_id,
        name=name,
        scopes=scopes.checked(wanted),
        jwks=client_keys.canonical(jwks),
        active=True,
        created_at=now,
    )
    if not rows.insert_client(tx, client):
        raise ClientError(f"this bank already has a client named {name!r}")
    _record(tx, client, "client.add", now)
    return client


def deactivate_client(tx: Connection, client_id: str, *, now: datetime) -> None:
    """Shuts a client out: it gets no token, and its tokens are refused within seconds. Raises: ClientError."""
    client = rows.find_client(tx, client_id)
    if client is None:
        raise ClientError(f"there is no client {client_id!r}")
    rows.deactivate_client(tx, client_id)
    _record(tx, client, "client.deactivate", now)


def _record(tx: Connection, client: ClientRow, operation: str, now: datetime) -> None:
    audit.append(
        tx,
        new_record(
            tenant=client.tenant_id,
            at=now,
            kind="admin",
            trace_id="",
            actor="operator",
            operation=operation,
            facts={"client_id": client.client_id, "name": client.name, "scopes": " ".join(client.scopes)},
        ),
    )
