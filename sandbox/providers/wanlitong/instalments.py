"""What a loan costs: flat interest, equal monthly instalments, the earliest settled first."""

from calendar import monthrange
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.providers.wanlitong.words import yuan

_FEN = Decimal("0.01")


def interest_of(principal: Decimal, rate: Decimal, term: int) -> Decimal:
    return (principal * rate * term / 12).quantize(_FEN, ROUND_HALF_UP)


def instalments(principal: Decimal, rate: Decimal, term: int, start: float, repaid: Decimal) -> list[dict[str, Any]]:
    """Amounts in 元; the last instalment takes what rounding left."""
    capital, cost = _shares(principal, term), _shares(interest_of(principal, rate, term), term)
    first = datetime.fromtimestamp(start, UTC).date()
    shown = []
    for place in range(term):
        whole = capital[place] + cost[place]
        repaid -= whole
        shown.append(
            {
                "period": place + 1,
                "dueDate": _later(first, place + 1).isoformat(),
                "principal": yuan(capital[place]),
                "interest": yuan(cost[place]),
                "amount": yuan(whole),
                "paid": 1 if repaid >= 0 else 0,
            }
        )
    return shown


def _shares(amount: Decimal, count: int) -> list[Decimal]:
    share = (amount / count).quantize(_FEN, ROUND_DOWN)
    return [share] * (count - 1) + [amount - share * (count - 1)]


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
