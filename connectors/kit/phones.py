"""Telephone numbers, as partners in one country write them."""

import re

_CHINESE_MOBILE = re.compile(r"(?:\+?86)?(1[0-9]{10})")


def chinese_mobile(text: str | None) -> str | None:
    """The eleven digits of a Chinese mobile number, without its country's code; None for anything else."""
    found = _CHINESE_MOBILE.fullmatch(text or "")
    return found[1] if found else None
