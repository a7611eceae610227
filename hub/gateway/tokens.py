"""Opaque tokens that the gateway seals and opens: references to partners' things, and cursors."""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import FieldError, Malformed
from schemas.codec import Codec
from schemas.refs import PartnerRef


class Tokens:
    """Encrypts under a key derived from the master key: partners put numbers of people into the ids of their things.

    AES-SIV (RFC 5297) needs no nonce, so one thing has one token, which a bank may compare and keep.
    """

    def __init__(self, master_key: bytes) -> None:
        key = HKDF(algorithm=SHA256(), length=64, salt=None, info=b"hub/gateway/tokens: AES-SIV").derive(master_key)
        self._cipher = AESSIV(key)
        self.codec = Codec(self.write_ref, self.read_ref)

    def write_ref(self, ref: PartnerRef) -> str:
        return self._seal(ref.partner.to_bytes(4, "big") + ref.local_id.encode(), b"ref")

    def read_ref(self, token: str) -> PartnerRef:
        """Raises: ValueError (which a decoder reports with the field's name)."""
        plain = self._open(token, b"ref")
        if plain is None:
            raise ValueError("is no reference that the hub gave")
        return PartnerRef(int.from_bytes(plain[:4], "big"), plain[4:].decode())

    def write_cursor(self, plain: bytes, bound_to: bytes) -> str:
        """A cursor that is good for this tenant and this query only."""
        return self._seal(plain, b"cursor:" + bound_to)

    def read_cursor(self, token: str, bound_to: bytes) -> bytes:
        """Raises: Malformed naming the field."""
        plain = self._open(token, b"cursor:" + bound_to)
        if plain is None:
            raise Malformed(
                "this cursor belongs to another list", FieldError(field="cursor", message="is no cursor of this list")
            )
        return plain

    def _seal(self, plain: bytes, purpose: bytes) -> str:
        return _written(self._cipher.encrypt(plain, [purpose]))

    def _open(self, token: str, purpose: bytes) -> bytes | None:
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            if _written(sealed) != token:  # Base64 has several spellings; a token has one
                return None
            return self._cipher.decrypt(sealed, [purpose])
        except (binascii.Error, ValueError, InvalidTag):
            return None


def _written(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
