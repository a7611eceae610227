"""Rights in a dialect shaped after public booking models: who may, then a slot, a change, a pass on the day."""

from datetime import UTC
from urllib.parse import quote

from connectors.kit.partner import Partner
from connectors.lounge_booking import bookings, venues, wire
from connectors.lounge_booking.bookings import BOOK, CANCEL, CHANGE, not_taken
from connectors.lounge_booking.events import read_callback
from connectors.lounge_booking.exchange import MANIFEST, LoungeAccount, No, answered, get, post, signed
from schemas.call import Attempt, Call
from schemas.errors import Garbled, PartnerFailure
from schemas.outcome import Declined, Found, Outcome, Reason, Succeeded
from schemas.page import Merged
from schemas.rights import (
    Booked,
    Booking,
    BookingChange,
    BookingSearch,
    Cancellation,
    Cancelled,
    Eligibility,
    EligibilityCheck,
    MerchantOffer,
    NearbySearch,
    Pass,
    Product,
    ProductSearch,
    Redemption,
    RedemptionSearch,
    Rights,
)

NO_DOCUMENT = "the partner takes residents with an identity card only"


class LoungeRights(Rights):
    """Visits that come with the customer's tier. Nothing is paid for."""

    async def list_products(self, search: ProductSearch, call: Call) -> Merged[Product]:
        return await venues.list_products(search, call)

    async def list_offers(self, search: NearbySearch, call: Call) -> Merged[MerchantOffer]:
        return await venues.list_offers(search, call)

    async def check_eligibility(self, request: EligibilityCheck, call: Call) -> Eligibility:
        who = bookings.customer(call, request.tier)
        if who is None:
            return Eligibility(eligible=False, message=NO_DOCUMENT)
        question = wire.EligibilityRequest(who, request.product_id.local_id)
        answer = await post(call, "/eligibility", question, wire.ELIGIBILITY, BOOK | {"NOT_FOUND": "product_id"})
        why = MANIFEST.codes["eligibility"].get(answer.reason or "")
        message = why.text if why else answer.reason or ""
        return Eligibility(eligible=answer.eligible, message=message, uses_left=answer.visits_left)

    async def book(self, booking: Booking, attempt: Attempt) -> Outcome[Booked]:
        who = bookings.customer(attempt, booking.tier)
        if who is None:
            return Declined(reason=Reason(code="not-eligible", message=NO_DOCUMENT))
        venue_id = booking.product_id.local_id
        slot = await venues.slot_at(venue_id, booking.starts_at, attempt, BOOK)
        if isinstance(slot, Declined):
            return slot
        request = wire.BookingRequest(attempt.reference, venue_id, slot.slot_id, booking.guests, who)
        reply = await attempt.submit("book", signed(attempt, "POST", "/bookings", wire.write(request)))
        answer = answered(reply, wire.BOOKING)
        if isinstance(answer, No):
            return not_taken(answer, BOOK)
        return await _booked(bookings.ours(answer, attempt.reference), booking, attempt)

    async def find_booking(self, booking: Booking, attempt: Attempt) -> Found[Booked]:
        rows = await get(attempt, "/bookings", _reference(attempt), wire.BOOKINGS, {})
        row = bookings.found(rows.items, attempt)
        return await _booked(row, booking, attempt) if isinstance(row, wire.Booking) else row

    async def change_booking(self, change: BookingChange, attempt: Attempt) -> Outcome[Booked]:
        booking_id, venue_id = _original(attempt)
        slot = await venues.slot_at(venue_id, change.starts_at, attempt, CHANGE)
        if isinstance(slot, Declined):
            return slot
        body = wire.write(wire.FollowUp(attempt.reference, slot.slot_id))
        reply = await attempt.submit("change", signed(attempt, "POST", f"/bookings/{booking_id}/changes", body))
        answer = answered(reply, wire.CHANGE)
        if isinstance(answer, No):
            return not_taken(answer, CHANGE)
        return await _changed(bookings.ours(answer, attempt.reference), attempt)

    async def find_change(self, change: BookingChange, attempt: Attempt) -> Found[Booked]:  # noqa: ARG002 - by reference
        rows = await get(attempt, "/changes", _reference(attempt), wire.CHANGES, {})
        row = bookings.found(rows.items, attempt)
        return await _changed(row, attempt) if isinstance(row, wire.Change) else row

    async def cancel_booking(self, cancellation: Cancellation, attempt: Attempt) -> Outcome[Cancelled]:  # noqa: ARG002 - see `original`
        booking_id, _ = _original(attempt)
        body = wire.write(wire.FollowUp(attempt.reference))
        reply = await attempt.submit("cancel", signed(attempt, "POST", f"/bookings/{booking_id}/cancellations", body))
        answer = answered(reply, wire.CANCELLATION)
        if isinstance(answer, No):
            return not_taken(answer, CANCEL)
        return _cancelled(bookings.ours(answer, attempt.reference), attempt)

    async def find_cancellation(self, cancellation: Cancellation, attempt: Attempt) -> Found[Cancelled]:  # noqa: ARG002 - by reference
        rows = await get(attempt, "/cancellations", _reference(attempt), wire.CANCELLATIONS, {})
        row = bookings.found(rows.items, attempt)
        return _cancelled(row, attempt) if isinstance(row, wire.Cancellation) else row

    async def issue_pass(self, search: BookingSearch, call: Call) -> Pass:  # noqa: ARG002 - see `original`
        booking_id, _ = _original(call)
        try:
            voucher = await get(call, f"/bookings/{booking_id}/voucher", {}, wire.VOUCHER, {"": "booking"})
        except Garbled as error:
            raise Garbled(str(error)) from None  # without its evidence: it may hold the pass
        return Pass(token=voucher.qr, expires_at=voucher.expires_at.astimezone(UTC))

    async def find_redemptions(self, search: RedemptionSearch, call: Call) -> list[Redemption]:  # noqa: ARG002 - see `original`
        original = call.original
        reference = original.reference if original else ""
        place = original.result.place if original and isinstance(original.result, Booked) else None
        visits = await post(call, "/visits/search", wire.VisitSearch(reference), wire.VISITS, {"": "order"})
        return [
            Redemption(redeemed_at=visit.consumed_at.astimezone(UTC), place=place)
            for visit in visits.items
            if visit.client_reference == reference
        ]


async def _booked(row: wire.Booking, booking: Booking, attempt: Attempt) -> Outcome[Booked]:
    await attempt.remember(booking_id=row.booking_id, venue_id=row.venue_id)
    return bookings.booked(row, booking, attempt)


async def _changed(row: wire.Change, attempt: Attempt) -> Outcome[Booked]:
    """A change names no deadline, so the booking is looked at; it stands even where that cannot be seen."""
    _about_ours(row.booking_id, attempt)
    moved = Booked(confirmation=row.booking_id, starts_at=row.starts_at.astimezone(UTC))
    outcome = bookings.decided("change", row.status, moved)
    if not isinstance(outcome, Succeeded):
        return outcome
    try:
        booking = await get(attempt, f"/bookings/{quote(row.booking_id, safe='')}", {}, wire.BOOKING, {})
    except PartnerFailure:
        return outcome
    return Succeeded(result=bookings.seen(booking)) if booking.slot_id == row.slot_id else outcome


def _cancelled(row: wire.Cancellation, attempt: Attempt) -> Outcome[Cancelled]:
    _about_ours(row.booking_id, attempt)
    return bookings.decided("cancellation", row.status, Cancelled())


def _original(call: Call) -> tuple[str, str]:
    """The partner's numbers of the booking that is followed, and of its venue. Raises: LookupError if there is none."""
    if call.original is None:
        raise LookupError("this follows a booking")
    handles = call.original.handles
    return quote(handles["booking_id"], safe=""), handles["venue_id"]


def _about_ours(booking_id: str, attempt: Attempt) -> None:
    """Raises: Garbled."""
    if attempt.original is None or attempt.original.handles["booking_id"] != booking_id:
        raise Garbled("the answer is about another booking")


def _reference(attempt: Attempt) -> dict[str, str]:
    return {"client_reference": attempt.reference}


PARTNER = Partner(account=LoungeAccount, scenarios=(LoungeRights,), read_callback=read_callback)
