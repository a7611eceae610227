"""Opaque tokens that the gateway signs and opens: references to partners' things, and cursors."""

import base64
import binascii
import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import FieldError, Malformed
from schemas.codec import Codec
from schemas.refs import PartnerRef

MAC_BYTES = 16


class Tokens:
    """Signs under a key derived from the master key. Tokens are readable, not secret: nothing personal rides in one."""

    def __init__(self, master_key: bytes) -> None:
        self._key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hub/gateway/tokens").derive(master_key)
        self.codec = Codec(self.write_ref, self.read_ref)

    def write_ref(self, ref: PartnerRef) -> str:
        return self._sign(ref.partner.to_bytes(4, "big") + ref.local_id.encode(), b"ref")

    def read_ref(self, token: str) -> PartnerRef:
        """Raises: ValueError (which a decoder reports with the field's name)."""
        plain = self._open(token, b"ref")
        if plain is None:
            raise ValueError("is no reference that the hub gave")
        return PartnerRef(int.from_bytes(plain[:4], "big"), plain[4:].decode())

    def write_cursor(self, plain: bytes, bound_to: bytes) -> str:
        """A cursor that is good for this tenant and this query only."""
        return self._sign(plain, b"cursor:" + sha256(bound_to).digest())

    def read_cursor(self, token: str, bound_to: bytes) -> bytes:
        """Raises: Malformed naming the field."""
        plain = self._open(token, b"cursor:" + sha256(bound_to).digest())
        if plain is None:
            raise Malformed(
                "this cursor belongs to another list", FieldError(field="cursor", message="is no cursor of this list")
            )
        return plain

    def _sign(self, plain: bytes, purpose: bytes) -> str:
        return _written(plain + self._mac(plain, purpose))

    def _open(self, token: str, purpose: bytes) -> bytes | None:
        try:
            signed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if _written(signed) != token:  # Base64 has several spellings; a token has one
            return None
        plain, mac = signed[:-MAC_BYTES], signed[-MAC_BYTES:]
        return plain if hmac.compare_digest(mac, self._mac(plain, purpose)) else None

    def _mac(self, plain: bytes, purpose: bytes) -> bytes:
        return hmac.digest(self._key, len(purpose).to_bytes(2, "big") + purpose + plain, "sha256")[:MAC_BYTES]


def _written(signed: bytes) -> str:
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
