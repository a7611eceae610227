"""Market news reports: who publishes what and when, in which shape, and which issue of a day is the last."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import sandbox.data
from sandbox.stand.moment import now

Row = dict[str, Any]

_REPORTS = Path(sandbox.data.__path__[0]) / "usda_mars_reports.json"
_EASTERN = timezone(timedelta(hours=-5))
_DAYS = 120
_TUESDAY, _WEDNESDAY, _SATURDAY = 1, 2, 5
_GAP = 3
CORRECTED = "CORRECTED: replaces the report published earlier for this date."


@dataclass(frozen=True, slots=True)
class Report:
    """Shape: `shape` is `list` or `results`, `every` is `day` (Monday to Friday) or `week` (Tuesday)."""

    slug_id: str
    slug_name: str
    report_title: str
    shape: str
    every: str
    record: Row
    rows: list[Row]

    def comes_out(self, day: date) -> bool:
        return day.weekday() < _SATURDAY if self.every == "day" else day.weekday() == _TUESDAY


class Reports:
    """All reports, and the corrections that were ordered besides those that come by themselves."""

    def __init__(self) -> None:
        document = json.loads(_REPORTS.read_text(encoding="utf-8"))
        self._reports = {each["slug_id"]: Report(**each) for each in document["reports"]}
        self._holdings: Row = document["holdings"]
        self._corrections: dict[tuple[str, date], int] = {}

    def listing(self) -> list[Row]:
        """Every report by number, name and title."""
        published = [(each.slug_id, each.slug_name, each.report_title) for each in self._reports.values()]
        published.append((self._holdings["slug_id"], self._holdings["slug_name"], "Dairy Cold Storage"))
        return [{"slug_id": slug_id, "slug_name": name, "report_title": title} for slug_id, name, title in published]

    def correct(self, slug_id: str, day: date) -> bool:
        """Issues a day's report once more; False if there is none."""
        report = self._reports.get(slug_id)
        if report is None or day > today() or not report.comes_out(day):
            return False
        self._corrections[slug_id, day] = self._corrections.get((slug_id, day), 0) + 1
        return True

    def read(self, slug_id: str, first: date, last: date, *, unmapped: bool) -> list[Row] | dict[str, Any] | None:
        """The rows of a period in the report's own shape, every issue among them; None if there is no such report."""
        if slug_id == self._holdings["slug_id"]:
            return {"results": [self._holdings]}
        report = self._reports.get(slug_id)
        if report is None:
            return None
        rows = [row for day in _days(first, last) for row in self._issues(report, day)]
        if unmapped:
            rows = [{**row, "package": "firkins"} for row in rows]
        return rows if report.shape == "list" else {"results": rows}

    def _issues(self, report: Report, day: date) -> Iterator[Row]:
        """A day's rows, the last issue first. Wednesday's daily reports are always corrected once."""
        if not report.comes_out(day):
            return
        by_itself = 1 if report.every == "day" and day.weekday() == _WEDNESDAY else 0
        for issue in range(by_itself + self._corrections.get((report.slug_id, day), 0), -1, -1):
            for number, row in enumerate(report.rows):
                if row["quirk"] != "gaps" or day.toordinal() % _GAP:
                    yield _figure(report, row, number, day, issue)


def today() -> date:
    """The day in Washington, without daylight saving."""
    return datetime.fromtimestamp(now(), _EASTERN).date()


def _days(first: date, last: date) -> Iterator[date]:
    """The latest first, as far back as there is anything."""
    for back in range(_DAYS):
        day = today() - timedelta(days=back)
        if first <= day <= last:
            yield day


def _figure(report: Report, row: Row, number: int, day: date, issue: int) -> Row:
    """A correction is a dollar dearer in every price."""
    mark = sha256(f"{report.slug_id} {number} {day}".encode()).digest()[0] % 5 - 2
    move = Decimal(row["low_price"]) * mark / 100 + issue
    low, high = (str((Decimal(row[name]) + move).quantize(Decimal("0.01"))) for name in ("low_price", "high_price"))
    priced = row["quirk"] != "no-price"
    mostly = priced and row["quirk"] != "no-mostly"
    written = f"{day:%m/%d/%Y}"
    return {
        "report_date": written,
        "report_begin_date": written,
        "report_end_date": written,
        "published_date": f"{written} {9 + issue:02d}:30:00",
        **report.record,
        "slug_id": report.slug_id,
        "slug_name": report.slug_name,
        "report_title": report.report_title,
        "market": report.record["market_location_name"],
        **{name: value for name, value in row.items() if name != "quirk"},
        "low_price": low if priced else None,
        "high_price": high if priced else None,
        "mostly_low_price": low if mostly else None,
        "mostly_high_price": high if mostly else None,
        "report_narrative": None,
        "special_announcement": CORRECTED if issue else None,
    }
