"""Customers: told by mask and digest before they agree, by mobile number afterwards."""

import re
from decimal import Decimal
from hashlib import md5, sha256
from typing import Any

from sandbox.providers.wanlitong.codes import MALFORMED, Refused
from sandbox.providers.wanlitong.words import WAN, text

_MOBILE = re.compile(r"1[0-9]{10}")
_MASK = re.compile(r"1[0-9]{7}(\*{3})?")
_HIDDEN = 1000
_SHOWN = 8


def digest(mobile: str) -> str:
    """MD5 of the eleven plain digits, in lower-case hex."""
    return md5(mobile.encode(), usedforsecurity=False).hexdigest()


def masked(content: dict[str, Any]) -> str:
    """Whom mask and digest mean. The platform would look the digest up; here the three hidden digits are tried.

    Raises: Refused, if they mean nobody.
    """
    mask, wanted = text(content, "mobileMask"), text(content, "mobileMd5")
    if not _MASK.fullmatch(mask):
        raise Refused(MALFORMED, "mobileMask")
    for hidden in range(_HIDDEN):
        mobile = f"{mask[:_SHOWN]}{hidden:03}"
        if digest(mobile) == wanted:
            return mobile
    raise Refused(MALFORMED, "mobileMd5")


def plain(content: dict[str, Any]) -> str:
    """Raises: Refused, if there is no plain mobile number."""
    mobile = text(content, "mobile")
    if not _MOBILE.fullmatch(mobile):
        raise Refused(MALFORMED, "mobile")
    return mobile


def limit_of(mobile: str) -> Decimal:
    """What a customer can borrow, in 元: 3 to 20 万元."""
    return WAN * (3 + _mark(mobile)[0] % 18)


def rate_of(mobile: str) -> Decimal:
    """A customer's yearly rate as a fraction: 0.0720 to 0.2160."""
    return Decimal("0.0720") + Decimal("0.0120") * (_mark(mobile)[1] % 13)


def _mark(mobile: str) -> bytes:
    return sha256(f"customer {mobile}".encode()).digest()
