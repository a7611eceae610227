"""How the product writes times and numbers, and the slice that `page` and `size` ask for."""

from datetime import UTC, datetime
from decimal import Decimal

_PLACES = 5
_SIZE = 200


def stamp(seconds: float) -> str:
    """A time without a zone; here it is UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def number(amount: Decimal | str) -> int | float:
    """An amount as a JSON number, whole where it is whole."""
    amount = Decimal(amount)
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def major(amount: Decimal) -> str:
    """An amount as a decimal string with two places, or more where it has more."""
    places = -int(amount.normalize().as_tuple().exponent)
    return f"{amount:.{max(places, 2)}f}"


def rounded(amount: Decimal) -> Decimal:
    return round(amount, _PLACES)


def window(parameters: dict[str, str]) -> slice:
    """Pages count from 1."""
    page, size = _positive(parameters.get("page"), 1), _positive(parameters.get("size"), _SIZE)
    return slice((page - 1) * size, page * size)


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and int(text) else default
