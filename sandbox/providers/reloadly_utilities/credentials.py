"""The client's credentials, made on the spot and kept in the simulator's own folder."""

import json
import os
import secrets
from pathlib import Path

AUDIENCE = "https://utilities-sandbox.reloadly.com"
OTHER_PRODUCTS = frozenset(
    {
        "https://utilities.reloadly.com",
        "https://topups-sandbox.reloadly.com",
        "https://giftcards-sandbox.reloadly.com",
    }
)
_CREDENTIALS = "credentials.json"


def prepare(var: Path) -> None:
    """Keeps what exists."""
    if prepared(var):
        return
    var.mkdir(parents=True, exist_ok=True)
    document = {
        "client_id": secrets.token_urlsafe(24),
        "client_secret": secrets.token_urlsafe(48),
        "audience": AUDIENCE,
    }
    fresh = var / f"{_CREDENTIALS}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(document, file, indent=1)
    fresh.replace(var / _CREDENTIALS)


def prepared(var: Path) -> bool:
    return (var / _CREDENTIALS).exists()


def load(var: Path) -> tuple[str, str]:
    """The client's id and secret."""
    document = json.loads((var / _CREDENTIALS).read_text())
    return document["client_id"], document["client_secret"]
