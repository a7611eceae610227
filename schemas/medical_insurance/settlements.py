"""A bill settled in three legs, taken back, or refunded in part."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from schemas.medical_insurance.vouchers import Business, InstitutionCode, VoucherText
from schemas.money import Money
from schemas.month import Month, refuse_reversed
from schemas.order import Flaw, Leg, OrderRequest, Original, Reversal
from schemas.privacy import C2, private
from schemas.region import RegionCode
from schemas.struct import Canonical, Instant, pattern

LegName = Literal["fund", "account", "cash"]
LEGS: tuple[LegName, ...] = ("fund", "account", "cash")
Quantity = Annotated[
    str,
    pattern(r"(?:0|[1-9][0-9]{0,6})(?:\.[0-9]{1,4})?", "Decimal string below ten million, with up to four decimals"),
]


class FeeItem(Canonical):
    """One line of the bill."""

    code: Annotated[str, Meta(min_length=1, max_length=40), private(C2, "financial", "What was done or dispensed")]
    name: Annotated[str, Meta(min_length=1, max_length=100), private(C2, "financial", "What was done or dispensed")]
    quantity: Quantity
    amount: Money
    """The whole line, not one piece."""


class MedicalBill(OrderRequest):
    """What is to be settled: where, for what, and line by line. The two regions may differ."""

    treatment_region: RegionCode
    insured_region: RegionCode
    institution: InstitutionCode
    business: Business
    voucher_token: VoucherText
    total: Money
    items: Annotated[list[FeeItem], Meta(min_length=1, max_length=200)]
    use_account: bool = True
    """Whether the personal account may pay a part."""

    def __post_init__(self) -> None:
        self.total.refuse_zero("total")
        _refuse_unless_sum(self.total, [item.amount for item in self.items], "items")


class SettlementPreview(Canonical):
    """How the bill would be split. No promise: the fund decides when it settles."""

    total: Money
    fund: Money
    account: Money
    cash: Money


class Settlement(MedicalBill):
    """A bill to settle."""

    def contradicts(self, result: "Settled") -> str | None:
        if not result.total.equals(self.total):
            return f"the partner reports {result.total.amount} {result.total.currency} settled, not {self.total.amount}"
        split = sum((leg.amount.value for leg in result.legs), Decimal(0))
        return None if split == self.total.value else f"the legs add up to {split}, not to {self.total.amount}"


class Settled(Canonical):
    """What was settled, leg by leg. While a leg is open or has failed, the order is not final."""

    total: Money
    legs: list[Leg]
    settlement_number: str | None = None
    settled_at: Instant | None = None


class Revocation(Reversal):
    """A settlement to take back whole, with the right that it granted: because a leg failed, or on the same day."""

    def refusal(self, original: Original, earlier: list[Reversal]) -> Flaw | None:  # noqa: ARG002 - any state may be
        return Flaw("reverses", "was refunded or revoked already") if earlier else None

    def returned(self, result: "Revoked") -> Money | None:
        return result.returned


class Revoked(Canonical):
    """What was taken back: nothing, where no leg had been paid."""

    returned: Money | None = None
    revoked_at: Instant | None = None


class RefundLeg(Canonical):
    """What goes back to one leg."""

    name: LegName
    amount: Money


class Refund(Reversal):
    """Money to give back, leg by leg, never above what a leg has paid."""

    total: Money
    legs: Annotated[list[RefundLeg], Meta(min_length=1, max_length=3)]

    def __post_init__(self) -> None:
        names = [leg.name for leg in self.legs]
        if len(set(names)) != len(names):
            raise ValueError("legs: names one leg twice")
        self.total.refuse_zero("total")
        _refuse_unless_sum(self.total, [leg.amount for leg in self.legs], "legs")

    def refusal(self, original: Original, earlier: list[Reversal]) -> Flaw | None:
        if not isinstance(original.result, Settled) or original.state != "succeeded":
            return Flaw("reverses", "is not settled: revoke it instead")
        if any(isinstance(one, Revocation) for one in earlier):
            return Flaw("reverses", "was revoked already")
        for place, leg in enumerate(self.legs):
            paid = sum((old.amount.value for old in original.legs if old.name == leg.name), Decimal(0))
            back = sum(
                (old.amount.value for refund in earlier if isinstance(refund, Refund) for old in refund.legs
                 if old.name == leg.name), Decimal(0),
            )  # fmt: skip
            if leg.amount.value > paid - back:
                return Flaw(f"legs[{place}].amount.amount", f"is more than the {paid - back} that this leg still holds")
        return None

    def returned(self, result: "Refunded") -> Money | None:
        return result.total

    def contradicts(self, result: "Refunded") -> str | None:
        if not result.total.equals(self.total):
            return f"the partner reports {result.total.amount} refunded, not {self.total.amount}"
        return None


class Refunded(Canonical):
    """What went back."""

    total: Money
    legs: list[Leg]
    refunded_at: Instant | None = None


class RecordSearch(Canonical):
    """For which months records are wanted."""

    treatment_region: RegionCode
    begins: Month
    ends: Month

    def __post_init__(self) -> None:
        refuse_reversed(self.begins, self.ends)


class SettlementRecord(Canonical):
    """One settlement in the fund's books."""

    settlement_number: str
    settled_at: Instant
    institution: str
    total: Annotated[Money, private(C2, "financial")]
    fund: Annotated[Money, private(C2, "financial")]
    account: Annotated[Money, private(C2, "financial")]
    cash: Annotated[Money, private(C2, "financial")]


def _refuse_unless_sum(total: Money, parts: list[Money], name: str) -> None:
    """Raises: ValueError naming the parts where they do not add up."""
    if any(part.currency != total.currency for part in parts):
        raise ValueError(f"{name}: are not all in {total.currency}")
    added = sum((part.value for part in parts), Decimal(0))
    if added != total.value:
        raise ValueError(f"{name}: add up to {added}, not to {total.amount}")
