"""The URL that a partner calls back, where it is registered with the partner and not given in each request."""

from pathlib import Path

_FILE = "notify_url.txt"


def registered(var: Path) -> str:
    """Empty if there is none. It is read at each push, since `register` may be called from outside."""
    file = var / _FILE
    return file.read_text() if file.exists() else ""


def register(var: Path, url: object) -> None:
    """Keeps it in the partner's own folder, so that it outlives a restart; an empty one withdraws it.

    Raises: ValueError, for what is neither an http or https URL nor empty.
    """
    if not isinstance(url, str) or not (url == "" or url.startswith(("http://", "https://"))):
        raise ValueError("an http or https URL, or empty to withdraw it")
    fresh = var / f"{_FILE}.new"
    fresh.write_text(url)
    fresh.replace(var / _FILE)
