"""A booking, a change and a cancellation: what the partner's words about them are worth."""

from datetime import UTC
from typing import Any, TypeVar

import structlog
from msgspec.structs import replace

from connectors.kit.codes import Codes
from connectors.lounge_booking import wire
from connectors.lounge_booking.exchange import MANIFEST, At, No
from schemas.call import Attempt, Call
from schemas.errors import Garbled
from schemas.outcome import Absent, Declined, Outcome, Pending, Succeeded, Unknown
from schemas.rights import Booked, Booking, Tier

T = TypeVar("T")
R = TypeVar("R", wire.Booking, wire.Change, wire.Cancellation)

SUBMISSION = Codes(MANIFEST, "submission")
TIERS: dict[Tier, str] = {
    "standard": "STANDARD",
    "silver": "STANDARD",
    "gold": "GOLD",
    "platinum": "PLATINUM",
    "diamond": "PRIVATE",
}
"""The bank's five tiers on the partner's four: what lies between two counts as the lower one."""
DOCUMENTS = {"resident-id": "ID_CARD"}

BOOK: At = {"slot_id": "starts_at", "venue_id": "product_id", "guests": "guests", "customer.tier": "tier"}
CHANGE: At = {
    "CHANGE_DEADLINE_PASSED": "starts_at",
    "BOOKING_NOT_OPEN": "booking",
    "NOT_FOUND": "booking",
    "slot_id": "starts_at",
}
CANCEL: At = dict.fromkeys(("CANCEL_DEADLINE_PASSED", "BOOKING_NOT_OPEN", "NOT_FOUND"), "reverses")

log = structlog.get_logger("hub.lounge_booking")


def customer(call: Call, tier: Tier) -> wire.Customer | None:
    """The customer of the consent; None for one without the only document that the partner knows."""
    person = call.subject
    if person is None or person.id_type not in DOCUMENTS:
        return None
    return wire.Customer(person.name, DOCUMENTS[person.id_type], person.id_number, TIERS[tier])


def not_taken(no: No, at: At) -> Declined | Pending[Any] | Unknown:
    """What an error says about a submission: declined only by a code that the manifest maps so."""
    outcome = SUBMISSION.outcome(no.code, acknowledged=False)
    if isinstance(outcome, Declined):
        return Declined(reason=replace(outcome.reason, field=no.field(at)))
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome


def ours(row: R, reference: str) -> R:
    """The answer to a submission. Raises: Garbled unless it is about this one."""
    if row.client_reference != reference:
        raise Garbled("the answer is about another request", wire.write(row))
    return row


def found(rows: list[R], attempt: Attempt) -> R | Absent | Unknown:
    """The one row under our reference."""
    if not rows:
        return Absent(why="the partner knows no such client_reference")
    mine = [row for row in rows if row.client_reference == attempt.reference]
    if len(mine) != 1:
        log.error("rows-under-one-reference", ours=len(mine), rows=len(rows), order_id=attempt.order_id)
        return Unknown(why=f"{len(mine)} of {len(rows)} rows are ours, where there should be one")
    return mine[0]


def booked(row: wire.Booking, booking: Booking, attempt: Attempt) -> Outcome[Booked]:
    """What a booking's status says, if it is the one that was asked for."""
    if (row.venue_id, row.guests) != (booking.product_id.local_id, booking.guests):
        log.error("another-booking-than-ours", partner=attempt.partner, order_id=attempt.order_id)
        return Unknown(why="the partner has another booking under our reference")
    return decided("booking", row.status, seen(row))


def seen(row: wire.Booking) -> Booked:
    until = row.change_deadline.astimezone(UTC) if row.change_deadline else None
    return Booked(
        confirmation=row.booking_id,
        starts_at=row.starts_at.astimezone(UTC),
        change_until=until,
        place=row.venue_name,
    )


def decided(family: str, status: str, result: T) -> Outcome[T]:
    """A status of something that the partner acknowledged."""
    meaning = MANIFEST.codes[family].get(status)
    if meaning is not None and meaning.means == "succeeded":
        return Succeeded(result=result)
    outcome = Codes(MANIFEST, family).outcome(status, acknowledged=True)
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome
