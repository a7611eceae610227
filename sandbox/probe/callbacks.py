"""What a partner's callbacks are worth, read off its code: whether any news of it is ever trusted."""

import ast
from pathlib import Path

from connectors.kit.manifest import Manifest


def callbacks(manifest: Manifest, folder: Path) -> str:
    """Signed, a hint, or none, in words."""
    if not manifest.callbacks:
        return "none"
    if _ever_trusted(folder):
        return "signed: what they say is believed once verified"
    return "not signed: a hint, and the partner is asked"


def _ever_trusted(folder: Path) -> bool:
    """Whether `News(trusted=…)` is anywhere something else than False."""
    return any(
        not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "trusted"
    )
