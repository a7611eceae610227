"""Calls back: posts until the literal acknowledgement arrives, or gives up after a few tries."""

import asyncio
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import h11

TRIES = 5
_TIMEOUT = 5.0
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Push:
    """A message to the other side and the words that say it was understood."""

    url: str
    body: bytes
    content_type: str
    acknowledgement: bytes


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
        """Whether it was acknowledged in the end."""
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
                return (await _post(push)).strip() == push.acknowledgement
        except (OSError, TimeoutError, ValueError, h11.ProtocolError):
            return False

    async def stop(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _post(push: Push) -> bytes:
    """The body of a 200 answer; empty for any other."""
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
        ]
        writer.write(http.send(h11.Request(method="POST", target=path, headers=headers)) or b"")
        writer.write(http.send(h11.Data(data=push.body)) or b"")
        writer.write(http.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        return await _body(http, reader)
    finally:
        writer.close()


async def _body(http: h11.Connection, reader: asyncio.StreamReader) -> bytes:
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
            return body if status == 200 else b""  # noqa: PLR2004 - HTTP's own number
