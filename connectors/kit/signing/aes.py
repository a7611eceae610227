"""AES: ECB and CBC with PKCS #7 (Java's `PKCS5Padding`), and GCM.

Shape: a key is 16, 24 or 32 bytes; an initialisation vector 16; a GCM nonce 12, never used twice with one key. A GCM
text ends with its 16-byte tag, as in Java.
Raises: ValueError for a key of another size.
Source: NIST SP 800-38A (ECB, CBC), SP 800-38D (GCM).
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from connectors.kit.signing import blocks
from schemas.errors import Garbled


def encrypt_ecb(key: bytes, plain: bytes) -> bytes:
    return blocks.encrypt(AES(key), ECB(), plain)  # noqa: S305 - the partners' mode: equal blocks show as equal


def decrypt_ecb(key: bytes, sealed: bytes) -> bytes:
    """Raises: Garbled."""
    return blocks.decrypt(AES(key), ECB(), sealed)  # noqa: S305 - likewise


def encrypt_cbc(key: bytes, iv: bytes, plain: bytes) -> bytes:
    return blocks.encrypt(AES(key), CBC(iv), plain)


def decrypt_cbc(key: bytes, iv: bytes, sealed: bytes) -> bytes:
    """Raises: Garbled."""
    return blocks.decrypt(AES(key), CBC(iv), sealed)


def encrypt_gcm(key: bytes, nonce: bytes, plain: bytes, associated: bytes = b"") -> bytes:
    return AESGCM(key).encrypt(nonce, plain, associated)


def decrypt_gcm(key: bytes, nonce: bytes, sealed: bytes, associated: bytes = b"") -> bytes:
    """Raises: Garbled unless every bit is as it was encrypted."""
    cipher = AESGCM(key)
    try:
        return cipher.decrypt(nonce, sealed, associated)
    except (InvalidTag, ValueError):
        raise Garbled("the text cannot be decrypted", sealed) from None
