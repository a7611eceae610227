"""One exchange with the partner: the account, its token, and what an answer is worth before its data are mapped."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Literal, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from connectors.kit.attempt import SERVER_ERROR
from connectors.setu_bbps import wire
from connectors.setu_bbps.facts import MANIFEST
from schemas.call import Call, Http, Kept, Reply
from schemas.errors import Garbled
from schemas.secret import Secret
from schemas.struct import pattern

TOKEN_REFUSED = frozenset(code for code, meaning in MANIFEST.codes["session"].items() if meaning.means == "session")

T = TypeVar("T")
Exchange = Callable[[Http], Awaitable[Reply]]
"""`call.send`, or an attempt's `submit` of one step."""


class SetuAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's API client and agent. The other channels demand more about the agent than there is here."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    client_id: str
    client_secret: str
    partner_id: Annotated[str, pattern("[0-9]+", "The partner's number")]
    agent_id: str
    agent_channel: Literal["INT", "INTB"]
    agent_ip: str
    agent_mac: str
    remitter_name: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
    """Who pays, as the partner is told: the bank, for no payment of the contract names a payer."""

    @property
    def agent(self) -> wire.Agent:
        return wire.Agent(self.agent_id, self.agent_channel, self.agent_ip, self.agent_mac)

    def digest(self, *parts: object) -> str:
        """A short name for what must not be written out; without our secret no guess can be confirmed."""
        key = hmac.digest(self.client_secret.encode(), b"setu_bbps/digest/1", "sha256")
        return hmac.digest(key, msgspec.json.encode(parts), "sha256").hex()[:24]

    def __repr__(self) -> str:
        return f"SetuAccount(client_id={self.client_id!r})"


async def get(call: Call, path: str, query: Mapping[str, str | list[str]]) -> Reply:
    return await authorised(call, call.send, "GET", f"{path}?{urlencode(query, doseq=True)}")


async def post(call: Call, path: str, message: msgspec.Struct) -> Reply:
    """Asks something that is asked by POST here."""
    return await authorised(call, call.send, "POST", path, msgspec.json.encode(message))


async def authorised(call: Call, exchange: Exchange, method: str, path: str, body: bytes = b"") -> Reply:
    """One exchange under the account's token; a refused token is replaced, and used, once.

    A refused token means that nothing was performed, so this holds for payments too.
    """
    reply = await _under_token(call, exchange, method, path, body)
    if _token_refused(reply):
        reply = await _under_token(call, exchange, method, path, body)
    return reply


async def _under_token(call: Call, exchange: Exchange, method: str, path: str, body: bytes) -> Reply:
    account = call.account(SetuAccount)
    token = await call.session("token", partial(_open_token, call))
    headers = {"Authorization": f"Bearer {token.reveal()}", "X-PARTNER-ID": account.partner_id}
    if body:
        headers["Content-Type"] = "application/json"
    url = f"{account.base_url.rstrip('/')}/api/v2/bbps{path}"
    reply = await exchange(Http(method=method, url=url, headers=headers, body=body))
    if _token_refused(reply):
        call.reject("token", token)
    return reply


async def _open_token(call: Call) -> Kept[Secret[str]]:
    account = call.account(SetuAccount)
    reply = await call.send(
        Http(
            method="POST",
            url=f"{account.base_url.rstrip('/')}/api/v2/auth/token",
            headers={"Content-Type": "application/json"},
            body=msgspec.json.encode(wire.TokenRequest(account.client_id, account.client_secret)),
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
    if not token.success:
        raise Garbled("the partner gave no token, it says")
    lifetime = timedelta(seconds=token.expires_in)
    return Kept(Secret(token.token), now + lifetime - min(timedelta(minutes=1), lifetime / 10))


def _token_refused(reply: Reply) -> bool:
    return reply.status == 401 and error_code(reply) in TOKEN_REFUSED  # noqa: PLR2004


def is_success(reply: Reply) -> bool:
    """Raises: Garbled for a failure of the partner's own, whose body names the codes of refusals too."""
    if reply.status >= SERVER_ERROR:
        raise Garbled(f"HTTP {reply.status}", reply.body)
    return _is_2xx(reply)


def _is_2xx(reply: Reply) -> bool:
    return 200 <= reply.status < 300  # noqa: PLR2004


def read(reply: Reply, decoder: msgspec.json.Decoder[wire.Answer[T]]) -> T:
    """The data of a successful answer. Raises: Garbled."""
    if not is_success(reply):
        raise Garbled(f"HTTP {reply.status} {error_code(reply)}", reply.body)
    try:
        answer = decoder.decode(reply.body)
    except wire.UNREADABLE as error:
        raise Garbled("the answer cannot be read", reply.body) from error
    if not answer.success:
        raise Garbled("the answer is no success, it says", reply.body)
    return answer.data


def error_code(reply: Reply) -> str:
    """The partner's code for an error; the HTTP status in its place where the body does not clearly refuse."""
    try:
        failure = msgspec.json.decode(reply.body, type=wire.Failure)
    except wire.UNREADABLE:
        failure = wire.Failure()
    fault = failure.error if failure.success is False else failure.data.duplicate if failure.data else None
    return ((fault.code if fault else None) or f"http-{reply.status}")[:64]


def after(next_page: str | None) -> str | None:
    """The cursor in an address whose path cannot be trusted: the document's own lack the version."""
    return parse_qs(urlsplit(next_page or "").query).get("after", [None])[0]
