"""A pension estimate: the national formula, and every assumption that went into it."""

from decimal import Decimal
from typing import Any

from sandbox.providers.hrss_province.china import month, months, this_month
from sandbox.providers.hrss_province.codes import MALFORMED, Refused
from sandbox.providers.hrss_province.record import PERSONAL_RATE, Record, yuan
from sandbox.stand.moment import now

AVERAGE_WAGE = Decimal(8000)
_GROWTH = "0.03"
_CUSTOMARY_AGE = 60
# Months over which the personal account is paid out, from the age of 50 to that of 70.
_PAY_MONTHS = (195, 190, 185, 180, 175, 170, 164, 158, 152, 145, 139, 132, 125, 117, 109, 101, 93, 84, 75, 65, 56)
_YOUNGEST, _OLDEST = 50, 70


def estimate(record: Record, retire_month: str, wage_growth: str) -> dict[str, Any]:
    """Monthly yuan at retirement; without a month it is that of the 60th birthday, or now for whoever is older.

    Raises: Refused, if that month is over or before the age of 50.
    """
    born, today = months(record.aac002[6:12]), this_month(now())
    retiring = months(retire_month) if retire_month else max(born + 12 * _CUSTOMARY_AGE, today)
    age = min((retiring - born) // 12, _OLDEST)
    if retiring < today or age < _YOUNGEST:
        raise Refused(MALFORMED, "retireMonth")
    ahead = retiring - today
    growth, pay_months = Decimal(wage_growth or _GROWTH), _PAY_MONTHS[age - _YOUNGEST]
    wage = AVERAGE_WAGE * (1 + growth) ** (ahead // 12)
    index = (record.base / AVERAGE_WAGE).quantize(Decimal("0.0001"))
    total = record.paid_months + ahead
    basic = yuan(wage * (1 + index) / 2 * total / 12 / 100)
    personal = yuan((record.balance + record.base * PERSONAL_RATE * ahead) / pay_months)
    return {
        "monthlyPension": str(basic + personal),
        "basicPension": str(basic),
        "personalPension": str(personal),
        "assumptions": {
            "retireMonth": month(retiring),
            "wageGrowth": str(growth),
            "averageWage": str(yuan(AVERAGE_WAGE)),
            "contributionIndex": str(index),
            "paidMonths": total,
            "payMonths": pay_months,
        },
    }
