"""Events: pushed to the registered URL once what they tell is so."""

import json
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from sandbox.providers.lounge_booking.bookings import CANCELLED, CONFIRMED, CONSUMED, REJECTED, Bookings
from sandbox.providers.lounge_booking.magic import Situation, situation_of
from sandbox.providers.lounge_booking.operations import BOOK, CHANGE, EVENT
from sandbox.providers.lounge_booking.shown import UNMAPPED, booking
from sandbox.providers.lounge_booking.signing import Signatures
from sandbox.providers.lounge_booking.slots import stamp
from sandbox.stand import notify
from sandbox.stand.book import Order
from sandbox.stand.delivery import Delivery, News
from sandbox.stand.moment import now
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b"OK"
_TELLS = {CONFIRMED: "booking.confirmed", REJECTED: "booking.rejected"}


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be told, when, and which status the booking must have by then; any if None."""

    name: str
    at: float
    reference: str
    number: int
    account: str
    status: str | None


class Events:
    """Pushes in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, bookings: Bookings, signatures: Signatures) -> None:
        self._delivery = Delivery(equipment, EVENT)
        self._bookings = bookings
        self._signatures = signatures
        self._var = equipment.var

    async def announce(self, row: Order, fault: str | None) -> None:
        """Sees to it that what was done is told, unless nobody wants it or it never comes."""
        quiet = row["type"] == BOOK.plain and situation_of(row["account"]) is Situation.ENQUIRY_ONLY
        if not notify.registered(self._var) or quiet:
            return
        for event in _events(row):
            if event.at <= now():
                await self._delivery.announce(self._news(event), fault)
            else:
                self._delivery.start(self._news(event), fault)

    def consumed(self, stands: Order) -> None:
        if notify.registered(self._var):
            self._delivery.start(self._news(_consumed(stands)))

    def _news(self, event: Event) -> News:
        return News(event.at, event.account, partial(self._push, event), partial(self._stands, event))

    def _stands(self, event: Event) -> bool:
        """Who waited may have cancelled."""
        return event.status in (None, self._bookings.booking(event.number)["status"])

    async def _push(self, event: Event, spoilt: str | None) -> Push:
        shown = booking(self._bookings.booking(event.number))
        if spoilt == "unmapped-code":
            shown["status"] = UNMAPPED
        message = {
            "event_id": str(uuid4()),
            "event": event.name,
            "occurred_at": stamp(event.at),
            "client_reference": event.reference,
            "booking": shown,
        }
        payload = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        body = self._signatures.event(payload, forged=spoilt == "bad-signature")
        return Push(notify.registered(self._var), body, "application/json", ACKNOWLEDGEMENT)


def _events(row: Order) -> list[Event]:
    reference, account = row["client_reference"], row["account"]
    if row["type"] == CHANGE.plain:
        return [Event("booking.changed", row["at"], reference, row["booking"], account, None)]
    if row["type"] != BOOK.plain:
        return [Event("booking.cancelled", row["doneAt"], reference, row["booking"], account, CANCELLED)]
    events = []
    if row["decidedAt"] is not None:
        # Who was waitlisted may have cancelled in the meantime.
        status = row["fate"] if row["decidedAt"] > row["at"] else None
        events.append(Event(_TELLS[row["fate"]], row["decidedAt"], reference, row["number"], account, status))
    if row["consumedAt"] is not None:
        events.append(_consumed(row))
    return events


def _consumed(booking: Order) -> Event:
    reference, account = booking["client_reference"], booking["account"]
    return Event("visit.consumed", booking["consumedAt"], reference, booking["number"], account, CONSUMED)
