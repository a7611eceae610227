"""The billers and their rules: served as the file has them, filtered and paged."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import sandbox.data
from sandbox.providers.setu_bbps.answers import Refused, demand

Biller = dict[str, Any]

_BILLERS = Path(sandbox.data.__path__[0]) / "setu_billers.json"
_CLOSED = frozenset({"DEACTIVATED", "PENDING_DELETE"})
_PLACES = ("state", "city", "country", "coverage")
_MOST = 250


class Billers:
    """All billers, in the order of their ids."""

    def __init__(self) -> None:
        self._billers: list[Biller] = json.loads(_BILLERS.read_text(encoding="utf-8"))
        self._by_id = {biller["id"]: biller for biller in self._billers}

    def page(self, query: str) -> dict[str, Any]:
        """Raises: Refused."""
        asked = parse_qs(query)
        found = [biller for biller in self._billers if _fits(biller, asked)]
        begin = next((place for place, each in enumerate(found, 1) if [each["id"]] == asked.get("after")), 0)
        limit = limit_of(asked, _MOST)
        data = {"billers": found[begin : begin + limit], "total": len(found)}
        if begin + limit < len(found):
            data["nextPage"] = next_page("billers", asked, found[begin + limit - 1]["id"])
        return data

    def categories(self) -> dict[str, Any]:
        counted = Counter(biller["categoryName"] for biller in self._billers)
        return {"categories": [{"name": name, "billerCount": count} for name, count in sorted(counted.items())]}

    def known(self, biller_id: object) -> Biller | None:
        return self._by_id.get(biller_id) if isinstance(biller_id, str) else None

    def open(self, biller_id: object) -> Biller:
        """Raises: Refused, if there is no such biller or it takes no business any more."""
        biller = self.known(biller_id)
        if biller is None:
            raise Refused("biller.id is not known")
        demand(biller["status"] not in _CLOSED, f"biller is {biller['status']}")
        return biller


def check_params(biller: Biller, params: dict[str, str]) -> None:
    """Raises: Refused, naming the customerParam. The expressions may be open at either end, as some are written."""
    rules = {rule["paramName"]: rule for rule in biller["customerParams"]}
    for name in params:
        demand(name in rules, f"customerParams: {name} is not asked for")
    for name, rule in rules.items():
        value = params.get(name)
        if value is None:
            demand(rule["optional"], f"customerParams: {name} is missing")
            continue
        demand(rule["minLength"] <= len(value) <= rule["maxLength"], f"customerParams: {name} has a wrong length")
        demand(re.search(rule["regex"], value, re.ASCII), f"customerParams: {name} does not match {rule['regex']}")
        demand(not rule["values"] or value in rule["values"].split(","), f"customerParams: {name} is no choice")


def check_limits(biller: Biller, mode: object, channel: str, amount: int) -> None:
    """Units: paise. Raises: Refused, if this mode or channel does not carry the amount."""
    for rules, name, asked in (("paymentModes", "paymentMode", mode), ("paymentChannels", "paymentChannel", channel)):
        rule = next((each for each in biller[rules] if each[name] == asked), None)
        if rule is None:
            raise Refused(f"biller does not take this {name}")
        demand(rule["minLimit"] <= amount <= rule["maxLimit"], f"amount is outside the limits of {asked}")


def limit_of(asked: dict[str, list[str]], most: int) -> int:
    """Raises: Refused."""
    text = asked.get("limit", [str(most)])[-1]
    demand(text.isascii() and text.isdecimal() and 1 <= int(text) <= most, f"limit is 1 to {most}")
    return int(text)


def next_page(what: str, asked: dict[str, list[str]], after: str) -> str:
    """The address of what follows; it lacks the version, as in the documents' samples."""
    return f"/api/bbps/{what}?" + urlencode({**asked, "after": [after]}, doseq=True)


def _fits(biller: Biller, asked: dict[str, list[str]]) -> bool:
    if "ids" in asked and biller["id"] not in asked["ids"][-1].split(","):
        return False
    if "categoryName" in asked and _slug(biller["categoryName"]) not in map(_slug, asked["categoryName"]):
        return False
    if asked.get("search", [""])[-1].lower() not in biller["name"].lower():
        return False
    return all(biller.get(place) == asked[place][-1] for place in _PLACES if place in asked)


def _slug(category: str) -> str:
    """A category is written both ways: `Loan Repayment` and `loan-repayment`."""
    return category.lower().replace(" ", "-")
