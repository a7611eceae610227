"""What the channel lets in and out, and how it tells failures apart."""

import importlib.util
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import httpx
import pytest

from connectors.kit.channel import MAX_REPLY, Channel, told_apart
from schemas.call import Http, Reply
from schemas.errors import Garbled, Late, MaybeSent, NotSent, PartnerFailure
from tests.connectors.kit import rude

PATIENCE = timedelta(seconds=5)

NOT_SENT = {
    "ClientConnectorError",
    "ClientConnectorDNSError",
    "ClientProxyConnectionError",
    "UnixClientConnectorError",
    "ClientSSLError",
    "ClientConnectorSSLError",
    "ClientConnectorCertificateError",
    "ConnectionTimeoutError",
}
MAYBE_SENT = {
    "ClientError",
    "ClientConnectionError",
    "ClientConnectionResetError",
    "ClientHttpProxyError",
    "ClientOSError",
    "ClientPayloadError",
    "ClientResponseError",
    "ContentTypeError",
    "InvalidURL",
    "InvalidUrlClientError",
    "InvalidUrlRedirectClientError",
    "NonHttpUrlClientError",
    "NonHttpUrlRedirectClientError",
    "RedirectClientError",
    "ServerConnectionError",
    "ServerDisconnectedError",
    "ServerFingerprintMismatch",
    "ServerTimeoutError",
    "SocketTimeoutError",
    "TooManyRedirects",
    "UploadAbortedError",
    "WSServerHandshakeError",
}
HTTPX = {
    "HTTPError",
    "RequestError",
    "TransportError",
    "TimeoutException",
    "ConnectTimeout",
    "ReadTimeout",
    "WriteTimeout",
    "PoolTimeout",
    "NetworkError",
    "ReadError",
    "WriteError",
    "ConnectError",
    "CloseError",
    "ProxyError",
    "UnsupportedProtocol",
    "ProtocolError",
    "LocalProtocolError",
    "RemoteProtocolError",
    "DecodingError",
    "TooManyRedirects",
    "HTTPStatusError",
}


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    channel = Channel(connect=timedelta(seconds=1), connections=4)
    yield channel
    await channel.close()


def family(root: type[Exception]) -> dict[str, type[Exception]]:
    """A class and all that come from it, where they are its library's own."""
    library = root.__module__.partition(".")[0]
    found = {root.__name__: root}
    for child in root.__subclasses__():
        if child.__module__.partition(".")[0] == library:
            found |= family(child)
    return found


def test_every_aiohttp_error_is_classified() -> None:
    """A class that aiohttp adds is put on one side by a person before this passes again."""
    assert set(family(aiohttp.ClientError)) == NOT_SENT | MAYBE_SENT


def test_every_httpx_error_is_known() -> None:
    """A class that httpx adds is looked at by a person before this passes again."""
    assert set(family(httpx.HTTPError)) == HTTPX


@pytest.mark.parametrize("name", sorted(NOT_SENT | MAYBE_SENT))
def test_cause_decides_under_any_name(name: str) -> None:
    """An aiohttp error means the same bare and under whatever name httpx gives it."""
    kind = family(aiohttp.ClientError)[name]
    cause = kind.__new__(kind)
    wrapped = httpx.ConnectTimeout("misleading")
    wrapped.__cause__ = cause
    expected = NotSent if name in NOT_SENT else Garbled if kind is aiohttp.ClientResponseError else MaybeSent
    assert type(told_apart(cause)) is (Late if issubclass(kind, TimeoutError) and expected is MaybeSent else expected)
    assert type(told_apart(wrapped)) is expected


@pytest.mark.parametrize("name", sorted(HTTPX))
def test_httpx_names_prove_nothing(name: str) -> None:
    """Without aiohttp's cause, no httpx error is proof, not even one that says it never connected."""
    kind = family(httpx.HTTPError)[name]
    assert type(told_apart(kind.__new__(kind))) is MaybeSent


def test_httpx2_is_not_here() -> None:
    """Authlib prefers httpx2 wherever it can be imported; then nothing intercepts its traffic any more."""
    assert importlib.util.find_spec("httpx2") is None


async def test_reply_is_whole_with_lower_case_headers(channel: Channel) -> None:
    """A reply carries its status, its whole body, and header names in lower case."""

    async def answer(_: rude.Rude, peer: socket.socket) -> None:
        request = await rude.read(peer)
        assert request.startswith(b"PATCH /a?b=%20 HTTP/1.1\r\n")
        assert request.endswith(b"\r\n\r\n\x00\xff")
        await rude.say(peer, b"HTTP/1.1 418 Teapot\r\nX-Kind: Tea\r\nContent-Length: 4\r\n\r\n\x00tea")

    async with rude.serving(answer) as partner:
        message = Http(method="PATCH", url=f"{partner.url}/a?b=%20", headers={"X-A": "1"}, body=b"\x00\xff")
        reply = await channel.exchange(message, PATIENCE)
    assert (reply.status, reply.headers["x-kind"], reply.body) == (418, "Tea", b"\x00tea")


async def test_redirects_and_cookies_are_not_followed(channel: Channel) -> None:
    """A redirect is the answer, and a cookie is never sent back."""
    heads: list[bytes] = []

    async def redirect(_: rude.Rude, peer: socket.socket) -> None:
        heads.append(await rude.read(peer))
        await rude.say(peer, b"HTTP/1.1 307 Go\r\nLocation: /b\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")

    async with rude.serving(redirect) as partner:
        replies = [await channel.exchange(Http(method="POST", url=f"{partner.url}/a"), PATIENCE) for _ in range(2)]
    assert [reply.status for reply in replies] == [307, 307]
    assert not any(b"cookie" in head.lower() for head in heads)
    assert len(heads) == 2


async def test_endless_reply_is_cut_off(channel: Channel) -> None:
    """A reply beyond what anybody reads is garbled, with a sample of it, and the next call goes through."""

    async def endless(_: rude.Rude, peer: socket.socket) -> None:
        await rude.read(peer)
        await rude.say(peer, b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * (MAX_REPLY + 1))

    async with rude.serving(endless) as partner:
        with pytest.raises(Garbled) as caught:
            await channel.exchange(Http(method="GET", url=partner.url), PATIENCE)
        assert len(caught.value.evidence) == 1024
        polite = await channel.exchange(Http(method="GET", url=f"{partner.url}/polite"), PATIENCE)
    assert polite == Reply(status=200, headers={"content-length": "2"}, body=b"ok")


@pytest.mark.parametrize("bytes_sent", [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x15\x03\x03\x00\x02"])
async def test_bytes_that_are_no_http_are_garbled(channel: Channel, bytes_sent: bytes) -> None:
    """Somebody answered, and not in HTTP: a garbled answer, after which the request may have been received."""

    async def babble(_: rude.Rude, peer: socket.socket) -> None:
        await rude.read(peer)
        await rude.say(peer, bytes_sent)

    async with rude.serving(babble) as partner:
        with pytest.raises(Garbled):
            await channel.exchange(Http(method="POST", url=partner.url), PATIENCE)


@pytest.mark.parametrize("silence", [rude.hang, rude.hang_in_the_body])
async def test_silence_is_late(channel: Channel, silence: rude.Manners) -> None:
    """Who says nothing, or not all of it, for as long as anybody waits is late, and may have received the request."""
    async with rude.serving(silence) as partner:
        with pytest.raises(Late):
            await channel.exchange(Http(method="POST", url=partner.url), timedelta(seconds=0.2))


@pytest.mark.parametrize(
    "message",
    [
        Http(method="GET", url="no address"),
        Http(method="GET", url="http://[::1"),
        Http(method="GET", url="http://"),
        Http(method="GET", url="ftp://127.0.0.1/"),
        Http(method="GET", url="http://127.0.0.1:99999/"),
        Http(method="GET", url="http://127.0.0.1:1/\x00"),
        Http(method="GET", url="http://127.0.0.1:1/", headers={"X-A": "1\r\nX-B: 2"}),
        Http(method="GET", url="http://127.0.0.1:1/", headers={"X-A": "元"}),
        Http(method="GE T", url="http://127.0.0.1:1/"),
    ],
    ids=lambda message: repr((message.method, message.url, dict(message.headers))),
)
async def test_unsendable_message_fails_in_our_words(channel: Channel, message: Http) -> None:
    """Whatever is wrong with a message, no exception of httpx's or aiohttp's own comes out."""
    with pytest.raises(PartnerFailure):
        await channel.exchange(message, PATIENCE)


async def test_closed_channel_sends_nothing() -> None:
    """A channel that was closed, under a call that was just leaving, proves that nothing was sent."""
    channel = Channel(connect=timedelta(seconds=1), connections=1)
    async with rude.serving(rude.fine) as partner:
        message = Http(method="POST", url=f"{partner.url}/pay")
        await channel.exchange(message, PATIENCE)
        await channel.close()
        with pytest.raises(NotSent):
            await channel.exchange(message, PATIENCE)
        assert partner.arrivals == 1
