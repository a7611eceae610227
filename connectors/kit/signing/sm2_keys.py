"""SM2 keys as partners hand them out: bare numbers in Base64 or hexadecimal, without a format around them.

Shape: a private key is a scalar of 32 bytes, or 33 where Java led it with a zero; a public key is a point of 64 bytes,
or 65 with the leading 04.
Source: GB/T 32918.1-2016, section 4.2 (points as bytes); GB/T 32918.5-2017 (the curve).
"""

from base64 import b64decode
from functools import lru_cache

from gmalg.ellipticcurve import ECDLP

from connectors.kit.signing import sm2_points
from connectors.kit.signing.sm2_points import Point

NUMBER = 32
POINT = 1 + 2 * NUMBER

_P = sm2_points.P
_A = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFC
_B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
_N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
_G = (
    0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7,
    0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0,
)
CURVE = ECDLP(_P, _A, _B, _G, _N)
CURVE.ec.mul = sm2_points.times
CURVE.kG = sm2_points.often(_G)


@lru_cache(maxsize=256)
def private_key(text: str) -> int:
    """Raises: ValueError, which never shows the key."""
    scalar = int.from_bytes(_bytes(text, sizes=(NUMBER, NUMBER + 1)))
    if not 0 < scalar < _N - 1:
        raise ValueError("is no SM2 private key: the number is out of range")
    return scalar


@lru_cache(maxsize=256)
def public_key(text: str) -> Point:
    """A point that is on the curve: any other could give a private key away. Raises: ValueError."""
    raw = _bytes(text, sizes=(POINT - 1, POINT))
    if len(raw) == POINT and raw[0] != 4:  # noqa: PLR2004 - a point uncompressed, the only kind of this length
        raise ValueError("is no SM2 public key: it does not begin with 04")
    x, y = int.from_bytes(raw[-2 * NUMBER : -NUMBER]), int.from_bytes(raw[-NUMBER:])
    if max(x, y) >= _P or (y * y - x**3 - _A * x - _B) % _P:
        raise ValueError("is no SM2 public key: the point is not on the curve")
    return x, y


@lru_cache(maxsize=256)
def public_half(text: str) -> Point:
    """The public key of a private one, which takes as long to compute as a signature. Raises: ValueError."""
    x, y = CURVE.kG(private_key(text))
    return x, y


def _bytes(text: str, sizes: tuple[int, int]) -> bytes:
    """Base64 or hexadecimal; of these sizes, no text is both. Raises: ValueError."""
    text = "".join(text.split())
    try:
        raw = bytes.fromhex(text) if len(text) in {2 * size for size in sizes} else b64decode(text, validate=True)
    except ValueError:
        raise ValueError("is neither Base64 nor hexadecimal") from None
    if len(raw) not in sizes:
        raise ValueError(f"is {len(raw)} bytes long, not {sizes[0]} or {sizes[1]}")
    return raw
