"""Yuan strings, times and mandatory fields as the centre writes them."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sandbox.providers.nhsa_mobile_pay.codes import AMOUNTS, FIELD, Refused

_CHINA = timezone(timedelta(hours=8))
_YUAN = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,2})?")


def stamp(seconds: float) -> str:
    """Shape: yyyyMMddHHmmss in Asia/Shanghai."""
    return datetime.fromtimestamp(seconds, _CHINA).strftime("%Y%m%d%H%M%S")


def yuan(value: object) -> Decimal:
    """Units: a string of yuan with at most two places.

    Raises: Refused.
    """
    if not isinstance(value, str) or not _YUAN.fullmatch(value):
        raise Refused(AMOUNTS, "元，最多两位小数的字符串")
    return Decimal(value)


def demand(content: dict[str, Any], names: Iterable[str]) -> None:
    """Raises: Refused, naming the first field that is missing, empty or no text."""
    for name in names:
        if not isinstance(content.get(name), str) or not content[name]:
            raise Refused(FIELD, name)


def mark_of(text: str) -> int:
    """A number that is the same for ever for the same text."""
    return int.from_bytes(sha256(text.encode()).digest()[:10])
