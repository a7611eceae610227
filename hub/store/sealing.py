"""Sealing of personal fields: AES-256-GCM under a data key per tenant, wrapped by the master key.

Nonces are 96 random bits, so one key may seal 2**32 values (NIST SP 800-38D, section 8.3): per tenant about
four thousand million fields. The version byte leaves room for a second data key before a tenant gets there.
"""

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
INDEX_BYTES = 16
VERSION = b"\x01"


class Unsealable(Exception):
    """A sealed value was altered, cut, moved to another field or tenant, or sealed under another key."""


class Sealer:
    """Holds the master key; makes and opens the data keys of tenants.

    Raises: ValueError unless the master key has 32 bytes.
    """

    __slots__ = ("_opened", "_wrap")

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_BYTES:
            raise ValueError(f"the master key must have {KEY_BYTES} bytes, not {len(master_key)}")
        self._wrap = AESGCM(_derive(master_key, "wrap data keys"))
        self._opened: dict[tuple[str, bytes], TenantSealer] = {}

    def new_data_key(self, tenant: str) -> bytes:
        """A fresh data key in its wrapped form, which may lie in the database."""
        return _close(self._wrap, secrets.token_bytes(KEY_BYTES), f"data key of {tenant}")

    def tenant(self, tenant: str, wrapped: bytes) -> "TenantSealer":
        """The tenant's sealer; unwrapped once, then remembered.

        Raises: Unsealable for another tenant's key or another master key.
        """
        known = self._opened.get((tenant, wrapped))
        if known is None:
            known = TenantSealer(_open(self._wrap, wrapped, f"data key of {tenant}"))
            self._opened[tenant, wrapped] = known
        return known


class TenantSealer:
    """Seals, opens and indexes one tenant's fields. `context` names the field ("orders.request")."""

    __slots__ = ("_field", "_index_key")

    def __init__(self, data_key: bytes) -> None:
        self._field = AESGCM(_derive(data_key, "seal fields"))
        self._index_key = _derive(data_key, "index fields")

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Shape: version byte, nonce, ciphertext with tag (29 bytes longer than the plain value)."""
        return _close(self._field, plain, context)

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """Raises: Unsealable."""
        return _open(self._field, sealed, context)

    def blind_index(self, value: str, *, field: str) -> bytes:
        """What finds a sealed value again: the same value of the same field gives the same 16 bytes."""
        name = field.encode()
        message = len(name).to_bytes(4, "big") + name + value.encode()
        return hmac.digest(self._index_key, message, "sha256")[:INDEX_BYTES]


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"hub/1/{purpose}".encode()).derive(key)


def _close(cipher: AESGCM, plain: bytes, context: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return VERSION + nonce + cipher.encrypt(nonce, plain, VERSION + context.encode())


def _open(cipher: AESGCM, sealed: bytes, context: str) -> bytes:
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != VERSION or len(nonce) < NONCE_BYTES:
        raise Unsealable(f"not a sealed value ({context})")
    try:
        return cipher.decrypt(nonce, body, VERSION + context.encode())
    except InvalidTag:
        raise Unsealable(f"altered, or sealed for something else ({context})") from None
