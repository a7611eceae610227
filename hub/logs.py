"""Logs: one JSON object a line on standard error, readable lines on a terminal. Never a person's data."""

import logging
import sys

import structlog

from hub.trace import trace_id


def configure(level: str) -> None:
    """Sets up structlog for this process."""
    terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _traced(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    trace = trace_id.get()
    if trace:
        event.setdefault("trace_id", trace)
    return event


def _as_it_is(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
