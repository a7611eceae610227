"""SM2: China's signatures (SM3withSM2) and public-key encryption, in a thread of their own.

`gmalg` is pure Python: half a millisecond to sign, 2 ms for all else, and all other threads wait their turn
meanwhile. So there is one worker for all of SM2: two would compute no faster, and would keep the event loop waiting
twice as long. Calls queue there in order; one that is given up while it waits is never computed. It is not constant
in time either: nobody who can measure microseconds belongs next to it.

The functions that end in `_now` use the same thread, and block: they are for callers that run in a thread already.

Shape: keys are text, see `sm2_keys`; a signature is 64 bytes, r‖s; a ciphertext C1‖C3‖C2, C1 with its leading 04.
Source: GB/T 32918.2-2016 (signatures), .4 (encryption); GM/T 0009-2012, section 10 (the user id).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from gmalg.errors import GMError
from gmalg.sm2 import SM2Core

from connectors.kit.signing import sm3
from connectors.kit.signing.sm2_keys import CURVE, NUMBER, POINT, private_key, public_half, public_key
from schemas.errors import Garbled

P = ParamSpec("P")
T = TypeVar("T")

USER_ID = b"1234567812345678"
"""Whose signature it is, where the parties agreed on nothing else."""
SIGNATURE = 2 * NUMBER

_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sm2")


async def sign(key: str, data: bytes, user_id: bytes = USER_ID) -> bytes:
    """64 bytes, by the private key. Raises: ValueError for a key that is none."""
    return await _computed(_sign, key, data, user_id)


async def verify(key: str, data: bytes, signature: bytes, user_id: bytes = USER_ID) -> bool:
    """Whether the public key's owner signed these bytes under this id. Raises: ValueError for a key that is none."""
    return await _computed(_verify, key, data, signature, user_id)


async def encrypt(key: str, plain: bytes) -> bytes:
    """For the public key's owner only. Raises: ValueError for a key that is none, or nothing to encrypt."""
    return await _computed(_encrypt, key, plain)


async def decrypt(key: str, sealed: bytes) -> bytes:
    """By the private key. Raises: Garbled; ValueError for a key that is none."""
    return await _computed(_decrypt, key, sealed)


def sign_now(key: str, data: bytes, user_id: bytes = USER_ID) -> bytes:
    return _worker.submit(_sign, key, data, user_id).result()


def verify_now(key: str, data: bytes, signature: bytes, user_id: bytes = USER_ID) -> bool:
    return _worker.submit(_verify, key, data, signature, user_id).result()


def encrypt_now(key: str, plain: bytes) -> bytes:
    return _worker.submit(_encrypt, key, plain).result()


def decrypt_now(key: str, sealed: bytes) -> bytes:
    return _worker.submit(_decrypt, key, sealed).result()


def to_der(signature: bytes) -> bytes:
    """64 bytes as SEQUENCE { INTEGER r, INTEGER s }. Source: GM/T 0009-2012, section 7.3."""
    return encode_dss_signature(int.from_bytes(signature[:NUMBER]), int.from_bytes(signature[NUMBER:]))


def from_der(encoded: bytes) -> bytes:
    """What `to_der` was given. Raises: Garbled."""
    try:
        r, s = decode_dss_signature(encoded)
        return r.to_bytes(NUMBER) + s.to_bytes(NUMBER)
    except (ValueError, OverflowError):
        raise Garbled("this is no signature in DER", encoded) from None


async def _computed(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await asyncio.wrap_future(_worker.submit(work, *args, **kwargs))


class _Sm3:
    """`gmalg` hashes in Python too, at 350 kB a second; this is what it is given instead."""

    def __init__(self) -> None:
        self._heard = b""

    @staticmethod
    def hash_length() -> int:
        return NUMBER

    def reset(self) -> None:
        self._heard = b""

    def update(self, data: bytes) -> None:
        self._heard += data

    def value(self) -> bytes:
        return sm3.digest(self._heard)


def _core() -> SM2Core:
    return SM2Core(CURVE, _Sm3())


def _sign(key: str, data: bytes, user_id: bytes) -> bytes:
    r, s = _core().sign(data, private_key(key), user_id, public_half(key))
    # gmalg's own bytes drop leading zeros: one signature in 128 would come out short
    return int(r).to_bytes(NUMBER) + int(s).to_bytes(NUMBER)


def _verify(key: str, data: bytes, signature: bytes, user_id: bytes) -> bool:
    point = public_key(key)
    if len(signature) != SIGNATURE:
        return False
    r, s = int.from_bytes(signature[:NUMBER]), int.from_bytes(signature[NUMBER:])
    return bool(_core().verify(data, r, s, user_id, point))


def _encrypt(key: str, plain: bytes) -> bytes:
    if not plain:
        raise ValueError("SM2 encrypts no empty text")  # gmalg would look for a key stream for ever
    (x, y), c2, c3 = _core().encrypt(plain, public_key(key))
    return b"\4" + int(x).to_bytes(NUMBER) + int(y).to_bytes(NUMBER) + bytes(c3) + bytes(c2)


def _decrypt(key: str, sealed: bytes) -> bytes:
    scalar = private_key(key)
    c1, c3, c2 = sealed[:POINT], sealed[POINT : POINT + NUMBER], sealed[POINT + NUMBER :]
    if not c2 or c1[:1] != b"\4":
        raise Garbled("this is no SM2 ciphertext", sealed)
    point = int.from_bytes(c1[1 : 1 + NUMBER]), int.from_bytes(c1[1 + NUMBER :])
    try:
        return bytes(_core().decrypt(point, c2, c3, scalar))
    except GMError:
        raise Garbled("this SM2 ciphertext cannot be decrypted", sealed) from None
