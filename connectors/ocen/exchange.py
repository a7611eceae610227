"""The account, and one exchange: a token, a signature over the very bytes, and an acknowledgement that says no more."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, TypeAlias
from urllib.parse import urlencode

import msgspec

from connectors.kit.attempt import SERVER_ERROR
from connectors.kit.feeds import UNREADABLE
from connectors.kit.signing import jws
from connectors.ocen import wire
from connectors.ocen.facts import ACK, MANIFEST
from schemas.call import Attempt, Call, Http, Kept, Reply
from schemas.errors import Garbled, Refused
from schemas.outcome import Declined, Reason, Unknown
from schemas.secret import Secret
from schemas.struct import pattern

Exchange: TypeAlias = Callable[[Http], Awaitable[Reply]]
"""`call.send`, or an attempt's `submit` of one step."""
Content: TypeAlias = Mapping[str, object]
"""A request without its metadata."""

AT_FAULT = {
    "INVALID_REQUEST: terms.requestedAmount": "amount.amount",
    "INVALID_REQUEST: terms.currency": "amount.currency",
}
"""The part of our request that a refusal names: what the bank chose, and not we."""


class OcenAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank as a loan agent of the network, as its credential file names things. Shape: keys are P-256, in PEM."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    client_id: str
    client_secret: str
    org_id: str
    participant_id: str
    product_network_id: str
    key_id: str
    private_key: str
    """Ours, PKCS 8."""
    network_key_id: str
    network_public_key: str
    lenders_seconds: Annotated[int, msgspec.Meta(ge=0, le=540)] = 120
    """So long after they were asked the lenders are waited for, though the network says that there are offers."""

    def __post_init__(self) -> None:
        jws.private_key(self.signing_key)
        jws.public_key(self.network_key)

    @property
    def signing_key(self) -> str:
        """Ours, as a JWK."""
        return jws.jwk_of_pem(self.private_key, self.key_id)

    @property
    def network_key(self) -> str:
        """The network's, as a JWK."""
        return jws.jwk_of_pem(self.network_public_key, self.network_key_id)

    def __repr__(self) -> str:
        return f"OcenAccount(client_id={self.client_id!r})"


async def ask(call: Call, operation: str, content: Content, request_id: str) -> None:
    """Sends a request that may be repeated. Raises: NotSent, MaybeSent; Refused or Garbled without acknowledgement."""
    error = await _post(call, call.send, operation, content, request_id)
    if error in AT_FAULT:
        raise Refused("the network does not take this", field=AT_FAULT[error])
    if error != "0":
        raise Garbled(f"a request was answered {error[:64]!r}")


async def submit(
    attempt: Attempt, step: str, operation: str, content: Content, request_id: str
) -> Declined | Unknown | None:
    """Sends a request that changes something; None once it is acknowledged. Raises: NotSent, MaybeSent, Garbled."""
    error = await _post(attempt, partial(attempt.submit, step), operation, content, request_id)
    if error == "0":
        return None
    outcome = ACK.outcome(error.partition(":")[0], acknowledged=False)
    if isinstance(outcome, Declined):
        return outcome
    if _refuses_token(error):  # twice: the second one was new
        return Declined(
            reason=Reason(code="partner-failure", message="the network refuses the token it has just given")
        )
    return outcome if isinstance(outcome, Unknown) else Unknown(why="the network did not say whether it took it")


async def registry(call: Call) -> list[msgspec.Raw]:
    """The products of the network: the one question that is answered at once. Its signature is over the path."""
    account = call.account(OcenAccount)

    async def once() -> Reply:
        return await _under_token(call, call.send, Http(method="GET", url=_url(account, wire.PRODUCTS)), wire.PRODUCTS)

    reply = await once()
    if reply.status == 401:  # noqa: PLR2004 - a token that was refused is replaced once
        reply = await once()
    try:
        if reply.status == 200:  # noqa: PLR2004
            return msgspec.json.decode(reply.body, type=wire.Products).products
    except UNREADABLE as error:
        raise Garbled("the products cannot be read", reply.body) from error
    raise Garbled(f"HTTP {reply.status}", reply.body)


async def _post(call: Call, exchange: Exchange, operation: str, content: Content, request_id: str) -> str:
    """The error of the acknowledgement. A refused token performs nothing, and is replaced once."""
    account = call.account(OcenAccount)
    metadata = wire.Metadata(
        version=wire.VERSION,
        originator_org_id=account.org_id,
        originator_participant_id=account.participant_id,
        timestamp=stamp(call.clock()),
        trace_id=call.reference,
        request_id=request_id,
    )
    body = wire.write(metadata, content)
    message = Http(method="POST", url=_url(account, wire.ROOT + operation), body=body)
    error = _acknowledged(await _under_token(call, exchange, message, body), call.reference)
    if _refuses_token(error):
        error = _acknowledged(await _under_token(call, exchange, message, body), call.reference)
    return error


def _acknowledged(reply: Reply, trace_id: str) -> str:
    """Raises: Garbled."""
    if reply.status >= SERVER_ERROR:
        raise Garbled(f"HTTP {reply.status}", reply.body)
    try:
        ack = wire.ACK.decode(reply.body)
    except UNREADABLE as error:
        raise Garbled("the acknowledgement cannot be read", reply.body) from error
    if (ack.error == "0") != (reply.status == 200) or (ack.error == "0" and ack.trace_id != trace_id):  # noqa: PLR2004
        raise Garbled("the acknowledgement contradicts itself, or is another request's", reply.body)
    return ack.error


async def _under_token(call: Call, exchange: Exchange, message: Http, signed: bytes | str) -> Reply:
    account = call.account(OcenAccount)
    token = await call.session("token", partial(_open_token, call))
    data = signed.encode() if isinstance(signed, str) else signed
    headers = {
        "Authorization": f"Bearer {token.reveal()}",
        "Content-Type": "application/json",
        "Signature": jws.sign(account.signing_key, data),
    }
    reply = await exchange(msgspec.structs.replace(message, headers=headers))
    if reply.status == 401 and _refuses_token(_error_of(reply)):  # noqa: PLR2004
        call.reject("token", token)
    return reply


def _error_of(reply: Reply) -> str:
    try:
        return wire.ACK.decode(reply.body).error
    except UNREADABLE:
        return ""


def _refuses_token(error: str) -> bool:
    meaning = MANIFEST.codes["ack"].get(error)
    return meaning is not None and meaning.means == "session"


async def _open_token(call: Call) -> Kept[Secret[str]]:
    """The token, until a little before it ends. The body is no evidence to keep: it may hold the token."""
    account = call.account(OcenAccount)
    form = {
        "grant_type": "client_credentials",
        "client_id": account.client_id,
        "client_secret": account.client_secret,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = _url(account, wire.TOKEN)
    reply = await call.send(Http(method="POST", url=url, headers=headers, body=urlencode(form).encode()))
    if reply.status != 200:  # noqa: PLR2004
        raise Garbled(f"the auth service gave no token: HTTP {reply.status}")
    try:
        token = msgspec.json.decode(reply.body, type=wire.Token)
    except UNREADABLE as error:
        raise Garbled("the token cannot be read") from error
    lifetime = timedelta(seconds=token.expires_in)
    return Kept(Secret(token.access_token), call.clock() + lifetime - min(timedelta(minutes=1), lifetime / 10))


def _url(account: OcenAccount, path: str) -> str:
    return account.base_url.rstrip("/") + path


def stamp(at: datetime) -> str:
    """A time as the network writes it: UTC, with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
