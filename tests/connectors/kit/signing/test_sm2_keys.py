"""SM2 keys, in every spelling in which partners hand them out."""

from base64 import b64encode

import pytest

from connectors.kit.signing.sm2_keys import private_key, public_half, public_key
from tests.connectors.kit.signing.sm2_example import PRIVATE, PUBLIC

SCALAR = bytes.fromhex(PRIVATE)
POINT = bytes.fromhex(PUBLIC)
PRIME = bytes.fromhex("fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff")
NEAR = "9f7a091433a81e3f218f405f792355bf2aa98b5ffa95982f03870800065279a3"
"""The y of a point on the curve whose x is 1."""
LARGE = (int.from_bytes(PRIME) + 1).to_bytes(32).hex() + NEAR
"""The same point, its x written as no number of the field."""
ORDER = bytes.fromhex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123")


def base64(raw: bytes) -> str:
    return b64encode(raw).decode()


@pytest.mark.parametrize("text", [PRIVATE, PRIVATE.lower(), "00" + PRIVATE, base64(SCALAR), base64(b"\0" + SCALAR)])
def test_a_private_key_is_read_in_any_spelling(text: str) -> None:
    """Base64 or hexadecimal, with Java's leading zero or without, in wrapped lines too."""
    assert private_key(text) == private_key(f"  {text[:40]}\n{text[40:]} \n") == int.from_bytes(SCALAR)


@pytest.mark.parametrize("text", [PUBLIC, PUBLIC.lower(), "04" + PUBLIC, base64(POINT), base64(b"\4" + POINT)])
def test_a_public_key_is_read_in_any_spelling(text: str) -> None:
    """Base64 or hexadecimal, with the leading 04 or without."""
    assert public_key(text) == (int.from_bytes(POINT[:32]), int.from_bytes(POINT[32:]))


def test_the_public_half_is_the_published_one() -> None:
    """A private key gives its public key, so nobody has to configure it."""
    assert public_half(PRIVATE) == public_key(PUBLIC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a key",
        "钥匙",
        "zz" * 32,
        base64(SCALAR[:31]),
        "01" + PRIVATE,
        bytes(32).hex(),
        ORDER.hex(),
        (int.from_bytes(ORDER) - 1).to_bytes(32).hex(),
    ],
)
def test_what_is_no_private_key_is_refused(text: str) -> None:
    """Neither a wrong spelling, a wrong length, nor a number out of range; and the error never shows it."""
    with pytest.raises(ValueError, match=r"^is ") as caught:
        private_key(text)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", PRIVATE, "05" + PUBLIC, PUBLIC[:-2] + "14", "00" * 64, "ff" * 64, base64(POINT[:33]), LARGE],
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    """Above all a point off the curve, which could give a private key away."""
    with pytest.raises(ValueError, match=r"^is "):
        public_key(text)
