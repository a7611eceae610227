"""The one gateway: what a message is signed with, and what an answer must be to be believed."""

import hmac
from base64 import b64decode
from hashlib import md5
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from connectors.fulu import wire
from connectors.kit.codes import Codes
from connectors.kit.feeds import UNREADABLE
from connectors.kit.manifest import Manifest
from connectors.kit.signing import aes
from connectors.kit.signing.sorted_fields import characters_of_fields, characters_of_text
from schemas.call import Call, Http, Reply
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.struct import pattern

MANIFEST = Manifest.read(Path(__file__).parent)
ZONE = ZoneInfo(MANIFEST.zone)
GOODS = Codes(MANIFEST, "goods")

T = TypeVar("T")


class FuluAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's application at the platform. The secret signs, and is the key of the card secrets too."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    app_key: str
    app_secret: Annotated[str, pattern("[!-~]{32}", "32 characters, as handed out")]

    def __repr__(self) -> str:
        return f"FuluAccount(app_key={self.app_key!r})"


class Answer(msgspec.Struct, frozen=True):
    """An answer whose signature held. It covers the result, and not the code."""

    code: str
    result: str

    def read(self, decoder: msgspec.json.Decoder[T]) -> T:
        """Raises: Garbled."""
        try:
            return decoder.decode(self.result)
        except UNREADABLE as error:
            raise Garbled("the result cannot be read", self.result.encode()) from error


def message(call: Call, method: str, biz: msgspec.Struct) -> Http:
    """A request, signed. The signed text is canonical JSON, not the bytes that travel."""
    account = call.account(FuluAccount)
    fields = {
        "app_key": account.app_key,
        "method": method,
        "timestamp": call.clock().astimezone(ZONE).strftime(wire.TIME),
        "version": "2.0",
        "format": "json",
        "charset": "utf-8",
        "sign_type": "md5",
        "app_auth_token": "",
        "biz_content": msgspec.json.encode(biz).decode(),
    }
    fields["sign"] = _signature(characters_of_fields(fields, account.app_secret))
    return Http(
        method="POST",
        url=f"{account.base_url.rstrip('/')}/api/getway",
        headers={"content-type": "application/json; charset=utf-8"},
        body=msgspec.json.encode(fields),
    )


def opened(account: FuluAccount, reply: Reply) -> Answer:
    """What an answer says. Raises: Garbled for whatever is not verifiably the partner's, an unsigned refusal too."""
    if reply.status != 200:  # noqa: PLR2004 - the platform answers nothing else, whatever the code
        raise Garbled(f"HTTP {reply.status}", reply.body)
    try:
        envelope = wire.ENVELOPE.decode(reply.body)
    except UNREADABLE as error:
        raise Garbled("the answer cannot be read", reply.body) from error
    answer = Answer(str(envelope.code), envelope.result or "")
    if not _same(envelope.sign, characters_of_text(answer.result, account.app_secret)):
        raise Garbled(f"the answer, with code {answer.code[:16]}, is not signed by the partner", reply.body)
    return answer


async def ask(call: Call, method: str, biz: msgspec.Struct, decoder: msgspec.json.Decoder[T]) -> T:
    """A question about goods, and its answer. Raises: Refused, MaybeSent."""
    answer = opened(call.account(FuluAccount), await call.send(message(call, method, biz)))
    meaning = GOODS.meaning(answer.code)
    if meaning and meaning.means == "refused":
        raise Refused(meaning.text, field="product_id")
    if not meaning or meaning.means != "ok":
        raise MaybeSent(f"the question was answered {answer.code[:16]!r}")
    return answer.read(decoder)


def push_holds(account: FuluAccount, fields: dict[str, str]) -> bool:
    """Whether the partner signed a push: over all its fields, however they travelled."""
    return _same(fields.get("sign"), characters_of_fields(fields, account.app_secret))


def decrypted(account: FuluAccount, sealed: str | None) -> str | None:
    """A card's number or password. Raises: Garbled, which never shows it."""
    if not sealed:
        return None
    try:
        return aes.decrypt_ecb(account.app_secret.encode(), b64decode(sealed, validate=True)).decode()
    except ValueError:
        raise Garbled("a card secret cannot be decrypted") from None


def _same(sign: str | None, text: str) -> bool:
    return hmac.compare_digest((sign or "").encode(), _signature(text).encode())


def _signature(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
