"""Repayment plans with their instalments, and how the network writes times."""

from calendar import monthrange
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

_CENT = Decimal("0.01")


def stamp(seconds: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plan(offer_id: str, principal: Decimal, interest: Decimal, months: int, start: float) -> dict[str, Any]:
    """Equal monthly instalments; the last one takes what rounding left."""
    first = datetime.fromtimestamp(start, UTC).date()
    capital, cost = _shares(principal, months), _shares(interest, months)
    instalments = [
        {
            "installmentNumber": str(number + 1),
            "date": _later(first, number + 1).isoformat(),
            "principal": float(capital[number]),
            "interestAmount": float(cost[number]),
            "totalAmount": float(capital[number] + cost[number]),
        }
        for number in range(months)
    ]
    return {
        "id": "RP-" + offer_id,
        "title": "Equal monthly instalments",
        "automatic": True,
        "scheduleType": "RECURRING",
        "noOfInstallment": str(months),
        "frequency": "MONTHLY",
        "totalAmount": float(principal + interest),
        "principal": float(principal),
        "interestAmount": float(interest),
        "startDate": instalments[0]["date"],
        "installments": instalments,
    }


def paid_up(shown: dict[str, Any], repaid: Decimal) -> dict[str, Any]:
    """A running plan: what has been repaid settles the earliest instalments."""
    instalments = []
    for each in shown["installments"]:
        repaid -= Decimal(str(each["totalAmount"]))
        instalments.append({**each, "status": "EMI_PAID" if repaid >= 0 else "EMI_DUE"})
    return {**shown, "status": "ACTIVE", "installments": instalments}


def _shares(amount: Decimal, count: int) -> list[Decimal]:
    share = (amount / count).quantize(_CENT, ROUND_DOWN)
    return [share] * (count - 1) + [amount - share * (count - 1)]


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
