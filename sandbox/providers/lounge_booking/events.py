"""Events: pushed to the registered URL once what they tell is so."""

import json
from dataclasses import dataclass
from uuid import uuid4

from sandbox.providers.lounge_booking.bookings import CANCELLED, CONFIRMED, CONSUMED, REJECTED, Bookings
from sandbox.providers.lounge_booking.magic import Situation, situation_of
from sandbox.providers.lounge_booking.operations import BOOK, CHANGE, EVENT
from sandbox.providers.lounge_booking.shown import UNMAPPED, booking
from sandbox.providers.lounge_booking.signing import Signatures
from sandbox.providers.lounge_booking.slots import stamp
from sandbox.stand import notify
from sandbox.stand.book import Order
from sandbox.stand.moment import clock, now
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b"OK"
_SILENT = frozenset({"no-callback", "hang-after"})
_TELLS = {CONFIRMED: "booking.confirmed", REJECTED: "booking.rejected"}


@dataclass(frozen=True, slots=True)
class News:
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
        self._faults = equipment.faults
        self._pusher = equipment.pusher
        self._late_seconds = equipment.settings.late_seconds
        self._bookings = bookings
        self._signatures = signatures
        self._var = equipment.var

    async def announce(self, row: Order, fault: str | None) -> None:
        """Sees to it that what was done is told, unless nobody wants it or it never comes."""
        quiet = row["type"] == BOOK.plain and situation_of(row["account"]) is Situation.ENQUIRY_ONLY
        if not notify.registered(self._var) or quiet or fault in _SILENT:
            return
        for news in _news(row):
            if fault == "early-callback" and news.at <= now() and await self._pusher.once(self._push(news, None)):
                continue
            self._pusher.start(self._deliver(news, fault))

    def consumed(self, stands: Order) -> None:
        if notify.registered(self._var):
            self._pusher.start(self._deliver(_consumed(stands), None))

    async def _deliver(self, news: News, fault: str | None) -> None:
        await clock.until(news.at)
        if news.status not in (None, self._bookings.booking(news.number)["status"]):
            return
        spoilt = self._faults.take(EVENT, news.account)
        fault = spoilt or fault
        if fault in _SILENT:
            return
        if fault == "late-callback":
            await clock.pause(self._late_seconds)
        push = self._push(news, spoilt)  # what spoilt the answer does not spoil the push
        for _ in range(2 if fault == "duplicate-callback" else 1):
            await self._pusher.send(push)

    def _push(self, news: News, spoilt: str | None) -> Push:
        shown = booking(self._bookings.booking(news.number))
        if spoilt == "unmapped-code":
            shown["status"] = UNMAPPED
        event = {
            "event_id": str(uuid4()),
            "event": news.name,
            "occurred_at": stamp(news.at),
            "client_reference": news.reference,
            "booking": shown,
        }
        payload = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        body = self._signatures.event(payload, forged=spoilt == "bad-signature")
        return Push(notify.registered(self._var), body, "application/json", ACKNOWLEDGEMENT)


def _news(row: Order) -> list[News]:
    reference, account = row["client_reference"], row["account"]
    if row["type"] == CHANGE.plain:
        return [News("booking.changed", row["at"], reference, row["booking"], account, None)]
    if row["type"] != BOOK.plain:
        return [News("booking.cancelled", row["doneAt"], reference, row["booking"], account, CANCELLED)]
    news = []
    if row["decidedAt"] is not None:
        # Who was waitlisted may have cancelled in the meantime.
        status = row["fate"] if row["decidedAt"] > row["at"] else None
        news.append(News(_TELLS[row["fate"]], row["decidedAt"], reference, row["number"], account, status))
    if row["consumedAt"] is not None:
        news.append(_consumed(row))
    return news


def _consumed(booking: Order) -> News:
    reference, account = booking["client_reference"], booking["account"]
    return News("visit.consumed", booking["consumedAt"], reference, booking["number"], account, CONSUMED)
