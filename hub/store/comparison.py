"""How a database is compared with `metadata`, when a version is written and when a test looks for drift."""

from typing import Any, Literal

from hub.store.metadata import UtcMicros


def _render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A version stands by itself: it may not change because the program's types did."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, UtcMicros) else False


COMPARISON: dict[str, Any] = {
    "compare_type": True,
    "compare_server_default": True,
    "render_item": _render_item,
}
