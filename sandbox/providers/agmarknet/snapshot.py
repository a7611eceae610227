"""Today's arrivals at the mandis: real rows of one day, dated today, in whichever spelling the feed now has."""

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import sandbox.data
from sandbox.stand.moment import now

Row = dict[str, str]

_ROWS = Path(sandbox.data.__path__[0]) / "agmarknet_2026-04-21.csv"
_INDIA = timezone(timedelta(hours=5, minutes=30))
_FIELDS = (
    "state", "district", "market", "commodity", "variety", "grade", "arrival_date", "min_price", "max_price",
    "modal_price",
)  # fmt: skip
_RANGES = ("min_price", "max_price")
_UNRANGED = 20


class Situation(StrEnum):
    """What the feed is like today."""

    ORDINARY = "ordinary"
    PLAIN_FILTERS = "plain-filters"
    KEYWORD_FILTERS = "keyword-filters"
    TITLE_CASE = "title-case"
    X0020 = "x0020"
    HOLIDAY = "holiday"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How fields and dates are written: as in the service, in the file of 2024, or in that of 2026."""

    title: bool = False
    blank: str = "_"
    date: str = "%d/%m/%Y"

    def field(self, name: str) -> str:
        if not self.title:
            return name
        return name.title() if name == "arrival_date" else name.title().replace("_", self.blank)


_SPELLINGS = {
    Situation.TITLE_CASE: Spelling(title=True, date="%d-%m-%Y"),
    Situation.X0020: Spelling(title=True, blank="_x0020_"),
}


class Snapshot:
    """The current day; yesterday is gone."""

    def __init__(self) -> None:
        with _ROWS.open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))[1:]
        self._rows = [dict(zip(_FIELDS, line, strict=True)) for line in lines]
        for row in self._rows[_UNRANGED - 1 :: _UNRANGED]:
            row.update(dict.fromkeys(_RANGES, "0"))

    def rows(self, filters: dict[str, str], situation: Situation) -> list[Row]:
        """Rows of today that fit, spelled as the situation has it. West Bengal rests on even days of the month."""
        today = datetime.fromtimestamp(now(), _INDIA)
        if situation is Situation.HOLIDAY:
            return []
        spelling = _SPELLINGS.get(situation, Spelling())
        resting = "" if today.day % 2 else "West Bengal"
        dated = ({**row, "arrival_date": today.strftime(spelling.date)} for row in self._rows)
        return [
            {spelling.field(name): value for name, value in row.items()}
            for row in dated
            if row["state"] != resting and all(row.get(name) == value for name, value in filters.items())
        ]
