"""What a message travels in: an AES key under the platform's RSA key, the JSON under the AES key; the answer is plain.

Nothing is signed: nobody can tell who sealed a push, so it is never more than a hint.
"""

import secrets
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Annotated, TypeVar

import msgspec

from connectors.kit.feeds import UNREADABLE
from connectors.kit.signing import aes, rsa
from connectors.wanlitong import wire
from schemas.call import Attempt, Call, Http, Reply
from schemas.errors import Garbled
from schemas.struct import pattern

T = TypeVar("T")

KEY_BYTES = 16
PADDING: rsa.Padding = "PKCS1"


class WanlitongAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank's channel at the platform, as its credential file names things. Shape: keys are RSA, in PEM."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    channel_code: str
    platform_public_key: str
    private_key: str
    """Ours, PKCS 8: it opens the pushes."""

    def __post_init__(self) -> None:
        rsa.public_key(self.platform_public_key)
        rsa.private_key(self.private_key)

    def __repr__(self) -> str:
        return f"WanlitongAccount(channel_code={self.channel_code!r})"


class Answer(msgspec.Struct, frozen=True):
    """An answer, before anybody knows what its data are."""

    code: str
    data: bytes

    def read(self, of: type[T]) -> T:
        """Raises: Garbled."""
        return decode(self.data, of)


async def ask(call: Call, path: str, content: wire.Content, patience: timedelta | None = None) -> Answer:
    """Raises: NotSent, MaybeSent, Garbled."""
    return unseal(await call.send(await seal(call.account(WanlitongAccount), path, content, patience)))


async def submit(attempt: Attempt, step: str, path: str, content: wire.Wire) -> Answer:
    """Raises: NotSent, MaybeSent, Garbled."""
    return unseal(await attempt.submit(step, await seal(attempt.account(WanlitongAccount), path, content)))


async def seal(account: WanlitongAccount, path: str, content: wire.Content, patience: timedelta | None = None) -> Http:
    """A request under a key of its own."""
    key = secrets.token_bytes(KEY_BYTES)
    wrapped = await rsa.wrap(account.platform_public_key, key, PADDING)
    sealed = b64encode(wrapped + aes.encrypt_ecb(key, wire.write(content))).decode()
    return Http(
        method="POST",
        url=f"{account.base_url.rstrip('/')}/api/platform/{path}",
        headers={"Content-Type": "application/json"},
        body=msgspec.json.encode(wire.Envelope(channel_code=account.channel_code, data=sealed)),
        timeout=patience,
    )


def unseal(reply: Reply) -> Answer:
    """Raises: Garbled."""
    if reply.status != 200:  # noqa: PLR2004 - the platform says everything in the body
        raise Garbled(f"HTTP {reply.status}", reply.body)
    answer = decode(reply.body, wire.Answer)
    return Answer(str(answer.code), bytes(answer.data))


def open_push(account: WanlitongAccount, raw: bytes) -> wire.Order:
    """What was pushed to us. Raises: Garbled."""
    envelope = decode(raw, wire.Envelope)
    if envelope.channel_code != account.channel_code:
        raise Garbled("the push is for another channel", raw)
    try:
        sealed = b64decode(envelope.data, validate=True)
    except ValueError as error:
        raise Garbled("the push is no Base64", raw) from error
    size = rsa.private_key(account.private_key).key_size // 8
    key = rsa.unwrap_now(account.private_key, sealed[:size], KEY_BYTES, PADDING)
    return decode(aes.decrypt_ecb(key, sealed[size:]), wire.Order)


def decode(data: bytes, of: type[T]) -> T:
    """JSON as one of the platform's structs. Raises: Garbled, which says where but never what."""
    try:
        return msgspec.json.decode(data, type=of)
    except UNREADABLE as error:
        raise Garbled(f"{of.__name__} cannot be read: {error}", data) from error
