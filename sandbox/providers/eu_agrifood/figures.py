"""The series of the portal's sectors, and their figures for weeks and months past."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import sandbox.data
from sandbox.stand.moment import now

_SERIES = Path(sandbox.data.__path__[0]) / "eu_agrifood_series.json"
_WEEKS, _MONTHS, _STOPPED = 60, 14, 6
_WEEK = timedelta(days=7)
# "€302,50" and "302.50" are the documented ones; nobody promises which comes when.
_SPELLINGS = ("€{}", "{}", "€{}", "{}")
_COMMAS = (True, False, False, True)


@dataclass(frozen=True, slots=True)
class Series:
    """One product at one market; `codes` holds what the filters compare, `record` what every row says.

    Units: base in euros per `record["unit"]`.
    """

    sector: str
    codes: dict[str, str]
    base: str
    every: str
    quirk: str
    record: dict[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A row, and the period and codes by which it is found."""

    begin: date
    end: date
    codes: dict[str, str]
    row: dict[str, Any]


def series() -> list[Series]:
    return [Series(**each) for each in json.loads(_SERIES.read_text(encoding="utf-8"))]


def figures(each: Series) -> Iterator[Figure]:
    """Complete periods only, the latest first; the same for ever, whenever they are asked for."""
    today = datetime.fromtimestamp(now(), UTC).date()
    periods = _weeks(today) if each.every == "week" else _months(today)
    for back, (begin, end) in enumerate(periods):
        if (each.quirk == "stopped" and back < _STOPPED) or (each.quirk == "gaps" and begin.toordinal() // 7 % 2):
            continue
        codes = {**each.codes, "memberStateCodes": each.record["memberStateCode"], "years": str(begin.year)}
        row: dict[str, Any] = {
            **each.record,
            "beginDate": begin.strftime("%d/%m/%Y"),
            "endDate": end.strftime("%d/%m/%Y"),
            "price": _price(each, begin),
        }
        if each.every == "week":
            row["weekNumber"] = _week_number(begin)
            if "marketStage" in row:
                row["marketingYear"] = _marketing_year(begin)
        else:
            codes["months"] = str(begin.month)
            row |= {"month": begin.month, "monthName": begin.strftime("%b"), "year": begin.year}
        yield Figure(begin, end, codes, row)


def _weeks(today: date) -> Iterator[tuple[date, date]]:
    sunday = today - timedelta(days=(today.weekday() + 1) % 7)
    for back in range(_WEEKS):
        end = sunday - _WEEK * back
        yield end - timedelta(days=6), end


def _months(today: date) -> Iterator[tuple[date, date]]:
    for _ in range(_MONTHS):
        end = today.replace(day=1) - timedelta(days=1)
        today = end.replace(day=1)
        yield today, end


def _price(each: Series, begin: date) -> str:
    """Within two per cent of the base, in one of the spellings seen."""
    key = f"{sorted(each.codes.items())} {each.record['memberStateCode']} {begin}"
    mark = int.from_bytes(sha256(key.encode()).digest()[:4])
    price = (Decimal(each.base) * (1000 + mark % 41 - 20) / 1000).quantize(Decimal("0.01"))
    spelling = mark // 41 % len(_SPELLINGS)
    text = _SPELLINGS[spelling].format(price)
    return text.replace(".", ",") if _COMMAS[spelling] else text


def _week_number(begin: date) -> int:
    """Counted from the start of the marketing year, as the observed records do: 27/07/2026 is in week 5."""
    july = date(begin.year if _after_june(begin) else begin.year - 1, 7, 1)
    return (begin - (july - timedelta(days=july.weekday()))).days // 7 + 1


def _marketing_year(begin: date) -> str:
    first = begin.year if _after_june(begin) else begin.year - 1
    return f"{first}/{first + 1}"


def _after_june(begin: date) -> bool:
    """Whether the week reaches into July or is later in the year."""
    return (begin + timedelta(days=6)).month > 6  # noqa: PLR2004 - June
