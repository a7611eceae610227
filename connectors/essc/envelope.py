"""What every message travels in: five parameters out, JSON back, SM2 around what is said, HMAC-SM3 over who says it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import urlencode

import msgspec

from connectors.essc import wire
from connectors.kit.signing import hmac_sm3, sm2, sm2_keys
from connectors.kit.signing.sorted_fields import query_text
from schemas.call import Http, Reply
from schemas.errors import Garbled
from schemas.struct import pattern

T = TypeVar("T")


class EsscAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank's channel on the platform, as its credential file names things."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    access_id: str
    access_secret: str
    channel_no: str
    platform_public_key: str
    """SM2, 04 ‖ x ‖ y in hexadecimal."""

    def __post_init__(self) -> None:
        sm2_keys.public_key(self.platform_public_key)

    def __repr__(self) -> str:
        return f"EsscAccount(access_id={self.access_id!r})"


class Answer(msgspec.Struct, frozen=True):
    """A reply whose signature held."""

    code: str
    message: str
    data: bytes

    def read(self, of: type[T]) -> T:
        """Raises: Garbled."""
        return decode(self.data, of)


async def seal(account: EsscAccount, api_name: str, business: wire.Business, now: datetime) -> Http:
    """A request. It is a POST, though the platform takes a GET too: nothing on the way may repeat a POST."""
    signed = {
        "_api_name": api_name,
        "_api_access_id": account.access_id,
        "_api_timestamp": str(int(now.timestamp() * 1000)),
    }
    sealed = await sm2.encrypt(account.platform_public_key, msgspec.json.encode(business))
    query = signed | {"security": sealed.hex(), "_api_signature": signature(account, query_text(signed))}
    return Http(method="POST", url=f"{account.base_url.rstrip('/')}/gateway?{urlencode(query)}")


def unseal(account: EsscAccount, reply: Reply) -> Answer:
    """A reply, believed only once its signature holds; refusals are signed too. Raises: Garbled."""
    if reply.status != 200:  # noqa: PLR2004 - HTTP's word for "here is your answer"
        raise Garbled(f"HTTP {reply.status}", reply.body)
    outer = decode(reply.body, wire.Answer)
    if not holds(account, f"{outer.code}{outer.message}{outer.timestamp}{outer.data}", outer.signature):
        raise Garbled("the reply's signature does not hold", reply.body)
    return Answer(outer.code, outer.message, outer.data.encode())


def believed(account: EsscAccount, form: Mapping[str, str]) -> bool:
    """Whether a callback is the platform's, to this channel: every field is signed, empty ones too."""
    if (form.get("_api_name"), form.get("_api_access_id")) != (wire.CALLBACK, account.access_id):
        return False
    rest = {name: value for name, value in form.items() if name != "_api_signature"}
    return holds(account, query_text(rest), form.get("_api_signature", ""))


def signature(account: EsscAccount, text: str) -> str:
    return hmac_sm3.code(account.access_secret.encode(), text.encode()).hex()


def holds(account: EsscAccount, text: str, claimed: str) -> bool:
    return hmac_sm3.verify_hex(account.access_secret.encode(), text.encode(), claimed)


def decode(data: bytes, of: type[T]) -> T:
    """JSON as one of the platform's structs. Raises: Garbled, which says where but never what."""
    try:
        return msgspec.json.decode(data, type=of)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Garbled(f"{of.__name__} cannot be read: {error}", data) from error
