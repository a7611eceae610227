"""What a client hears on a bare socket, and a door to the control API."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.stand.fleet import Stand


@dataclass(frozen=True, slots=True)
class Heard:
    """Every byte that came back, and how it ended: closed, reset or silence."""

    data: bytes
    ending: str

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def content_length(self) -> int:
        head = self.data.partition(b"\r\n\r\n")[0].lower()
        return int(head.partition(b"content-length:")[2].split(b"\r\n")[0])


def address(base_url: str) -> tuple[str, int]:
    parts = urlsplit(base_url)
    return parts.hostname or "", parts.port or 0


def post(path: str, body: bytes, content_type: str, *more: str) -> bytes:
    """A request as bytes; the connection is to be closed after it."""
    head = [f"POST {path} HTTP/1.1", "host: sandbox", f"content-type: {content_type}", "connection: close"]
    return "\r\n".join([*head, f"content-length: {len(body)}", *more, "", ""]).encode() + body


def hear(base_url: str, request: bytes, patience: float = 2.0) -> Heard:
    """Sends bytes on a fresh connection and listens until it ends or patience does."""
    with socket.create_connection(address(base_url), patience) as sock:
        sock.sendall(request)
        return listen(sock)


def listen(sock: socket.socket) -> Heard:
    data = b""
    try:
        while part := sock.recv(65536):
            data += part
    except ConnectionResetError:
        return Heard(data, "reset")
    except TimeoutError:
        return Heard(data, "silence")
    return Heard(data, "closed")


def refused(base_url: str) -> bool:
    """Whether a connect is refused right now."""
    try:
        socket.create_connection(address(base_url), 2).close()
    except ConnectionRefusedError:
        return True
    return False


def patience(fault: str) -> float:
    """How long to listen for what a fault leaves of an answer."""
    return 0.4 if fault.startswith("hang") else 10.0


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Waits until something holds, and fails if it never does."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


class Door:
    """The control API of a running simulator."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand

    def call(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(*address(self.stand.door), timeout=30)
        try:
            body = None if document is None else json.dumps(document)
            connection.request(method, path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def fault(self, fault: str, operation: str = "pay", times: int = 1, **more: str | list[str]) -> None:
        document = {"operation": operation, "fault": fault, "times": times, **more}
        assert self.call("POST", "/_sandbox/faults", document)[0] == 200

    def clear(self) -> None:
        assert self.call("DELETE", "/_sandbox/faults") == (200, {"faults": []})

    def fresh(self) -> None:
        """As if nobody had been here: no fault stands, and nobody hears any more of what was ordered earlier."""
        self.clear()
        assert self.call("DELETE", "/_sandbox/pushes")[0] == 200

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """While the partner's clock stands, what is not yet so stays so, however long the test takes to look."""
        self._clock(stands=True)
        try:
            yield
        finally:
            self._clock(stands=False)

    def forward(self, seconds: float) -> None:
        """Puts the partner's clock forward."""
        self._clock(forward=seconds)

    def _clock(self, **change: float) -> None:
        assert self.call("POST", "/_sandbox/clock", change)[0] == 200

    def standing(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/_sandbox/faults")[1]["faults"]
        return found

    def performed(self, reference: str) -> list[dict[str, str]]:
        """Ledger entries under a reference."""
        entries = self.call("GET", "/_sandbox/ledger")[1]["entries"]
        return [entry for entry in entries if entry["reference"] == reference]

    def requests(self, reference: str) -> list[dict[str, Any]]:
        found = self.call("GET", "/_sandbox/requests")[1]["requests"]
        return [each for each in found if each["reference"] == reference]
