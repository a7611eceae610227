"""Partners that misbehave on the wire, and count what reached them."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Manners = Callable[["Rude", socket.socket], Awaitable[None]]


class Rude:
    """A server on raw sockets. It is polite to `/polite`; every other request gets its manners.

    Shape: `arrivals` counts requests that reached it, read or not; `connections` counts sockets.
    """

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.setblocking(False)
        self.arrivals = 0
        self.arrived = asyncio.Event()
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            peer, _ = await loop.sock_accept(self._listener)
            self.connections += 1
            task = asyncio.create_task(self._serve(peer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, peer: socket.socket) -> None:
        peer.setblocking(False)
        try:
            while head := await _peek(peer):
                if b" /polite " in head:
                    await read(peer)
                    await say(peer, FINE)
                    continue
                self.arrivals += 1
                self.arrived.set()
                await self._manners(self, peer)
        except OSError:
            pass
        finally:
            peer.close()

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._listener.close()


@asynccontextmanager
async def serving(manners: Manners) -> AsyncIterator[Rude]:
    rude = Rude(manners)
    task = asyncio.create_task(rude.run())
    try:
        yield rude
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await rude.stop()


async def _peek(peer: socket.socket) -> bytes:
    """What has come, without taking it; nothing once the other side is gone."""
    while True:
        try:
            return peer.recv(65536, socket.MSG_PEEK)
        except BlockingIOError:
            await asyncio.sleep(0.001)


async def read(peer: socket.socket) -> bytes:
    """One whole request, taken."""
    loop, came = asyncio.get_running_loop(), b""
    while b"\r\n\r\n" not in came:
        came += await loop.sock_recv(peer, 65536)
    head, _, body = came.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += await loop.sock_recv(peer, 65536)
    return head + b"\r\n\r\n" + body


async def say(peer: socket.socket, words: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(peer, words)


async def fine(_: Rude, peer: socket.socket) -> None:
    await read(peer)
    await say(peer, FINE)


async def close_after_reading(_: Rude, peer: socket.socket) -> None:
    await read(peer)
    peer.close()


async def reset_after_reading(_: Rude, peer: socket.socket) -> None:
    await read(peer)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


async def close_before_reading(_: Rude, peer: socket.socket) -> None:
    peer.close()


async def half_a_head(_: Rude, peer: socket.socket) -> None:
    await read(peer)
    await say(peer, b"HTTP/1.1 200 OK\r\nContent-")
    peer.close()


async def half_a_body(_: Rude, peer: socket.socket) -> None:
    await read(peer)
    await say(peer, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    peer.close()


async def half_a_chunk(_: Rude, peer: socket.socket) -> None:
    await read(peer)
    await say(peer, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf")
    peer.close()


async def garbage(_: Rude, peer: socket.socket) -> None:
    await read(peer)
    await say(peer, b"\x00\xff this is no HTTP\r\n\r\n")
    peer.close()


async def plain_words(_: Rude, peer: socket.socket) -> None:
    """Answers whatever comes, a TLS handshake say, in plain HTTP."""
    await asyncio.get_running_loop().sock_recv(peer, 65536)
    await say(peer, FINE)


async def bad_gzip(_: Rude, peer: socket.socket) -> None:
    await read(peer)
    await say(peer, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")


async def hang(_: Rude, peer: socket.socket) -> None:
    await read(peer)
    await asyncio.sleep(60)


async def hang_in_the_body(_: Rude, peer: socket.socket) -> None:
    await read(peer)
    await say(peer, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await asyncio.sleep(60)
