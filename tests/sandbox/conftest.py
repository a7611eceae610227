"""One simulator of each kind that is asked for, per test worker; what stands in it is cleared around every test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from sandbox.stand import fleet
from sandbox.stand.fleet import Stand
from tests import ports
from tests.sandbox import ceb, reloadly

QUICK: dict[str, Any] = {
    "slow_seconds": 0.4,
    "late_seconds": 1.2,
    "bill_seconds": 0.6,
    "processing_seconds": 0.4,
    "retry_seconds": 0.05,
}


Prepared = Callable[[str], Path]
Opened = Callable[[str], tuple[Stand, Path]]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The folder of a simulator, with its credentials."""
    var = tmp_path_factory.mktemp("sandbox")

    @cache
    def prepare(name: str) -> Path:
        fleet.prepare(var, [name])
        return var / name

    return prepare


@pytest.fixture(scope="session")
def opened(prepared: Prepared) -> Iterator[Opened]:
    """A quick simulator and its folder; it is started by whoever asks for it first."""
    with ExitStack() as running:

        @cache
        def start(name: str) -> tuple[Stand, Path]:
            folder = prepared(name)
            started = running.enter_context(fleet.start(folder.parent, names=[name], **QUICK))
            return started.stands[name], folder

        yield start


@pytest.fixture
def channel(opened: Opened) -> Iterator[ceb.Client]:
    client = ceb.Client(*opened("ceb_channel"))
    client.door.fresh()
    yield client
    client.door.clear()


@pytest.fixture
def product(opened: Opened) -> Iterator[reloadly.Client]:
    client = reloadly.Client(*opened("reloadly_utilities"))
    client.door.fresh()
    yield client
    client.door.clear()


@pytest.fixture
def own(prepared: Prepared, tmp_path: Path) -> Iterator[Callable[..., tuple[fleet.Fleet, Path]]]:
    """Starts simulators of the test's own, with its own settings, in its own folder."""
    running: list[fleet.Fleet] = []

    def start(name: str, **settings: Any) -> tuple[fleet.Fleet, Path]:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file in prepared(name).glob("*.json"):
            (folder / file.name).write_bytes(file.read_bytes())
        first = ports.first(tmp_path, name)
        running.append(fleet.start(tmp_path, first, names=[name], **{**QUICK, **settings}))
        return running[-1], folder

    yield start
    for each in running:
        each.stop()


class Notified:
    """A notify URL: remembers the forms that arrived and answers what it is told to."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.answers: list[bytes] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.forms.append(dict(parse_qsl(body.decode())))
                answer = outer.answers.pop(0) if outer.answers else b"success"
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the library's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", ports.take()), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/callbacks"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def notified() -> Iterator[Notified]:
    listener = Notified()
    yield listener
    listener.stop()
