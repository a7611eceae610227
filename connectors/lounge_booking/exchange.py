"""The account, and one signed exchange under it."""

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, NamedTuple, TypeAlias, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from connectors.kit.answers import said
from connectors.kit.codes import Codes
from connectors.kit.manifest import Manifest
from connectors.lounge_booking import wire
from schemas.call import Call, Http, Reply
from schemas.errors import Garbled, Refused
from schemas.struct import pattern

MANIFEST = Manifest.read(Path(__file__).parent)
QUESTION = Codes(MANIFEST, "question")
NONCE_SPENT = frozenset(code for code, meaning in MANIFEST.codes["question"].items() if meaning.means == "session")

T = TypeVar("T")
At: TypeAlias = dict[str, str]
"""Our field for a code of the partner's, or else for its field."""


class LoungeAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's key, the secret that signs requests, and the one that signs events."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    api_key: str
    api_secret: str
    webhook_secret: str

    def __repr__(self) -> str:
        return f"LoungeAccount(base_url={self.base_url!r})"


class No(NamedTuple):
    """An error of the partner's: its code, and its name for the field."""

    code: str
    source: str = ""

    def field(self, at: At) -> str | None:
        return at.get(self.code) or at.get(self.source)


def signed(call: Call, method: str, path: str, body: bytes = b"") -> Http:
    """A request that is good once, and for five minutes. `path` is with its query."""
    account = call.account(LoungeAccount)
    url = account.base_url.rstrip("/") + path
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    stamp, nonce = str(int(call.clock().timestamp())), secrets.token_hex(16)
    text = "\n".join((method, target, stamp, nonce, sha256(body).hexdigest()))
    headers = {
        "X-Api-Key": account.api_key,
        "X-Timestamp": stamp,
        "X-Nonce": nonce,
        "X-Signature": hmac.digest(account.api_secret.encode(), text.encode(), "sha256").hex(),
        "Accept": "application/json",
    }
    if body:
        headers["Content-Type"] = "application/json"
    return Http(method=method, url=url, headers=headers, body=body)


async def get(call: Call, path: str, query: Mapping[str, str], decoder: msgspec.json.Decoder[T], at: At) -> T:
    """What a GET brings. Raises: Refused, naming the field by `at`; NotSent, MaybeSent."""
    return await _ask(call, "GET", f"{path}?{urlencode(query)}" if query else path, b"", decoder, at)


async def post(call: Call, path: str, question: msgspec.Struct, decoder: msgspec.json.Decoder[T], at: At) -> T:
    """What a POST brings that only asks. Raises: as `get`."""
    return await _ask(call, "POST", path, wire.write(question), decoder, at)


async def _ask(call: Call, method: str, path: str, body: bytes, decoder: msgspec.json.Decoder[T], at: At) -> T:
    answer = answered(await call.send(signed(call, method, path, body)), decoder)
    if isinstance(answer, No) and answer.code in NONCE_SPENT:
        # A lost question is repeated as it was, with a nonce that may have arrived the first time.
        answer = answered(await call.send(signed(call, method, path, body)), decoder)
    if not isinstance(answer, No):
        return answer
    meaning = QUESTION.meaning(answer.code)
    if meaning is not None and meaning.means == "refused":
        raise Refused(meaning.text, field=answer.field(at))
    raise Garbled(f"the question was answered {answer.code[:64]!r}")


def answered(reply: Reply, decoder: msgspec.json.Decoder[T]) -> T | No:
    """What an answer says. Raises: Garbled for a failure of the partner's own, and what cannot be read."""
    answer = said(reply, decoder, wire.FAILURE)
    if not isinstance(answer, wire.Failure):
        return answer
    fault = answer.errors.error[0]
    return No(fault.reason_code, fault.source or "")
