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
        self._listener: socket.socket | None = None
        self._reserved: socket.socket | None = None
        self._connections: set[Connection] = set()
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.number}"

    async def open(self) -> None:
        """Raises: OSError, if somebody else has the port."""
        if self._listener is not None:
            return
        self._release()
        sock = _bound(self.host, self.number)
        self.number = sock.getsockname()[1]
        try:
            sock.listen(_BACKLOG)
        except OSError:
            sock.close()
            raise
        self._listener = sock
        asyncio.get_running_loop().add_reader(sock, self._accept, sock)

    def close(self) -> None:
        """Connects are refused from now on; idle connections part, busy ones close after their answer."""
        if self._listener is None:
            return
        listener, self._listener = self._listener, None
        self._accept(listener)  # whoever was connected before is answered, but not kept
        asyncio.get_running_loop().remove_reader(listener)
        listener.close()
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

    def _accept(self, listener: socket.socket) -> None:
        """Takes up every connection that waits."""
        with contextlib.suppress(OSError):  # nobody else waits, or nobody else can be taken up now
            while True:
                taken, _ = listener.accept()
                taken.setblocking(False)
                serving = asyncio.get_running_loop().create_task(self._serve(taken))
                self._serving.add(serving)
                serving.add_done_callback(self._serving.discard)

    async def _serve(self, taken: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=taken)
        connection = Connection(reader, writer, self._answer, self._released)
        connection.last = self._listener is None
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
