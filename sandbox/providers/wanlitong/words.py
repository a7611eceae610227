"""How the platform writes times and money, and how its fields are read."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.providers.wanlitong.codes import BAD_AMOUNT, MALFORMED, Refused

WAN = Decimal(10000)
_CHINA = timezone(timedelta(hours=8))
_LONGEST = 200
_MOST_MONTHS = 36


def stamp(seconds: float) -> str:
    """Shape: yyyy-MM-dd HH:mm:ss in UTC+8, without a zone."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S")


def yuan(amount: Decimal) -> str:
    return f"{amount:.2f}"


def wan(amount: Decimal) -> float:
    """An amount in 元 as a JSON number of 万元."""
    return float(amount / WAN)


def text(content: dict[str, Any], name: str) -> str:
    """A field that must be there.

    Raises: Refused.
    """
    value = content.get(name)
    if not isinstance(value, str) or not value or len(value) > _LONGEST or not value.isprintable():
        raise Refused(MALFORMED, name)
    return value


def amount(content: dict[str, Any], name: str, least: Decimal, most: Decimal, places: int = 2) -> Decimal:
    """An amount as a number or a string, in whatever unit the field has.

    Raises: Refused.
    """
    value = content.get(name)
    try:
        found = Decimal(str(value))
    except InvalidOperation as error:
        raise Refused(MALFORMED, name) from error
    if isinstance(value, bool) or not found.is_finite():
        raise Refused(MALFORMED, name)
    if not least <= found <= most or found != round(found, places):
        raise Refused(BAD_AMOUNT, name)
    return found


def months(content: dict[str, Any], name: str) -> int:
    """Raises: Refused, if it is no whole number of 1 to 36 months."""
    value = str(content.get(name))
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value) <= _MOST_MONTHS:
        raise Refused(MALFORMED, name)
    return int(value)
