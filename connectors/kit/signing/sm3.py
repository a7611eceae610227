"""SM3, China's hash. The standard library has it only where its OpenSSL was built with it.

Source: GB/T 32905-2016.
"""

from cryptography.hazmat.primitives import hashes


def digest(data: bytes) -> bytes:
    """32 bytes."""
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()
