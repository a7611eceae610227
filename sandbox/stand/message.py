"""One request from the wire, and what is to happen on the wire in return."""

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl


class Ending(Enum):
    """How an answer leaves the wire: `WHOLE` is the only polite one."""

    WHOLE = "the answer, complete"
    HALF = "headers with the full content length, half of the body, then close"
    GARBAGE = "bytes that are no HTTP, then close"
    RESET = "not a byte: the connection is reset"
    HANG = "not a byte, and the connection stays open until faults are cleared or the client leaves"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was received, on the door or on the protocol port."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def fields(self) -> dict[str, str]:
        """The body read as a form; the last of repeated fields counts."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def parameters(self) -> dict[str, str]:
        """The query string; the last of repeated parameters counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and the way it ends."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    ending: Ending = Ending.WHOLE

    @property
    def answered(self) -> int | None:
        """The status, if all of the answer reaches the client."""
        return self.status if self.ending is Ending.WHOLE else None


def json_object(text: Any) -> dict[str, Any] | None:
    """The object that a JSON text is; None for whatever is none, and for what is no text."""
    try:
        document = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def json_reply(status: int, document: Any) -> Reply:
    return Reply(status, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
