"""Partners' units of money, converted at their edge. Exact, or an error: rounded by `up_to_minor` alone."""

from decimal import ROUND_CEILING, Decimal, InvalidOperation

from schemas.errors import Garbled
from schemas.money import EXPONENTS, Money


def from_fen(fen: str | int) -> Money:
    """分 → money. Raises: Garbled."""
    if isinstance(fen, bool) or not (isinstance(fen, int) or (fen.isascii() and fen.isdigit())):
        raise Garbled("what should be an amount in 分 is none")
    try:
        return Money.of_minor(int(fen), "CNY")
    except ValueError as error:
        raise Garbled("what should be an amount in 分 is none") from error


def from_major(amount: str | Decimal | int, currency: str) -> Money:
    """A decimal in major units (元) → money. A float is refused: it is not what the partner wrote. Raises: Garbled."""
    if isinstance(amount, bool | float):
        raise Garbled("a float is no exact amount of money")
    try:
        return Money.of(Decimal(amount), currency)
    except (InvalidOperation, ValueError) as error:
        raise Garbled("what should be an amount of money is none") from error


def up_to_minor(amount: Decimal, currency: str) -> Money:
    """A price finer than its currency's decimals → the next amount that there is. Raises: Garbled.

    For prices alone: whatever guards them is whole, so a price is within it exactly where the rounded one is.
    """
    try:
        return from_major(amount.quantize(Decimal(1).scaleb(-EXPONENTS[currency]), rounding=ROUND_CEILING), currency)
    except (InvalidOperation, KeyError) as error:
        raise Garbled("what should be a price is none") from error


def to_fen(money: Money) -> int:
    """Money → 分. Raises: ValueError for anything but CNY."""
    if money.currency != "CNY":
        raise ValueError(f"分 are CNY, not {money.currency}")
    return money.minor


def to_yuan(money: Money) -> str:
    """Money → 元 with two decimals. Raises: ValueError for anything but CNY."""
    fen = to_fen(money)
    return f"{fen // 100}.{fen % 100:02}"
