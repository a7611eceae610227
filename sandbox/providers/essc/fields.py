"""Whether the business parameters are there and well formed."""

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

import sandbox.data
from sandbox.providers.essc.codes import MALFORMED, Refused
from sandbox.stand.people import check_digit

_DIVISIONS = Path(sandbox.data.__path__[0]) / "divisions.csv"
_SHAPES = {
    "channelNo": re.compile(r"[0-9]{10}"),
    "aac002": re.compile(r"[0-9]{17}[0-9X]", re.ASCII),
    "aac003": re.compile(r"\S(.{0,48}\S)?"),
    "aab301": re.compile(r"[0-9]{6}"),
    "signNo": re.compile(r"[0-9A-F]{32}"),
    "busiSeq": re.compile(r"[0-9A-Za-z_-]{1,32}"),
    "phone": re.compile(r"1[0-9]{10}"),
    "qrCode": re.compile(r"[!-~]{1,128}"),
    "qrPurpose": re.compile(r"0[1-5]"),
    "notifyUrl": re.compile(r"https?://[!-~]{1,500}"),
}
_OPTIONAL = frozenset({"notifyUrl"})


class Fields:
    """The platform's rules for each parameter."""

    def __init__(self, channel_no: str) -> None:
        self._channel_no = channel_no
        with _DIVISIONS.open(encoding="utf-8", newline="") as file:
            self._areas = frozenset(row["code"] for row in csv.DictReader(file))

    def taken(self, content: dict[str, Any], *names: str) -> dict[str, str]:
        """These parameters and channelNo; an optional one that is left out or empty is an empty string.

        Raises: Refused, naming the first that does not fit.
        """
        return {name: self._one(name, content.get(name)) for name in ("channelNo", *names)}

    def _one(self, name: str, value: object) -> str:
        if name in _OPTIONAL and value in (None, ""):
            return ""
        if not isinstance(value, str) or not _SHAPES[name].fullmatch(value) or not self._fits(name, value):
            raise Refused(MALFORMED, name)
        return value

    def _fits(self, name: str, value: str) -> bool:
        match name:
            case "channelNo":
                return value == self._channel_no
            case "aac002":
                return is_identity(value)
            case "aab301":
                return value in self._areas or value[:4] + "00" in self._areas  # a county by its prefecture
        return True


def is_identity(text: str) -> bool:
    """Whether the date exists and the check digit is right. Source: GB 11643-1999."""
    try:
        date.fromisoformat(f"{text[6:10]}-{text[10:12]}-{text[12:14]}")
    except ValueError:
        return False
    return check_digit(text[:17]) == text[17]
