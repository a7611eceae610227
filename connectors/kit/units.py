"""Partners' units of money, converted at their edge. Exact, or an error: never rounded."""

from decimal import Decimal, InvalidOperation

from schemas.errors import Garbled
from schemas.money import Money


def from_fen(fen: str | int) -> Money:
    """分 → money. Raises: Garbled."""
    text = str(fen)
    if isinstance(fen, bool) or not (text.isascii() and text.isdigit()):
        raise Garbled(f"{text[:40]!r} is no amount in 分")
    return Money.of_minor(int(text), "CNY")


def from_major(amount: str | Decimal | int, currency: str) -> Money:
    """A decimal in major units (元) → money. A float is refused: it is not what the partner wrote. Raises: Garbled."""
    if isinstance(amount, bool | float):
        raise Garbled(f"{amount!r} is no exact amount")
    try:
        return Money.of(Decimal(amount), currency)
    except (InvalidOperation, ValueError) as error:
        raise Garbled(f"{str(amount)[:40]!r} is no amount in {currency[:8]}") from error


def to_fen(money: Money) -> int:
    """Money → 分. Raises: ValueError for anything but CNY."""
    if money.currency != "CNY":
        raise ValueError(f"分 are CNY, not {money.currency}")
    return money.minor


def to_yuan(money: Money) -> str:
    """Money → 元 with two decimals. Raises: ValueError for anything but CNY."""
    fen = to_fen(money)
    return f"{fen // 100}.{fen % 100:02}"
