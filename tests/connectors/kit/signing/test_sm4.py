"""SM4 as the standard prints it, padded as PKCS #7 says."""

import pytest

from connectors.kit.signing import sm4
from schemas.errors import Garbled

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
SEALED_KEY = bytes.fromhex("681edf34d206965e86b3e94f536e4246")
"""The key, encrypted with itself. Source: GB/T 32907-2016, appendix A.1."""
IV = bytes(range(16))
PLAIN = bytes.fromhex("aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffaaaaaaaabbbbbbbb")
CBC = bytes.fromhex("78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d")
"""Source: draft-ribose-cfrg-sm4-10, appendix A.2.2.1."""


def test_ecb_is_as_the_standard_prints_it() -> None:
    """One block encrypts as printed, a second holds the padding, and all of it comes back."""
    sealed = sm4.encrypt_ecb(KEY, KEY)
    assert sealed[:16] == SEALED_KEY
    assert len(sealed) == 32
    assert sm4.decrypt_ecb(KEY, sealed) == KEY


def test_cbc_is_as_published() -> None:
    """Two blocks encrypt as printed, a third holds the padding, and all of it comes back."""
    sealed = sm4.encrypt_cbc(KEY, IV, PLAIN)
    assert sealed[:32] == CBC
    assert len(sealed) == 48
    assert sm4.decrypt_cbc(KEY, IV, sealed) == PLAIN


def test_what_does_not_open_is_garbled() -> None:
    """Blocks without padding, half a block, or an initialisation vector that is none."""
    for sealed in (SEALED_KEY, SEALED_KEY[:8], b""):
        with pytest.raises(Garbled):
            sm4.decrypt_ecb(KEY, sealed)
        with pytest.raises(Garbled):
            sm4.decrypt_cbc(KEY, IV, sealed)
    with pytest.raises(Garbled):
        sm4.decrypt_cbc(KEY, b"short", CBC)


def test_a_key_of_another_size_is_refused() -> None:
    """SM4 has one key size."""
    with pytest.raises(ValueError, match="key"):
        sm4.encrypt_ecb(KEY * 2, PLAIN)
