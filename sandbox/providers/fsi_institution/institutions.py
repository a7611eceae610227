"""1201: designated hospitals and pharmacies. The areas are real, the institutions are made up."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sandbox.data
from sandbox.providers.fsi_institution.codes import FIELD, Refused
from sandbox.providers.fsi_institution.words import demand, mark_of

HOSPITAL, PHARMACY = "1", "2"
_DIVISIONS = Path(sandbox.data.__path__[0]) / "divisions.csv"
_NAMES = {
    HOSPITAL: ("模拟人民医院", "模拟中医院", "模拟妇幼保健院", "模拟社区卫生服务中心"),
    PHARMACY: ("模拟惠民大药房", "模拟康健药店", "模拟百草堂药房"),
}
_LETTERS = {HOSPITAL: "H", PHARMACY: "P"}
# Rows of the list that are no names of places.
_PLACEHOLDERS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
_MOST = 100
_AREA_LENGTH = 6


class Institutions:
    """Found by area: a county is served by the institutions of its prefecture, a province by all of its own."""

    def __init__(self) -> None:
        with _DIVISIONS.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        names = {row["code"]: row["name"] for row in rows}
        self._places = {
            row["code"]: names[row["parent_code"]] if row["name"] in _PLACEHOLDERS else row["name"]
            for row in rows
            if row["level"] == "prefecture"
        }

    def near(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A page of an area's institutions; an area that nobody knows has none.

        Raises: Refused.
        """
        demand(asked, ("admdvs",))
        kind, name = asked.get("fixmedins_type") or "", str(asked.get("fixmedins_name") or "")
        if kind not in ("", *_NAMES) or len(asked["admdvs"]) != _AREA_LENGTH:
            raise Refused(FIELD, "fixmedins_type, admdvs")
        found = [each for each in self._all(asked["admdvs"], kind) if name in each["fixmedins_name"]]
        page, size = _whole(asked.get("page_num"), 1), min(_whole(asked.get("page_size"), 20), _MOST)
        return {"medinsinfo": found[(page - 1) * size : page * size], "recordCounts": len(found)}

    def _all(self, area: str, kind: str) -> Iterator[dict[str, str]]:
        prefix = area[:2] if area.endswith("0000") else area[:4]
        for code, place in self._places.items():
            if not code.startswith(prefix):
                continue
            for each in (kind,) if kind else (HOSPITAL, PHARMACY):
                yield from _of(code, place, each)


def _of(area: str, place: str, kind: str) -> Iterator[dict[str, str]]:
    for number, name in enumerate(_NAMES[kind], start=1):
        code = f"{_LETTERS[kind]}{area}{number:05d}"
        yield {
            "fixmedins_code": code,
            "fixmedins_name": place + name,
            "fixmedins_type": kind,
            "admdvs": area,
            "hosp_lv": f"{number:02d}" if kind == HOSPITAL else "",
            "addr": f"{place}模拟路{mark_of(code) % 300 + 1}号",
        }


def _whole(value: object, default: int) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _AREA_LENGTH and int(text) else default
