"""Vouchers: codes that let a customer in, given on the day, good for --token-seconds and once."""

import secrets
from typing import Any

from sandbox.providers.lounge_booking.bookings import CONFIRMED
from sandbox.providers.lounge_booking.errors import Refused
from sandbox.providers.lounge_booking.slots import slot_of, stamp, today
from sandbox.stand.book import Order
from sandbox.stand.moment import now

_KEPT = 10_000


class Vouchers:
    """Gives a fresh code each time it is asked; codes are forgotten at a restart."""

    def __init__(self, token_seconds: float) -> None:
        self._token_seconds = token_seconds
        self._good: dict[str, tuple[int, float]] = {}

    def give(self, booking: Order) -> dict[str, Any]:
        """Shape: `{"code", "qr", "expires_at"}`.

        Raises: Refused.
        """
        slot = slot_of(booking["slot_id"])
        if booking["status"] != CONFIRMED or slot.ends_at <= now():
            raise Refused("BOOKING_NOT_OPEN")
        if slot.day > today():
            raise Refused("VOUCHER_NOT_YET")
        while len(self._good) >= _KEPT:
            del self._good[next(iter(self._good))]
        code, expires_at = secrets.token_hex(8).upper(), now() + self._token_seconds
        self._good[code] = (booking["number"], expires_at)
        return {"code": code, "qr": f"LB1:{slot.venue.venue_id}:{code}", "expires_at": stamp(expires_at)}

    def redeem(self, code: str) -> int | None:
        """The number of the booking a code is good for; None if it is good for none. Its other codes are spent too."""
        number, expires_at = self._good.get(code, (0, 0.0))
        if expires_at <= now():
            return None
        self._good = {each: good for each, good in self._good.items() if good[0] != number}
        return number
