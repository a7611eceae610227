"""What every message travels in: a form out, JSON back, Base64 inside, MD5withRSA over the plain text."""

import hmac
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlencode

import msgspec

from connectors.ceb_channel import wire
from connectors.kit.signing import rsa
from schemas.call import Http, Reply
from schemas.errors import Garbled

T = TypeVar("T")


class CebAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank's account at the channel, as its credential file names things. Shape: both keys are PEM."""

    base_url: str
    site_code: str
    private_key: str
    """Ours, PKCS 8."""
    public_key: str
    """The channel's."""
    user_id: str
    device_type: str = "1"
    app_name: str = "scenario-hub"
    app_version: str = "1.0.0"

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("https://", "http://")):
            raise ValueError("base_url: is no http address")
        rsa.private_key(self.private_key)
        rsa.public_key(self.public_key)

    def digest(self, *parts: str | int | None) -> str:
        """A short name for what must not be written out; without our private key no guess can be confirmed."""
        key = hmac.digest(self.private_key.encode(), b"ceb_channel/digest/1", "sha256")
        return hmac.digest(key, msgspec.json.encode(parts), "sha256").hex()[:24]

    def __repr__(self) -> str:
        return f"CebAccount(site_code={self.site_code!r})"


class Answer(msgspec.Struct, frozen=True):
    """A reply whose signature held."""

    code: str
    data: bytes

    def read(self, of: type[T]) -> T:
        """Raises: Garbled."""
        return decode(self.data, of)


async def seal(account: CebAccount, transac_code: str, data: msgspec.Struct, patience: timedelta | None = None) -> Http:
    """A request, signed."""
    plain = msgspec.json.encode(data)
    text = request_text(account.site_code, transac_code, plain)
    form = {
        "siteCode": account.site_code,
        "version": wire.VERSION,
        "deviceType": account.device_type,
        "transacCode": transac_code,
        "charset": wire.CHARSET,
        "reqdata": b64encode(plain).decode(),
        "signature": doubled(await rsa.sign(account.private_key, text)),
    }
    return Http(
        method="POST",
        url=f"{account.base_url.rstrip('/')}/channel/gateway.do",
        headers={"content-type": f"application/x-www-form-urlencoded; charset={wire.CHARSET}"},
        body=urlencode(form).encode(),
        timeout=patience,
    )


async def unseal(account: CebAccount, reply: Reply) -> Answer:
    """A reply, believed only once its signature holds. Raises: Garbled."""
    if reply.status != 200:  # noqa: PLR2004 - HTTP's word for "here is your answer"
        raise Garbled(f"HTTP {reply.status}", reply.body)
    try:
        outer = decode(reply.body, wire.Envelope)
        plain = undo(outer.respData or "")
        signature = halved(outer.signature)
    except (Garbled, ValueError) as error:
        raise Garbled("the reply is no envelope of the channel", reply.body) from error
    text = f"{outer.respCode}{outer.respMsg or ''}".encode() + plain
    if not await rsa.verify(account.public_key, text, signature):
        raise Garbled("the reply's signature does not hold", reply.body)
    return Answer(outer.respCode, plain)


def open_push(account: CebAccount, raw: bytes) -> tuple[wire.Order, bool]:
    """An order that was pushed to us, and whether it is to be believed. Raises: Garbled where it cannot be read."""
    try:
        form = dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=32, errors="strict"))
        plain = undo(form["reqdata"])
        order = decode(plain, wire.Order)
    except (Garbled, KeyError, ValueError) as error:
        raise Garbled("the push is no form of the channel", raw) from error
    return order, _trusted(account, form, plain)


def _trusted(account: CebAccount, form: dict[str, str], plain: bytes) -> bool:
    """The channel signs for every site with one key, so a push for another site is none for this account."""
    if (form.get("siteCode"), form.get("transacCode")) != (account.site_code, wire.RESULT):
        return False
    try:
        signature = halved(form.get("signature", ""))
    except ValueError:
        return False
    return rsa.verify_now(account.public_key, request_text(account.site_code, wire.RESULT, plain), signature)


def request_text(site_code: str, transac_code: str, plain: bytes) -> bytes:
    """What a request, or a push, is signed over: always the bytes that travelled, never JSON written anew."""
    return f"{site_code}{wire.VERSION}{transac_code}".encode() + plain


def doubled(signature: bytes) -> str:
    """Base64, twice."""
    return b64encode(b64encode(signature)).decode()


def halved(text: str) -> bytes:
    """What `doubled` wrote. Raises: ValueError."""
    return undo(undo(text).decode("ascii"))


def undo(text: str) -> bytes:
    """Base64 as it arrives: percent signs left over from a second form encoding, or wrapped lines. Raises: ValueError.

    Neither a percent sign nor a space is Base64, so undoing them can change nothing else.
    """
    return b64decode("".join(unquote(text).replace(" ", "+").split()), validate=True)


def decode(data: bytes, of: type[T]) -> T:
    """JSON as one of the channel's structs. Raises: Garbled, which says where but never what."""
    try:
        return msgspec.json.decode(data, type=of)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Garbled(f"{of.__name__} cannot be read: {error}", data) from error
