"""Times and amounts as the platform writes them."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

from sandbox.providers.fsi_institution.codes import AMOUNTS, FIELD, Refused

_CHINA = timezone(timedelta(hours=8))
_CENTS = 2
_MOST = 10**10


def stamp(seconds: float) -> str:
    """Shape: yyyyMMddHHmmss in Asia/Shanghai."""
    return _here(seconds).strftime("%Y%m%d%H%M%S")


def millis(seconds: float) -> str:
    """Shape: yyyyMMddHHmmssSSS."""
    moment = _here(seconds)
    return moment.strftime("%Y%m%d%H%M%S") + f"{moment.microsecond // 1000:03d}"


def day_time(seconds: float) -> str:
    """Shape: yyyy-MM-dd HH:mm:ss."""
    return _here(seconds).strftime("%Y-%m-%d %H:%M:%S")


def yuan(value: object, name: str) -> Decimal:
    """Units: yuan with at most two places, as a number or as text.

    Raises: Refused.
    """
    try:
        amount = Decimal(value if isinstance(value, int | str | Decimal) else "")
    except InvalidOperation as error:
        raise Refused(AMOUNTS, name) from error
    exponent = amount.as_tuple().exponent
    if isinstance(value, bool) or not isinstance(exponent, int) or exponent < -_CENTS or not 0 <= amount < _MOST:
        raise Refused(AMOUNTS, name)
    return amount


def demand(data: dict[str, Any], names: Iterable[str]) -> None:
    """Raises: Refused, naming the first field that is missing, empty or no text."""
    for name in names:
        if not isinstance(data.get(name), str) or not data[name]:
            raise Refused(FIELD, name)


def mark_of(text: str) -> int:
    """A number that is the same for ever for the same text."""
    return int.from_bytes(sha256(text.encode()).digest()[:10])


def _here(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, _CHINA)
