"""Time as the channel writes it, in Asia/Shanghai: yyyyMMddHHmmss, and an order's day as yyyyMMdd or yyyy-MM-dd."""

import re
from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def here(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, CHINA)


def stamp(seconds: float) -> str:
    return here(seconds).strftime("%Y%m%d%H%M%S")


def is_day(text: object) -> bool:
    if not isinstance(text, str) or not re.fullmatch("[0-9]{8}", text):
        return False
    try:
        datetime.strptime(text, "%Y%m%d").replace(tzinfo=CHINA)
    except ValueError:
        return False
    return True


def undashed(text: object) -> str | None:
    """A day as an enquiry names it, yyyy-MM-dd, in the yyyyMMdd of its order; None where it is no such day."""
    if not isinstance(text, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    day = text.replace("-", "")
    return day if is_day(day) else None
