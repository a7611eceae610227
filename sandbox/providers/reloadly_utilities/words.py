"""How the product writes times and numbers."""

from datetime import UTC, datetime
from decimal import Decimal


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
