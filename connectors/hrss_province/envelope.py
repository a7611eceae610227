"""What every message travels in: JSON out under an HMAC over its bytes, JSON back that nobody signed."""

import hmac
import secrets
from base64 import b64encode
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from connectors.hrss_province import wire
from connectors.hrss_province.facts import ZONE
from schemas.call import Http, Reply
from schemas.errors import Garbled
from schemas.region import RegionCode
from schemas.struct import pattern

T = TypeVar("T")


class HrssAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank's application at the office, as its credential file names things."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    app_key: str
    app_secret: str
    province_area: RegionCode

    def __repr__(self) -> str:
        return f"HrssAccount(app_key={self.app_key!r})"


class Answer(msgspec.Struct, frozen=True):
    """A reply that reads as one of the office's. TLS alone says whose it is."""

    code: str
    message: str
    data: bytes

    def read(self, of: type[T]) -> T:
        """Raises: Garbled."""
        return decode(self.data, of)


def seal(account: HrssAccount, operation: str, data: msgspec.Struct, now: datetime) -> Http:
    """A request, good for one exchange: its nonce may not come twice."""
    body = msgspec.json.encode(data)
    timestamp = now.astimezone(ZONE).strftime("%Y%m%d%H%M%S")
    nonce = secrets.token_hex(16)
    signature = hmac.digest(account.app_secret.encode(), f"{timestamp}{nonce}".encode() + body, "sha256")
    return Http(
        method="POST",
        url=f"{account.base_url.rstrip('/')}/rs/{operation}",
        headers={
            "content-type": "application/json; charset=utf-8",
            "app-key": account.app_key,
            "timestamp": timestamp,
            "nonce": nonce,
            "signature": b64encode(signature).decode(),
        },
        body=body,
    )


def unseal(reply: Reply) -> Answer:
    """Raises: Garbled."""
    if reply.status != 200:  # noqa: PLR2004 - HTTP's word for "here is your answer"
        raise Garbled(f"HTTP {reply.status}", reply.body)
    outer = decode(reply.body, wire.Answer)
    return Answer(outer.code, outer.message, bytes(outer.data))


def decode(data: bytes, of: type[T]) -> T:
    """JSON as one of the office's structs. Raises: Garbled, which says where but never what."""
    try:
        return msgspec.json.decode(data, type=of)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Garbled(f"{of.__name__} cannot be read: {error}", data) from error
