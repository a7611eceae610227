"""A reader of the price feeds on the standard library, and one simulator running by itself."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sandbox.stand import fleet
from sandbox.stand.fleet import Stand
from tests.sandbox.wire import Door, address


class Feed:
    """Asks the protocol port."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.credentials: dict[str, str] = json.loads((folder / "credentials.json").read_text())

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(*address(self.stand.protocol), timeout=5)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, path: str, parameters: dict[str, str] | None = None, **headers: str) -> tuple[int, Any]:
        status, body = self.ask("GET", path + ("?" + urlencode(parameters) if parameters else ""), **headers)
        return status, json.loads(body)


@contextmanager
def running(name: str, var: Path) -> Iterator[Feed]:
    """The one simulator of this name."""
    fleet.prepare(var, [name])
    with fleet.start(var, names=[name]) as stands:
        yield Feed(stands.stands[name], var / name)
