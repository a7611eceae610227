"""Callbacks in one process, on both databases, with a partner whose voice is the test's."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from connectors.kit.partner import Acknowledgement, Moved, News
from hub.errors import Malformed, NotFound, TooMany
from hub.events import callbacks as desk_of_callbacks
from hub.events.callbacks import CONTEXT, HOUR, TRIES, UNAPPLIED_AFTER, Callbacks, Raw
from hub.events.rows import (
    DOUBTFUL_KEPT,
    EVENTS_KEPT,
    KIND,
    TRUSTED_KEPT,
    callbacks,
    forget_callbacks,
    forget_events,
)
from hub.orders.rows import OrderRow
from hub.store import Store, StoreUnavailable, Unsealable
from hub.work import rows as work
from hub.work.rows import Work
from schemas.errors import Garbled
from schemas.money import Money
from schemas.outcome import Declined, Reason, Succeeded, Unknown
from tests.hub.orders.office import LEASE, MANIFEST, START, Office, declined, succeeded

THANKS = Acknowledgement(body=b"thanks")
BACK = Money(amount="4.00", currency="NGN")
Voice = Callable[[bytes], News]


class NoQuestions:
    """A hub that keeps no question."""

    async def meant(self, account_id: str, reference: str) -> None:
        return None


class Desk:
    """The desk for callbacks of one office's partner."""

    def __init__(self, office: Office, voice: Voice) -> None:
        self.office = office
        self.account: Any = SimpleNamespace(
            account_id=f"acc-{office.tenant}", tenant=office.tenant, partner_id=MANIFEST.id
        )
        self.connector: Any = SimpleNamespace(
            manifest=MANIFEST,
            partner=SimpleNamespace(
                read_callback=lambda raw, headers, account: voice(raw), callback_headers=("x-header",)
            ),
        )
        self.callbacks = Callbacks(
            office.store,
            office.data_keys,
            Lines(self),  # type: ignore[arg-type]
            office.journal,
            NoQuestions(),  # type: ignore[arg-type]
            office.clock,
        )

    async def take(self, body: bytes = b"news") -> Acknowledgement:
        return await self.callbacks.take(MANIFEST.name, self.account.account_id, {"x-header": "1"}, body)

    async def work(self) -> None:
        """A worker takes up what is due, as often as it is."""
        now = self.office.clock()

        def claim(tx: Any) -> list[Work]:
            return [one for one in work.claim(tx, "worker", now, now + LEASE, 10) if one.kind == KIND]

        for piece in await self.office.store.write(claim):
            await self.callbacks.work(piece)

    async def kept(self) -> list[str | None]:
        rows = await self.office.store.read(
            lambda tx: tx.execute(text("SELECT what FROM callbacks ORDER BY callback_id")).all()
        )
        return [row.what for row in rows]


class Lines:
    """The one account that there is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def named(self, name: str) -> Any:
        return self._desk.connector if name == MANIFEST.name else None

    def connector(self, partner_id: int) -> Any:
        return self._desk.connector if partner_id == MANIFEST.id else None

    async def account(self, account_id: str) -> Any:
        return self._desk.account if account_id == self._desk.account.account_id else None

    async def line(self, _: Any) -> Any:
        return SimpleNamespace(account=None)


def about(row: OrderRow, outcome: Any = None, *, trusted: bool = True) -> Voice:
    news = News(reference=row.reference, outcome=outcome or succeeded(), trusted=trusted, acknowledgement=THANKS)
    return lambda _: news


def moved(row: OrderRow, *numbers: str, outcome: Any = None, trusted: bool = True) -> Voice:
    """News of money that went back, under the partner's own numbers."""
    news = News(
        reference=row.reference,
        outcome=outcome,
        trusted=trusted,
        acknowledgement=THANKS,
        postings=tuple(Moved(number=each, cause="refund", amount=BACK) for each in numbers),
    )
    return lambda _: news


@pytest.fixture
async def office(store: Store) -> Office:
    return await Office.opened(store)


async def test_applied_at_once(office: Office):
    """News that came well is applied before it is thanked for, and leaves no work."""
    row = await office.begin()
    desk = Desk(office, about(row))
    assert await desk.take() == THANKS
    assert (await office.row(row.order_id)).state == "succeeded"
    assert await desk.kept() == ["applied"]
    kinds = [record.kind for record in await office.audit(row.order_id)]
    assert kinds == ["order.journalled", "order.outcome", "callback"]


async def test_store_that_fails_leaves_it_to_the_worker(office: Office, monkeypatch: pytest.MonkeyPatch):
    """What was stored and could not be applied is not thanked for; the worker applies it later."""
    row = await office.begin()
    desk = Desk(office, about(row))

    async def away(*_: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(office.journal, "settle", away)
    with pytest.raises(StoreUnavailable):
        await desk.take()
    monkeypatch.undo()
    office.clock.forward(UNAPPLIED_AFTER)
    await desk.work()
    assert (await office.row(row.order_id)).state == "succeeded"
    assert await desk.kept() == ["applied"]
    await desk.work()
    assert len(await office.audit(row.order_id)) == 3, "applied once"


@pytest.mark.parametrize("error", [Garbled("no message"), RuntimeError("a mistake of the connector")])
async def test_what_the_connector_cannot_read_is_kept(office: Office, error: Exception):
    """A callback that breaks the connector is the partner's to repair: refused, stored, and never tried again."""

    def broken(_: bytes) -> News:
        raise error

    desk = Desk(office, broken)
    with pytest.raises(Malformed):
        await desk.take(b"\x00\xff")
    assert await desk.kept() == ["unreadable"]
    office.clock.forward(UNAPPLIED_AFTER)
    await desk.work()


async def test_poisonous_callback_is_given_up(office: Office):
    """One that can be read and never applied is left to a person after some tries, not tried for ever."""
    row = await office.begin()
    desk = Desk(office, about(row, Succeeded(result="no receipt at all")))
    with pytest.raises(AttributeError):
        await desk.take()
    for _ in range(TRIES - 1):
        office.clock.forward(UNAPPLIED_AFTER + LEASE)
        with pytest.raises(AttributeError):
            await desk.work()
    office.clock.forward(LEASE)
    await desk.work()
    assert await desk.kept() == ["failed"]
    assert (await office.row(row.order_id)).state == "submitting"


@pytest.mark.parametrize("reference", ["", "\x00", "\ud800", "x" * 65, "订单"])
async def test_odd_reference_finds_nothing(office: Office, reference: str):
    """A reference that none of ours can be is not looked up, whatever the database would say to it."""
    news = News(reference=reference, outcome=succeeded(), trusted=True, acknowledgement=THANKS)
    desk = Desk(office, lambda _: news)
    assert await desk.take() == THANKS
    assert await desk.kept() == ["no-order"]


async def test_hint_brings_the_enquiry_forward(office: Office):
    """News that cannot be believed moves nothing, and the order is asked about now."""
    row = await office.begin()
    await office.settle(row.order_id, Unknown(why="silence"))
    desk = Desk(office, about(row, trusted=False))
    assert await desk.take() == THANKS
    assert (await office.row(row.order_id)).state == "unknown"
    assert await office.due(row.order_id) == (START, None)


async def test_hint_during_an_attempt_is_minded_after_it(office: Office):
    """A hint takes nothing from an attempt that holds the order; once it lets go, the order is asked about now."""
    row = await office.begin()
    await Desk(office, about(row, trusted=False)).take()
    assert await office.claim(row.order_id) is None
    await office.settle(row.order_id, Unknown(why="silence"))
    assert await office.due(row.order_id) == (START, None)


@pytest.mark.parametrize("at_once", [True, False])
async def test_money_that_moved_later_is_posted_once(office: Office, at_once: bool):
    """A refund by the partner is posted beside the state, with or after the success; told again, it is not."""
    row = await office.begin()
    if at_once:
        await Desk(office, moved(row, "F-1", outcome=succeeded())).take()
    else:
        await office.settle(row.order_id, succeeded())
        await Desk(office, moved(row, "F-1")).take()
    await Desk(office, moved(row, "F-1", outcome=succeeded())).take()
    await Desk(office, moved(row, "F-1", "F-2", "F-2")).take()
    found = await office.row(row.order_id)
    assert (found.state, found.review) == ("succeeded", False)
    assert [(each.number, each.cause, each.amount) for each in found.postings] == [
        ("F-1", "refund", BACK),
        ("F-2", "refund", BACK),
    ]
    assert (await office.events(row.order_id)).count("order.posted") == 2
    records = [record for record in await office.audit(row.order_id) if record.kind == "order.posting"]
    assert [(one.facts["by"], one.facts["amount"]) for one in records] == [("callback", "4.00 NGN")] * 2


async def test_posting_that_nobody_can_believe(office: Office):
    """An untrusted word of money moves nothing, and makes nobody look."""
    row = await office.begin()
    await office.settle(row.order_id, succeeded())
    await Desk(office, moved(row, "F-1", trusted=False)).take()
    found = await office.row(row.order_id)
    assert (found.postings, found.review) == ([], False)


@pytest.mark.parametrize("state", ["declined", "unknown"])
async def test_posting_of_an_order_that_did_not_succeed(office: Office, state: str):
    """Money that moves for an order that is not known to have succeeded is no posting: a person must look, once."""
    row = await office.begin()
    await office.settle(row.order_id, declined() if state == "declined" else Unknown(why="silence"))
    for _ in range(2):
        await Desk(office, moved(row, "F-1")).take()
    found = await office.row(row.order_id)
    assert (found.state, found.postings, found.review) == (state, [], True)
    assert [entry.what for entry in found.timeline].count("contradiction") == 1


async def test_another_accounts_order_is_not_found(office: Office):
    """The same reference at another bank's account is another order, or none."""
    other = await Office.opened(office.store, "other-bank")
    theirs = await other.begin(reference="R-SAME")
    desk = Desk(office, about(theirs))
    await desk.take()
    assert await desk.kept() == ["no-order"]
    assert (await other.row(theirs.order_id)).state == "submitting"
    with pytest.raises(NotFound):
        await desk.callbacks.take(MANIFEST.name, f"acc-{other.tenant}", {}, b"news")


async def stored(office: Office) -> list[Any]:
    return await office.store.read(lambda tx: list(tx.execute(callbacks.select().order_by(callbacks.c.callback_id))))


async def test_kept_as_it_came(office: Office):
    """What is kept is the bytes and the headers that the partner's code reads, sealed for this one row."""
    row = await office.begin()
    body = bytes(range(256)) * 40
    desk = Desk(office, about(row))
    await desk.callbacks.take(
        MANIFEST.name, desk.account.account_id, {"x-header": "1", "user-agent": "curl", "x-other": "2"}, body
    )
    [kept] = await stored(office)
    assert (kept.partner_id, kept.trusted) == (MANIFEST.id, True)
    assert len(kept.raw) < len(body) + 100
    plain = office.sealer.unseal(kept.raw, context=f"{CONTEXT}:{kept.callback_id}")
    assert msgspec.msgpack.decode(plain, type=Raw) == Raw({"x-header": "1"}, body)
    with pytest.raises(Unsealable):
        office.sealer.unseal(kept.raw, context=f"{CONTEXT}:cbk_another")


@pytest.mark.parametrize("kind", ["unreadable", "about nothing"])
async def test_strangers_fill_no_store(office: Office, monkeypatch: pytest.MonkeyPatch, kind: str):
    """Of what means nothing so many are kept an hour; the partner's own news, hints too, are taken all the same."""
    monkeypatch.setattr(desk_of_callbacks, "DOUBTFUL_AN_HOUR", 3)
    row = await office.begin()
    forged = News(reference="R-NONE", outcome=None, trusted=False, acknowledgement=THANKS)

    def voice(raw: bytes) -> News:
        if raw == b"hint":
            return about(row, trusted=False)(raw)
        if raw == b"true":
            return about(row)(raw)
        if kind == "unreadable":
            raise Garbled("no message")
        return forged

    desk = Desk(office, voice)

    async def pushed() -> None:
        with pytest.raises(Malformed) if kind == "unreadable" else nullcontext():
            await desk.take(b"false")

    for _ in range(3):
        await pushed()
    for _ in range(5):
        with pytest.raises(TooMany):
            await desk.take(b"false")
    assert len(await stored(office)) == 3
    assert await desk.take(b"hint") == THANKS
    assert await desk.take(b"true") == THANKS
    assert (await office.row(row.order_id)).state == "succeeded"
    office.clock.forward(HOUR + timedelta(seconds=1))
    await pushed()
    assert len(await stored(office)) == 6


async def test_partner_that_only_hints_is_heard(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Callbacks that can never be believed are no flood, however many: each is about an order of ours."""
    monkeypatch.setattr(desk_of_callbacks, "DOUBTFUL_AN_HOUR", 3)
    row = await office.begin()
    desk = Desk(office, about(row, trusted=False))
    for _ in range(5):
        assert await desk.take() == THANKS
    assert {one.what for one in await stored(office)} == {"hint"}


async def test_judged_callbacks_are_forgotten(office: Office):
    """What was believed is kept for long, what was not for a week, and what nobody judged stays."""
    row = await office.begin()
    await Desk(office, about(row)).take()
    await Desk(office, about(row, trusted=False)).take()
    unjudged = Desk(office, about(row))
    unjudged.callbacks._apply = away  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        await unjudged.take()
    for late, left in [(DOUBTFUL_KEPT, 3), (DOUBTFUL_KEPT + HOUR, 2), (TRUSTED_KEPT, 2), (TRUSTED_KEPT + HOUR, 1)]:
        now = office.clock() + late
        await office.store.write(lambda tx, now=now: forget_callbacks(tx, now))
        assert len(await stored(office)) == left
    assert [one.trusted for one in await stored(office)] == [None]


async def test_old_events_leave_the_outbox(office: Office):
    """What nobody fetched for a month is no news; the order itself still tells."""
    row = await office.begin()
    await office.settle(row.order_id, Declined(reason=Reason(code="declined")))
    for late, left in [(EVENTS_KEPT, 1), (EVENTS_KEPT + HOUR, 0)]:
        now = office.clock() + late
        await office.store.write(lambda tx, now=now: forget_events(tx, now))
        assert len(await office.events(row.order_id)) == left


async def away(*_: object) -> Acknowledgement:
    raise StoreUnavailable("gone")
