"""The platform's units, converted at its edge: 万元, 元, yearly fractions, times without a zone."""

from datetime import UTC, date, datetime
from decimal import Decimal

from connectors.kit.units import from_major
from connectors.wanlitong.facts import ZONE
from schemas.errors import Garbled
from schemas.money import Money

CURRENCY = "CNY"
WAN = 4
"""万 is ten to this."""


def yuan(amount: Decimal) -> Money:
    """元 → money. Raises: Garbled."""
    return from_major(amount, CURRENCY)


def from_wan(amount: Decimal) -> Money:
    """万元 → money. Raises: Garbled."""
    return yuan(amount.scaleb(WAN) if amount.is_finite() else amount)


def to_wan(amount: Money) -> Decimal:
    """Money → 万元, exactly: 12345.67 is 1.234567."""
    return Decimal(f"{amount.value.scaleb(-WAN).normalize():f}")


def percent(fraction: Decimal) -> str:
    """A yearly fraction as the contract writes a rate: 0.1320 is 13.2. Raises: Garbled."""
    rate = fraction.scaleb(2).normalize() if fraction.is_finite() else Decimal(-1)
    exponent = rate.as_tuple().exponent
    if not 0 <= rate < 1000 or not isinstance(exponent, int) or exponent < -4:  # noqa: PLR2004
        raise Garbled("what should be a yearly rate is none")
    return f"{rate:f}"


def moment(text: str) -> datetime:
    """A local time in UTC. Raises: Garbled."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError as error:
        raise Garbled("what should be a time is none") from error


def day(text: str) -> date:
    """Raises: Garbled."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Garbled("what should be a day is none") from error
