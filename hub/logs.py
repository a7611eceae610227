"""Logs: one JSON object a line on standard error, readable lines on a terminal. Never a person's data."""

import io
import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

from hub.trace import trace_id


def configure(level: str) -> None:
    """Sets up structlog for this process."""
    terminal = sys.stderr.isatty()
    readable = structlog.dev.ConsoleRenderer(
        exception_formatter=structlog.dev.plain_traceback
    )  # no locals: they hold secrets
    renderer = readable if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _traced,
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
            )
            if not terminal
            else _as_it_is,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", Unfailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )


class Unfailing(io.TextIOBase):
    """A stream that loses what it cannot write: a full disk may silence the hub, and must not stop it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def _traced(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    trace = trace_id.get()
    if trace:
        event.setdefault("trace_id", trace)
    return event


def _as_it_is(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
