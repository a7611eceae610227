"""One exchange with the partner: the account, its token, and what an answer is worth before its body is mapped."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlencode

import msgspec

from connectors.kit.attempt import SERVER_ERROR
from connectors.kit.manifest import Manifest
from connectors.reloadly_utilities import wire
from schemas.call import Call, Http, Kept, Reply
from schemas.errors import Garbled
from schemas.money import Currency
from schemas.secret import Secret
from schemas.struct import pattern

MANIFEST = Manifest.read(Path(__file__).parent)
TOKEN_REFUSED = frozenset(code for code, meaning in MANIFEST.codes["session"].items() if meaning.means == "session")

T = TypeVar("T")
Exchange = Callable[[Http], Awaitable[Reply]]
"""`call.send`, or an attempt's `submit` of one step."""

BaseUrl = Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]


class ReloadlyAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's API client and wallet. The audience names the product: a token for another is refused."""

    base_url: BaseUrl
    auth_url: BaseUrl
    client_id: str
    client_secret: str
    audience: str
    wallet_currency: Currency | None = None

    def __repr__(self) -> str:
        return f"ReloadlyAccount(client_id={self.client_id!r})"


async def get(call: Call, path: str, query: Mapping[str, str]) -> Reply:
    return await authorised(call, call.send, "GET", f"{path}?{urlencode(query)}")


async def authorised(call: Call, exchange: Exchange, method: str, path: str, body: bytes = b"") -> Reply:
    """One exchange under the account's token; a refused token is replaced, and used, once.

    A refused token means that nothing was performed, so this holds for payments too.
    """
    reply = await _under_token(call, exchange, method, path, body)
    if token_refused(reply):
        reply = await _under_token(call, exchange, method, path, body)
    return reply


async def _under_token(call: Call, exchange: Exchange, method: str, path: str, body: bytes) -> Reply:
    account = call.account(ReloadlyAccount)
    token = await call.session("token", partial(_open_token, call))
    headers = {"Authorization": f"Bearer {token.reveal()}", "Accept": wire.ACCEPT}
    if body:
        headers["Content-Type"] = "application/json"
    url = account.base_url.rstrip("/") + path
    reply = await exchange(Http(method=method, url=url, headers=headers, body=body))
    if token_refused(reply):
        call.reject("token", token)
    return reply


async def _open_token(call: Call) -> Kept[Secret[str]]:
    account = call.account(ReloadlyAccount)
    request = wire.TokenRequest(account.client_id, account.client_secret, account.audience)
    reply = await call.send(
        Http(
            method="POST",
            url=f"{account.auth_url.rstrip('/')}/oauth/token",
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            body=wire.write(request),
        )
    )
    return token_kept(reply, call.clock())


def token_kept(reply: Reply, now: datetime) -> Kept[Secret[str]]:
    """The token, until a little before it ends. The body is no evidence to keep: it may hold the token."""
    if not _is_2xx(reply):
        raise Garbled(f"the partner gave no token: HTTP {reply.status} {error_code(reply)}")
    try:
        token = msgspec.json.decode(reply.body, type=wire.Token)
    except wire.UNREADABLE as error:
        raise Garbled("the token cannot be read") from error
    if token.token_type.lower() != "bearer":
        raise Garbled("the token is no bearer token")
    lifetime = timedelta(seconds=token.expires_in)
    return Kept(Secret(token.access_token), now + lifetime - min(timedelta(minutes=1), lifetime / 10))


def token_refused(reply: Reply) -> bool:
    return reply.status == 401 and error_code(reply) in TOKEN_REFUSED  # noqa: PLR2004


def is_success(reply: Reply) -> bool:
    """Raises: Garbled for a failure of the partner's own."""
    if reply.status >= SERVER_ERROR:
        raise Garbled(f"HTTP {reply.status}", reply.body)
    return _is_2xx(reply)


def _is_2xx(reply: Reply) -> bool:
    return 200 <= reply.status < 300  # noqa: PLR2004


def read(reply: Reply, decoder: msgspec.json.Decoder[T]) -> T:
    """The body of a successful answer. Raises: Garbled."""
    if not is_success(reply):
        raise Garbled(f"HTTP {reply.status} {error_code(reply)}", reply.body)
    try:
        return decoder.decode(reply.body)
    except wire.UNREADABLE as error:
        raise Garbled("the answer cannot be read", reply.body) from error


def error_code(reply: Reply) -> str:
    """The partner's code for an error; where there is none, or nobody can read it, the HTTP status in its place."""
    try:
        failure = msgspec.json.decode(reply.body, type=wire.Failure)
    except wire.UNREADABLE:
        failure = wire.Failure()
    return (failure.error_code or f"http-{reply.status}")[:64]
