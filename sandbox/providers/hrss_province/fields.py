"""Whether the fields of a request are there and well formed."""

import csv
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import sandbox.data
from sandbox.providers.hrss_province.codes import MALFORMED, OTHER_PROVINCE, Refused
from sandbox.stand.people import check_digit

PROVINCE = "330000"
_DIVISIONS = Path(sandbox.data.__path__[0]) / "divisions.csv"
with _DIVISIONS.open(encoding="utf-8", newline="") as _file:
    AREAS = {row["code"]: row["name"] for row in csv.DictReader(_file)}

KINDS = {"110": "企业职工基本养老保险", "210": "失业保险", "310": "职工基本医疗保险", "410": "工伤保险"}
_MONTH = re.compile(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])")
_NAME = re.compile(r"\S(.{0,48}\S)?")
_PHONE = re.compile(r"1[0-9]{10}")
_REFERENCE = re.compile(r"[0-9A-Za-z_-]{1,32}")
_GROWTH = re.compile(r"0(\.[0-9]{1,4})?")


def taken(content: dict[str, Any], *names: str) -> dict[str, str]:
    """These fields, all of them strings; one with a `?` may be left out or empty and is an empty string then.

    Raises: Refused, naming the first that does not fit.
    """
    fields: dict[str, str] = {}
    for each in names:
        name = each.removesuffix("?")
        value = content.get(name)
        if name != each and value in (None, ""):
            value = ""
        elif not isinstance(value, str) or not _RULES[name](value):
            raise Refused(MALFORMED, name)
        fields[name] = value
    return fields


def check_province(*areas: str) -> None:
    """Raises: Refused, if none of these areas is this province's."""
    if not any(area[:2] == PROVINCE[:2] for area in areas):
        raise Refused(OTHER_PROVINCE, "AAB301")


def _is_identity(text: str) -> bool:
    """Source: GB 11643-1999."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return False
    try:
        date.fromisoformat(f"{text[6:10]}-{text[10:12]}-{text[12:14]}")
    except ValueError:
        return False
    return check_digit(text[:17]) == text[17]


def _is_area(text: str) -> bool:
    """A province or prefecture, or a county of a prefecture."""
    return bool(re.fullmatch(r"[0-9]{6}", text)) and (text in AREAS or text[:4] + "00" in AREAS)


_RULES: dict[str, Callable[[str], object]] = {
    "AAC002": _is_identity,
    "AAC003": _NAME.fullmatch,
    "AAB301": _is_area,
    "outAAB301": _is_area,
    "AAE140": KINDS.__contains__,
    "AAE041": _MONTH.fullmatch,
    "AAE042": _MONTH.fullmatch,
    "AAE005": _PHONE.fullmatch,
    "retireMonth": _MONTH.fullmatch,
    "wageGrowth": _GROWTH.fullmatch,
    "ywlsh": _REFERENCE.fullmatch,
}
