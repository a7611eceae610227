"""SM4, China's block cipher: ECB and CBC with PKCS #7.

Shape: a key is 16 bytes, an initialisation vector too.
Raises: ValueError for a key of another size.
Source: GB/T 32907-2016; GB/T 17964-2021 (modes).
"""

from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from connectors.kit.signing import blocks


def encrypt_ecb(key: bytes, plain: bytes) -> bytes:
    return blocks.encrypt(SM4(key), ECB(), plain)  # noqa: S305 - the partners' mode: equal blocks show as equal


def decrypt_ecb(key: bytes, sealed: bytes) -> bytes:
    """Raises: Garbled."""
    return blocks.decrypt(SM4(key), ECB(), sealed)  # noqa: S305 - likewise


def encrypt_cbc(key: bytes, iv: bytes, plain: bytes) -> bytes:
    return blocks.encrypt(SM4(key), CBC(iv), plain)


def decrypt_cbc(key: bytes, iv: bytes, sealed: bytes) -> bytes:
    """Raises: Garbled."""
    return blocks.decrypt(SM4(key), CBC(iv), sealed)
