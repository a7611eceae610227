"""What the tests of both suppliers of benefits need: a JSON client and somebody who listens to webhooks."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sandbox.stand import fleet
from sandbox.stand.fleet import Stand
from tests import ports
from tests.sandbox.wire import address

QUICK: dict[str, Any] = {"slow_seconds": 0.2, "late_seconds": 0.6, "processing_seconds": 0.2, "retry_seconds": 0.05}


@contextmanager
def running(name: str, var: Path, **settings: Any) -> Iterator[tuple[Stand, Path]]:
    """One simulator in its own folder; whatever else lies in `sandbox/providers/` is left alone."""
    fleet.prepare(var, [name])
    with fleet.start(var, ports.first(var, name), names=[name], **{**QUICK, **settings}) as started:
        yield started.stands[name], var / name


def call(base_url: str, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(*address(base_url), timeout=5)
    try:
        connection.request(method, path, body or None, {"content-type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class Listener:
    """A webhook URL: remembers what arrived, and answers with the statuses and words it is told to."""

    def __init__(self, words: bytes = b"") -> None:
        self.hooks: list[Hook] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.hooks.append(Hook({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.send_header("content-length", str(len(words)))
                self.end_headers()
                self.wfile.write(words)

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the library's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", ports.take()), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def listening(words: bytes = b"") -> Iterator[Listener]:
    listener = Listener(words)
    try:
        yield listener
    finally:
        listener.stop()
