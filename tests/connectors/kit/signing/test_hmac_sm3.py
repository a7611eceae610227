"""HMAC-SM3 as the standard prints it."""

import pytest

from connectors.kit.signing import hmac_sm3

VECTORS = [
    (
        bytes(range(1, 33)),
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2,
        "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a",
    ),
    (bytes(range(1, 38)), b"\xcd" * 50, "220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae"),
]
"""Key, data, code. Source: GM/T 0042-2015, appendix D.3."""


@pytest.mark.parametrize(("key", "data", "printed"), VECTORS)
def test_a_code_is_as_the_standard_prints_it(key: bytes, data: bytes, printed: str) -> None:
    """Made so, and recognised in hexadecimal of either case."""
    assert hmac_sm3.code(key, data).hex() == printed
    assert hmac_sm3.verify_hex(key, data, printed)
    assert hmac_sm3.verify_hex(key, data, printed.upper())


@pytest.mark.parametrize("claimed", ["", "ca", "电费", "\0", VECTORS[1][2], VECTORS[0][2][:-2]])
def test_any_other_text_does_not_hold(claimed: str) -> None:
    """Another code, part of one, or what is none: no match rather than an error."""
    key, data, _ = VECTORS[0]
    assert not hmac_sm3.verify_hex(key, data, claimed)
