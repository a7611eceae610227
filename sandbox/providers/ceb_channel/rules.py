"""Whether an amount, a moment and the extra fields keep an item's rules."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox.providers.ceb_channel.bills import Bill
from sandbox.providers.ceb_channel.catalogue import Item
from sandbox.providers.ceb_channel.china import here
from sandbox.providers.ceb_channel.codes import MALFORMED, Refused

_FEN = Decimal(100)
_DAY = 86_400_000


def check_fields(item: Item, content: dict[str, Any]) -> None:
    """Raises: Refused, if a field the item demands is missing or does not fit."""
    for field in item.extra_fields:
        value = content.get(field["name"], "")
        if value == "" and field["required"] == "0":
            continue
        if not isinstance(value, str) or not re.fullmatch(field["pattern"], value):
            raise Refused(MALFORMED, field["name"])


def check_window(item: Item, seconds: float) -> None:
    """Raises: Refused, if the item is not paid at this moment. Windows are milliseconds of the day in China."""
    moment = here(seconds)
    passed = (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)) // timedelta(milliseconds=1)
    for window in item.rule.time_range_limit.split("|"):
        begin, _, end = window.partition("-")
        if int(begin) <= passed < min(int(end), _DAY):
            return
    raise Refused("DEF0005")


def check_amount(item: Item, amount: Decimal, bills: list[Bill]) -> None:
    """Raises: Refused, if no bill of the account could be paid with this amount in yuan."""
    rule = item.rule
    if rule.choose_amount and amount not in {Decimal(each) for each in rule.choose_amount.split("|")}:
        raise Refused("DEF0013")
    least, _, most = rule.amount_limit.partition("-")
    if amount < Decimal(least):
        raise Refused("DEF0008")
    if amount > Decimal(most):
        raise Refused("DEF0009")
    if rule.rang_limit != "-10" and not any(_fits(rule.rang_limit, amount, bill) for bill in bills):
        raise Refused("DEF0013")


def _fits(rang_limit: str, amount: Decimal, bill: Bill) -> bool:
    owed = Decimal(bill.pay_amount) / _FEN
    return {
        "-2": amount < owed,
        "-1": amount <= owed,
        "0": amount == owed,
        "1": amount >= owed,
        "2": amount > owed,
    }[rang_limit]
