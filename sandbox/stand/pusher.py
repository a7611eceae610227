"""Calls back: posts until it is acknowledged, or gives up after a few tries."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import h11

TRIES = 5
_TIMEOUT = 5.0
_CHUNK = 1 << 16


Judgement = Callable[[int, bytes], bool]
"""Whether the status and the body of an answer say that a push was understood."""


def any_2xx(status: int, _: bytes) -> bool:
    """Whatever the words are."""
    return status // 100 == 2  # noqa: PLR2004 - HTTP's own class


@dataclass(frozen=True, slots=True)
class Push:
    """A message to the other side, and what says that it was understood: the literal words of a 200, or a judgement."""

    url: str
    body: bytes
    content_type: str
    acknowledgement: bytes | Judgement
    headers: Mapping[str, str] = field(default_factory=dict)

    def understood(self, status: int, body: bytes) -> bool:
        if isinstance(self.acknowledgement, bytes):
            return status == 200 and body.strip() == self.acknowledgement  # noqa: PLR2004 - HTTP's own number
        return self.acknowledgement(status, body)


class Pusher:
    """Pushes in the background; what is still under way when the simulator stops is dropped."""

    def __init__(self, retry_seconds: float) -> None:
        self._retry_seconds = retry_seconds
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, errand: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(errand)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def send(self, push: Push) -> bool:
        """Whether it was acknowledged in the end; to nobody, it is not even tried."""
        if not push.url:
            return False
        pause = self._retry_seconds
        for remaining in reversed(range(TRIES)):
            if await self.once(push):
                return True
            if remaining:
                await asyncio.sleep(pause)
                pause *= 2
        return False

    async def once(self, push: Push) -> bool:
        """Whether one try was acknowledged."""
        try:
            async with asyncio.timeout(_TIMEOUT):
                return push.understood(*await _post(push))
        except (OSError, TimeoutError, ValueError, h11.ProtocolError):
            return False

    async def drop(self) -> int:
        """Gives up whatever is under way, or still to come; how much that was."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(tasks)


async def _post(push: Push) -> tuple[int, bytes]:
    """Status and body of the answer."""
    target = urlsplit(push.url)
    if target.scheme not in {"http", "https"} or target.hostname is None:
        raise ValueError(push.url)
    secure = ssl.create_default_context() if target.scheme == "https" else None
    port = target.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(target.hostname, port, ssl=secure)
    try:
        http = h11.Connection(h11.CLIENT)
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        headers = [
            ("host", target.netloc),
            ("content-type", push.content_type),
            ("content-length", str(len(push.body))),
            ("connection", "close"),
            *push.headers.items(),
        ]
        writer.write(http.send(h11.Request(method="POST", target=path, headers=headers)) or b"")
        writer.write(http.send(h11.Data(data=push.body)) or b"")
        writer.write(http.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        return await _answer(http, reader)
    finally:
        writer.close()


async def _answer(http: h11.Connection, reader: asyncio.StreamReader) -> tuple[int, bytes]:
    status = 0
    body = b""
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
        elif not isinstance(event, h11.InformationalResponse):
            return status, body
