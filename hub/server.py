"""The HTTP server around the application: a socket of our own, a clear error when the port is taken, a drained stop."""

import contextlib
import logging
import signal
import socket
from collections.abc import Callable
from errno import EACCES, EADDRINUSE

import uvicorn
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hub.settings import SettingError

KEPT_SECONDS = 75
"""For so long is an idle connection kept: longer than clients keep theirs, so that they are the ones who close it.

Whoever sends in the moment in which the other side closes is reset, and does not know whether it arrived.
"""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free one. Raises: SettingError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        advice = "stop what uses it, or choose another port" if error.errno == EADDRINUSE else "choose another"
        name = "HUB_PORT" if error.errno in {EADDRINUSE, EACCES} else "HUB_HOST"
        raise SettingError(f"{name}: cannot listen on {host}:{port} ({error.strerror}); {advice}") from error
    listener.listen(2048)
    listener.setblocking(False)
    return listener


def serve(app: ASGIApp, listener: socket.socket, *, drain_seconds: float, ready: Callable[[], None]) -> None:
    """Serves until SIGTERM or SIGINT, then lets running requests finish.

    Raises: what kept the application from starting, or from stopping in order.
    """
    watched = Watched(app)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    config = uvicorn.Config(
        watched,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=max(int(drain_seconds), 1),
        backlog=2048,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)  # before the server listens to signals, and after: it raises them once more
    with contextlib.suppress(SystemExit), listener:
        Server(config).run(sockets=[listener])
    if watched.failure is not None:
        raise watched.failure


class Watched:
    """The application, with what made its start or its end fail kept for whoever runs it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.failure: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind: str = scope["type"]
        if kind != "lifespan":
            await self._app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"].endswith(".failed"):
                logging.getLogger("uvicorn.error").disabled = True  # whoever runs the server tells it, once
            await send(message)

        try:
            await self._app(scope, receive, tell)
        except Exception as error:
            self.failure = _innermost(error)
            raise


def _innermost(error: Exception) -> Exception:
    """Litestar starts in task groups, which wrap what went wrong."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _leave(*_: object) -> None:
    raise SystemExit(0)
