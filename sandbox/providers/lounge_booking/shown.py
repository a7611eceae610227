"""Bookings, changes, cancellations and visits as the partner shows them."""

from typing import Any

from sandbox.providers.lounge_booking.bookings import (
    REQUESTED,
    cancellation_status,
    venue_name,
)
from sandbox.providers.lounge_booking.magic import Situation, situation_of
from sandbox.providers.lounge_booking.slots import slot_of, stamp
from sandbox.stand.book import Order

UNMAPPED = "ON_HOLD"


def booking_id(number: int) -> str:
    return f"BK{number:08d}"


def booking(stands: Order) -> dict[str, Any]:
    """The customer is not shown; the caller knows."""
    slot = slot_of(stands["slot_id"])
    return {
        "booking_id": booking_id(stands["number"]),
        "client_reference": stands["client_reference"],
        "status": stands["status"],
        "kind": slot.venue.kind,
        "venue_id": slot.venue.venue_id,
        "venue_name": venue_name(stands),
        "slot_id": slot.slot_id,
        "starts_at": stamp(slot.starts_at),
        "ends_at": stamp(slot.ends_at),
        "guests": stands["guests"],
        "change_deadline": stamp(slot.deadline),
        "cancel_deadline": stamp(slot.deadline),
        "booked_at": stamp(stands["at"]),
    }


def answered(stands: Order) -> dict[str, Any]:
    """The booking as the answer to its registration shows it."""
    shown = booking(stands)
    if situation_of(stands["account"]) is Situation.ENQUIRY_ONLY:
        shown["status"] = REQUESTED
    return shown


def change(row: Order) -> dict[str, Any]:
    slot = slot_of(row["slot_id"])
    return {
        "client_reference": row["client_reference"],
        "booking_id": booking_id(row["booking"]),
        "status": "CHANGED",
        "slot_id": slot.slot_id,
        "starts_at": stamp(slot.starts_at),
        "guests": row["guests"],
        "changed_at": stamp(row["at"]),
    }


def cancellation(row: Order) -> dict[str, Any]:
    return {
        "client_reference": row["client_reference"],
        "booking_id": booking_id(row["booking"]),
        "status": cancellation_status(row),
        "requested_at": stamp(row["at"]),
    }


def visit(stands: Order) -> dict[str, Any]:
    slot = slot_of(stands["slot_id"])
    return {
        "visit_id": f"VS{stands['number']:08d}",
        "booking_id": booking_id(stands["number"]),
        "client_reference": stands["client_reference"],
        "kind": slot.venue.kind,
        "venue_id": slot.venue.venue_id,
        "guests": stands["guests"],
        "status": stands["status"],
        "consumed_at": stamp(stands["consumedAt"]),
    }
