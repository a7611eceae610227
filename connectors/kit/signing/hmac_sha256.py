"""HMAC-SHA256 over raw bytes, checked in constant time. To make one, `hmac.digest(key, data, "sha256")` says it all.

`hmac.compare_digest` alone stumbles over a header that is no ASCII, and over hexadecimal in the other case.

Source: RFC 2104; FIPS 180-4.
"""

import hmac
from base64 import b64decode


def verify_hex(key: bytes, data: bytes, claimed: str) -> bool:
    """Whether this hexadecimal text, in either case, is the code of the bytes."""
    try:
        return _same(key, data, bytes.fromhex(claimed))
    except ValueError:
        return False


def verify_base64(key: bytes, data: bytes, claimed: str) -> bool:
    """Whether this Base64 text is the code of the bytes."""
    try:
        return _same(key, data, b64decode(claimed, validate=True))
    except ValueError:
        return False


def _same(key: bytes, data: bytes, claimed: bytes) -> bool:
    return hmac.compare_digest(hmac.digest(key, data, "sha256"), claimed)
