"""OAuth 2.0 client credentials: a token per product of a house, asked for in JSON, replaced when it is refused.

Shaped after Reloadly, whose products share their tokens' issuer and the body of an error.

Source: partners/utility-bills.md, A4; RFC 6749, section 4.4; RFC 6750, section 2.1.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, TypeAlias, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from connectors.kit.attempt import SERVER_ERROR
from connectors.kit.feeds import UNREADABLE
from schemas.call import Call, Http, Kept, Reply
from schemas.errors import Garbled
from schemas.secret import Secret
from schemas.struct import pattern

T = TypeVar("T")
Exchange: TypeAlias = Callable[[Http], Awaitable[Reply]]
"""`call.send`, or an attempt's `submit` of one step."""

BaseUrl = Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]


class ClientAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's API client. The audience names the product: a token for another is refused."""

    base_url: BaseUrl
    auth_url: BaseUrl | None = None
    """Where `/oauth/token` is, without that path; None: at `base_url`."""
    client_id: str
    client_secret: str
    audience: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}(client_id={self.client_id!r})"


class TokenRequest(msgspec.Struct):
    """POST {auth_url}/oauth/token."""

    client_id: str
    client_secret: str
    audience: str
    grant_type: str = "client_credentials"


class Token(msgspec.Struct):
    """Its answer; good for one audience only."""

    access_token: Annotated[str, Meta(min_length=1, pattern=r"^[!-~]+$(?!\n)")]
    expires_in: Annotated[int, Meta(gt=0)]
    token_type: str = "Bearer"  # noqa: S105 - the kind of token, no token


class Failure(msgspec.Struct, rename="camel"):
    """The body of an error. A wrong path is answered in another shape, without a code."""

    error_code: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class Api:
    """One product of the house. Shape: `accept` names its version; `refused` are the codes of a 401 about a token."""

    accept: str
    refused: frozenset[str]

    async def get(self, call: Call, path: str, query: Mapping[str, str] | None = None) -> Reply:
        return await self.authorised(call, call.send, "GET", f"{path}?{urlencode(query)}" if query else path)

    async def authorised(self, call: Call, exchange: Exchange, method: str, path: str, body: bytes = b"") -> Reply:
        """One exchange under the account's token; a refused token is replaced, and used, once.

        A refused token means that nothing was performed, so this holds for orders too.
        """
        reply = await self._under_token(call, exchange, method, path, body)
        if self._refuses(reply):
            reply = await self._under_token(call, exchange, method, path, body)
        return reply

    async def _under_token(self, call: Call, exchange: Exchange, method: str, path: str, body: bytes) -> Reply:
        token = await call.session("token", partial(_open_token, call))
        headers = {"Authorization": f"Bearer {token.reveal()}", "Accept": self.accept}
        if body:
            headers["Content-Type"] = "application/json"
        url = call.account(ClientAccount).base_url.rstrip("/") + path
        reply = await exchange(Http(method=method, url=url, headers=headers, body=body))
        if self._refuses(reply):
            call.reject("token", token)
        return reply

    def _refuses(self, reply: Reply) -> bool:
        return reply.status == 401 and error_code(reply) in self.refused  # noqa: PLR2004


def is_success(reply: Reply) -> bool:
    """Raises: Garbled for a failure of the partner's own."""
    if reply.status >= SERVER_ERROR:
        raise Garbled(f"HTTP {reply.status}", reply.body)
    return _is_2xx(reply)


def read(reply: Reply, decoder: msgspec.json.Decoder[T]) -> T:
    """The body of a successful answer. Raises: Garbled."""
    if not is_success(reply):
        raise Garbled(f"HTTP {reply.status} {error_code(reply)}", reply.body)
    try:
        return decoder.decode(reply.body)
    except UNREADABLE as error:
        raise Garbled("the answer cannot be read", reply.body) from error


def failure(reply: Reply) -> Failure:
    """What an error says; nothing, where nobody can read it."""
    try:
        return msgspec.json.decode(reply.body, type=Failure)
    except UNREADABLE:
        return Failure()


def error_code(reply: Reply) -> str:
    """The partner's code for an error; where there is none, or nobody can read it, the HTTP status in its place."""
    return (failure(reply).error_code or f"http-{reply.status}")[:64]


async def _open_token(call: Call) -> Kept[Secret[str]]:
    account = call.account(ClientAccount)
    request = TokenRequest(account.client_id, account.client_secret, account.audience)
    reply = await call.send(
        Http(
            method="POST",
            url=f"{(account.auth_url or account.base_url).rstrip('/')}/oauth/token",
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            body=msgspec.json.encode(request),
        )
    )
    return _token_kept(reply, call.clock())


def _token_kept(reply: Reply, now: datetime) -> Kept[Secret[str]]:
    """The token, until a little before it ends. The body is no evidence to keep: it may hold the token."""
    if not _is_2xx(reply):
        raise Garbled(f"the partner gave no token: HTTP {reply.status} {error_code(reply)}")
    try:
        token = msgspec.json.decode(reply.body, type=Token)
    except UNREADABLE as error:
        raise Garbled("the token cannot be read") from error
    if token.token_type.lower() != "bearer":
        raise Garbled("the token is no bearer token")
    lifetime = timedelta(seconds=token.expires_in)
    return Kept(Secret(token.access_token), now + lifetime - min(timedelta(minutes=1), lifetime / 10))


def _is_2xx(reply: Reply) -> bool:
    return 200 <= reply.status < 300  # noqa: PLR2004
