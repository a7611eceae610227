"""News that come while their question is being written down: whoever missed the other, it is told in the end."""

import asyncio
from datetime import timedelta
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from connectors.kit.partner import Acknowledgement, News
from hub.clock import utc_now
from hub.events import callbacks as desk_of_callbacks
from hub.events.callbacks import ONCE_MORE_AFTER, Callbacks
from hub.events.rows import EARLY, KIND, callbacks
from hub.orders.journal import Journal
from hub.queries.rows import QueryRow
from hub.store import Sealer, Store, open_store
from hub.tenants import banks
from hub.work import rows as work
from hub.work.rows import Work, due_work
from tests.connectors.kit.bench import MANIFEST
from tests.hub.queries.test_kept import BILL, LATER, House

SEALER = Sealer(bytes(32))
THANKS = Acknowledgement(body=b"thanks")
NEWS = News(reference="R1", outcome=None, trusted=True, acknowledgement=THANKS, remember={"offers": "[]"})


class Desk:
    """Callbacks and kept questions of one partner, on one store and under one clock."""

    def __init__(self, house: House, news: News = NEWS) -> None:
        self.house, self.store, self.news = house, house.store, news
        self.account = SimpleNamespace(account_id="acc_1", tenant=house.tenant, partner_id=MANIFEST.id)
        self.connector = SimpleNamespace(
            manifest=MANIFEST, partner=SimpleNamespace(read_callback=lambda *_: self.news, callback_headers=())
        )
        data_keys = house.questions._data_keys
        self.callbacks = Callbacks(
            house.store,
            data_keys,
            Lines(self),  # type: ignore[arg-type]
            Journal(house.store, data_keys, house.clock, owner="here", schedule=[timedelta(seconds=5)]),
            house.questions,
            house.clock,
        )

    async def take(self) -> None:
        assert await self.callbacks.take(MANIFEST.name, "acc_1", {}, b"news") == THANKS

    async def claimed(self) -> list[Work]:
        """Everything that is due now."""
        now = self.house.clock()
        return await self.store.write(lambda tx: work.claim(tx, "here", now, now + timedelta(minutes=5), 9))

    async def work(self) -> None:
        """Does what is due, and what falls due by that."""
        while pieces := await self.claimed():
            for piece in pieces:
                await (self.callbacks if piece.kind == KIND else self.house.questions).work(piece)

    async def judged(self) -> list[str | None]:
        return await self.store.read(lambda tx: list(tx.execute(select(callbacks.c.what)).scalars()))

    async def to_look_at(self) -> int:
        """Callbacks that a worker will take up."""
        mine = select(due_work.c.work_id).where(due_work.c.kind == KIND)
        return await self.store.read(lambda tx: len(tx.execute(mine).all()))

    def question_comes_after_the_look(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The next callback finds no question, and one is written down before that is."""
        meant = self.house.questions.meant

        async def overtaken(*reference: str) -> QueryRow | None:
            found = await meant(*reference)
            monkeypatch.undo()
            await self.house.ask(LATER, [BILL])
            return found

        monkeypatch.setattr(self.house.questions, "meant", overtaken)

    async def is_told(self) -> bool:
        """Whether the question was asked again with what the news brought, and is answered; and nothing is left."""
        await self.work()
        told = self.house.partner.handles[-1].get("offers") == "[]"
        return told and await self.judged() == ["question"] and await self.to_look_at() == 0


class Lines:
    """The one account that there is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def named(self, _: str) -> Any:
        return self._desk.connector

    def connector(self, _: int) -> Any:
        return self._desk.connector

    async def account(self, _: str) -> Any:
        return self._desk.account

    async def line(self, _: Any) -> Any:
        return SimpleNamespace(account=None)


@pytest.fixture
async def desk(store: Store) -> Desk:
    bank = await store.write(lambda tx: banks.add(tx, SEALER, "a-bank", now=utc_now()))
    return Desk(House(store, SEALER, bank.tenant_id))


async def test_question_between_look_and_judgement(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """A callback that looked a moment too soon looks once more, and finds the question."""
    desk.question_comes_after_the_look(monkeypatch)
    await desk.take()
    assert await desk.judged() == [EARLY]
    desk.house.clock.forward(seconds=ONCE_MORE_AFTER.total_seconds())
    assert await desk.is_told()


async def test_two_units_that_cannot_see_each_other(postgres_url: str, monkeypatch: pytest.MonkeyPatch):
    """Two hubs write at once, the one that there is no question, the other that there is one; neither sees the other's.

    The judgement is written and not committed while the other hub writes its question down.
    """
    store = open_store(postgres_url)
    bank = await store.write(lambda tx: banks.add(tx, SEALER, "a-bank", now=utc_now()))
    desk = Desk(House(store, SEALER, bank.tenant_id))
    judge = desk_of_callbacks.rows.judge_callback

    async def ask_elsewhere() -> None:
        other = open_store(postgres_url)
        await House(other, SEALER, bank.tenant_id).ask(LATER)
        await other.close()

    def overlapped(*args: Any, **more: Any) -> bool:
        monkeypatch.undo()
        judged = judge(*args, **more)
        other_hub = Thread(target=asyncio.run, args=(ask_elsewhere(),))
        other_hub.start()
        other_hub.join()
        return judged

    monkeypatch.setattr(desk_of_callbacks.rows, "judge_callback", overlapped)
    await desk.take()
    assert await desk.judged() == [EARLY]
    desk.house.partner.answers = iter([[BILL]])
    desk.house.clock.forward(seconds=ONCE_MORE_AFTER.total_seconds())
    assert await desk.is_told()
    await store.close()


async def test_question_before_the_second_look(desk: Desk):
    """A question that comes while its early news wait to be looked at once more is told at once."""
    await desk.take()
    await desk.house.ask(LATER, [BILL])
    assert await desk.is_told()


async def test_question_during_the_second_look(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """Whoever takes early news up while they are being looked at is heard: they are looked at again."""
    await desk.take()
    desk.house.clock.forward(seconds=ONCE_MORE_AFTER.total_seconds())
    desk.question_comes_after_the_look(monkeypatch)
    assert await desk.is_told()


async def test_once_more_is_enough(desk: Desk):
    """News of nothing that ever comes are looked at twice; a question that comes late takes them up all the same."""
    await desk.take()
    assert await desk.to_look_at() == 1
    desk.house.clock.forward(seconds=ONCE_MORE_AFTER.total_seconds())
    await desk.work()
    assert (await desk.judged(), await desk.to_look_at()) == ([EARLY], 0)
    await desk.house.ask(LATER, [BILL])
    assert await desk.is_told()


@pytest.mark.parametrize("changed", [{"trusted": False}, {"reference": "x" * 65}], ids=["untrusted", "no reference"])
async def test_strangers_keep_nobody_busy(desk: Desk, changed: dict[str, Any]):
    """What cannot be believed, or can mean nothing of ours, is looked at no more."""
    desk.news = replace(NEWS, **changed)
    await desk.take()
    assert (await desk.judged(), await desk.to_look_at()) == ([EARLY], 0)
