"""Who is concerned: the customer whom a consent names, and who acts for whom."""

from typing import Annotated, Literal
from unicodedata import category

from msgspec import Meta

from schemas.id_numbers import credit_code_flaw, resident_id_flaw
from schemas.privacy import C2, private
from schemas.struct import Canonical, Instant, pattern, within_reach

IdType = Literal["resident-id", "credit-code", "passport"]
Relation = Literal["spouse", "parent", "child", "guardian", "agent"]

Mobile = Annotated[
    str,
    pattern(r"\+?[0-9]{6,15}", "Telephone number, digits only, or with + and the country code"),
    private(C2, "contact"),
]

_FLAWS = {"resident-id": resident_id_flaw, "credit-code": credit_code_flaw}


class Person(Canonical):
    """A customer: a person, or a business by its credit code."""

    name: Annotated[str, Meta(min_length=1, max_length=100), private(C2, "identity")]
    id_number: Annotated[
        str, pattern("[0-9A-Z]+", "Digits and capital letters", min_length=5, max_length=32), private(C2, "identity")
    ]
    id_type: IdType = "resident-id"
    mobile: Mobile | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or any(category(letter) == "Cc" for letter in self.name):
            raise ValueError("name: is blank, or holds control characters")
        flaw = _FLAWS[self.id_type](self.id_number) if self.id_type in _FLAWS else None
        if flaw:
            raise ValueError(f"id_number: {flaw}")


class Authority(Canonical):
    """By which right an actor acts for a customer."""

    relation: Relation
    """What the actor is to the customer: `child` acts for a parent."""
    evidence: Annotated[str, Meta(min_length=1, max_length=200, description="Where the bank keeps the proof")]
    until: Instant

    def __post_init__(self) -> None:
        within_reach("until", self.until)
