"""A biller's rules as data."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.money import Money
from schemas.utility_bills import AmountRule, PayWindow


def cny(amount: str) -> Money:
    return Money(amount=amount, currency="CNY")


@pytest.mark.parametrize(
    ("against_bill", "amount", "holds"),
    [
        ("any", "1.00", True),
        ("exact", "10.0", True),
        ("exact", "9.99", False),
        ("at-least", "10.00", True),
        ("at-least", "9.99", False),
        ("at-most", "10.00", True),
        ("at-most", "10.01", False),
        ("more-than", "10.00", False),
        ("more-than", "10.01", True),
        ("less-than", "10.00", False),
        ("less-than", "9.99", True),
    ],
)
def test_against_the_bill(against_bill: str, amount: str, holds: bool) -> None:
    """The rule says on which side of the bill the paid amount must lie."""
    rule = AmountRule(against_bill=against_bill)  # type: ignore[arg-type]
    assert (rule.refusal(cny(amount), cny("10.00")) is None) is holds


@pytest.mark.parametrize(
    ("rule", "amount", "says"),
    [
        (AmountRule(minimum=cny("5")), "4.99", "at least 5"),
        (AmountRule(maximum=cny("5")), "5.01", "at most 5"),
        (AmountRule(multiple_of=cny("0.5")), "1.30", "multiple of 0.5"),
        (AmountRule(choices=[cny("30"), cny("50")]), "40", "one of 30, 50"),
        (AmountRule(minimum=Money(amount="5", currency="JPY")), "6", "in JPY"),
    ],
)
def test_refusals_say_what_to_do(rule: AmountRule, amount: str, says: str) -> None:
    """A refusal names the clause that was broken."""
    assert says in str(rule.refusal(cny(amount), None))


def test_every_clause_holds() -> None:
    """An amount within all clauses is taken, however it is written."""
    rule = AmountRule(minimum=cny("10"), maximum=cny("100"), multiple_of=cny("10"), choices=[cny("50.00")])
    assert rule.refusal(cny("50"), None) is None


@given(st.times(), st.times(), st.times())
def test_windows_wrap(opens: time, closes: time, at: time) -> None:
    """A window and the window from its end to its start cover the day exactly once."""
    inside, outside = PayWindow(opens=opens, closes=closes), PayWindow(opens=closes, closes=opens)
    if opens == closes:
        assert inside.holds(at)
    else:
        assert inside.holds(at) is not outside.holds(at)
