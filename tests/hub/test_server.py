"""The server around the application."""

import asyncio
import os
import signal
import socket
import threading
import time
from errno import EADDRINUSE

import httpx
import pytest

from hub.server import Watched, listen, serve
from hub.settings import SettingError


def test_listening():
    """Port 0 picks a free one; a taken one is refused by its setting's name."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SettingError, match=rf"^HUB_PORT: .*:{port} .*another port") as refused:
            listen("127.0.0.1", port)
        assert isinstance(refused.value.__cause__, OSError)
        assert refused.value.__cause__.errno == EADDRINUSE


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_listening_where_nobody_is(host: str):
    """An address that is not this machine's is blamed on the host."""
    with pytest.raises(SettingError, match=r"^HUB_HOST"):
        listen(host, 0)


def test_listening_on_ipv6():
    """An address with colons is one of IPv6."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        listener = listen("::1", 0)
    except SettingError:
        pytest.skip("this machine has no IPv6 loopback")
    assert listener.family == socket.AF_INET6
    listener.close()


class App:
    """The least that a server can serve. `fails`: in which stage of its life."""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails
        self.stages: list[str] = []

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            for stage in ("startup", "shutdown"):
                await receive()
                self.stages.append(stage)
                if self.fails == stage:
                    await send({"type": f"lifespan.{stage}.failed", "message": "a long stack trace"})
                    raise ExceptionGroup("tasks", [ExceptionGroup("more", [SettingError("HUB_X: no")])])
                await send({"type": f"lifespan.{stage}.complete"})
            return
        await asyncio.sleep(0.5)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def handlers():
    """The signal handlers of the test run, put back afterwards."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(number: signal.Signals):
    """A request that is under way is answered, the application is told, and serving returns."""
    app, listener, answers = App(), listen("127.0.0.1", 0), []
    port = listener.getsockname()[1]

    def call() -> None:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            time.sleep(0.2)
            os.kill(os.getpid(), number)
            answers.append(client.recv(1000))

    caller = threading.Thread(target=call)
    serve(app, listener, drain_seconds=5, ready=caller.start)
    caller.join()
    assert answers[0].startswith(b"HTTP/1.1 204")
    assert app.stages == ["startup", "shutdown"]


@pytest.mark.usefixtures("handlers")
def test_idle_connections_are_kept():
    """A client that keeps its idle connections as long as httpx does is never the second to close one."""
    listener, answers = listen("127.0.0.1", 0), []
    port = listener.getsockname()[1]

    def call() -> None:
        try:
            with socket.create_connection(("127.0.0.1", port)) as client:
                for pause in (httpx.Limits().keepalive_expiry + 0.5, 0):
                    client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    answers.append(client.recv(1000)[:12])
                    time.sleep(pause)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    caller = threading.Thread(target=call)
    serve(App(), listener, drain_seconds=5, ready=caller.start)
    caller.join()
    assert answers == [b"HTTP/1.1 204"] * 2


@pytest.mark.usefixtures("handlers")
def test_what_keeps_it_from_starting_is_raised(caplog: pytest.LogCaptureFixture):
    """The application's own error comes out, unwrapped, and the server adds no stack trace of its own."""
    never = pytest.fail
    with pytest.raises(SettingError, match="HUB_X: no"):
        serve(App("startup"), listen("127.0.0.1", 0), drain_seconds=1, ready=lambda: never("it did not start"))
    assert "stack trace" not in caplog.text


async def test_what_fails_in_a_request_is_not_a_start():
    """Only the start and the end are watched."""

    async def broken(scope, receive, send) -> None:
        raise RuntimeError("a request's")

    watched = Watched(broken)
    with pytest.raises(RuntimeError):
        await watched({"type": "http"}, None, None)
    assert watched.failure is None
