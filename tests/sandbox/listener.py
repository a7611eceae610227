"""A URL that partners call back: remembers what arrived, byte for byte, and answers what it is told to."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests import ports


@dataclass(frozen=True, slots=True)
class Letter:
    """One callback; the headers' names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


class Listener:
    """Listens until its context is left."""

    def __init__(self, acknowledgement: bytes) -> None:
        self.letters: list[Letter] = []
        self.answers: list[bytes] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.letters.append(Letter(self.path, headers, body))
                answer = outer.answers.pop(0) if outer.answers else acknowledgement
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the library's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", ports.take()), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callbacks/partner/account"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
