"""What a partner's callbacks are worth, read off its code: whether any news of it is ever trusted, and decides."""

import ast
from collections.abc import Iterator
from pathlib import Path

from connectors.kit.manifest import Manifest


def callbacks(manifest: Manifest, folder: Path) -> str:
    """Believed, a hint, or none, in words."""
    if not manifest.callbacks:
        return "none"
    trusted = [news for news in _news(folder) if not _is(news.get("trusted"), False)]
    if any(not _is(news.get("outcome"), None) for news in trusted):
        return "signed: what they say is believed once verified"
    if trusted:
        return "signed, and a hint all the same: one that is verified decides nothing, and the partner is asked"
    return "not signed: a hint, and the partner is asked"


def _news(folder: Path) -> Iterator[dict[str | None, ast.expr]]:
    """The keywords of each `News(…)` that the code makes."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "News":
                yield {keyword.arg: keyword.value for keyword in node.keywords}


def _is(written: ast.expr | None, value: bool | None) -> bool:
    """Whether this very constant is written there."""
    return isinstance(written, ast.Constant) and written.value is value
