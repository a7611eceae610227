"""Units of money are converted exactly, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.units import from_fen, from_major, to_fen, to_yuan, up_to_minor
from schemas.codec import PLAIN
from schemas.errors import Garbled
from schemas.money import EXPONENTS, Money

fen = st.integers(min_value=0, max_value=10**17 - 1)
currencies = st.sampled_from(sorted(EXPONENTS))
READ = PLAIN.decoder(Money)


@given(fen)
def test_fen_and_yuan_and_back(amount: int) -> None:
    """分 become money and 元 and the same 分 again, as a number or as a string."""
    money = from_fen(amount)
    assert from_fen(str(amount)) == money
    assert to_fen(money) == amount
    assert to_yuan(money) == str(Decimal(amount).scaleb(-2).quantize(Decimal("0.01")))
    assert from_major(to_yuan(money), "CNY") == money


@given(st.integers(min_value=0, max_value=10**15 - 1), currencies, st.integers(min_value=0, max_value=6))
def test_major_units_are_exact_or_refused(minor: int, currency: str, decimals: int) -> None:
    """An amount with decimals that its currency lacks is refused; any other keeps its value."""
    amount = Decimal(minor).scaleb(-decimals)
    fits = amount == amount.quantize(Decimal(1).scaleb(-EXPONENTS[currency]))
    if not fits:
        with pytest.raises(Garbled):
            from_major(amount, currency)
        return
    money = from_major(amount, currency)
    assert money.value == amount
    assert READ.decode(PLAIN.encode(money)) == money
    assert from_major(str(amount), currency) == money


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_whatever_is_read_can_be_stored(amount: Decimal) -> None:
    """A partner's number becomes money that the journal reads back with the same value, or is garbled."""
    try:
        money = from_major(amount, "CNY")
    except Garbled:
        return
    assert READ.decode(PLAIN.encode(money)) == money
    assert money.value == amount


@pytest.mark.parametrize(
    "amount",
    [
        "1.00000000000000000000000000001",
        "12345678901234567890123456789.01",
        "1e999999",
        "1e-999999",
        "1" + "0" * 15,
        "1" + "0" * 5000,
        "-1",
        "-0",
        "NaN",
        "sNaN",
        "Infinity",
        "",
        "1,00",
        "12 元",
    ],
    ids=lambda amount: amount[:32],
)
def test_strange_major_amounts_are_garbled(amount: str) -> None:
    """What would be rounded, is out of all proportion, or is no number is no amount."""
    with pytest.raises(Garbled):
        from_major(amount, "CNY")


@pytest.mark.parametrize("amount", ["", "-1", "+1", "1.0", "1e2", " 1", "１２", "1_0", True, "1" + "0" * 5000, 10**17])
def test_strange_fen_are_garbled(amount: str | int) -> None:
    """分 are digits, and no more of them than an amount can have."""
    with pytest.raises(Garbled):
        from_fen(amount)


@pytest.mark.parametrize("amount", [1.5, True])
def test_inexact_kinds_are_garbled(amount: float) -> None:
    """A float is not what the partner wrote, and a truth value is no amount."""
    with pytest.raises(Garbled):
        from_major(amount, "CNY")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["", "元", "XXX", "cny", "CNYCNYCNYCNY"])
def test_unknown_currencies_are_garbled(currency: str) -> None:
    """An amount of something that is no currency is no amount."""
    with pytest.raises(Garbled):
        from_major("1", currency)


def test_fen_are_yuan_only() -> None:
    """Cents are not 分."""
    for convert in (to_fen, to_yuan):
        with pytest.raises(ValueError, match="CNY"):
            convert(Money(amount="1", currency="USD"))


@given(st.integers(min_value=0, max_value=10**12), st.integers(min_value=0, max_value=6), st.integers(0, 10**12))
def test_a_rounded_price_is_within_a_guard_exactly_where_the_price_is(price: int, decimals: int, guard: int) -> None:
    """A price is rounded up to a whole 分, so that no guard of whole 分 says otherwise about it."""
    exact, limit = Decimal(price).scaleb(-decimals), from_fen(guard).value
    assert (up_to_minor(exact, "CNY").value <= limit) == (exact <= limit)
    assert up_to_minor(exact, "CNY").value - exact < Decimal("0.01")
    for none in (Decimal("NaN"), Decimal(-1)):
        with pytest.raises(Garbled):
            up_to_minor(none, "CNY")
