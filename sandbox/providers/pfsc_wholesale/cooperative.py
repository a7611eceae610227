"""The supply cooperatives' shelf and the short lessons for farmers; all of it inferred."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import sandbox.data
from sandbox.stand.moment import now

Row = dict[str, Any]

_DATA = Path(sandbox.data.__path__[0])
_CHINA = timezone(timedelta(hours=8))


class Cooperative:
    """Goods and lessons, dated so that there is something recent."""

    def __init__(self) -> None:
        self._goods: list[Row] = json.loads((_DATA / "coop_goods.json").read_text(encoding="utf-8"))
        self._lessons: list[Row] = json.loads((_DATA / "farming_lessons.json").read_text(encoding="utf-8"))

    def goods(self, filters: Row) -> list[Row]:
        """Priced anew every morning; a price of null is agreed upon by telephone."""
        wanted = {name: value for name, value in filters.items() if value}
        dated = ({**each, "updateTime": f"{_day(0)} 08:00:00"} for each in self._goods)
        return [each for each in dated if all(each[name] == value for name, value in wanted.items())]

    def lessons(self) -> list[Row]:
        """The latest first."""
        return [
            {
                **{name: value for name, value in each.items() if name != "daysAgo"},
                "publishTime": f"{_day(each['daysAgo'])} 09:00:00",
            }
            for each in self._lessons
        ]


def _day(ago: int) -> str:
    return f"{datetime.fromtimestamp(now(), _CHINA) - timedelta(days=ago):%Y-%m-%d}"
