"""Money is exact, or it is an error."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import PLAIN
from schemas.money import EXPONENTS, Money


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(min_value=0, max_value=10**15 - 1))
def test_round_trip(currency: str, minor: int) -> None:
    """Minor units become money, JSON, and money again, without a loss."""
    money = Money.of_minor(minor, currency)
    assert money.minor == minor
    assert PLAIN.decoder(Money).decode(PLAIN.encode(money)) == money
    assert Money.of(money.value, currency) == money


@pytest.mark.parametrize(
    "value", ["1.005", "-1", "NaN", "Infinity", "1e-3", "-0", "1.00000000000000000000001", "1e15", "", "1,00"]
)
def test_inexact(value: str) -> None:
    """What does not fit the currency exactly is refused, never rounded."""
    with pytest.raises(ValueError, match=r"amount|ConversionSyntax|Invalid"):
        Money.of(value, "CNY")


@pytest.mark.parametrize(
    "amount", ["01.00", "1.", ".5", "1e2", "-1", "+1", "１", "1.00\n", " 1", "1_000", "1,000", "NaN"]
)
def test_spelling(amount: str) -> None:
    """An amount has one way of being written."""
    with pytest.raises(Exception, match="matching regex"):
        PLAIN.decoder(Money).decode(PLAIN.encode({"amount": amount, "currency": "CNY"}))


def test_equal_values() -> None:
    """1.5 and 1.50 are the same money."""
    assert Money(amount="1.5", currency="CNY").equals(Money(amount="1.50", currency="CNY"))
    assert Money.of(Decimal("1.5"), "CNY").amount == "1.50"
    assert not Money(amount="1", currency="CNY").equals(Money(amount="1", currency="JPY"))
