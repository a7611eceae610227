"""Bookings, their changes and cancellations: filed one after another, each under a reference of its own.

A booking as it stands is its first row with what was filed about it since; nothing is ever rewritten.
"""

from functools import partial
from typing import Any

from sandbox.providers.lounge_booking import tiers
from sandbox.providers.lounge_booking.errors import Refused
from sandbox.providers.lounge_booking.magic import Situation, situation_of
from sandbox.providers.lounge_booking.operations import BOOK, CANCEL, CHANGE
from sandbox.providers.lounge_booking.slots import check_free, slot_of, venue_of
from sandbox.providers.lounge_booking.wishes import customer_of, guests_of, reference_of
from sandbox.stand.book import Order, Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.operation import Operation
from sandbox.stand.partner import Equipment

REQUESTED, WAITLISTED, CONFIRMED, REJECTED = "REQUESTED", "WAITLISTED", "CONFIRMED", "REJECTED"
CANCEL_REQUESTED, CANCELLED, CONSUMED = "CANCEL_REQUESTED", "CANCELLED", "CONSUMED"
_LATE = frozenset({Situation.WAITLISTED_CONFIRMED, Situation.WAITLISTED_REJECTED})
_NOT_PERFORMED = frozenset({Situation.WAITLISTED_REJECTED, Situation.WAITLISTED_FOREVER})
_CONSUMPTION = "consume"


class Bookings:
    """Takes bookings and what follows them, and tells what became of each."""

    def __init__(self, equipment: Equipment) -> None:
        self._book = equipment.book
        self._settings = equipment.settings
        rows = self._book.read(Page.latest)
        self._consumed = {row["booking"]: float(row["at"]) for row in rows if row["type"] == _CONSUMPTION}

    async def book(self, content: dict[str, Any], fault: str | None) -> Order:
        """Raises: Refused."""
        reference, customer = reference_of(content), customer_of(content)
        slot, guests = slot_of(content.get("slot_id")), guests_of(content)
        if content.get("venue_id") != slot.venue.venue_id:
            raise Refused("INVALID_INPUT", "venue_id")
        tiers.check(slot.venue, customer.account, customer.tier, guests)
        situation = situation_of(customer.account)
        check_free(slot, guests)
        if situation is Situation.SOLD_OUT:
            raise Refused("SOLD_OUT", "slot_id")
        row = {
            "client_reference": reference,
            "account": customer.account,
            "tier": customer.tier,
            "slot_id": slot.slot_id,
            "guests": guests,
            **self._course(situation),
        }
        return await self._do(BOOK, row, fault, performed=situation not in _NOT_PERFORMED)

    async def change(self, number: int, content: dict[str, Any], fault: str | None) -> Order:
        """Raises: Refused."""
        reference, booking = reference_of(content), self.booking(number)
        slot = slot_of(content.get("slot_id", booking["slot_id"]))
        guests = guests_of(content, booking["guests"])
        self._check_open(booking, {CONFIRMED}, "CHANGE_DEADLINE_PASSED")
        if slot.venue != slot_of(booking["slot_id"]).venue:
            raise Refused("INVALID_INPUT", "slot_id")
        tiers.check(slot.venue, booking["account"], booking["tier"], guests)
        check_free(slot, guests)
        row = {"client_reference": reference, "account": booking["account"], "booking": number}
        return await self._do(CHANGE, {**row, "slot_id": slot.slot_id, "guests": guests, "at": now()}, fault)

    async def cancel(self, number: int, content: dict[str, Any], fault: str | None) -> Order:
        """Raises: Refused."""
        reference, booking = reference_of(content), self.booking(number)
        self._check_open(booking, {CONFIRMED, WAITLISTED}, "CANCEL_DEADLINE_PASSED")
        moment, later = now(), situation_of(booking["account"]) is Situation.CANCEL_LATER
        done_at = moment + self._settings.late_seconds if later else moment
        row = {"client_reference": reference, "account": booking["account"], "booking": number}
        return await self._do(CANCEL, {**row, "at": moment, "doneAt": done_at}, fault)

    def find(self, operation: Operation, reference: str) -> list[Order]:
        """What was filed under a reference by an operation, newest first."""
        rows = self._book.read(lambda page: page.find(reference))
        return [row for row in reversed(rows) if row["type"] == operation.plain]

    def booking(self, number: int) -> Order:
        """A booking as it stands now, with its `status`.

        Raises: Refused.
        """
        return self._book.read(partial(self._stands, number))

    def consumed(self, account: str | None, reference: str | None) -> list[Order]:
        """Bookings that were consumed, newest first, of a customer or under a reference."""
        rows = self._book.read(Page.latest)
        found = [self.booking(row["number"]) for row in rows if row["type"] == BOOK.plain]
        return [
            each
            for each in found
            if each["status"] == CONSUMED
            and account in (None, each["account"])
            and reference in (None, each["client_reference"])
        ]

    async def consume(self, number: int) -> Order:
        """The customer is let in."""
        moment = now()
        self._consumed[number] = moment
        row = {"type": _CONSUMPTION, "booking": number, "at": moment}
        await self._book.write(lambda page: page.keep("", row))
        return self.booking(number)

    def _course(self, situation: Situation | None) -> dict[str, Any]:
        """How a new booking will go by itself."""
        moment, late = now(), self._settings.late_seconds
        decided_at: float | None = moment + late if situation in _LATE else moment
        if situation is Situation.WAITLISTED_FOREVER:
            decided_at = None
        fate = REJECTED if situation is Situation.WAITLISTED_REJECTED else CONFIRMED
        consumed_at = moment + late if situation is Situation.REDEEMED else None
        return {"at": moment, "decidedAt": decided_at, "fate": fate, "consumedAt": consumed_at}

    def _check_open(self, booking: Order, statuses: set[str], passed: str) -> None:
        if booking["status"] not in statuses:
            raise Refused("BOOKING_NOT_OPEN")
        late = situation_of(booking["account"]) is Situation.DEADLINE_PASSED
        if late or now() > slot_of(booking["slot_id"]).deadline:
            raise Refused(passed)

    async def _do(self, operation: Operation, row: Order, fault: str | None, *, performed: bool = True) -> Order:
        if fault == "decline":
            raise Refused("DECLINED")
        row["type"] = operation.plain
        return await self._book.write(partial(self._file, row, performed))

    def _file(self, row: Order, performed: bool, page: Page) -> Order:
        if self._settings.duplicates != "perform" and page.find(row["client_reference"]):
            raise Refused("DUPLICATE_REFERENCE", "client_reference")
        if "booking" in row:
            self._check_still(row, page)
        if performed:
            page.perform(Performance(row["client_reference"], row["type"], row["account"]))
        number = page.keep(row["client_reference"], row)
        if "booking" in row:
            page.keep(_about(row["booking"]), row)
        return {**row, "number": number}

    def _check_still(self, row: Order, page: Page) -> None:
        """Two cancellations that arrive together are not both done."""
        if self._stands(row["booking"], page)["status"] not in {CONFIRMED, WAITLISTED}:
            raise Refused("BOOKING_NOT_OPEN")

    def _stands(self, number: int, page: Page) -> Order:
        booking = page.numbered(number)
        if booking is None or booking["type"] != BOOK.plain:
            raise Refused("NOT_FOUND", "booking_id")
        cancellation: Order | None = None
        for row in page.find(_about(number)):
            if row["type"] == CHANGE.plain:
                booking |= {"slot_id": row["slot_id"], "guests": row["guests"]}
            else:
                cancellation = row
        booking["consumedAt"] = self._consumed.get(number, booking["consumedAt"])
        booking["status"] = _status(booking, cancellation)
        return booking


def cancellation_status(row: Order) -> str:
    return CANCELLED if now() >= row["doneAt"] else CANCEL_REQUESTED


def venue_name(booking: Order) -> str:
    return venue_of(booking["slot_id"].partition(":")[0]).name


def _status(booking: Order, cancellation: Order | None) -> str:
    consumed_at = booking["consumedAt"]
    if consumed_at is not None and now() >= consumed_at and (cancellation is None or cancellation["at"] > consumed_at):
        return CONSUMED
    if cancellation is not None:
        return cancellation_status(cancellation)
    decided_at = booking["decidedAt"]
    return WAITLISTED if decided_at is None or now() < decided_at else str(booking["fate"])


def _about(number: int) -> str:
    """Where everything is filed that happened to a booking; no client_reference looks like it."""
    return f"booking #{number}"
