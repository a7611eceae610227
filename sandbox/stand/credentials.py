"""What a partner hands out once, `credentials.json`, and the keys that stay with it, `keys.json`.

Both are kept in the partner's own folder, for its owner alone.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_CREDENTIALS = "credentials.json"
_KEYS = "keys.json"


def hand_out(var: Path, document: Mapping[str, str | int], keys: dict[str, Any] | None = None) -> None:
    """Keeps what exists; `keys` are the partner's own, if it has any."""
    if handed_out(var):
        return
    var.mkdir(parents=True, exist_ok=True)
    if keys is not None:
        _write(var / _KEYS, keys)
    # Last, so that whoever finds credentials finds the keys too.
    _write(var / _CREDENTIALS, document)


def handed_out(var: Path) -> bool:
    return (var / _CREDENTIALS).exists()


def read(var: Path) -> dict[str, str]:
    """Raises: FileNotFoundError, if nothing was handed out."""
    document: dict[str, str] = json.loads((var / _CREDENTIALS).read_text())
    return document


def read_keys(var: Path) -> dict[str, Any]:
    """Raises: FileNotFoundError, if none were kept."""
    keys: dict[str, Any] = json.loads((var / _KEYS).read_text())
    return keys


def _write(path: Path, document: Mapping[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(document, file, indent=1)
    fresh.replace(path)
