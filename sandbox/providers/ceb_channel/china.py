"""Time as the channel writes it: yyyyMMddHHmmss in Asia/Shanghai."""

from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def here(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, CHINA)


def stamp(seconds: float) -> str:
    return here(seconds).strftime("%Y%m%d%H%M%S")


def is_stamp(text: object) -> bool:
    if not isinstance(text, str) or len(text) != len("yyyyMMddHHmmss") or not text.isdecimal():
        return False
    try:
        datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        return False
    return True
