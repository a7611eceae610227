"""One HTTP/1.1 connection on h11, with the socket in hand so that it can end in every way a real one does."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress

import h11

from sandbox.stand.message import Ending, Reply, Request

GARBAGE = b"\x00\xff\x13\x37 this is no HTTP \xfe\xfe\r\n\r\n"
MAX_BODY = 1 << 20
_CHUNK = 1 << 16
_TURNS = 3
"""Of the loop, until a request that lies in the socket is in hand: seen, read, and given to whoever waits."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Answer = Callable[[Request], Awaitable[Reply]]
Release = Callable[[], Awaitable[object]]


class Connection:
    """Reads requests one after another and ends each answer as its `Ending` says."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answer: Answer,
        released: Release,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._released = released
        self._http = h11.Connection(h11.SERVER)
        self._idle = True
        self._parted = False
        self._closing: asyncio.Future[None] | None = None
        self.last = False
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def serve(self) -> None:
        """Until either side has had enough."""
        try:
            while (request := await self._request()) is not None:
                self._idle = False
                reply = await self._answer(request)
                if not await self._end(request, reply) or self.last:
                    break
                self._http.start_next_cycle()
                self._idle = True
        except (h11.RemoteProtocolError, _TooLarge) as error:
            self._complain(error)
        except OSError:
            pass
        finally:
            self._writer.close()

    def close(self) -> None:
        """Parts if nothing is being answered, nor has come to be, else closes as soon as the answer is out."""
        self.last = True
        self._closing = asyncio.ensure_future(self._part_if_idle())

    async def _part_if_idle(self) -> None:
        """We say nothing more, but listen on: a request that crossed our end is no less a request."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if self._idle:
            self._parted = True
            with suppress(OSError):  # the client was quicker
                self._writer.write_eof()

    def reset(self) -> None:
        """Throws the connection away so that the client's kernel hears RST."""
        sock = self._writer.get_extra_info("socket")
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._writer.transport.abort()

    async def _request(self) -> Request | None:
        head: h11.Request | None = None
        body: list[bytes] = []
        size = 0
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                if self._http.they_are_waiting_for_100_continue:
                    self._send(h11.InformationalResponse(status_code=100, headers=[]))
                self._http.receive_data(await self._reader.read(_CHUNK))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                size += len(event.data)
                if size > MAX_BODY:
                    raise _TooLarge
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return _request(head, b"".join(body))
            else:
                return None

    async def _end(self, request: Request, reply: Reply) -> bool:
        """Whether the connection may be used again."""
        if self._parted:
            return False
        match reply.ending:
            case Ending.WHOLE:
                self._writer.write(self._rendered(request, reply))
                await self._writer.drain()
                return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
            case Ending.HALF:
                whole = self._rendered(request, reply)
                self._writer.write(whole[: len(whole) - (len(reply.body) + 1) // 2])
            case Ending.GARBAGE:
                self._writer.write(GARBAGE)
            case Ending.RESET:
                self.reset()
            case Ending.HANG:
                await self._hang()
        return False

    async def _hang(self) -> None:
        tasks = [asyncio.ensure_future(self._released()), asyncio.ensure_future(self._reader.read(_CHUNK))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _rendered(self, request: Request, reply: Reply) -> bytes:
        headers = [
            (b"content-type", reply.content_type.encode()),
            (b"content-length", str(len(reply.body)).encode()),
        ]
        if self.last:
            headers.append((b"connection", b"close"))
        parts = [self._http.send(h11.Response(status_code=reply.status, headers=headers))]
        if request.method != "HEAD":
            parts.append(self._http.send(h11.Data(data=reply.body)))
        parts.append(self._http.send(h11.EndOfMessage()))
        return b"".join(part for part in parts if part)

    def _complain(self, error: Exception) -> None:
        status = 413 if isinstance(error, _TooLarge) else 400
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        self._send(h11.Response(status_code=status, headers=headers))
        self._send(h11.EndOfMessage())

    def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if not self._parted:
            self._writer.write(data or b"")


class _TooLarge(Exception):
    """A body of more than `MAX_BODY` bytes."""


def _request(head: h11.Request, body: bytes) -> Request:
    path, _, query = head.target.decode("latin-1").partition("?")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
    return Request(head.method.decode("latin-1"), path, query, headers, body)
