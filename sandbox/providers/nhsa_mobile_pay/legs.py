"""The three legs of a settlement, and the rules of giving them back."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any, Self

from sandbox.providers.nhsa_mobile_pay.codes import AMOUNTS, FIELD, TOO_MUCH, Refused
from sandbox.providers.nhsa_mobile_pay.words import yuan

_FUND_SHARE, _ACCOUNT_SHARE = Decimal("0.6"), Decimal("0.25")
_CENT = Decimal("0.01")
_ONE_YUAN = Decimal(1)


@dataclass(frozen=True, slots=True)
class Legs:
    """Units: yuan."""

    cash: Decimal
    account: Decimal
    fund: Decimal

    @property
    def total(self) -> Decimal:
        return self.cash + self.account + self.fund

    @property
    def insurance(self) -> Self:
        return type(self)(Decimal(0), self.account, self.fund)

    @property
    def setl_type(self) -> str:
        """ALL if both sides took part, else CASH or HI."""
        if not self.cash:
            return "HI"
        return "ALL" if self.account or self.fund else "CASH"

    def plus(self, other: Self) -> Self:
        return type(self)(self.cash + other.cash, self.account + other.account, self.fund + other.fund)

    def within(self, other: Self) -> bool:
        return self.cash <= other.cash and self.account <= other.account and self.fund <= other.fund

    def overstated(self) -> Self:
        """The fault `wrong-amount`: sums still hold, so that only the caller's own figure can tell."""
        return type(self)(self.cash + _ONE_YUAN, self.account, self.fund)

    def kept(self) -> list[str]:
        return [str(self.cash), str(self.account), str(self.fund)]


def legs_of(kept: list[str]) -> Legs:
    return Legs(*map(Decimal, kept))


def divided(total: Decimal, covered: Decimal, balance: Decimal, *, account_used: bool) -> Legs:
    """What fund, account and person pay of a total of which `covered` is within the insurance's scope."""
    fund = (covered * _FUND_SHARE).quantize(_CENT, ROUND_DOWN)
    account = min((total * _ACCOUNT_SHARE).quantize(_CENT, ROUND_DOWN), total - fund, balance)
    if not account_used:
        account = Decimal(0)
    return Legs(total - fund - account, account, fund)


def refund_legs(content: dict[str, Any]) -> Legs:
    """The legs of a refund whose sum and refdType agree with them.

    Raises: Refused.
    """
    legs = Legs(*(yuan(content.get(name)) for name in ("cashRefdAmt", "psnAcctRefdAmt", "fundRefdAmt")))
    if legs.total != yuan(content.get("totlRefdAmt")) or not legs.total:
        raise Refused(AMOUNTS, "totlRefdAmt")
    kind = content.get("refdType")
    if kind not in ("ALL", "CASH", "HI"):
        raise Refused(FIELD, "refdType")
    if (kind == "CASH" and legs.total != legs.cash) or (kind == "HI" and legs.cash):
        raise Refused(AMOUNTS, "refdType")
    return legs


def check_refund(kind: str, legs: Legs, original: Legs, before: Legs) -> None:
    """Raises: Refused, if more is given back than was taken, or ALL is not all."""
    if not legs.plus(before).within(original):
        raise Refused(TOO_MUCH)
    if kind == "ALL" and legs != original:
        raise Refused(AMOUNTS, "refdType")
