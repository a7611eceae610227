"""The HTTP server around the application: a socket of our own, a clear error when the port is taken, a drained stop."""

import socket
from collections.abc import Callable

import uvicorn
from litestar.types import ASGIApp

from hub.settings import SettingError


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free one. Raises: SettingError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingError(
            f"HUB_PORT: cannot listen on {host}:{port} ({error.strerror}); stop what uses it, or choose another port"
        ) from error
    listener.listen(2048)
    listener.setblocking(False)
    return listener


def serve(app: ASGIApp, listener: socket.socket, *, drain_seconds: float, ready: Callable[[], None]) -> bool:
    """Serves until SIGTERM or SIGINT, then lets running requests finish. False: it could not start."""

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=max(int(drain_seconds), 1),
        backlog=2048,
    )
    server = Server(config)
    server.run(sockets=[listener])
    return server.started
