"""Identifiers that sort by the time they were made."""

import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new(prefix: str, now: datetime) -> str:
    """A prefix and 26 characters: 48 bits of milliseconds, then 80 of chance."""
    number = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
