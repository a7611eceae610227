"""Money: an exact decimal string and an ISO 4217 currency, never a float."""

from decimal import Context, Decimal, DecimalException, DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow
from importlib.resources import files
from typing import Annotated

import msgspec

from schemas.struct import Canonical, pattern

EXPONENTS: dict[str, int] = msgspec.json.decode(
    files("schemas").joinpath("data/iso4217.json").read_bytes(), type=dict[str, int]
)
"""Decimals that a currency has. Source: ISO 4217, see data/SOURCES.md."""

_EXACT = Context(prec=19, traps=[DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow])
"""Fifteen digits before the point and four behind: what does not fit exactly is an error."""

Currency = Annotated[str, pattern("[A-Z]{3}", "ISO 4217 code")]
Amount = Annotated[
    str,
    pattern(
        r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,4})?",
        "Decimal string in major units, with no more decimals than the currency has",
    ),
]


class Money(Canonical):
    """An amount of one currency.

    Units: major units (元, not 分). Raises: ValueError when built with decimals the currency lacks.
    """

    amount: Amount
    currency: Currency

    def __post_init__(self) -> None:
        exponent = EXPONENTS.get(self.currency)
        if exponent is None:
            raise ValueError(f"currency: {self.currency!r} is no active ISO 4217 currency")
        _, _, decimals = self.amount.partition(".")
        if len(decimals) > exponent:
            raise ValueError(f"amount: {self.currency} has {exponent} decimals, not {len(decimals)}")

    @property
    def value(self) -> Decimal:
        return Decimal(self.amount)

    @property
    def minor(self) -> int:
        """The amount in the currency's minor unit (分 for CNY)."""
        return int(self.value.scaleb(EXPONENTS[self.currency]))

    @classmethod
    def of(cls, value: Decimal | int | str, currency: str) -> "Money":
        """The same value with exactly the currency's decimals.

        Raises: ValueError where that would round, or where the value is negative or no number.
        """
        exponent = EXPONENTS.get(currency)
        if exponent is None:
            raise ValueError(f"currency: {currency!r} is no active ISO 4217 currency")
        try:
            minor = Decimal(value).quantize(Decimal(1).scaleb(-exponent), context=_EXACT).scaleb(exponent, _EXACT)
        except DecimalException as error:
            raise ValueError(f"amount: is no amount of {currency}, which has {exponent} decimals") from error
        if not minor.is_finite() or minor.is_signed():
            raise ValueError("amount: is negative, or no number")
        return cls.of_minor(int(minor), currency)

    @classmethod
    def of_minor(cls, minor: int, currency: str) -> "Money":
        """Money from minor units (分 → 元)."""
        exponent = EXPONENTS[currency]
        if not 0 <= minor < 10 ** (15 + exponent):
            raise ValueError("amount: is negative, or more money than there is")
        if exponent == 0:
            return cls(amount=str(minor), currency=currency)
        whole, part = divmod(minor, 10**exponent)
        return cls(amount=f"{whole}.{part:0{exponent}}", currency=currency)

    def refuse_zero(self, field: str = "amount") -> None:
        """For a request in which nothing would be asked for or moved. Raises: ValueError naming the amount."""
        if self.value <= 0:
            raise ValueError(f"{field}.amount: must be more than zero")

    def equals(self, other: "Money") -> bool:
        """The same value of the same currency, however many zeros follow."""
        return self.currency == other.currency and self.value == other.value
