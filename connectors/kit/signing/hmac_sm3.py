"""HMAC-SM3 over raw bytes, made and checked in constant time. `hmac` has SM3 only where its OpenSSL was built with it.

Source: GM/T 0042-2015, appendix D.3; RFC 2104.
"""

import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC


def code(key: bytes, data: bytes) -> bytes:
    """32 bytes."""
    state = HMAC(key, hashes.SM3())
    state.update(data)
    return state.finalize()


def verify_hex(key: bytes, data: bytes, claimed: str) -> bool:
    """Whether this hexadecimal text, in either case, is the code of the bytes."""
    try:
        return hmac.compare_digest(code(key, data), bytes.fromhex(claimed))
    except ValueError:
        return False
