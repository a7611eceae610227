"""The partner at work: checks the signature, does what is asked, answers in JSON."""

import re
from dataclasses import replace
from typing import Any

from sandbox.providers.lounge_booking import access, places, shown, tiers
from sandbox.providers.lounge_booking.bookings import Bookings
from sandbox.providers.lounge_booking.errors import Refused, refusal
from sandbox.providers.lounge_booking.events import Events
from sandbox.providers.lounge_booking.magic import MAGIC
from sandbox.providers.lounge_booking.operations import (
    BOOK,
    BOOKING,
    BOOKINGS,
    CANCEL,
    CANCELLATIONS,
    CHANGE,
    CHANGES,
    ELIGIBILITY,
    OFFERS,
    OPERATIONS,
    SLOTS,
    VENUES,
    VISITS,
    VOUCHER,
)
from sandbox.providers.lounge_booking.signing import Signatures
from sandbox.providers.lounge_booking.slots import day_of, venue_of
from sandbox.providers.lounge_booking.vouchers import Vouchers
from sandbox.providers.lounge_booking.wishes import content_of, customer_of
from sandbox.stand import credentials
from sandbox.stand.book import Order
from sandbox.stand.message import Reply, Request, json_object, json_reply
from sandbox.stand.operation import Kind, Operation
from sandbox.stand.partner import Ask, Equipment, Provider

_ROUTES = {
    ("GET", "/venues"): VENUES,
    ("GET", "/offers"): OFFERS,
    ("POST", "/eligibility"): ELIGIBILITY,
    ("POST", "/bookings"): BOOK,
    ("GET", "/bookings"): BOOKINGS,
    ("GET", "/changes"): CHANGES,
    ("GET", "/cancellations"): CANCELLATIONS,
    ("POST", "/visits/search"): VISITS,
}
_OF_VENUE = re.compile(r"/venues/([0-9A-Z-]{1,20})/slots")
_OF_BOOKING = re.compile(r"/bookings/BK([0-9]{8})(/[a-z]+)?")
_PARTS = {
    ("GET", None): BOOKING,
    ("GET", "/voucher"): VOUCHER,
    ("POST", "/changes"): CHANGE,
    ("POST", "/cancellations"): CANCEL,
}
_ASKED_ABOUT = {BOOKINGS: BOOK, CHANGES: CHANGE, CANCELLATIONS: CANCEL}


class LoungeBooking:
    """Bookings by API key and signature."""

    def __init__(self, equipment: Equipment) -> None:
        self._signatures = Signatures(access.load(equipment.var))
        self._bookings = Bookings(equipment)
        self._vouchers = Vouchers(equipment.settings.token_seconds)
        self._events = Events(equipment, self._bookings, self._signatures)

    def recognise(self, request: Request) -> Ask:
        operation = _ROUTES.get((request.method, request.path))
        content = json_object(request.body) or {}
        reference = content.get("client_reference")
        if request.method == "GET" and (venue := _OF_VENUE.fullmatch(request.path)):
            return Ask(request, SLOTS, content=venue[1])
        if one := _OF_BOOKING.fullmatch(request.path):
            return self._about(request, _PARTS.get((request.method, one[2])), int(one[1]), reference)
        if operation in _ASKED_ABOUT:
            reference = request.parameters().get("client_reference", "")
            rows = self._bookings.find(_ASKED_ABOUT[operation], reference)
            return Ask(request, operation, reference, rows[0]["account"] if rows else None, rows)
        customer = content.get("customer")
        account = customer.get("document_number") if isinstance(customer, dict) else None
        return Ask(request, operation, _text(reference), _text(account))

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        try:
            self._signatures.check(ask.request)
            reply = await self._done(ask, fault)
        except Refused as refused:
            reply = refusal(refused)
        if fault == "unmapped-code" and ask.operation is not None and ask.operation.kind is Kind.QUERY:
            return refusal(Refused("UNHEARD_OF"))
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def control(self, request: Request) -> Reply | None:
        if (request.method, request.path) == ("POST", "/_sandbox/redeem"):
            return await self._redeem((json_object(request.body) or {}).get("code"))
        return None

    async def _done(self, ask: Ask, fault: str | None) -> Reply:
        operation = ask.operation
        if operation is None:
            raise Refused("NOT_FOUND")
        if operation in (BOOK, CHANGE, CANCEL):
            return await self._performed(ask, fault)
        if operation in _ASKED_ABOUT:
            return _items([self._shown(row, fault) for row in ask.content])
        if operation is BOOKING:
            return json_reply(200, _marked(shown.booking(self._bookings.booking(ask.content)), fault))
        return self._told(operation, ask)

    def _told(self, operation: Operation, ask: Ask) -> Reply:
        """Answers to questions."""
        parameters = ask.request.parameters()
        if operation is VENUES:
            return _items(places.search(parameters))
        if operation is SLOTS:
            return _items(day_of(venue_of(ask.content), parameters.get("date")))
        if operation is OFFERS:
            return _items(places.offers(parameters))
        if operation is VOUCHER:
            return json_reply(200, self._vouchers.give(self._bookings.booking(ask.content)))
        content = content_of(ask.request.body)
        if operation is VISITS:
            if ask.account is None and ask.reference is None:
                raise Refused("INVALID_INPUT", "customer")
            return _items([shown.visit(each) for each in self._bookings.consumed(ask.account, ask.reference)])
        customer = customer_of(content)
        return json_reply(200, tiers.eligibility(venue_of(content.get("venue_id")), customer.account, customer.tier))

    async def _performed(self, ask: Ask, fault: str | None) -> Reply:
        content = content_of(ask.request.body)
        if ask.operation is BOOK:
            row = await self._bookings.book(content, fault)
        elif ask.operation is CHANGE:
            row = await self._bookings.change(ask.content, content, fault)
        else:
            row = await self._bookings.cancel(ask.content, content, fault)
        await self._events.announce(row, fault)
        if ask.operation is BOOK:
            return json_reply(201, _marked(shown.answered(self._bookings.booking(row["number"])), fault))
        return json_reply(201, self._shown(row, fault))

    def _shown(self, row: Order, fault: str | None) -> dict[str, Any]:
        if row["type"] == BOOK.plain:
            return _marked(shown.booking(self._bookings.booking(row["number"])), fault)
        return _marked(shown.change(row) if row["type"] == CHANGE.plain else shown.cancellation(row), fault)

    def _about(self, request: Request, operation: Operation | None, number: int, reference: object) -> Ask:
        try:
            booking = self._bookings.booking(number)
        except Refused:
            return Ask(request, operation, _text(reference), None, number)
        reference = reference or booking["client_reference"]
        return Ask(request, operation, _text(reference), booking["account"], number)

    async def _redeem(self, code: object) -> Reply:
        number = self._vouchers.redeem(code) if isinstance(code, str) else None
        if number is None:
            return json_reply(404, {"field": "code", "error": "no such code, or it is over or spent"})
        booking = await self._bookings.consume(number)
        self._events.consumed(booking)
        return json_reply(200, shown.visit(booking))


def _marked(document: dict[str, Any], fault: str | None) -> dict[str, Any]:
    return {**document, "status": shown.UNMAPPED} if fault == "unmapped-code" else document


def _items(items: list[dict[str, Any]]) -> Reply:
    return json_reply(200, {"items": items})


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.isprintable() else None


PROVIDER = Provider(
    name="lounge_booking",
    shaped_after=(
        "the public models of a flight-delay pass and of an airport-experience programme",
        "partners/rights.md, section E5, and what README.md beside the code infers",
    ),
    protocol_path="",
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are identity numbers (customer.document_number); change and cancel know theirs by the booking.",
        "An event to the registered URL is signed with `webhook_secret`; the acknowledgement is the literal `OK`.",
        'POST /_sandbox/redeem {"code"} is the scanner at the door: it consumes the visit a voucher is good for.',
        "A client_reference is good once, for booking, change and cancel together, unless --duplicates perform.",
        "This partner does not sign answers: `bad-signature` answers JSON that is broken at its end.",
        "There is no amount anywhere, so `wrong-amount` changes nothing; the ledger says 0 XXX.",
    ),
    callbacks=True,
    refuses_after=BOOK,
    open=LoungeBooking,
    prepare=access.prepare,
    prepared=credentials.handed_out,
    notified=True,
)
