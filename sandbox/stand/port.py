"""A listening port that can be really closed, so that a connect is refused, and opened again."""

import asyncio
import contextlib
import socket

from sandbox.stand.connection import Answer, Connection, Release

_BACKLOG = 1024


class Port:
    """One TCP port. While it is closed, a socket that is bound but does not listen keeps its number reserved."""

    def __init__(self, host: str, number: int, answer: Answer, released: Release) -> None:
        self.host = host
        self.number = number
        self._answer = answer
        self._released = released
        self._server: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        self._connections: set[Connection] = set()

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.number}"

    async def open(self) -> None:
        """Raises: OSError, if somebody else has the port."""
        if self._server is not None:
            return
        self._release()
        sock = _bound(self.host, self.number)
        self.number = sock.getsockname()[1]
        self._server = await asyncio.start_server(self._connected, sock=sock, backlog=_BACKLOG, start_serving=False)
        try:
            await self._server.start_serving()
        except OSError:
            sock.close()
            self._server = None
            raise

    def close(self) -> None:
        """Connects are refused from now on; idle connections close, busy ones after their answer."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        with contextlib.suppress(OSError):
            self._reserved = _bound(self.host, self.number)
        for connection in tuple(self._connections):
            connection.close()

    def leave(self) -> None:
        """Closes for good, whatever is being answered."""
        self.close()
        self._release()
        for connection in tuple(self._connections):
            connection.reset()

    def _release(self) -> None:
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._answer, self._released)
        # Accepted in the very moment the port closed: it is answered, but not kept.
        connection.last = self._server is None
        self._connections.add(connection)
        try:
            await connection.serve()
        except asyncio.CancelledError:
            connection.reset()
        finally:
            self._connections.discard(connection)


def _bound(host: str, number: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, number))
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
