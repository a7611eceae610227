"""Time as the office writes it, in Asia/Shanghai: yyyyMMddHHmmss, and months as yyyyMM."""

from datetime import datetime, timedelta, timezone

_CHINA = timezone(timedelta(hours=8))
_STAMP = "%Y%m%d%H%M%S"


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, _CHINA).strftime(_STAMP)


def seconds_of(text: str) -> float:
    """Raises: ValueError, if it is no time."""
    return datetime.strptime(text, _STAMP).replace(tzinfo=_CHINA).timestamp()


def months(text: str) -> int:
    """Months since year 0 of a yyyyMM…, so that months can be counted."""
    return int(text[:4]) * 12 + int(text[4:6]) - 1


def month(count: int) -> str:
    """The yyyyMM of a number of months since year 0."""
    return f"{count // 12:04d}{count % 12 + 1:02d}"


def this_month(seconds: float) -> int:
    return months(stamp(seconds))
