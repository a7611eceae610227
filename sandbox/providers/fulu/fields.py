"""Values of a request's biz_content, which come with or without quotes."""

import re
from decimal import Decimal
from typing import Any

from sandbox.providers.fulu.codes import MALFORMED, MISSING, Refused

_WHOLE = re.compile(r"[1-9][0-9]{0,8}")
_YUAN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")


def required(content: dict[str, Any], name: str) -> str:
    """Raises: Refused, if it is missing or empty."""
    value = content.get(name)
    if value in (None, ""):
        raise Refused(MISSING, name)
    return str(value)


def whole(content: dict[str, Any], name: str) -> int:
    """Raises: Refused, if it is missing or no positive whole number."""
    text = required(content, name)
    if not _WHOLE.fullmatch(text):
        raise Refused(MALFORMED, name)
    return int(text)


def yuan(content: dict[str, Any], name: str) -> Decimal | None:
    """None if it is not given.

    Raises: Refused, if it is no amount of at most four places.
    """
    text = str(content.get(name) or "")
    if text and not _YUAN.fullmatch(text):
        raise Refused(MALFORMED, name)
    return Decimal(text) if text else None
