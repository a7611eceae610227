"""How often a request reaches a partner that misbehaves, counted at the socket, and what the channel makes of it."""

import asyncio
import contextlib
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import aiohttp
import pytest

from connectors.kit.channel import Channel
from schemas.call import Http, Reply
from schemas.errors import MaybeSent, NotSent
from tests import ports
from tests.connectors.kit import rude

PATIENCE = timedelta(seconds=5)
MANNERS = [
    rude.close_after_reading,
    rude.reset_after_reading,
    rude.close_before_reading,
    rude.half_a_head,
    rude.half_a_body,
    rude.half_a_chunk,
    rude.garbage,
    rude.bad_gzip,
    rude.hang,
    rude.hang_in_the_body,
]


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    channel = Channel(connect=timedelta(seconds=0.5), connections=4)
    yield channel
    await channel.close()


async def ask(channel: Channel, url: str, method: str = "POST", patience: timedelta = PATIENCE) -> Reply:
    return await channel.exchange(Http(method=method, url=url, body=b'{"pay": 1}'), patience)


def session_of(channel: Channel) -> aiohttp.ClientSession:
    session = channel._transport.client
    assert isinstance(session, aiohttp.ClientSession)
    return session


@pytest.mark.parametrize("connection", ["fresh", "reused"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("manners", MANNERS, ids=lambda manners: manners.__name__)
async def test_misbehaviour_is_met_once(channel: Channel, manners: rude.Manners, method: str, connection: str) -> None:
    """Whatever a partner does to a request, it gets it once, on any method and connection; it may have acted."""
    hangs = manners in (rude.hang, rude.hang_in_the_body)
    async with rude.serving(manners) as partner:
        if connection == "reused":
            assert (await ask(channel, f"{partner.url}/polite")).body == b"ok"
        with pytest.raises(MaybeSent):
            await ask(channel, f"{partner.url}/pay", method, timedelta(seconds=0.2) if hangs else PATIENCE)
        assert (await ask(channel, f"{partner.url}/polite")).status == 200
    assert partner.arrivals == 1
    assert partner.connections <= 2


async def test_connections_are_reused(channel: Channel) -> None:
    """The tests above do run on a reused connection: two exchanges in a row share one."""
    async with rude.serving(rude.fine) as partner:
        for _ in range(2):
            assert (await ask(channel, f"{partner.url}/polite")).status == 200
        assert partner.connections == 1


async def test_without_the_guard_a_put_arrives_twice(channel: Channel) -> None:
    """The guard matters: with aiohttp's own repeat switched on again, the same PUT reaches the partner twice."""
    async with rude.serving(rude.close_after_reading) as partner:
        await ask(channel, f"{partner.url}/polite")
        assert session_of(channel)._retry_connection is False
        session_of(channel)._retry_connection = True
        with pytest.raises(MaybeSent):
            await ask(channel, f"{partner.url}/pay", "PUT")
        assert partner.arrivals == 2


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_refused_port_is_not_sent(channel: Channel, method: str) -> None:
    """Where nobody listens, nothing was sent."""
    with pytest.raises(NotSent):
        await ask(channel, f"http://127.0.0.1:{ports.take()}/pay", method)


async def test_unknown_name_is_not_sent(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that nobody resolves (RFC 6761, section 6.4) is no connection."""

    async def resolve(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    with pytest.raises(NotSent, match="DNS"):
        await ask(channel, "http://partner.invalid/pay")


@pytest.mark.parametrize("manners", [rude.plain_words, rude.close_before_reading])
async def test_failed_handshake_is_not_sent(channel: Channel, manners: rude.Manners) -> None:
    """A TLS handshake that fails comes before the request: what reached the partner is no request."""
    async with rude.serving(manners) as partner:
        with pytest.raises(NotSent):
            await ask(channel, partner.url.replace("http:", "https:") + "/pay")
        assert partner.arrivals == 1


@pytest.fixture
def full_backlog() -> Iterator[int]:
    """The port of a listener that accepts nobody and has no room to wait in: Linux then drops new SYNs."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse where Linux drops")
async def test_connect_timeout_is_not_sent(channel: Channel, full_backlog: int) -> None:
    """A connection that does not come about in time is proof that nothing was sent."""
    with pytest.raises(NotSent, match="ConnectionTimeoutError"):
        await ask(channel, f"http://127.0.0.1:{full_backlog}/pay")


async def test_busy_pool_is_not_sent() -> None:
    """A request that waited in vain for a free connection was not sent."""
    channel = Channel(connect=timedelta(seconds=0.2), connections=1)
    try:
        async with rude.serving(rude.hang) as partner, _occupied(channel, partner):
            with pytest.raises(NotSent):
                await ask(channel, f"{partner.url}/pay")
            assert partner.arrivals == 1
    finally:
        await channel.close()


@contextlib.asynccontextmanager
async def _occupied(channel: Channel, partner: rude.Rude) -> AsyncIterator[None]:
    """While another request holds the only connection."""
    holding = asyncio.create_task(ask(channel, f"{partner.url}/hold"))
    await partner.arrived.wait()
    try:
        yield
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


async def test_impatience_while_connecting_is_maybe_sent(channel: Channel, full_backlog: int) -> None:
    """Our own patience ends an exchange without proof of anything."""
    with pytest.raises(MaybeSent):
        await ask(channel, f"http://127.0.0.1:{full_backlog}/pay", patience=timedelta(seconds=0.1))


async def test_a_connection_that_was_closed_meanwhile_is_not_used(channel: Channel) -> None:
    """What leaves after the partner closed a kept connection goes over a fresh one, seen to be closed or not."""
    leave, left = threading.Event(), threading.Event()

    def partner(listener: socket.socket) -> None:
        for _ in range(2):
            taken, _ = listener.accept()
            taken.recv(4096)
            taken.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            leave.wait(5)
            taken.close()
            left.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=partner, args=(listener,))
        serving.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/pay"
        assert (await ask(channel, url)).body == b"ok"
        leave.set()
        assert left.wait(5)  # the loop stands still, and cannot have seen it
        assert (await ask(channel, url)).body == b"ok"
        serving.join()
