"""What the wholesale markets quoted in the last days; a quotation without a price is null, never 0."""

import csv
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

_DATA = Path(sandbox.data.__path__[0])
_CHINA = timezone(timedelta(hours=8))
_DAYS, _STOPPED = 12, 6
CATEGORIES = {"AA": "粮油", "AE": "蔬菜", "AF": "水果", "AL": "畜禽", "AM": "水产"}


@dataclass(frozen=True, slots=True)
class Variety:
    """Units: base in yuan per kilogram."""

    variety_id: str
    name: str
    pid: str
    group: str
    base: str


@dataclass(frozen=True, slots=True)
class Market:
    """A market of made-up name in a real division; `categories` are letter codes with blanks between."""

    market_id: str
    name: str
    province_code: str
    province_name: str
    area_code: str
    area_name: str
    categories: str
    quirk: str

    def quotes(self, variety: Variety, day: date, back: int) -> bool:
        if self.quirk == "stopped" and back < _STOPPED:
            return False
        if self.quirk == "gaps" and (day.toordinal() + int(variety.variety_id)) % 3 == 0:
            return False
        return variety.pid in self.categories


class Quotations:
    """Varieties, provinces and quotations, the latest first."""

    def __init__(self) -> None:
        self._markets = [Market(**row) for row in _table("pfsc_markets.csv")]
        self._varieties = [Variety(**row) for row in _table("pfsc_varieties.csv")]
        self._divisions = _table("divisions.csv")

    def regions(self, pid: str) -> list[Row]:
        """Divisions below one, or the provinces."""
        below = "" if pid in {"", "0"} else pid
        return [{"id": row["code"], "name": row["name"]} for row in self._divisions if row["parent_code"] == below]

    def varieties(self, pid: str) -> list[list[Row]]:
        """A category's varieties, group by group."""
        groups: dict[str, list[Row]] = {}
        for each in self._varieties:
            if each.pid == pid:
                shown = {"varietyId": int(each.variety_id), "varietyName": each.name, "pid": pid}
                groups.setdefault(each.group, []).append(shown)
        return list(groups.values())

    def rows(self, filters: Row) -> list[Row]:
        """Shape: `filters` has the fields of a row; one that is empty or null does not filter."""
        wanted = {name: str(value) for name, value in filters.items() if value not in {None, ""}}
        return [row for row in self._all() if all(str(row[name]) == value for name, value in wanted.items())]

    def _all(self) -> Iterator[Row]:
        today = datetime.fromtimestamp(now(), _CHINA).date()
        for back in range(_DAYS):
            day = today - timedelta(days=back)
            for market in self._markets:
                for variety in self._varieties:
                    if market.quotes(variety, day, back):
                        yield _row(market, variety, day)


def _row(market: Market, variety: Variety, day: date) -> Row:
    low, middle, high = _prices(market, variety, day)
    return {
        "marketId": int(market.market_id),
        "marketName": market.name,
        "provinceCode": market.province_code,
        "provinceName": market.province_name,
        "areaCode": market.area_code,
        "areaName": market.area_name,
        "pid": variety.pid,
        "varietyTypeName": CATEGORIES[variety.pid],
        "varietyId": int(variety.variety_id),
        "varietyName": variety.name,
        "minimumPrice": low,
        "middlePrice": middle,
        "highestPrice": high,
        "meteringUnit": "元/公斤",
        "reportTime": f"{day} 00:00:00",
    }


def _prices(market: Market, variety: Variety, day: date) -> tuple[float | None, float | None, float | None]:
    """The market's own level within ten per cent, the day's within three; some quotations have no prices at all."""
    place = sha256(f"{market.market_id} {variety.variety_id}".encode()).digest()[0]
    mark = sha256(f"{market.market_id} {variety.variety_id} {day}".encode()).digest()
    if mark[0] % 12 == 0 or (market.quirk == "nulls" and variety.pid == "AM"):
        return None, None, None
    middle = Decimal(variety.base) * (1000 + place % 201 - 100) / 1000 * (1000 + mark[1] % 61 - 30) / 1000
    shown = _yuan(middle)
    return (None, shown, None) if mark[0] % 12 == 1 else (_yuan(middle * 9 / 10), shown, _yuan(middle * 11 / 10))


def _yuan(amount: Decimal) -> float:
    return float(amount.quantize(Decimal("0.01")))


def _table(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
