"""Time as the platform writes it: yyyyMMddHHmmss in Asia/Shanghai."""

from datetime import datetime, timedelta, timezone

_CHINA = timezone(timedelta(hours=8))


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, _CHINA).strftime("%Y%m%d%H%M%S")
