"""SM2 as the standard prints it, and beside the event loop."""

import asyncio
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.kit.signing import sm2
from schemas.errors import Garbled
from tests.connectors.kit.signing.sm2_example import PRIVATE, PUBLIC, RANDOM

MESSAGE = b"message digest"
SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
PLAIN = b"encryption standard"
SEALED = bytes.fromhex(
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
    "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
    "21886ca989ca9c7d58087307ca93092d651efa"
)
"""C1, C3, C2. Source of all: GB/T 32918.5-2017, see `sm2_example`."""
ALICE = b"ALICE123@YAHOO.COM"
"""The user id of the standard's other examples."""


@pytest.fixture
def known_random(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard's own random number instead of ours."""
    monkeypatch.setattr(secrets, "randbits", lambda _bits: RANDOM)


@pytest.mark.usefixtures("known_random")
async def test_a_signature_is_as_the_standard_prints_it() -> None:
    """64 bytes of r and s, with the default user id."""
    assert await sm2.sign(PRIVATE, MESSAGE) == sm2.sign_now(PRIVATE, MESSAGE) == SIGNATURE


@pytest.mark.usefixtures("known_random")
async def test_a_ciphertext_is_as_the_standard_prints_it() -> None:
    """C1, C3, C2: the order of the standard of 2016, not of the draft."""
    assert await sm2.encrypt(PUBLIC, PLAIN) == sm2.encrypt_now(PUBLIC, PLAIN) == SEALED


async def test_the_standards_examples_hold() -> None:
    """What the standard signed verifies, and what it encrypted opens."""
    assert await sm2.verify(PUBLIC, MESSAGE, SIGNATURE)
    assert sm2.verify_now(PUBLIC, MESSAGE, SIGNATURE)
    assert await sm2.decrypt(PRIVATE, SEALED) == sm2.decrypt_now(PRIVATE, SEALED) == PLAIN


@pytest.mark.parametrize(
    ("data", "signature", "user_id"),
    [
        (b"message digesu", SIGNATURE, sm2.USER_ID),
        (MESSAGE, SIGNATURE, ALICE),
        (MESSAGE, SIGNATURE[32:] + SIGNATURE[:32], sm2.USER_ID),
        (MESSAGE, SIGNATURE[:-1], sm2.USER_ID),
        (MESSAGE, SIGNATURE[:32] + b"\0" + SIGNATURE[32:], sm2.USER_ID),
        (MESSAGE, b"", sm2.USER_ID),
        (MESSAGE, bytes(64), sm2.USER_ID),
        (MESSAGE, b"\xff" * 64, sm2.USER_ID),
    ],
)
async def test_a_signature_holds_for_nothing_else(data: bytes, signature: bytes, user_id: bytes) -> None:
    """Another message, user id or signature, or what is no signature at all, is no match rather than an error."""
    assert not await sm2.verify(PUBLIC, data, signature, user_id)


async def test_a_user_id_of_ones_own_is_signed_along() -> None:
    """Whoever signs as Alice is verified as Alice; and no two signatures are the same."""
    one, two = await asyncio.gather(sm2.sign(PRIVATE, MESSAGE, ALICE), sm2.sign(PRIVATE, MESSAGE, ALICE))
    assert one != two
    assert await sm2.verify(PUBLIC, MESSAGE, one, ALICE)
    assert not await sm2.verify(PUBLIC, MESSAGE, one)


def test_a_number_with_leading_zeros_keeps_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both halves are 32 bytes also where the number is shorter, and DER brings them back."""
    monkeypatch.setattr(sm2.SM2Core, "sign", lambda *_: (1, 2))
    signature = sm2.sign_now(PRIVATE, MESSAGE)
    assert signature == (1).to_bytes(32) + (2).to_bytes(32)
    assert sm2.to_der(signature) == bytes.fromhex("3006020101020102")
    assert sm2.from_der(sm2.to_der(signature)) == signature


def test_a_signature_travels_in_der() -> None:
    """Two integers, each led by a zero where it would look negative."""
    encoded = sm2.to_der(SIGNATURE)
    assert encoded.hex() == "3046022100" + SIGNATURE[:32].hex() + "022100" + SIGNATURE[32:].hex()
    assert sm2.from_der(encoded) == SIGNATURE


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        SIGNATURE,
        sm2.to_der(SIGNATURE)[:-1],
        sm2.to_der(SIGNATURE) + b"\0",
        sm2.to_der(SIGNATURE + b"\1"),
        bytes.fromhex("30060201ff020102"),
    ],
)
def test_what_is_no_der_is_garbled(encoded: bytes) -> None:
    """Cut short, drawn out, negative, or a number too long for the curve."""
    with pytest.raises(Garbled):
        sm2.from_der(encoded)


@pytest.mark.parametrize(
    "sealed",
    [
        b"",
        SEALED[:97],
        SEALED[1:],
        b"\6" + SEALED[1:],
        SEALED[:-1] + b"\0",
        SEALED[:1] + b"\1" + SEALED[2:],
        b"\4" + bytes(64) + SEALED[65:],
    ],
)
async def test_a_ciphertext_that_was_touched_is_garbled(sealed: bytes) -> None:
    """Cut short, another byte, or a point off the curve."""
    with pytest.raises(Garbled) as caught:
        await sm2.decrypt(PRIVATE, sealed)
    assert caught.value.evidence == sealed


async def test_nothing_is_no_text_to_encrypt() -> None:
    """An error, where the library would search for ever."""
    with pytest.raises(ValueError, match="no empty text"):
        await sm2.encrypt(PUBLIC, b"")


async def test_a_wrong_key_is_an_error_where_it_is_used() -> None:
    """A key that is none is a setting at fault, never a signature that does not hold."""
    with pytest.raises(ValueError, match="SM2 public key"):
        await sm2.verify("00" * 64, MESSAGE, SIGNATURE)


async def test_the_event_loop_keeps_ticking_while_signatures_are_made() -> None:
    """Other work goes on while SM2 calculates: computed on the loop, all of it would be one tick or two."""
    signing = asyncio.gather(*(sm2.sign(PRIVATE, MESSAGE) for _ in range(8)))
    ticks = 0
    while not signing.done():
        await asyncio.sleep(0)
        ticks += 1
    assert len(await signing) == 8
    assert ticks > 3


async def test_all_of_sm2_is_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask, on the loop or in threads, one calculates: the others could only keep the loop waiting."""
    seen: list[threading.Thread] = []

    def sign(*_: object) -> tuple[int, int]:
        seen.append(threading.current_thread())
        return 1, 1

    monkeypatch.setattr(sm2.SM2Core, "sign", sign)
    with ThreadPoolExecutor(4) as callers:
        waiting = [asyncio.wrap_future(callers.submit(sm2.sign_now, PRIVATE, MESSAGE)) for _ in range(4)]
        await asyncio.gather(*waiting, *(sm2.sign(PRIVATE, MESSAGE) for _ in range(4)))
    assert len(seen) == 8
    assert len(set(seen)) == 1
    assert seen[0] is not threading.current_thread()


async def test_a_call_that_is_given_up_while_it_waits_is_never_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller that times out leaves no work behind it for the others to wait for."""
    free, signed = threading.Event(), []

    def sign(_core: object, data: bytes, *_: object) -> tuple[int, int]:
        free.wait(timeout=10)
        signed.append(data)
        return 1, 1

    monkeypatch.setattr(sm2.SM2Core, "sign", sign)
    calls = [asyncio.create_task(sm2.sign(PRIVATE, data)) for data in (b"first", b"given up", b"last")]
    await asyncio.sleep(0)
    calls[1].cancel()
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(*calls, return_exceptions=True)
    assert signed == [b"first", b"last"]
