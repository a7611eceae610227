"""What became of an order, as far as anybody knows."""

from typing import Generic, Literal, TypeAlias, TypeVar

from schemas.struct import Canonical, Instant

T = TypeVar("T")

ReasonCode = Literal[
    "absent",
    "account-unknown",
    "account-blocked",
    "amount-refused",
    "cancelled",
    "consent-ended",
    "deadline-passed",
    "declined",
    "duplicate",
    "expired",
    "limit-exceeded",
    "not-due",
    "not-eligible",
    "not-sent",
    "out-of-stock",
    "outside-window",
    "partner-failure",
    "person-unknown",
    "price-changed",
    "returned",
    "revoked",
    "used",
]


class Reason(Canonical):
    """Why an order was declined, in the contract's words; `partner_code` is the partner's own, if it gave one.

    `field` names the part of the request at fault, where one is.
    """

    code: ReasonCode
    message: str = ""
    partner_code: str | None = None
    field: str | None = None


class Succeeded(Canonical, Generic[T], tag_field="outcome", tag="succeeded"):
    """Performed, verified, and complete: a deliverable is part of it."""

    result: T


class Declined(Canonical, tag_field="outcome", tag="declined"):
    """Certainly not performed, and it never will be under this reference."""

    reason: Reason


class Pending(Canonical, Generic[T], tag_field="outcome", tag="pending"):
    """A verified answer acknowledged the order; it is not final.

    `check_after` is an absolute UTC time before which asking again is pointless. `unmapped`: it rests on a code that
    nobody has mapped, so a person should look.
    """

    stage: str
    so_far: T | None = None
    check_after: Instant | None = None
    unmapped: bool = False


class Unknown(Canonical, tag_field="outcome", tag="unknown"):
    """Anything less than a verified answer. Never pay again; the hub finds out.

    `unmapped`: the answer was a code that nobody has mapped, so a person should look.
    """

    why: str
    unmapped: bool = False


class Absent(Canonical, tag_field="outcome", tag="absent"):
    """The partner, asked about a reference, knows no such order. Final only after the manifest says so."""

    why: str = ""


Outcome: TypeAlias = Succeeded[T] | Declined | Pending[T] | Unknown
Found: TypeAlias = Succeeded[T] | Declined | Pending[T] | Unknown | Absent
