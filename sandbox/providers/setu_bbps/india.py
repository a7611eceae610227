"""Time as BBPS writes it, in IST, and the reference ids that end in it."""

import secrets
import string
from datetime import date, datetime, timedelta, timezone

IST = timezone(timedelta(hours=5, minutes=30))
_LETTERS = string.ascii_uppercase + string.digits


def here(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, IST)


def day(seconds: float) -> date:
    return here(seconds).date()


def stamp(seconds: float) -> str:
    return here(seconds).isoformat(timespec="seconds")


def moment(text: object) -> datetime | None:
    """An ISO 8601 time that names its zone, in IST; None for anything else."""
    try:
        read = datetime.fromisoformat(text) if isinstance(text, str) else None
        return None if read is None or read.tzinfo is None else read.astimezone(IST)
    except (ValueError, OverflowError):
        return None


def tail(seconds: float) -> str:
    """The last 8 characters of a refId: YDDDhhmm, the year's last digit and the day of the year."""
    at = here(seconds)
    return f"{at.year % 10}{at:%j%H%M}"


def letters(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))
