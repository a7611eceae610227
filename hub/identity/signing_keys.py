"""The keys the hub signs its tokens with: made at the first start, sealed, and replaced without a gap.

A new key is published first, and signs only when every process has read it; an old one is published
until the last token that it signed has expired.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from joserfc.jwk import ECKey

from hub.audit import rows as audit
from hub.audit.record import HOUSE, new_record
from hub.identity import rows
from hub.identity.jose import Key
from hub.identity.rows import SigningKeyRow
from hub.store import Connection, Sealer

LEAD = timedelta(minutes=2)
"""How long a new key is published before it signs."""
TOKEN_LIFE = timedelta(minutes=10)
PUBLISHED_AFTER = LEAD + TOKEN_LIFE + timedelta(minutes=1)
"""How long a retired key is published."""

SEALED_FOR = "identity"
_encode = msgspec.json.Encoder(order="sorted").encode


class NotRotated(Exception):
    """Another process is replacing the signing key this moment."""


class KeyRing:
    """The keys there are, as of one reading."""

    def __init__(self, stored: Sequence[SigningKeyRow], sealer: Sealer) -> None:
        self._keys = list(stored)
        self._private = [_opened(row, sealer) for row in stored]
        self._public = {row.kid: Key(row.kid, "ES256", _imported(row.public)) for row in stored}

    def signer(self, now: datetime) -> Key:
        """The newest key that everybody knows; while there is none, the oldest."""
        known = [row.created_at + LEAD <= now for row in self._keys].count(True)
        return self._private[max(known - 1, 0)]

    def find(self, kid: str | None, now: datetime) -> Key | None:
        """The public key of this name, unless the last of its tokens is dead."""
        return next((self._public[row.kid] for row in self._keys if row.kid == kid and _published(row, now)), None)

    def jwks(self, now: datetime) -> dict[str, list[dict[str, Any]]]:
        """The public halves (RFC 7517, section 5)."""
        return {"keys": [msgspec.json.decode(row.public) for row in self._keys if _published(row, now)]}


def ensure(tx: Connection, sealer: Sealer, now: datetime) -> None:
    """Makes the first key, unless there is one."""
    if not rows.list_signing_keys(tx):
        _make(tx, sealer, 1, now)


def rotate(tx: Connection, sealer: Sealer, now: datetime) -> str:
    """Adds a key and retires the others; none of today's tokens is refused for it. Raises: NotRotated."""
    standing = rows.list_signing_keys(tx)
    serial = standing[-1].serial + 1 if standing else 1
    kid = _make(tx, sealer, serial, now)
    if kid is None:
        raise NotRotated("another process replaces the signing key this moment")
    rows.retire_signing_keys(tx, serial, now)
    return kid


def _make(tx: Connection, sealer: Sealer, serial: int, now: datetime) -> str | None:
    jwk = ECKey.generate_key("P-256")
    kid = jwk.thumbprint()  # RFC 7638
    public = jwk.as_dict(private=False) | {"kid": kid, "alg": "ES256", "use": "sig"}
    data_key = sealer.new_data_key(SEALED_FOR)
    private = sealer.tenant(SEALED_FOR, data_key).seal(_encode(jwk.as_dict(private=True)), context=_context(kid))
    if not rows.insert_signing_key(tx, SigningKeyRow(kid, serial, "ES256", _encode(public), data_key, private, now)):
        return None
    record = new_record(
        tenant=HOUSE, at=now, kind="admin", trace_id="", actor="hub", operation="signing-key.add", facts={"kid": kid}
    )
    audit.append(tx, record)
    return kid


def _opened(row: SigningKeyRow, sealer: Sealer) -> Key:
    private = sealer.tenant(SEALED_FOR, row.data_key).unseal(row.private, context=_context(row.kid))
    return Key(row.kid, "ES256", _imported(private))


def _imported(jwk: bytes) -> ECKey:
    return ECKey.import_key(msgspec.json.decode(jwk))


def _context(kid: str) -> str:
    return f"signing_keys.private {kid}"


def _published(row: SigningKeyRow, now: datetime) -> bool:
    return row.retired_at is None or now < row.retired_at + PUBLISHED_AFTER
