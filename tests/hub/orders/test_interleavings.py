"""News about one order in any order: answers, enquiries under old and new claims, callbacks, repeats, lies, time."""

from dataclasses import dataclass, field
from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import HealthCheck, example, given, settings

from hub.orders.rows import OrderRow
from hub.orders.states import News, NotSent, Source
from schemas.order import FINAL
from schemas.outcome import Absent, Declined, Succeeded, Unknown
from tests.hub.orders.office import ABSENCE, LEASE, Office, declined, pending, receipt, succeeded

SAYS: dict[str, News] = {
    "paid": succeeded(),
    "paid, and here is the token": succeeded(token="1111-2222"),
    "another amount was paid": succeeded("99.00", token="3333-4444"),
    "declined": declined(),
    "processing": pending(),
    "processing, with a receipt": pending(so_far=receipt()),
    "processing, of another amount": pending(so_far=receipt("99.00")),
    "something unmapped": pending("77", unmapped=True),
    "something unheard of": Unknown(why="77", unmapped=True),
    "nothing usable": Unknown(why="silence"),
    "no such order": Absent(),
    "it was not sent": NotSent("no connection"),
}
BY_ITSELF = sorted(SAYS.keys() - {"no such order", "it was not sent"})

answers = st.tuples(st.just("answer"), st.sampled_from(sorted(SAYS)))
enquiries = st.tuples(st.just("enquiry"), st.sampled_from(sorted(SAYS.keys() - {"it was not sent"})))
stale = st.tuples(st.just("stale enquiry"), st.sampled_from(sorted(SAYS)))
callbacks = st.tuples(st.just("callback"), st.sampled_from(BY_ITSELF))
others = st.tuples(st.sampled_from(["claim", "resume", "give up", "wait", "wait long"]), st.just(""))
deeds = st.lists(st.one_of(answers, enquiries, stale, callbacks, others), min_size=1, max_size=10)


@dataclass
class Story:
    """What was told to the journal, and what may be true of the order because of it."""

    office: Office
    order_id: str
    fence: int = 1
    fences: list[int] = field(default_factory=lambda: [1])
    proven: set[str] = field(default_factory=set)
    moves: int = 0
    records: int = 1

    async def take(self, deed: str, says: str) -> None:
        """Does one thing, and holds what became of the order against everything that is always true."""
        before = await self.office.row(self.order_id)
        applied = await getattr(self, "_" + deed.replace(" ", "_"))(says)
        after = await self.office.row(self.order_id)
        if not applied:
            assert after == before, "who may not write wrote"
        self.records += bool(applied)
        self.moves += applied == "news" and after.state != before.state
        await self._hold(before, after)

    async def _answer(self, says: str) -> str:
        return await self._news(says, "answer", self.fence)

    async def _enquiry(self, says: str) -> str:
        return await self._news(says, "enquiry", self.fence)

    async def _stale_enquiry(self, says: str) -> str:
        applied = await self._news(says, "enquiry", self.fence - 1)
        assert not applied, "a claim that was lost still had a say"
        return applied

    async def _callback(self, says: str) -> str:
        return await self._news(says, "callback", None)

    async def _claim(self, _: str) -> str:
        claimed = await self.office.claim(self.order_id)
        if claimed is not None:
            assert claimed.fence > max(self.fences), "a fence was given twice"
            self.fences.append(claimed.fence)
            self.fence = claimed.fence
        return ""

    async def _resume(self, _: str) -> str:
        resumed = await self.office.journal.resume(self.order_id, self.fence)
        return "resumed" if resumed else ""

    async def _give_up(self, _: str) -> str:
        was = await self.office.row(self.order_id)
        if was.state == "received":
            self.proven.add("unsent")
        return await self._settled(declined("not-sent"), "hub", self.fence)

    async def _wait(self, _: str) -> str:
        self.office.clock.forward(LEASE)
        return ""

    async def _wait_long(self, _: str) -> str:
        self.office.clock.forward(ABSENCE + timedelta(seconds=1))
        return ""

    async def _news(self, says: str, source: Source, fence: int | None) -> str:
        news = SAYS[says]
        row = await self.office.row(self.order_id)
        late = self.office.clock() - row.may_have_left_at >= ABSENCE
        applied = await self._settled(news, source, fence)
        if applied and isinstance(news, Succeeded) and news.result.paid.amount == "10.00":
            self.proven.add("success")
        if applied and (isinstance(news, Declined) or (isinstance(news, Absent) and source == "enquiry" and late)):
            self.proven.add("decline")
        return applied

    async def _settled(self, news: News, source: Source, fence: int | None) -> str:
        return "news" if await self.office.settle(self.order_id, news, source, fence) else ""

    async def _hold(self, before: OrderRow, after: OrderRow) -> None:
        if before.state in FINAL:
            kept = ("state", "settled_at", "reason", "result", "deliverable_id", "next_check_at")
            assert [getattr(before, name) for name in kept] == [getattr(after, name) for name in kept]
        assert after.state != "succeeded" or "success" in self.proven
        assert after.state != "declined" or self.proven & {"decline", "unsent"}
        assert (after.settled_at is not None) == after.final
        due = await self.office.due(self.order_id)
        assert (due is None) == after.final, "an open order has work, a final one none"
        assert after.final or after.next_check_at is not None
        assert len(await self.office.audit(self.order_id)) == self.records
        assert len(await self.office.events(self.order_id)) == self.moves
        tokens = await self.office.deliverables(self.order_id)
        assert len(tokens) == (after.deliverable_id is not None)
        assert tokens in ([], ["1111-2222"])


@given(deeds=deeds)
@example(deeds=[("callback", "paid"), ("answer", "processing"), ("callback", "paid"), ("callback", "declined")])
@example(deeds=[("answer", "it was not sent"), ("claim", ""), ("callback", "processing"), ("give up", "")])
@example(deeds=[("answer", "it was not sent"), ("wait long", ""), ("claim", ""), ("resume", "")])
@example(deeds=[("wait", ""), ("claim", ""), ("stale enquiry", "paid, and here is the token"), ("enquiry", "declined")])
@example(deeds=[("callback", "another amount was paid"), ("answer", "it was not sent")])
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_any_news_in_any_order(office: Office, deeds: list[tuple[str, str]]):
    """State, work, audit, events and deliverable agree after every deed, and nothing final is unproven or moves."""
    row = await office.begin()
    story = Story(office, row.order_id)
    for deed, says in deeds:
        await story.take(deed, says)
