"""The billers, filtered and paged; served as the file has them, odd spellings included."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import sandbox.data
from sandbox.providers.reloadly_utilities.errors import Refused

Biller = dict[str, Any]

WALLET_CURRENCY = "INR"
_BILLERS = Path(sandbox.data.__path__[0]) / "reloadly_billers.json"
_FILTERS = {"type": "type", "serviceType": "serviceType", "countryISOCode": "countryIsoCode"}
_SIZE = 200


class Billers:
    """All billers by number."""

    def __init__(self) -> None:
        shown: list[Biller] = json.loads(_BILLERS.read_text(encoding="utf-8"))
        exact: list[Biller] = json.loads(_BILLERS.read_text(encoding="utf-8"), parse_float=Decimal)
        self._shown = shown
        self._exact = {biller["id"]: biller for biller in exact}

    def page(self, parameters: dict[str, str]) -> dict[str, Any]:
        """`{"content": […]}`; a page past the end is empty. Pages count from 1."""
        found = [biller for biller in self._shown if _fits(biller, parameters)]
        begin, end = window(parameters)
        return {"content": found[begin:end]}

    def biller(self, biller_id: object) -> Biller:
        """A biller with its amounts as decimals; the number may come with quotes.

        Raises: Refused.
        """
        text = str(biller_id)
        biller = self._exact.get(int(text)) if text.isascii() and text.isdecimal() else None
        if biller is None:
            raise Refused("BILLER_NOT_FOUND")
        return biller


def check_amount(biller: Biller, amount: Decimal, amount_id: object, *, local: bool) -> None:
    """Raises: Refused, if the biller does not take this amount in this currency."""
    side, word = ("Local", "local") if local else ("International", "international")
    if not biller["localAmountSupported" if local else "internatonalAmountSupported"]:
        raise Refused("INVALID_AMOUNT")
    if fixed := biller.get(f"{word}FixedAmounts"):
        if not any(each["id"] == amount_id and Decimal(each["amount"]) == amount for each in fixed):
            raise Refused("INVALID_AMOUNT")
    elif not biller[f"min{side}TransactionAmount"] <= amount <= biller[f"max{side}TransactionAmount"]:
        raise Refused("INVALID_AMOUNT")


def window(parameters: dict[str, str]) -> tuple[int, int]:
    """The slice that `page` and `size` ask for."""
    page, size = _positive(parameters.get("page"), 1), _positive(parameters.get("size"), _SIZE)
    return (page - 1) * size, page * size


def _fits(biller: Biller, parameters: dict[str, str]) -> bool:
    if "id" in parameters and parameters["id"] != str(biller["id"]):
        return False
    if parameters.get("name", "").lower() not in biller["name"].lower():
        return False
    return all(parameters.get(asked, biller[field]) == biller[field] for asked, field in _FILTERS.items())


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and int(text) else default
