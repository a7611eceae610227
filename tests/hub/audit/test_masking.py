"""What a log or a record shows of a value."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
import pytest

from hub.audit.masking import facts_of, masked, shown
from schemas.lending.applications import Application, Referral
from schemas.medical_insurance.settlements import FeeItem
from schemas.money import Money
from schemas.outcome import Succeeded
from schemas.page import Page
from schemas.privacy import C1, C2, private
from schemas.refs import PartnerRef
from schemas.secret import Secret
from schemas.struct import Canonical
from schemas.utility_bills import Bill, BillPayment, Receipt

T = TypeVar("T")
Number = Annotated[str, msgspec.Meta(min_length=1), private(C2, "account")]


class Colour(Enum):
    RED = "red"


class Person(Canonical):
    name: Annotated[str, private(C2, "identity")]
    city: Annotated[str, private(C1, "location")] = "Wuhan"


class Box(Canonical, Generic[T]):
    inside: T


class Everything(Canonical):
    """One field of each shape; None where a case does not use it."""

    number: Number | None = None
    numbers: list[Number] | None = None
    pair: tuple[Number, ...] = ()
    mixed_pair: tuple[str, Number] | None = None
    by_name: dict[str, Number] = msgspec.field(default_factory=dict)
    by_number: dict[Number, str] = msgspec.field(default_factory=dict)
    whole: Annotated[dict[str, str], private(C2, "account")] = msgspec.field(default_factory=dict)
    born: Annotated[date | None, private(C2, "identity")] = None
    salary: Annotated[Money | None, private(C2, "financial")] = None
    person: Person | None = None
    people: list[Person] = msgspec.field(default_factory=list)
    either: Number | int | None = None
    box: Box[Number] | None = None
    any_box: Box[Person] | None = None
    secret: Secret[str] | None = None
    ref: PartnerRef | None = None
    mode: Literal["a", "b"] = "a"


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("number", None, None),
        ("number", "1234567", "***"),
        ("number", "12345678", "***78"),
        ("number", "电力户号一二三四", "***三四"),
        ("numbers", ["123", "123456789"], ["***", "***89"]),
        ("pair", ("123456789",), ["***89"]),
        ("mixed_pair", ("open", "123456789"), ["***", "***89"]),
        ("by_name", {"home": "123456789"}, {"home": "***89"}),
        ("by_number", {"123456789": "home"}, "***"),
        ("whole", {"id_number": "420106199001011234", "pin": "42"}, {"id_number": "***34", "pin": "***"}),
        ("born", date(1990, 1, 1), "***"),
        ("salary", Money(amount="12.30", currency="CNY"), "***"),
        ("person", Person(name="张三"), {"name": "***", "city": "Wuhan"}),
        ("people", [Person(name="Bartholomew")], [{"name": "***ew", "city": "Wuhan"}]),
        ("either", 7, "***"),
        ("box", Box(inside="123456789"), "***"),
        ("any_box", Box(inside=Person(name="张三")), {"inside": {"name": "***", "city": "Wuhan"}}),
        ("secret", Secret("4111111111111111"), "***"),
        ("ref", PartnerRef(7, "b-1"), "7:b-1"),
        ("mode", "b", "b"),
    ],
)
def test_masks(field, value, expected):
    """A C2 value shows at most its last two characters, however it is wrapped; everything else shows as it is."""
    assert masked(Everything(**{field: value}))[field] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (Decimal("1.20"), "1.20"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (timedelta(seconds=3), "0:00:03"),
        (Colour.RED, "red"),
        (b"bytes", "<bytes>"),
        (object(), "<object>"),
        ([Person(name="李四")], [{"name": "***", "city": "Wuhan"}]),
        ({"k": Secret(1)}, {"k": "***"}),
        (Page(items=[Person(name="李四")]), {"items": [{"name": "***", "city": "Wuhan"}], "next": None}),
    ],
)
def test_shows(value, expected):
    """Values outside a struct show as plain data; what nobody knows shows its type alone."""
    assert shown(value) == expected


def test_payment_facts():
    """A payment becomes flat facts without the customer's number."""
    payment = BillPayment(
        biller_id=PartnerRef(7, "ELEC"),
        account="4201061990010112",
        amount=Money(amount="12.30", currency="CNY"),
        fields={"id_card": "420106199001011234"},
    )
    assert facts_of(payment) == {
        "biller_id": "7:ELEC",
        "account": "***12",
        "amount.amount": "12.30",
        "amount.currency": "CNY",
        "fields.id_card": "***34",
    }


def test_outcome_facts():
    """An outcome keeps its tag and hides its deliverable."""
    receipt = Receipt(paid=Money(amount="1", currency="CNY"), token=Secret("1234-5678"))
    facts = facts_of(Succeeded(result=receipt))
    assert facts == {
        "outcome": "succeeded",
        "result.paid.amount": "1",
        "result.paid.currency": "CNY",
        "result.token": "***",
    }


def test_optional_private_field():
    """A private field that may be absent is masked when present."""
    bill = Bill(bill_id=PartnerRef(7, "1"), amount=None, customer_name="王小明")
    assert masked(bill)["customer_name"] == "***"


def test_bill_is_a_customers():
    """Which bill a customer pays is as private as whose it is; at which biller is not."""
    payment = BillPayment(
        biller_id=PartnerRef(7, "1"),
        account="6222021234567",
        amount=Money(amount="1", currency="CNY"),
        bill_id=PartnerRef(7, "bill-of-somebody"),
    )
    assert facts_of(payment)["bill_id"] == "***"
    assert facts_of(payment)["biller_id"] == "7:1"


TEN = Money(amount="10.00", currency="CNY")


@pytest.mark.parametrize(
    ("request_", "telling"),
    [
        (FeeItem(code="HIV-PCR-0042", name="HIV PCR", quantity="1", amount=TEN), "HIV-PCR"),
        (
            Referral(
                region="330000",
                amount=TEN,
                term_months=12,
                purpose="consumption",
                reason="score",
                remark="owes Ms Wang",
            ),
            "Wang",
        ),
        (
            Application(
                product_id=PartnerRef(7, "p1"),
                amount=TEN,
                term_months=12,
                purpose="consumption",
                pre_check_id=PartnerRef(7, '{"apply_no":"A1","user_id":"U20001"}'),
            ),
            "U20001",
        ),
    ],
    ids=["treatment", "remark", "pre-check"],
)
def test_requests_tell_nothing_of_a_person(request_: Canonical, telling: str) -> None:
    """What was done to somebody, what a bank remarks on them, and a token that carries their number: masked."""
    assert telling not in str(facts_of(request_))
