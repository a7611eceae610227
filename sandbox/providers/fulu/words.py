"""How the platform writes times and amounts."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

_CHINA = timezone(timedelta(hours=8))
_FORM = "%Y-%m-%d %H:%M:%S"


def stamp(seconds: float, form: str = _FORM) -> str:
    """A time without a zone, in Asia/Shanghai."""
    return datetime.fromtimestamp(seconds, _CHINA).strftime(form)


def is_stamp(text: object) -> bool:
    try:
        datetime.strptime(str(text), _FORM).replace(tzinfo=_CHINA)
    except ValueError:
        return False
    return True


def number(amount: Decimal) -> int | float:
    """Yuan as a JSON number, whole where it is whole."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
