"""The trace that a request belongs to, carried beside the code that serves it."""

import re
import secrets
from contextvars import ContextVar

_PARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NONE = "0" * 32

trace_id: ContextVar[str] = ContextVar("trace_id", default="")


def begin(traceparent: str | None = None) -> str:
    """Continues the caller's trace, or begins one. Shape: 32 hexadecimal digits. Source: W3C Trace Context."""
    found = _PARENT.fullmatch(traceparent) if traceparent else None
    trace = found[1] if found and found[1] != _NONE else secrets.token_hex(16)
    trace_id.set(trace)
    return trace
