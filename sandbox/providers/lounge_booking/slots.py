"""Slots of an hour each; every time is China's, and how many places are left follows from the slot's id."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

from sandbox.providers.lounge_booking.errors import Refused
from sandbox.providers.lounge_booking.places import HEALTH_CHECK, LOUNGE, TRANSFER, Venue, venues
from sandbox.stand.moment import now

CHINA = timezone(timedelta(hours=8))
_HOURS = {LOUNGE: range(24), TRANSFER: range(24), HEALTH_CHECK: range(8, 11)}
_DEADLINE_HOURS = {LOUNGE: 2, TRANSFER: 6, HEALTH_CHECK: 24}
_HOUR = 3600
_DAYS_AHEAD = 60
_PLACES = 9
_SLOT = re.compile(r"([A-Z]{3}-[0-9A-Z]{3,6}):([0-9]{10})")


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour at a venue. Units: `starts_at` in seconds since 1970."""

    slot_id: str
    venue: Venue
    starts_at: float

    @property
    def ends_at(self) -> float:
        return self.starts_at + _HOUR

    @property
    def deadline(self) -> float:
        """Until when a booking can be changed or cancelled."""
        return self.starts_at - _DEADLINE_HOURS[self.venue.kind] * _HOUR

    @property
    def day(self) -> date:
        return datetime.fromtimestamp(self.starts_at, CHINA).date()

    @property
    def places_left(self) -> int:
        return sha256(self.slot_id.encode()).digest()[0] % _PLACES


def today() -> date:
    return datetime.fromtimestamp(now(), CHINA).date()


def stamp(seconds: float) -> str:
    """ISO 8601 with China's offset, to the second."""
    return datetime.fromtimestamp(seconds, CHINA).isoformat(timespec="seconds")


def venue_of(venue_id: object) -> Venue:
    """Raises: Refused."""
    venue = venues().get(str(venue_id))
    if venue is None:
        raise Refused("NOT_FOUND", "venue_id")
    return venue


def slot_of(slot_id: object) -> Slot:
    """Raises: Refused, if a venue has no such slot."""
    match = _SLOT.fullmatch(str(slot_id))
    if match is None:
        raise Refused("INVALID_INPUT", "slot_id")
    venue = venue_of(match[1])
    try:
        begins = datetime.strptime(match[2], "%Y%m%d%H").replace(tzinfo=CHINA)
    except ValueError as error:
        raise Refused("INVALID_INPUT", "slot_id") from error
    if begins.hour not in _HOURS[venue.kind]:
        raise Refused("NOT_FOUND", "slot_id")
    return Slot(match[0], venue, begins.timestamp())


def check_free(slot: Slot, guests: int) -> None:
    """Raises: Refused, if the slot is over, too far away, or has too few places."""
    if slot.ends_at <= now() or slot.day > today() + timedelta(days=_DAYS_AHEAD):
        raise Refused("SLOT_OVER", "slot_id")
    if slot.places_left < 1 + guests:
        raise Refused("SOLD_OUT", "slot_id")


def day_of(venue: Venue, text: str | None) -> list[dict[str, Any]]:
    """The slots of a day (yyyy-mm-dd) that are not over; none in the past or more than 60 days ahead.

    Raises: Refused.
    """
    try:
        day = datetime.strptime(text or "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused("INVALID_INPUT", "date") from error
    if day.date() > today() + timedelta(days=_DAYS_AHEAD):
        return []
    slots = [slot_of(f"{venue.venue_id}:{day:%Y%m%d}{hour:02d}") for hour in _HOURS[venue.kind]]
    return [
        {
            "slot_id": slot.slot_id,
            "starts_at": stamp(slot.starts_at),
            "ends_at": stamp(slot.ends_at),
            "places_left": slot.places_left,
            "cancel_deadline": stamp(slot.deadline),
        }
        for slot in slots
        if slot.ends_at > now()
    ]
