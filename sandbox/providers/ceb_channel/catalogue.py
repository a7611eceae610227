"""Cities, categories and payment items with their rules, in the documents' own shape."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sandbox.data

_DIVISIONS = Path(sandbox.data.__path__[0]) / "divisions.csv"
ELECTRICITY, WATER, GAS, MOBILE = "01", "02", "03", "04"
CATEGORIES = {ELECTRICITY: "电费", WATER: "水费", GAS: "燃气费", MOBILE: "手机充值"}
_FAMILIES = {WATER: "0011", GAS: "0012", ELECTRICITY: "0013", MOBILE: "0014"}
ALWAYS = "0-86400000"
# 07:00 to 03:00 of the next morning: the sample of the documents, which wraps midnight.
NIGHTLY = "25200000-86400000|0-10800000"

# GB/T 2260 code and the area code that the channel uses for the city.
_CITIES = (
    ("110000", "010"), ("310000", "021"), ("120000", "022"), ("500000", "023"), ("210100", "024"),
    ("320100", "025"), ("420100", "027"), ("510100", "028"), ("610100", "029"), ("440100", "020"),
    ("440300", "755"), ("330100", "571"), ("430100", "731"), ("210200", "411"), ("210900", "418"),
    ("370200", "532"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of item demands.

    Units: limits and choices in yuan, windows in milliseconds of the day.
    """

    category: str
    number: str
    name: str
    rang_limit: str
    amount_limit: str = "0-100000"
    choose_amount: str = ""
    time_range_limit: str = ALWAYS
    queried_first: bool = True
    contract: bool = False
    fetched_slowly: bool = False
    city_code: bool = False
    meter_number: bool = False


_RULES = (
    Rule(WATER, "01", "自来水", "0"),
    Rule(GAS, "01", "管道燃气", "1", "1-5000"),
    Rule(ELECTRICITY, "01", "居民用电", "-1"),
    Rule(ELECTRICITY, "02", "预付费电表", "-10", "10-2000", queried_first=False),
    Rule(GAS, "02", "燃气卡充值", "-10", "50-200", "50|100|200", queried_first=False),
    Rule(WATER, "02", "二次供水", "0", contract=True),
    Rule(MOBILE, "01", "话费", "-10", "30-500", "30|50|100|200|300|500", queried_first=False),
    Rule(ELECTRICITY, "03", "农村电网", "0", fetched_slowly=True),
    Rule(WATER, "03", "中水", "2"),
    Rule(GAS, "03", "瓶装燃气", "-2"),
    Rule(ELECTRICITY, "04", "夜间用电", "0", time_range_limit=NIGHTLY),
    Rule(ELECTRICITY, "05", "跨城代收电费", "-1", city_code=True),
    Rule(WATER, "04", "表号缴费", "-10", meter_number=True),
)
# 阜新 must send the code of 沈阳: the kind of quirk that lives in data.
_CODE_OF_ANOTHER = {"210900": "024"}


@dataclass(frozen=True, slots=True)
class Item:
    """One biller's product in one city."""

    item_id: str
    code: str
    company_id: str
    city_code: str
    name: str
    rule: Rule
    extra_fields: tuple[dict[str, str], ...]

    def shown(self) -> dict[str, Any]:
        rule = self.rule
        return {
            "paymentItemId": self.item_id,
            "paymentItemCode": self.code,
            "paymentItemName": self.name,
            "companyId": self.company_id,
            "categoryType": rule.category,
            "cityCode": self.city_code,
            "rangLimit": rule.rang_limit,
            "amountLimit": rule.amount_limit,
            "chooseAmount": rule.choose_amount,
            "timeRangeLimit": rule.time_range_limit,
            "payTimeTips": "全天" if rule.time_range_limit == ALWAYS else "每日7:00至次日3:00",
            "businessFlow": "0" if rule.queried_first else "1",
            "queryBusinessCode": "BJCEBQBIReq",
            "paymentBusinessCode": "BJCEBBCReq",
            "extraFields": list(self.extra_fields),
            "needContractNo": "1" if rule.contract else "0",
        }


class Catalogue:
    """Everything that can be paid through the channel."""

    def __init__(self) -> None:
        names = _names()
        self._cities = {code: names[code] for code, _ in _CITIES}
        self._items = {item.item_id: item for item in _items(names)}

    def cities(self) -> list[dict[str, str]]:
        return [{"cityCode": code, "cityName": name} for code, name in self._cities.items()]

    def categories(self, city_code: str) -> list[dict[str, str]]:
        served = {item.rule.category for item in self._of(city_code)}
        return [{"categoryType": key, "categoryName": CATEGORIES[key]} for key in sorted(served)]

    def items(self, city_code: str, category: str) -> list[dict[str, Any]]:
        return [item.shown() for item in self._of(city_code) if category in ("", item.rule.category)]

    def item(self, item_id: str, code: str) -> Item | None:
        """The item whose number and code both fit."""
        item = self._items.get(item_id)
        return item if item is not None and item.code == code else None

    def _of(self, city_code: str) -> Iterator[Item]:
        return (item for item in self._items.values() if item.city_code == city_code)


def _items(names: dict[str, str]) -> Iterator[Item]:
    for place, (city_code, area) in enumerate(_CITIES):
        for index, rule in enumerate(_RULES):
            company_id = area + _FAMILIES[rule.category] + rule.number
            yield Item(
                item_id=str(100000 + place * 100 + index),
                code=f"PI{company_id}",
                company_id=company_id,
                city_code=city_code,
                name=f"{names[city_code]}{rule.name}（模拟）",
                rule=rule,
                extra_fields=_extra_fields(rule, _CODE_OF_ANOTHER.get(city_code, area)),
            )


def _extra_fields(rule: Rule, area: str) -> tuple[dict[str, str], ...]:
    if rule.city_code:
        return ({"name": "filed3", "label": "城市代码", "pattern": f"^{area}$", "required": "1"},)
    if rule.meter_number:
        return (
            {"name": "filed1", "label": "表号", "pattern": "^[0-9]{8}$", "required": "1"},
            {"name": "filed2", "label": "备注", "pattern": "^.{0,20}$", "required": "0"},
        )
    return ()


def _names() -> dict[str, str]:
    with _DIVISIONS.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}
