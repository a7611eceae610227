"""Bookings: signed requests, deadlines, waiting lists, short-lived vouchers, redemption events."""

import csv
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import sandbox.data
from sandbox.stand.fleet import Stand
from sandbox.stand.people import id_number, magic_id
from tests.sandbox.rights import Listener, call, listening, running
from tests.sandbox.wire import Door, until

ORDINARY = id_number(7)


class Client:
    """Signs with the secret of `credentials.json`."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.credentials = json.loads((folder / "credentials.json").read_text())

    def headers(self, method: str, target: str, body: bytes, **changed: str) -> dict[str, str]:
        given = {"x-api-key": self.credentials["api_key"], "x-timestamp": str(int(time.time()))}
        given |= {"x-nonce": secrets.token_hex(8), **changed}
        digest = hashlib.sha256(body).hexdigest()
        text = f"{method}\n{target}\n{given['x-timestamp']}\n{given['x-nonce']}\n{digest}"
        signature = hmac.new(self.credentials["api_secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
        return {**given, "x-signature": signature}

    def call(self, method: str, target: str, document: Any = None) -> tuple[int, Any]:
        body = b"" if document is None else json.dumps(document).encode()
        return call(self.stand.protocol, method, target, body, self.headers(method, target, body))

    def refused(self, method: str, target: str, document: Any = None) -> tuple[int, str]:
        """The status and the reason code of an error."""
        status, answer = self.call(method, target, document)
        (error,) = answer["Errors"]["Error"]
        return status, error["ReasonCode"]

    def items(self, target: str) -> list[dict[str, Any]]:
        status, answer = self.call("GET", target)
        assert status == 200, answer
        found: list[dict[str, Any]] = answer["items"]
        return found

    def slot(self, index: int = 0) -> str:
        """A slot that is free for two, some days ahead in China."""
        day = (datetime.now(UTC) + timedelta(hours=8, days=3)).date()
        free = [each for each in self.items(f"/venues/LNG-PEK/slots?date={day}") if each["places_left"] >= 2]
        return str(free[index]["slot_id"])

    def slot_today(self, kind: str) -> str:
        """A slot of today that is free, at any venue, since late in the day few are left."""
        day = (datetime.now(UTC) + timedelta(hours=8)).date()
        venues = self.items(f"/venues?kind={kind}")
        slots = (each for venue in venues for each in self.items(f"/venues/{venue['venue_id']}/slots?date={day}"))
        return str(next(each["slot_id"] for each in slots if each["places_left"]))

    def wish(
        self, account: str = ORDINARY, slot_id: str = "", tier: str = "PLATINUM", guests: int = 0
    ) -> dict[str, Any]:
        slot_id = slot_id or self.slot()
        customer = {"name": "甲", "document_type": "ID_CARD", "document_number": account, "tier": tier}
        venue_id = slot_id.partition(":")[0]
        return {**own(), "venue_id": venue_id, "slot_id": slot_id, "guests": guests, "customer": customer}

    def book(self, wish: dict[str, Any]) -> dict[str, Any]:
        status, booking = self.call("POST", "/bookings", wish)
        assert status == 201, booking
        answer: dict[str, Any] = booking
        return answer

    def status(self, booking: dict[str, Any]) -> str:
        return str(self.call("GET", f"/bookings/{booking['booking_id']}")[1]["status"])

    def performed(self, reference: str) -> list[str]:
        return [entry["operation"] for entry in self.door.performed(reference)]


def own() -> dict[str, Any]:
    """A reference of our own."""
    return {"client_reference": "c-" + secrets.token_hex(8)}


def told(client: Client, listener: Listener) -> list[dict[str, Any]]:
    """The events that arrived and verify."""
    events = []
    for hook in listener.hooks:
        envelope = hook.document
        secret = client.credentials["webhook_secret"].encode()
        signature = hmac.new(secret, envelope["payload"].encode(), hashlib.sha256).hexdigest()
        if signature == envelope["signature"]:
            events.append(json.loads(envelope["payload"]))
    return events


def events_of(client: Client, listener: Listener, reference: str) -> list[str]:
    return [each["event"] for each in told(client, listener) if each["client_reference"] == reference]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stand, Path]]:
    with running("lounge_booking", tmp_path_factory.mktemp("rights")) as started:
        yield started


@pytest.fixture
def client(simulator: tuple[Stand, Path]) -> Iterator[Client]:
    client = Client(*simulator)
    client.door.fresh()
    yield client
    client.door.clear()


@pytest.fixture
def listener(client: Client) -> Iterator[Listener]:
    with listening(b"OK") as listener:
        assert client.door.call("POST", "/_sandbox/notify-url", {"url": listener.url})[0] == 200
        yield listener


def test_signature(client: Client) -> None:
    """A request is refused if anything it says was changed, is too old, or was sent before."""
    target, protocol = "/venues?kind=lounge", client.stand.protocol
    good = client.headers("GET", target, b"")
    old = client.headers("GET", target, b"", **{"x-timestamp": str(int(time.time()) - 301)})
    cases = [
        (good, "/venues?kind=transfer", "INVALID_SIGNATURE"),
        ({**good, "x-api-key": "lb_0"}, target, "INVALID_KEY"),
        (old, target, "REQUEST_EXPIRED"),
    ]
    for headers, asked, code in cases:
        status, answer = call(protocol, "GET", asked, b"", headers)
        assert (status, answer["Errors"]["Error"][0]["ReasonCode"]) == (401, code)
    assert call(protocol, "GET", target, b"", good)[0] == 200
    assert call(protocol, "GET", target, b"", good)[1]["Errors"]["Error"][0]["ReasonCode"] == "REQUEST_EXPIRED"


def test_venues(client: Client) -> None:
    """Venues are of three kinds, in regions that exist; a province's code finds its cities."""
    venues = client.items("/venues")
    assert {each["kind"] for each in venues} == {"lounge", "airport-transfer", "health-check"}
    with (Path(sandbox.data.__path__[0]) / "divisions.csv").open(encoding="utf-8") as file:
        names = {row["code"]: row["name"] for row in csv.DictReader(file)}
    assert all(names[each["region"]] == each["city"] for each in venues)
    found = {each["venue_id"] for each in client.items("/venues?region=440000&kind=health-check")}
    assert found == {"HCK-440100", "HCK-440300"}
    assert [each["venue_id"] for each in client.items("/venues?airport=XMN&kind=lounge")] == ["LNG-XMN"]


def test_offers(client: Client) -> None:
    """Offers near a place come nearest first with their distance; in a region, without."""
    near = client.items("/offers?lat=40.08&lon=116.58&radius=600")
    assert [each["distance"] for each in near] == sorted(each["distance"] for each in near)
    assert {each["offer_id"] for each in near} == {"OFR-PEK-tea", "OFR-PEK-park", "OFR-PEK-books"}
    assert len(client.items("/offers?lat=40.08&lon=116.58&radius=400")) == 1
    assert all("distance" not in each for each in client.items("/offers?region=310000"))
    assert client.refused("GET", "/offers?lat=91&lon=0") == (400, "INVALID_INPUT")


@pytest.mark.parametrize(
    ("account", "tier", "reason"),
    [
        (ORDINARY, "GOLD", None),
        (ORDINARY, "STANDARD", "NOT_ELIGIBLE"),
        (magic_id(25), "PRIVATE", "NOT_ELIGIBLE"),
        (magic_id(33), "PRIVATE", "VISITS_USED_UP"),
    ],
)
def test_eligibility(client: Client, account: str, tier: str, reason: str | None) -> None:
    """The bank's tier of the customer decides, and booking agrees."""
    wish = client.wish(account, tier=tier)
    status, right = client.call("POST", "/eligibility", wish)
    assert (status, right["eligible"], right["reason"]) == (200, reason is None, reason)
    if reason is None:
        assert client.book(wish)["status"] == "CONFIRMED"
    else:
        assert client.refused("POST", "/bookings", wish) == (422, reason)
    assert client.performed(wish["client_reference"]) == (["book"] if reason is None else [])


def test_refusals(client: Client) -> None:
    """What is not allowed is refused with its own code and leaves no booking."""
    wish, customer = client.wish(), client.wish()["customer"]
    cases: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({**wish, "customer": {**customer, "document_number": ORDINARY[:-1] + "A"}}, (400, "INVALID_INPUT")),
        ({**wish, "customer": {**customer, "document_number": wrong_check()}}, (400, "INVALID_INPUT")),
        ({**wish, "customer": {**customer, "tier": "DIAMOND"}}, (400, "INVALID_INPUT")),
        ({**wish, "venue_id": "LNG-PVG"}, (400, "INVALID_INPUT")),
        ({**wish, "guests": 2}, (422, "NOT_ELIGIBLE")),
        ({**wish, "slot_id": "LNG-PEK:2020010110"}, (422, "SLOT_OVER")),
        (client.wish(magic_id(30)), (422, "SOLD_OUT")),
        (client.wish(magic_id(17)), (422, "DECLINED")),
    ]
    for asked, refusal in cases:
        assert client.refused("POST", "/bookings", asked) == refusal
        assert client.items(f"/bookings?client_reference={asked['client_reference']}") == []


def wrong_check() -> str:
    return ORDINARY[:-1] + ("0" if ORDINARY[-1] != "0" else "1")


def test_sold_out_slots(client: Client) -> None:
    """A slot that shows no place left cannot be booked."""
    days = [(datetime.now(UTC) + timedelta(days=each)).date() for each in range(2, 12)]
    slots = [each for day in days for each in client.items(f"/venues/LNG-PEK/slots?date={day}")]
    full = next(each["slot_id"] for each in slots if each["places_left"] == 0)
    assert client.refused("POST", "/bookings", client.wish(slot_id=full)) == (422, "SOLD_OUT")


def test_book_change_cancel(client: Client, listener: Listener) -> None:
    """Each step has a reference of its own, an enquiry of its own, an entry and an event."""
    booked, changed, cancelled = client.wish(), own(), own()
    booking = client.book(booked)
    path, other = f"/bookings/{booking['booking_id']}", client.slot(index=1)
    status, change = client.call("POST", path + "/changes", {**changed, "slot_id": other, "guests": 1})
    assert (status, change["status"], change["slot_id"], change["guests"]) == (201, "CHANGED", other, 1)
    assert client.call("GET", path)[1]["slot_id"] == other
    status, cancellation = client.call("POST", path + "/cancellations", cancelled)
    assert (status, cancellation["status"]) == (201, "CANCELLED")
    assert client.items(f"/changes?client_reference={changed['client_reference']}") == [change]
    assert client.items(f"/cancellations?client_reference={cancelled['client_reference']}") == [cancellation]
    (found,) = client.items(f"/bookings?client_reference={booked['client_reference']}")
    assert (found["booking_id"], found["status"], found["slot_id"]) == (booking["booking_id"], "CANCELLED", other)
    for reference, plain, event in (
        (booked, "book", "booking.confirmed"),
        (changed, "change", "booking.changed"),
        (cancelled, "cancel", "booking.cancelled"),
    ):
        assert client.performed(reference["client_reference"]) == [plain]
        until(lambda: events_of(client, listener, reference["client_reference"]) == [event])  # noqa: B023 - used at once
    assert client.refused("POST", path + "/cancellations", own()) == (409, "BOOKING_NOT_OPEN")
    assert client.refused("POST", path + "/changes", own()) == (409, "BOOKING_NOT_OPEN")


def test_duplicate(client: Client) -> None:
    """A reference is good once."""
    wish = client.wish()
    booking = client.book(wish)
    assert client.refused("POST", "/bookings", wish) == (409, "DUPLICATE_REFERENCE")
    path = f"/bookings/{booking['booking_id']}/cancellations"
    assert client.refused("POST", path, wish) == (409, "DUPLICATE_REFERENCE")
    assert client.status(booking) == "CONFIRMED"


def test_deadlines(client: Client) -> None:
    """Past its deadline a booking is neither changed nor cancelled, and each refusal has its own code."""
    for booking in (
        client.book(client.wish(magic_id(31))),
        client.book(client.wish(slot_id=client.slot_today("airport-transfer"))),
    ):
        path = f"/bookings/{booking['booking_id']}"
        assert client.refused("POST", path + "/changes", own()) == (422, "CHANGE_DEADLINE_PASSED")
        assert client.refused("POST", path + "/cancellations", own()) == (422, "CANCEL_DEADLINE_PASSED")
        assert client.status(booking) == "CONFIRMED"


@pytest.mark.parametrize(
    ("tail", "first", "later", "event"),
    [
        (26, "WAITLISTED", "CONFIRMED", "booking.confirmed"),
        (27, "WAITLISTED", "REJECTED", "booking.rejected"),
        (28, "WAITLISTED", "WAITLISTED", None),
        (29, "REQUESTED", "CONFIRMED", None),
    ],
)
def test_waiting_list(client: Client, listener: Listener, tail: int, first: str, later: str, event: str | None) -> None:
    """Who is waitlisted hears later, or never; the ledger has what is confirmed."""
    wish = client.wish(magic_id(tail))
    with client.door.standing_still():
        booking = client.book(wish)
    assert booking["status"] == first
    until(lambda: client.status(booking) == later)
    assert client.performed(wish["client_reference"]) == (["book"] if later == "CONFIRMED" else [])
    if event is not None:
        until(lambda: listener.hooks)
    assert events_of(client, listener, wish["client_reference"]) == ([event] if event else [])


def test_cancellation_takes_time(client: Client, listener: Listener) -> None:
    """A cancellation may be requested first and done later."""
    booking, cancelled = client.book(client.wish(magic_id(34))), own()
    with client.door.standing_still():
        answer = client.call("POST", f"/bookings/{booking['booking_id']}/cancellations", cancelled)[1]
        assert (answer["status"], client.status(booking)) == ("CANCEL_REQUESTED", "CANCEL_REQUESTED")
    until(lambda: events_of(client, listener, cancelled["client_reference"]) == ["booking.cancelled"])
    assert client.status(booking) == "CANCELLED"


def test_voucher_and_redemption(client: Client, listener: Listener) -> None:
    """On the day a fresh code is given each time; the first one scanned consumes the visit."""
    later = client.book(client.wish())
    assert client.refused("GET", f"/bookings/{later['booking_id']}/voucher") == (409, "VOUCHER_NOT_YET")
    wish = client.wish(slot_id=client.slot_today("lounge"))
    booking = client.book(wish)
    path = f"/bookings/{booking['booking_id']}/voucher"
    one, two = client.call("GET", path)[1], client.call("GET", path)[1]
    assert one["code"] != two["code"]
    assert one["qr"].endswith(one["code"])
    assert client.door.call("POST", "/_sandbox/redeem", {"code": one["code"]})[0] == 200
    assert client.door.call("POST", "/_sandbox/redeem", {"code": two["code"]})[0] == 404
    assert client.refused("GET", path) == (409, "BOOKING_NOT_OPEN")
    (visit,) = client.call("POST", "/visits/search", {"client_reference": wish["client_reference"]})[1]["items"]
    assert (visit["booking_id"], visit["status"]) == (booking["booking_id"], "CONSUMED")
    until(lambda: "visit.consumed" in events_of(client, listener, wish["client_reference"]))


def test_lifetimes(tmp_path: Path) -> None:
    """A code is soon over; a redemption is known after a restart."""
    with running("lounge_booking", tmp_path, token_seconds=0.1) as started:
        client = Client(*started)
        booking = client.book(client.wish(slot_id=client.slot_today("lounge")))
        with client.door.standing_still():
            code = client.call("GET", f"/bookings/{booking['booking_id']}/voucher")[1]["code"]
            client.door.forward(0.15)
            assert client.door.call("POST", "/_sandbox/redeem", {"code": code})[0] == 404
            code = client.call("GET", f"/bookings/{booking['booking_id']}/voucher")[1]["code"]
            assert client.door.call("POST", "/_sandbox/redeem", {"code": code})[0] == 200
    with running("lounge_booking", tmp_path) as started:
        client = Client(*started)
        until(lambda: client.status(booking) == "CONSUMED")  # its clock is back, and was ahead at the redemption


def test_redeemed(client: Client, listener: Listener) -> None:
    """A magic customer visits by himself, and the history says so."""
    wish = client.wish(magic_id(32))
    client.book(wish)
    until(lambda: events_of(client, listener, wish["client_reference"]) == ["booking.confirmed", "visit.consumed"])
    visits = client.call("POST", "/visits/search", {"customer": {"document_number": magic_id(32)}})[1]["items"]
    assert wish["client_reference"] in {each["client_reference"] for each in visits}


def test_magic_faults(client: Client, listener: Listener) -> None:
    """A magic customer meets the fault when something is performed, also when it is cancelled."""
    lost, unmapped = client.wish(magic_id(5)), client.wish(magic_id(12))
    with pytest.raises(json.JSONDecodeError):
        client.call("POST", "/bookings", lost)
    assert client.items(f"/bookings?client_reference={lost['client_reference']}") == []
    booking, cancelled = client.book(unmapped), own()
    assert (booking["status"], client.status(booking)) == ("ON_HOLD", "CONFIRMED")
    path = f"/bookings/{booking['booking_id']}/cancellations"
    assert client.call("POST", path, cancelled)[1]["status"] == "ON_HOLD"
    (cancellation,) = client.items(f"/cancellations?client_reference={cancelled['client_reference']}")
    assert cancellation["status"] == "CANCELLED"


def test_event_faults(client: Client, listener: Listener) -> None:
    """Events come before the answer, twice, never, or forged; a push is repeated until it is understood."""
    early, twice, silent = (client.wish(magic_id(tail)) for tail in (14, 13, 16))
    client.book(early)
    assert events_of(client, listener, early["client_reference"]) == ["booking.confirmed"]
    listener.statuses = [500]
    client.book(silent)
    client.book(twice)
    until(lambda: len(events_of(client, listener, twice["client_reference"])) == 3)
    assert events_of(client, listener, silent["client_reference"]) == []
    client.door.fault("bad-signature", "push")
    listener.hooks.clear()
    client.book(client.wish())
    until(lambda: listener.hooks)
    assert told(client, listener) == []
