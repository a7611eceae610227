"""The partner's messages, in the partner's names. Unknown fields are allowed; times carry their own offset."""

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from schemas.struct import Instant

T = TypeVar("T")


class Items(msgspec.Struct, Generic[T]):
    """A list, whole."""

    items: list[T]


class Venue(msgspec.Struct):
    """One place of GET /venues."""

    venue_id: str
    kind: str
    name: str
    region: str


class Slot(msgspec.Struct):
    """One hour of GET /venues/{id}/slots."""

    slot_id: str
    starts_at: Instant


class Offer(msgspec.Struct):
    """One merchant's offer of GET /offers."""

    offer_id: str
    merchant: str
    title: str
    region: str


class Customer(msgspec.Struct):
    """Who goes there; never shown in an answer."""

    name: str
    document_type: str
    document_number: str
    tier: str


class EligibilityRequest(msgspec.Struct):
    """POST /eligibility."""

    customer: Customer
    venue_id: str


class Eligibility(msgspec.Struct):
    """Its answer."""

    eligible: bool
    reason: str | None = None
    visits_left: int | None = None


class BookingRequest(msgspec.Struct):
    """POST /bookings."""

    client_reference: str
    venue_id: str
    slot_id: str
    guests: int
    customer: Customer


class FollowUp(msgspec.Struct):
    """POST /bookings/{id}/changes, with the new slot, and /cancellations, without."""

    client_reference: str
    slot_id: str | UnsetType = UNSET


class Booking(msgspec.Struct):
    """A booking as it is now."""

    booking_id: str
    client_reference: str
    status: str
    venue_id: str
    venue_name: str
    slot_id: str
    starts_at: Instant
    guests: int
    change_deadline: Instant | None = None


class Change(msgspec.Struct):
    """A change, not the booking: it names no deadline."""

    client_reference: str
    booking_id: str
    status: str
    slot_id: str
    starts_at: Instant


class Cancellation(msgspec.Struct):
    """A cancellation, not the booking. It tells when it was asked for, and not when it was done."""

    client_reference: str
    booking_id: str
    status: str


class Voucher(msgspec.Struct):
    """What is shown at the door; every call gives another."""

    qr: str
    expires_at: Instant

    def __repr__(self) -> str:
        return f"Voucher(expires_at={self.expires_at!r})"


class VisitSearch(msgspec.Struct):
    """POST /visits/search."""

    client_reference: str


class Visit(msgspec.Struct):
    """A visit that was consumed."""

    client_reference: str
    consumed_at: Instant


class Fault(msgspec.Struct, rename="pascal"):
    """What is wrong; `Source` is the field, or empty."""

    reason_code: str
    source: str | None = None


class Faults(msgspec.Struct, rename="pascal"):
    """What is wrong: the first is told."""

    error: Annotated[list[Fault], Meta(min_length=1)]


class Failure(msgspec.Struct, rename="pascal"):
    """The body of an error."""

    errors: Faults


class Envelope(msgspec.Struct):
    """An event as it is posted: the signature is over the text of the payload."""

    payload: str
    signature: str = ""


class EventBooking(msgspec.Struct):
    """The booking that an event is about."""

    client_reference: str
    venue_name: str = ""


class Event(msgspec.Struct):
    """The payload. `client_reference` is that of the request which the event answers."""

    event: str
    occurred_at: Instant
    client_reference: str
    booking: EventBooking


VENUES = msgspec.json.Decoder(Items[Raw])
VENUE = msgspec.json.Decoder(Venue)
OFFERS = msgspec.json.Decoder(Items[Raw])
OFFER = msgspec.json.Decoder(Offer)
SLOTS = msgspec.json.Decoder(Items[Slot])
ELIGIBILITY = msgspec.json.Decoder(Eligibility)
BOOKING = msgspec.json.Decoder(Booking)
BOOKINGS = msgspec.json.Decoder(Items[Booking])
CHANGE = msgspec.json.Decoder(Change)
CHANGES = msgspec.json.Decoder(Items[Change])
CANCELLATION = msgspec.json.Decoder(Cancellation)
CANCELLATIONS = msgspec.json.Decoder(Items[Cancellation])
VOUCHER = msgspec.json.Decoder(Voucher)
VISITS = msgspec.json.Decoder(Items[Visit])
FAILURE = msgspec.json.Decoder(Failure)
ENVELOPE = msgspec.json.Decoder(Envelope)
EVENT = msgspec.json.Decoder(Event)

write = msgspec.json.encode
