"""Household bills: electricity, water, gas, telephone, and the meters that are paid in advance."""

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.call import Attempt, Call
from schemas.contract import A1, A2, Scenario, check, enquiry, order, query
from schemas.money import Currency, Money
from schemas.order import OrderRequest
from schemas.outcome import Found, Outcome
from schemas.page import Merged, Paged
from schemas.privacy import C2, private
from schemas.refs import PartnerRef
from schemas.region import RegionCode
from schemas.secret import Secret
from schemas.struct import Canonical, Instant, pattern

Category = Literal["electricity", "water", "gas", "heating", "telephone", "mobile", "internet", "television", "other"]
AgainstBill = Literal["any", "exact", "at-least", "at-most", "more-than", "less-than"]

AccountNumber = Annotated[
    str,
    pattern("[!-~]+", "Printable ASCII without blanks", min_length=1, max_length=64),
    private(C2, "account", "The customer's number at the biller"),
]
BillRef = Annotated[PartnerRef, private(C2, "account", "One bill of one customer")]
Fields = Annotated[
    dict[
        Annotated[str, pattern("[a-z][a-z0-9_]{0,31}", "Name of a field the biller demands")],
        Annotated[str, Meta(max_length=128)],
    ],
    Meta(max_length=16),
    private(C2, "account", "What this biller demands beyond the account: see its `fields`"),
]


class AmountRule(Canonical):
    """What may be paid. Every clause that is present must hold."""

    against_bill: AgainstBill = "any"
    """How the amount stands to the bill's: `exact`, or anything, or one side of it."""
    minimum: Money | None = None
    maximum: Money | None = None
    multiple_of: Money | None = None
    choices: list[Money] = field(default_factory=list)

    def refusal(self, amount: Money, bill: Money | None) -> str | None:
        """Why an amount may not be paid; None when it may. `bill` is what is owed, where that is known."""
        return self._outside(amount) or self._against(amount, bill)

    def _outside(self, amount: Money) -> str | None:
        for bound in (self.minimum, self.maximum, self.multiple_of, *self.choices):
            if bound and bound.currency != amount.currency:
                return f"must be in {bound.currency}"
        if self.minimum and amount.value < self.minimum.value:
            return f"must be at least {self.minimum.amount}"
        if self.maximum and amount.value > self.maximum.value:
            return f"must be at most {self.maximum.amount}"
        if self.multiple_of and amount.value % self.multiple_of.value:
            return f"must be a multiple of {self.multiple_of.amount}"
        if self.choices and not any(amount.equals(choice) for choice in self.choices):
            return "must be one of " + ", ".join(choice.amount for choice in self.choices)
        return None

    def _against(self, amount: Money, bill: Money | None) -> str | None:
        if bill is None or self.against_bill == "any":
            return None
        if bill.currency != amount.currency:
            return f"must be in {bill.currency}"
        return (
            None
            if _HOLDS[self.against_bill](amount.value, bill.value)
            else (f"must be {_WORDS[self.against_bill]} the bill's {bill.amount}")
        )


_HOLDS = {
    "exact": Decimal.__eq__,
    "at-least": Decimal.__ge__,
    "at-most": Decimal.__le__,
    "more-than": Decimal.__gt__,
    "less-than": Decimal.__lt__,
}
_WORDS = {
    "exact": "exactly",
    "at-least": "at least",
    "at-most": "at most",
    "more-than": "more than",
    "less-than": "less than",
}


class PayWindow(Canonical):
    """A time of day in which a biller takes payments, in the biller's zone.

    Closes at, or before, it opens: the window wraps midnight (07:00 to 03:00). Both 00:00: all day.
    """

    opens: time
    closes: time

    def holds(self, at: time) -> bool:
        if self.opens < self.closes:
            return self.opens <= at < self.closes
        return at >= self.opens or at < self.closes


class ExtraField(Canonical):
    """Something a biller wants to know beyond the account number."""

    name: str
    label: str
    required: bool = True
    pattern: str | None = None
    """A whole-value pattern, in the syntax that Python and JSON Schema share."""


class Biller(Canonical):
    """Who can be paid, and the biller's rules as data."""

    biller_id: PartnerRef
    name: str
    category: Category
    regions: list[RegionCode]
    currency: Currency
    prepaid: bool
    """A prepaid meter: success carries a token that the customer types in."""
    bill: Literal["required", "optional", "none"]
    """Whether a bill must, may, or cannot be found before paying."""
    rule: AmountRule
    zone: str
    """IANA time zone of the windows."""
    windows: list[PayWindow] = field(default_factory=list)
    """When payments are taken; none means always."""
    fields: list[ExtraField] = field(default_factory=list)
    notice: str | None = None


class BillerSearch(Paged):
    """Which billers are wanted."""

    region: RegionCode | None = None
    category: Category | None = None


class BillSearch(Canonical):
    """Whose bills are wanted."""

    biller_id: PartnerRef
    account: AccountNumber
    fields: Fields = field(default_factory=dict)


class BillPeriod(Canonical):
    """What a bill covers. Either end may be unknown."""

    begins: date | None = None
    ends: date | None = None


class Bill(Canonical):
    """One thing that is owed. No amount: the biller does not say, and takes what its rule allows."""

    bill_id: BillRef
    amount: Money | None
    period: BillPeriod | None = None
    due_date: date | None = None
    customer_name: Annotated[str | None, private(C2, "identity", "As the partner masks it")] = None
    rule: AmountRule | None = None
    """Stands in for the biller's rule where a bill has one of its own."""


class Receipt(Canonical):
    """What the partner confirmed."""

    paid: Money
    receipt_number: str | None = None
    paid_at: Instant | None = None
    token: Secret[str] | None = None
    """The meter token of a prepaid payment: without it the payment is not complete."""


class BillPayment(OrderRequest):
    """A bill to pay, or a meter to top up."""

    biller_id: PartnerRef
    account: AccountNumber
    amount: Money
    bill_id: BillRef | None = None
    fields: Fields = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.amount.refuse_zero()
        if self.bill_id is not None and self.bill_id.partner != self.biller_id.partner:
            raise ValueError("bill_id: belongs to another partner than biller_id")

    def contradicts(self, result: Receipt) -> str | None:
        if not result.paid.equals(self.amount):
            return (
                f"the partner reports {result.paid.amount} {result.paid.currency} paid, "
                f"{self.amount.amount} {self.amount.currency} was ordered"
            )
        return None


class UtilityBills(Scenario, name="utility-bills"):
    """Household bills: who can be paid, what is owed, and paying it."""

    @query("GET /billers", access="read", level=A1)
    async def list_billers(self, search: BillerSearch, call: Call) -> Merged[Biller]:
        """Billers that serve a region, from every partner on the shelf."""

    @query("POST /bill-searches", access="read", level=A2)
    async def find_bills(self, search: BillSearch, call: Call) -> list[Bill]:
        """What one account at one biller owes: several bills, one, or none at all."""

    @order("POST /payments", access="pay", level=A2)
    async def pay(self, payment: BillPayment, attempt: Attempt) -> Outcome[Receipt]:
        """Pay one bill, or top up one meter."""

    @check(of=pay)
    async def check_payment(self, payment: BillPayment, call: Call) -> None:
        """Refuses a payment that breaks the biller's rules, naming the field, before anything is journalled."""

    @enquiry(of=pay)
    async def find_payment(self, payment: BillPayment, attempt: Attempt) -> Found[Receipt]:
        """What became of a payment that was or may have been sent."""
