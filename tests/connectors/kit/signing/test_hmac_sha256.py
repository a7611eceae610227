"""HMAC-SHA256 as the RFC prints it, in both spellings in which it travels."""

from base64 import b64encode

import pytest

from connectors.kit.signing.hmac_sha256 import verify_base64, verify_hex

VECTORS = [
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
]
"""Key, data, code. Source: RFC 4231, sections 4.2 and 4.3."""


@pytest.mark.parametrize(("key", "data", "code"), VECTORS)
def test_a_code_holds_as_the_rfc_prints_it(key: bytes, data: bytes, code: str) -> None:
    """In hexadecimal of either case, and in Base64."""
    assert verify_hex(key, data, code)
    assert verify_hex(key, data, code.upper())
    assert verify_base64(key, data, b64encode(bytes.fromhex(code)).decode())


@pytest.mark.parametrize("claimed", ["", "b0", "电费", "\0", VECTORS[1][2], VECTORS[0][2][:-2], VECTORS[0][2] + "00"])
def test_any_other_text_does_not_hold(claimed: str) -> None:
    """Another code, part of one, or what is none: no match rather than an error."""
    key, data, _ = VECTORS[0]
    assert not verify_hex(key, data, claimed)
    assert not verify_base64(key, data, claimed)


def test_a_code_holds_for_its_own_bytes_and_key_only() -> None:
    """One byte of the body, or of the key, makes it another."""
    key, data, code = VECTORS[0]
    assert not verify_hex(key, data + b" ", code)
    assert not verify_hex(key + b"k", data, code)
