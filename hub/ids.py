"""Identifiers that sort by the time they were made."""

import secrets
from datetime import datetime, timedelta

from hub.store.metadata import EPOCH

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LAST = (1 << 48) - 1


def new(prefix: str, now: datetime) -> str:
    """A prefix and 26 characters: 48 bits of milliseconds, then 80 of chance."""
    return _written(prefix, (_milliseconds(now) << 80) | secrets.randbits(80))


def first(prefix: str, moment: datetime) -> str:
    """What no identifier made at that moment, or later, sorts before."""
    return _written(prefix, _milliseconds(moment) << 80)


def after(prefix: str, moment: datetime) -> str:
    """What every identifier made by that moment, to its millisecond, sorts before."""
    return _written(prefix, min(_milliseconds(moment) + 1, _LAST) << 80)


def _milliseconds(moment: datetime) -> int:
    """Since 1970; a moment that no identifier can name is the nearest that one can."""
    return min(max((moment - EPOCH) // timedelta(milliseconds=1), 0), _LAST)


def _written(prefix: str, number: int) -> str:
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
