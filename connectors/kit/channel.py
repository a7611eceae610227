"""The only way out to a partner, and the only home of httpx and tenacity.

An exchange ends with a complete reply, with NotSent (the transport proves that no connection was made), or with
MaybeSent (everything else; Garbled where bytes came that are no HTTP, Late where nothing came in time). The proof is
the transport's cause, never the name httpx gives it: a server that reads the whole request and then resets is reported
as a connect time-out.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from schemas.call import Message, Reply
from schemas.errors import Garbled, Late, MaybeSent, NotSent, NotTried

MAX_REPLY = 4 * 1024 * 1024
"""Bytes of a reply that anybody reads."""

NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Causes that prove that nothing was sent."""

AGAIN = AsyncRetrying(
    retry=retry_if_exception_type((NotSent, MaybeSent)),
    wait=wait_random_exponential(multiplier=0.1, max=2.0),
    reraise=True,
)
"""Built once; entered only after a first failure."""


REPEATS = 2
"""So often is one message repeated at most, whatever the budget of its call: a partner that is down is not hammered."""

TURNS = 3
"""Of the loop, until a connection that the partner has closed is known to be closed: seen, read, given up."""


class Channel:
    """Connections to one partner under one account's TLS settings.

    Built inside the event loop that uses it; `close` it in the same one.
    """

    def __init__(self, *, connect: timedelta, connections: int, tls: ssl.SSLContext | None = None) -> None:
        self._connect = connect.total_seconds()
        self._transport = transport(connections=connections, tls=tls)
        self._closed = False

    async def exchange(self, message: Message, patience: timedelta) -> Reply:
        """Sends once, and waits `patience` for the whole answer. Raises: NotSent, MaybeSent."""
        for _ in range(TURNS):  # else it might leave over a connection that is closed, and nobody knows if it arrived
            await asyncio.sleep(0)
        if self._closed:
            raise NotTried("the line is closed")
        request = self._request(message)
        try:
            async with asyncio.timeout(patience.total_seconds()):
                response = await self._transport.handle_async_request(request)
                try:
                    return await _complete(response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, aiohttp.ClientError, OSError, ValueError) as error:
            raise told_apart(error) from error

    async def close(self) -> None:
        self._closed = True
        await self._transport.aclose()

    def _request(self, message: Message) -> httpx.Request:
        try:
            return httpx.Request(
                message.method,
                message.url,
                headers=dict(message.headers),
                content=message.body,
                extensions={"timeout": {"connect": self._connect, "pool": self._connect}},
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise NotTried(f"no request can be made of this: {type(error).__name__}") from error


def transport(*, connections: int, tls: ssl.SSLContext | None = None) -> AiohttpTransport:
    """Aiohttp under httpx's API, with its own repeats and its cookies switched off."""

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=connections, ssl=tls or True, keepalive_timeout=30)
        client = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        # aiohttp repeats idempotent methods by itself on a lost connection, and offers no public switch.
        # tests/connectors/kit/test_deliveries.py counts deliveries and fails if this stops working.
        client._retry_connection = False  # noqa: SLF001
        return client

    return AiohttpTransport(client=session)


def told_apart(error: Exception) -> NotSent | MaybeSent:
    """NotSent if some cause of the error proves that no connection was made; otherwise MaybeSent.

    Bytes that are no HTTP came from somebody, so they are Garbled; Late is what the clock alone ended.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, NO_CONNECTION):
            return NotSent(f"no connection: {type(cause).__name__}")
    if any(type(cause) is aiohttp.ClientResponseError for cause in causes):
        return Garbled("the answer is no HTTP")
    if isinstance(error, TimeoutError):
        return Late("no answer in time")
    return MaybeSent(f"the connection failed: {type(error.__cause__ or error).__name__}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it. An error raised from itself must not hold up the loop for ever."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        yield cause
        seen.append(cause)
        cause = cause.__cause__


async def again(send: Callable[[], Awaitable[Reply]], may_go_on: Callable[[], bool]) -> Reply:
    """Repeats a failed exchange, with growing pauses, for as long as it may go on."""

    async def once() -> Reply:  # tenacity awaits only what is declared a coroutine function
        return await send()

    return await AGAIN.copy(stop=lambda tried: tried.attempt_number >= REPEATS or not may_go_on())(once)


async def _complete(response: httpx.Response) -> Reply:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_REPLY:
            raise Garbled(f"the reply is longer than {MAX_REPLY} bytes", bytes(body[:1024]))
    return Reply(status=response.status_code, headers=dict(response.headers), body=bytes(body))
