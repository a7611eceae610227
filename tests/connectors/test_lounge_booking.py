"""What is odd about this partner: slots in China's time, deadlines, a signature over each request."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from connectors.kit.channel import Channel
from connectors.kit.partner import Happening
from connectors.lounge_booking.connector import PARTNER, LoungeRights
from connectors.lounge_booking.exchange import MANIFEST, LoungeAccount
from sandbox.stand import fleet, people
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.order import Original
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.person import Person
from schemas.refs import PartnerRef
from schemas.rights import (
    Booked,
    Booking,
    BookingChange,
    BookingSearch,
    Cancellation,
    Cancelled,
    EligibilityCheck,
    NearbySearch,
    ProductSearch,
    RedemptionSearch,
    Tier,
)
from tests.connectors.kit.bench import START, Bench, Watch, in_turn
from tests.sandbox.listener import Listener
from tests.sandbox.wire import Door, until

REFERENCE = "R" * 26
ORIGINAL = "O" * 26
ORDER = "ord_" + "0" * 26
SCENARIO = LoungeRights()
ACCOUNT = LoungeAccount(
    base_url="https://lounges.example/v1", api_key="k1", api_secret="made-up", webhook_secret="made-up-too"
)
VENUE = PartnerRef(MANIFEST.id, "LNG-HGH")
STARTS = datetime(2026, 11, 25, 20, tzinfo=UTC)
"""Already the 26th in China."""
SLOT = {"slot_id": "S4", "starts_at": "2026-11-26T04:00:00+08:00", "ends_at": "2026-11-26T05:00:00+08:00"}
BOOKED = {
    "booking_id": "BK1",
    "client_reference": REFERENCE,
    "status": "CONFIRMED",
    "venue_id": "LNG-HGH",
    "venue_name": "T4",
    "slot_id": "S4",
    "starts_at": "2026-11-26T04:00:00+08:00",
    "guests": 0,
    "change_deadline": "2026-11-26T02:00:00+08:00",
}
BOOKING = Booking(product_id=VENUE, starts_at=STARTS, tier="gold")
CHANGE = BookingChange(booking=ORDER, starts_at=STARTS)
CANCELLATION = Cancellation(reverses=ORDER)
CHANGED = {
    "client_reference": REFERENCE,
    "booking_id": "BK1",
    "status": "CHANGED",
    "slot_id": "S4",
    "starts_at": "2026-11-26T04:00:00+08:00",
}
RESULT = Booked(confirmation="BK1", starts_at=STARTS, change_until=datetime(2026, 11, 25, 18, tzinfo=UTC), place="T4")


def person(number: str = people.id_number(1)) -> Person:
    return Person(name="某某", id_number=number)


def original(
    handles: dict[str, str], booking: Booking = BOOKING, result: Booked = RESULT, reference: str = ORIGINAL
) -> Original:
    return Original(
        order_id=ORDER,
        reference=reference,
        sent_at=START,
        state="succeeded",
        request=booking,
        handles=handles,
        result=result,
    )


def ok(body: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=msgspec.json.encode(body))


def items(*rows: Any) -> Reply:
    return ok({"items": rows})


def error(code: str, status: int = 422, source: str = "") -> Reply:
    return ok({"Errors": {"Error": [{"Source": source, "ReasonCode": code, "Recoverable": False}]}}, status)


def bench(*answers: Reply | BaseException, subject: Person | None = None) -> Bench:
    handles = {"booking_id": "BK1", "venue_id": "LNG-HGH"}
    return Bench(
        in_turn(*answers),
        manifest=MANIFEST,
        account=ACCOUNT,
        subject=subject or person(),
        original=original(handles),
    )


async def test_each_request_is_signed_as_it_is_on_the_wire() -> None:
    """Method, path with its query, time, a nonce that is new each time, and the body's digest."""
    at = bench(items(SLOT), ok(BOOKED, 201))
    await SCENARIO.book(BOOKING, at.attempt(REFERENCE))
    nonces = set()
    for seen in at.channel.seen:
        parts = urlsplit(seen.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        head = seen.headers
        text = f"{seen.method}\n{target}\n{head['X-Timestamp']}\n{head['X-Nonce']}\n{sha256(seen.body).hexdigest()}"
        assert head["X-Signature"] == hmac.digest(b"made-up", text.encode(), "sha256").hex()
        assert int(head["X-Timestamp"]) == START.timestamp()
        nonces.add(head["X-Nonce"])
    assert len(nonces) == 2


async def test_a_slot_is_found_by_chinas_day() -> None:
    """20:00 UTC is the next day at the venue; what is booked comes back in UTC, with its number kept."""
    at = bench(items(SLOT | {"slot_id": "S3", "starts_at": "2026-11-26T03:00:00+08:00"}, SLOT), ok(BOOKED, 201))
    outcome = await SCENARIO.book(BOOKING, at.attempt(REFERENCE))
    assert outcome == Succeeded(result=RESULT)
    assert outcome.result.starts_at.tzinfo is UTC
    asked, booked = at.channel.seen
    assert asked.url == "https://lounges.example/v1/venues/LNG-HGH/slots?date=2026-11-26"
    assert msgspec.json.decode(booked.body) == {
        "client_reference": REFERENCE,
        "venue_id": "LNG-HGH",
        "slot_id": "S4",
        "guests": 0,
        "customer": {
            "name": "某某",
            "document_type": "ID_CARD",
            "document_number": people.id_number(1),
            "tier": "GOLD",
        },
    }
    assert at.kept[-1] == {"booking_id": "BK1", "venue_id": "LNG-HGH"}


async def test_nothing_is_booked_where_no_slot_starts() -> None:
    """A time between slots, and a venue that is gone, decline before anything is submitted."""
    for answer, field in ((items(SLOT), "starts_at"), (error("NOT_FOUND", 404, "venue_id"), "product_id")):
        at = bench(answer)
        late = msgspec.structs.replace(BOOKING, starts_at=STARTS + timedelta(minutes=30))
        outcome = await SCENARIO.book(late, at.attempt(REFERENCE))
        assert isinstance(outcome, Declined)
        assert outcome.reason.field == field
        assert len(at.channel.seen) == 1


async def test_only_residents_are_served() -> None:
    """A passport is no document here: not eligible, and nothing is sent."""
    at = bench(subject=Person(name="Somebody", id_number="P1234567", id_type="passport"))
    outcome = await SCENARIO.book(BOOKING, at.attempt(REFERENCE))
    assert isinstance(outcome, Declined)
    assert outcome.reason.code == "not-eligible"
    assert not (await SCENARIO.check_eligibility(EligibilityCheck(product_id=VENUE, tier="gold"), at.call())).eligible
    assert at.channel.seen == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("WAITLISTED", Pending(stage="waitlisted")),
        ("REQUESTED", Pending(stage="requested")),
        ("CONSUMED", Succeeded(result=RESULT)),
        ("ON_HOLD", Pending(stage="ON_HOLD", unmapped=True)),
    ],
)
async def test_a_bookings_status_is_its_stage(status: str, outcome: Any) -> None:
    """Waitlisted is pending at that stage, a visit that took place was booked, and a new status is looked into."""
    at = bench(items(BOOKED | {"status": status}))
    assert await SCENARIO.find_booking(BOOKING, at.enquiry(REFERENCE)) == outcome


@pytest.mark.parametrize(("status", "code"), [("REJECTED", "declined"), ("CANCELLED", "cancelled")])
async def test_a_booking_that_is_none_is_declined(status: str, code: str) -> None:
    """The venue's no, and a cancellation that nobody here asked for, end the order."""
    outcome = await SCENARIO.find_booking(BOOKING, bench(items(BOOKED | {"status": status})).enquiry(REFERENCE))
    assert isinstance(outcome, Declined)
    assert outcome.reason.code == code


async def test_another_booking_under_our_reference_is_not_ours() -> None:
    """Another venue or more guests than asked for decide nothing; another reference is garbled."""
    for changes in ({"venue_id": "LNG-PVG"}, {"guests": 3}):
        at = bench(items(BOOKED | changes))
        assert isinstance(await SCENARIO.find_booking(BOOKING, at.enquiry(REFERENCE)), Unknown)
    at = bench(items(SLOT), ok(BOOKED | {"client_reference": "other"}, 201))
    with pytest.raises(Garbled):
        await SCENARIO.book(BOOKING, at.attempt(REFERENCE))


@pytest.mark.parametrize(
    ("code", "source", "reason"),
    [
        ("SOLD_OUT", "slot_id", ("out-of-stock", "starts_at")),
        ("NOT_ELIGIBLE", "guests", ("not-eligible", "guests")),
        ("VISITS_USED_UP", "", ("limit-exceeded", None)),
        ("INVALID_SIGNATURE", "", ("partner-failure", None)),
        ("DUPLICATE_REFERENCE", "client_reference", None),
        ("REQUEST_EXPIRED", "", None),
        ("NEVER_HEARD_OF", "", None),
    ],
)
async def test_only_a_mapped_refusal_declines(code: str, source: str, reason: tuple[str, str | None] | None) -> None:
    """A refusal is told in the contract's words and fields; what came before, or a new code, decides nothing."""
    outcome: Any = await SCENARIO.book(BOOKING, bench(items(SLOT), error(code, 422, source)).attempt(REFERENCE))
    if reason is None:
        assert isinstance(outcome, Unknown)
    else:
        assert (outcome.reason.code, outcome.reason.field) == reason


async def test_after_the_deadline_it_is_too_late() -> None:
    """A change is refused at its time, a cancellation at what it reverses."""
    change = await SCENARIO.change_booking(
        CHANGE, bench(items(SLOT), error("CHANGE_DEADLINE_PASSED")).attempt(REFERENCE)
    )
    cancel = await SCENARIO.cancel_booking(CANCELLATION, bench(error("CANCEL_DEADLINE_PASSED")).attempt(REFERENCE))
    assert isinstance(change, Declined)
    assert isinstance(cancel, Declined)
    assert (change.reason.code, change.reason.field) == ("deadline-passed", "starts_at")
    assert (cancel.reason.code, cancel.reason.field) == ("deadline-passed", "reverses")


async def test_a_change_is_known_even_where_the_booking_cannot_be_seen() -> None:
    """A change names no deadline: the booking does, unless it was moved again or cannot be had."""
    bare = Booked(confirmation="BK1", starts_at=STARTS)
    looks = [(ok(BOOKED | {"client_reference": ORIGINAL}), RESULT), (ok(BOOKED | {"slot_id": "S9"}), bare)]
    for look, result in [*looks, (Reply(status=502), bare)]:
        at = bench(items(SLOT), ok(CHANGED, 201), look)
        assert await SCENARIO.change_booking(CHANGE, at.attempt(REFERENCE)) == Succeeded(result=result)
        assert at.channel.seen[1].url.endswith("/bookings/BK1/changes")
        assert msgspec.json.decode(at.channel.seen[1].body) == {"client_reference": REFERENCE, "slot_id": "S4"}


async def test_a_cancellation_waits_until_it_is_done() -> None:
    """CANCEL_REQUESTED is pending; a cancellation of another booking is garbled; an unknown one is absent."""
    asked = {"client_reference": REFERENCE, "booking_id": "BK1", "status": "CANCEL_REQUESTED", "requested_at": "x"}
    assert await SCENARIO.cancel_booking(CANCELLATION, bench(ok(asked, 201)).attempt(REFERENCE)) == Pending(
        stage="cancellation requested"
    )
    done = bench(items(asked | {"status": "CANCELLED"})).enquiry(REFERENCE)
    assert await SCENARIO.find_cancellation(CANCELLATION, done) == Succeeded(result=Cancelled())
    with pytest.raises(Garbled):
        await SCENARIO.find_cancellation(CANCELLATION, bench(items(asked | {"booking_id": "BK2"})).enquiry(REFERENCE))
    assert isinstance(await SCENARIO.find_cancellation(CANCELLATION, bench(items()).enquiry(REFERENCE)), Absent)


async def test_a_question_whose_nonce_is_spent_is_signed_anew() -> None:
    """A lost question is repeated as it was; the partner may have seen its nonce, and is asked once more."""
    at = bench(MaybeSent("lost"), error("REQUEST_EXPIRED", 401), items(BOOKED))
    assert isinstance(await SCENARIO.find_booking(BOOKING, at.enquiry(REFERENCE)), Succeeded)
    nonces = [seen.headers["X-Nonce"] for seen in at.channel.seen]
    assert nonces[0] == nonces[1] != nonces[2]
    twice = bench(*[error("REQUEST_EXPIRED", 401)] * 2)
    with pytest.raises(Garbled):
        await SCENARIO.find_booking(BOOKING, twice.enquiry(REFERENCE))


@pytest.mark.parametrize(
    ("tier", "sent"),
    [
        ("standard", "STANDARD"),
        ("silver", "STANDARD"),
        ("gold", "GOLD"),
        ("platinum", "PLATINUM"),
        ("diamond", "PRIVATE"),
    ],
)
async def test_the_banks_tiers_are_told_in_the_partners(tier: Tier, sent: str) -> None:
    """Five tiers become four, and the answer says why not in words."""
    at = bench(ok({"eligible": False, "reason": "VISITS_USED_UP", "visits_left": 0, "guests_allowed": 0}))
    told = await SCENARIO.check_eligibility(EligibilityCheck(product_id=VENUE, tier=tier), at.call())
    assert (told.eligible, told.message, told.uses_left) == (False, "the customer has used up all visits", 0)
    assert msgspec.json.decode(at.channel.seen[0].body)["customer"]["tier"] == sent


async def test_a_pass_is_refused_before_the_day() -> None:
    """The refusal names the booking; a broken answer is garbled without evidence, which might be the pass."""
    with pytest.raises(Refused) as refused:
        await SCENARIO.issue_pass(BookingSearch(booking=ORDER), bench(error("VOUCHER_NOT_YET", 409)).call())
    assert refused.value.field == "booking"
    with pytest.raises(Garbled) as garbled:
        await SCENARIO.issue_pass(BookingSearch(booking=ORDER), bench(ok({"qr": "LB1:X"})).call())
    assert garbled.value.evidence == b""


async def test_a_county_finds_its_citys_venues() -> None:
    """Venues are known by their city and found by their province; other cities are sieved out."""
    rows = [
        {"venue_id": "LNG-HGH", "kind": "lounge", "name": "杭州", "region": "330100"},
        {"venue_id": "LNG-NGB", "kind": "lounge", "name": "宁波", "region": "330200"},
        {"venue_id": "SPA-HGH", "kind": "spa", "name": "杭州", "region": "330100"},
        {"venue_id": "BAD"},
    ]
    at = bench(items(*rows))
    page = await SCENARIO.list_products(ProductSearch(region="330106", kind="lounge"), at.call())
    assert [one.product_id.local_id for one in page.items] == ["LNG-HGH"]
    assert urlsplit(at.channel.seen[0].url).query == "region=330000&kind=lounge"
    for nothing in (ProductSearch(region="US"), ProductSearch(kind="gift-card")):
        assert (await SCENARIO.list_products(nothing, bench().call())).items == []


def event(name: str, secret: bytes = b"made-up-too", **changes: Any) -> bytes:
    facts = {
        "event": name,
        "occurred_at": "2026-11-26T04:10:00+08:00",
        "client_reference": REFERENCE,
        "booking": {"client_reference": ORIGINAL, "venue_name": "T4"},
    }
    payload = msgspec.json.encode(facts | changes).decode()
    signature = hmac.digest(secret, payload.encode(), "sha256").hex()
    return msgspec.json.encode({"payload": payload, "signature": signature})


def read(raw: bytes) -> Any:
    assert PARTNER.read_callback is not None
    return PARTNER.read_callback(raw, {}, ACCOUNT)


def test_a_visit_is_told_on_the_bookings_order() -> None:
    """A redemption moves no state: the bank hears where and when, in UTC, once however often it is pushed."""
    news = read(event("visit.consumed"))
    assert (news.reference, news.trusted, news.outcome) == (ORIGINAL, True, None)
    assert news.happened == (Happening("redeemed", "T4, 2026-11-25T20:10:00+00:00"),)
    assert news.acknowledgement.body == b"OK"


def test_other_events_only_make_the_hub_ask() -> None:
    """A changed booking is asked about under the change's reference; nothing else is taken from the picture."""
    news = read(event("booking.changed"))
    assert (news.reference, news.outcome, news.happened, news.remember) == (REFERENCE, None, (), {})


def test_a_forged_visit_is_no_visit() -> None:
    """Only a good signature makes a redemption, and earns an OK."""
    news = read(event("visit.consumed", secret=b"guessed"))
    assert (news.trusted, news.happened) == (False, ())
    assert news.acknowledgement.body != b"OK"
    with pytest.raises(Garbled):
        read(b'{"payload": "{}"}')


# Against the simulator, over real sockets.


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Stand, LoungeAccount]]:
    var: Path = tmp_path_factory.mktemp("lounge_booking")
    fleet.prepare(var, ["lounge_booking"])
    with fleet.start(var, names=["lounge_booking"], processing_seconds=0.1, late_seconds=0.4) as started:
        known = json.loads((var / "lounge_booking" / "credentials.json").read_text())
        stand = started.stands["lounge_booking"]
        yield stand, LoungeAccount(base_url=stand.protocol, **known)


async def nobody(_: Http) -> Reply:
    raise AssertionError


@asynccontextmanager
async def line(account: LoungeAccount, number: str = people.id_number(7)) -> AsyncIterator[Bench]:
    """A bench on a real channel, for a customer."""
    made = Bench(nobody, manifest=MANIFEST, account=account, subject=person(number), watch=Watch(datetime.now(UTC)))
    channel = Channel(connect=timedelta(seconds=1), connections=4)
    made.line = replace(made.line, channel=channel, patience=timedelta(seconds=1))
    yield made
    await channel.close()


async def booked(at: Bench, starts_at: datetime, mark: str) -> tuple[Booking, str, Any]:
    """A booking at the first lounge that still has a place then."""
    lounges = (await SCENARIO.list_products(ProductSearch(kind="lounge"), at.call())).items
    for number, lounge in enumerate(lounges):
        reference = f"{mark}{number:022}"
        wanted = Booking(product_id=lounge.product_id, starts_at=starts_at, tier="platinum")
        outcome = await SCENARIO.book(wanted, at.attempt(reference))
        if not (isinstance(outcome, Declined) and outcome.reason.code == "out-of-stock"):
            return wanted, reference, outcome
    raise AssertionError


def follow(at: Bench, wanted: Booking, reference: str, outcome: Any) -> None:
    """From here on, calls follow this booking."""
    at.original = original(at.kept[-1], wanted, outcome.result, reference)


async def moved(at: Bench, starts_at: datetime) -> tuple[BookingChange, str, Any]:
    """A change to the first hour from then on that has a place."""
    for hour in range(10):
        change, reference = BookingChange(booking=ORDER, starts_at=starts_at + timedelta(hours=hour)), f"MOVE{hour:022}"
        outcome = await SCENARIO.change_booking(change, at.attempt(reference))
        if not (isinstance(outcome, Declined) and outcome.reason.code == "out-of-stock"):
            return change, reference, outcome
    raise AssertionError


def in_days(days: int) -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=days)


async def test_a_booking_is_moved_and_cancelled(running: tuple[fleet.Stand, LoungeAccount]) -> None:
    """Eligible, booked, found, too early for a pass, moved, cancelled: every step and its enquiry."""
    async with line(running[1]) as at:
        wanted, reference, outcome = await booked(at, in_days(3), "BOOK")
        assert isinstance(outcome, Succeeded)
        check = EligibilityCheck(product_id=wanted.product_id, tier="platinum")
        assert (await SCENARIO.check_eligibility(check, at.call())).eligible
        assert await SCENARIO.find_booking(wanted, at.enquiry(reference)) == outcome
        assert isinstance(await SCENARIO.find_booking(wanted, at.enquiry("NEVER" * 5)), Absent)
        follow(at, wanted, reference, outcome)
        with pytest.raises(Refused):
            await SCENARIO.issue_pass(BookingSearch(booking=ORDER), at.call())
        change, change_reference, after = await moved(at, in_days(4))
        assert isinstance(after, Succeeded)
        assert after.result.starts_at == change.starts_at
        assert after.result.change_until == change.starts_at - timedelta(hours=2)
        assert await SCENARIO.find_change(change, at.enquiry(change_reference)) == after
        gone = await SCENARIO.cancel_booking(CANCELLATION, at.attempt("CANCEL" + "0" * 20))
        assert gone == Succeeded(result=Cancelled())
        assert await SCENARIO.find_cancellation(CANCELLATION, at.enquiry("CANCEL" + "0" * 20)) == gone
        again = await SCENARIO.cancel_booking(CANCELLATION, at.attempt("CANCEL" + "1" * 20))
        assert isinstance(again, Declined)
        assert again.reason.field == "reverses"


async def test_a_pass_is_used_at_the_door(running: tuple[fleet.Stand, LoungeAccount]) -> None:
    """On the day: a pass, the scanner, a signed event that tells of it, and a visit that is remembered."""
    stand, account = running
    with Listener(b"OK") as listener:
        assert Door(stand).call("POST", "/_sandbox/notify-url", {"url": listener.url})[0] == 200
        async with line(account) as at:
            wanted, reference, outcome = await booked(at, in_days(0), "PASS")
            follow(at, wanted, reference, outcome)
            shown = await SCENARIO.issue_pass(BookingSearch(booking=ORDER), at.call())
            assert shown.expires_at > at.watch()
            code = shown.token.rpartition(":")[2]
            assert await SCENARIO.find_redemptions(RedemptionSearch(order=ORDER), at.call()) == []
            assert Door(stand).call("POST", "/_sandbox/redeem", {"code": code})[0] == 200
            (visit,) = await SCENARIO.find_redemptions(RedemptionSearch(order=ORDER), at.call())
            assert visit.place == outcome.result.place
            assert isinstance(await SCENARIO.find_booking(wanted, at.enquiry(reference)), Succeeded)
        assert PARTNER.read_callback is not None
        until(lambda: any(b"visit.consumed" in letter.body for letter in listener.letters))
        told = [PARTNER.read_callback(one.body, one.headers, account) for one in listener.letters]
    assert all(news.trusted for news in told)
    assert [news.reference for news in told if news.happened] == [reference]


async def test_offers_near_a_county(running: tuple[fleet.Stand, LoungeAccount]) -> None:
    """A county finds the offers of its city."""
    async with line(running[1]) as at:
        page = await SCENARIO.list_offers(NearbySearch(region="330106", limit=2), at.call())
        assert {one.region for one in page.items} == {"330100"}
        assert page.next == "2"


@pytest.mark.parametrize(
    ("tail", "fate"),
    [
        (17, "declined"),
        (25, "not-eligible"),
        (26, "succeeded"),
        (27, "declined"),
        (28, "waitlisted"),
        (29, "succeeded"),
        (33, "limit-exceeded"),
    ],
)
async def test_fates_of_magic_customers(running: tuple[fleet.Stand, LoungeAccount], tail: int, fate: str) -> None:
    """Waitlisted, rejected, not eligible: each booking ends, or stays, as what is true."""
    async with line(running[1], people.magic_id(tail)) as at:
        wanted, reference, outcome = await booked(at, in_days(5), f"F{tail:03}")
        deadline = 0 if tail == 28 else 40
        while isinstance(outcome, Pending) and deadline:
            deadline -= 1
            await asyncio.sleep(0.05)
            outcome = await SCENARIO.find_booking(wanted, at.enquiry(reference))
        assert told(outcome) == fate


def told(outcome: Any) -> str:
    match outcome:
        case Declined(reason=reason):
            return reason.code
        case Pending(stage=stage):
            return stage
        case Succeeded():
            return "succeeded"
    raise AssertionError


async def test_deadlines_and_slow_cancellations(running: tuple[fleet.Stand, LoungeAccount]) -> None:
    """Past its deadline a booking is neither moved nor cancelled; a requested cancellation is done in a while."""
    async with line(running[1], people.magic_id(31)) as at:
        follow(at, *(await booked(at, in_days(6), "LATE")))
        _, _, late = await moved(at, in_days(7))
        assert (told(late), late.reason.field) == ("deadline-passed", "starts_at")
        late = await SCENARIO.cancel_booking(CANCELLATION, at.attempt("TOOLATE" + "0" * 19))
        assert (told(late), late.reason.field) == ("deadline-passed", "reverses")
    async with line(running[1], people.magic_id(34)) as at:
        follow(at, *(await booked(at, in_days(6), "SLOW")))
        assert told(await SCENARIO.cancel_booking(CANCELLATION, at.attempt("S" * 26))) == "cancellation requested"
        await asyncio.sleep(0.5)
        assert told(await SCENARIO.find_cancellation(CANCELLATION, at.enquiry("S" * 26))) == "succeeded"


@pytest.mark.parametrize(("tail", "performed"), [(2, False), (6, True), (7, True), (10, True), (12, True)])
async def test_what_was_not_answered_is_found_out(
    running: tuple[fleet.Stand, LoungeAccount], tail: int, performed: bool
) -> None:
    """Whatever went wrong with a booking, the enquiry says whether it was made."""
    async with line(running[1]) as at:
        wanted, _, _ = await booked(at, in_days(9), f"D{tail:03}")  # nothing is used up: the place is there again
    async with line(running[1], people.magic_id(tail)) as at:
        reference = f"DOUBT{tail:021}"
        with suppress(MaybeSent):
            assert isinstance(await SCENARIO.book(wanted, at.attempt(reference)), Unknown | Pending)
        found = await SCENARIO.find_booking(wanted, at.enquiry(reference))
        assert isinstance(found, Succeeded if performed else Absent)
