"""The gate of a partner: it refuses rather than pile up, and what it refuses was certainly not sent."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from connectors.kit.attempt import PartnerCall
from connectors.kit.manifest import Breaker, Limits, Manifest
from hub.routing.gate import LONGEST_QUEUE, PartnerGate
from schemas.call import Http, Reply
from schemas.errors import MaybeSent, NotSent, NotTried
from tests.connectors.kit.bench import Bench, in_turn

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
ASK = Http(method="GET", url="https://partner.example/ask")
FAILURES = 3
PAUSE = 10.0


class Watch:
    """A clock that moves when told to, or with the event loop's."""

    def __init__(self, *, runs: bool = False) -> None:
        self.now = START
        self._began = asyncio.get_running_loop().time() if runs else None

    def __call__(self) -> datetime:
        if self._began is None:
            return self.now
        return START + timedelta(seconds=asyncio.get_running_loop().time() - self._began)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def manifest(*, concurrency: int = 4, per_second: float = 1000.0, attempts: int = 1) -> Manifest:
    return Manifest(
        id=1,
        name="some_partner",
        title="Some partner",
        auth="none",
        zone="UTC",
        offers={},
        regions=["NG"],
        limits=Limits(concurrency=concurrency, per_second=per_second, attempts=attempts),
        breaker=Breaker(failures=FAILURES, open_seconds=PAUSE),
    )


async def through(gate: PartnerGate, error: BaseException | None = None, deadline: datetime | None = None) -> None:
    """One exchange, which ends well or with this error."""
    async with gate.enter(deadline or START + timedelta(hours=1)):
        if error is not None:
            raise error


async def fail(gate: PartnerGate, times: int = 1, error: Exception | None = None) -> None:
    for _ in range(times):
        with pytest.raises(type(error or MaybeSent(""))):
            await through(gate, error or MaybeSent("no answer"))


async def refused(gate: PartnerGate) -> bool:
    try:
        await through(gate)
    except NotSent:
        return True
    return False


@pytest.mark.parametrize("error", [MaybeSent("no answer"), NotSent("no connection")])
async def test_opens_after_failures_in_a_row(error: Exception):
    """As many failures in a row as the manifest says open the breaker; a success between them begins anew."""
    gate = PartnerGate(manifest(), Watch())
    await fail(gate, FAILURES - 1, error)
    await through(gate)
    await fail(gate, FAILURES - 1, error)
    assert not await refused(gate)
    await fail(gate, FAILURES, error)
    assert await refused(gate)


async def test_stays_open_for_its_pause():
    """Open means refused, until the pause is over to the moment."""
    watch = Watch()
    gate = PartnerGate(manifest(), watch)
    await fail(gate, FAILURES)
    watch.forward(PAUSE - 0.001)
    assert await refused(gate)
    watch.forward(0.001)
    assert not await refused(gate)
    assert not await refused(gate)


async def test_one_alone_tries():
    """After the pause one exchange goes through; whoever comes meanwhile is refused; its end decides."""
    watch = Watch()
    gate = PartnerGate(manifest(), watch)
    await fail(gate, FAILURES)
    watch.forward(PAUSE)
    trial = gate.enter(watch() + timedelta(hours=1))
    await trial.__aenter__()
    assert await refused(gate)
    assert not await trial.__aexit__(MaybeSent, MaybeSent("still nothing"), None)
    assert await refused(gate), "the trial failed: open again, for a whole pause"
    watch.forward(PAUSE)
    async with gate.enter(watch() + timedelta(hours=1)):
        assert await refused(gate)
    assert not await refused(gate)


@pytest.mark.parametrize("ending", [None, MaybeSent("late"), ValueError("ours")])
async def test_early_bird_says_nothing_about_the_trial(ending: Exception | None):
    """An exchange from before the breaker opened neither ends the trial nor decides for it, however it ends."""
    watch = Watch()
    gate = PartnerGate(manifest(), watch)
    deadline = watch() + timedelta(hours=1)
    early = gate.enter(deadline)
    await early.__aenter__()
    await fail(gate, FAILURES)
    watch.forward(PAUSE)
    async with gate.enter(deadline):
        with contextlib.suppress(MaybeSent, ValueError):
            await early.__aexit__(type(ending) if ending else None, ending, None)
        assert await refused(gate), "a second trial beside the first"
    assert not await refused(gate)


async def test_abandoned_trial_makes_room():
    """A trial that was cancelled on our side proves nothing: the next exchange tries."""
    watch = Watch()
    gate = PartnerGate(manifest(), watch)
    await fail(gate, FAILURES)
    watch.forward(PAUSE)
    with pytest.raises(asyncio.CancelledError):
        await through(gate, asyncio.CancelledError())
    assert not await refused(gate)


@pytest.mark.parametrize("ours", [ValueError("ours"), NotTried("ours")])
async def test_our_own_mistakes_do_not_open_it(ours: Exception):
    """What fails on our side says nothing about the partner."""
    gate = PartnerGate(manifest(), Watch())
    for _ in range(FAILURES * 2):
        with pytest.raises(type(ours), match="ours"):
            await through(gate, ours)
    assert not await refused(gate)


async def test_server_errors_open_it_and_are_still_answers():
    """A partner that answers 5xx to everything fails, though it answers: the gate learns it, the caller gets it."""
    broken = Reply(status=503, body=b"down")
    bench = Bench(in_turn(*[broken] * FAILURES))
    gate = PartnerGate(manifest(), bench.watch)
    bench.gate = gate  # type: ignore[assignment]
    bench.__post_init__()
    for _ in range(FAILURES):
        assert await PartnerCall(bench.line, bench.errand()).send(ASK) == broken
    assert await refused(gate)


async def test_client_errors_do_not_open_it():
    """A partner that refuses what we ask is well."""
    bench = Bench(in_turn(*[Reply(status=404)] * FAILURES))
    gate = PartnerGate(manifest(), bench.watch)
    bench.gate = gate  # type: ignore[assignment]
    bench.__post_init__()
    for _ in range(FAILURES):
        await PartnerCall(bench.line, bench.errand()).send(ASK)
    assert not await refused(gate)


async def test_refusal_sends_nothing():
    """What an open breaker refuses never reaches the wire, so an order may be sent later."""
    bench = Bench(in_turn(Reply(status=200)))
    gate = PartnerGate(manifest(), bench.watch)
    await fail(gate, FAILURES)
    bench.gate = gate  # type: ignore[assignment]
    bench.__post_init__()
    attempt = bench.attempt()
    with pytest.raises(NotSent):
        await attempt.submit("create", ASK)
    assert bench.channel.seen == []
    assert not attempt.submitted


async def test_bulkhead_holds_so_many():
    """No more exchanges at once than the partner takes; one that leaves makes room for one that waits."""
    watch = Watch(runs=True)
    gate = PartnerGate(manifest(concurrency=2), watch)
    inside, most, go = 0, 0, asyncio.Event()

    async def exchange() -> None:
        nonlocal inside, most
        async with gate.enter(watch() + timedelta(hours=1)):
            inside += 1
            most = max(most, inside)
            await go.wait()
            inside -= 1

    tasks = [asyncio.create_task(exchange()) for _ in range(6)]
    await asyncio.sleep(0.01)
    assert inside == 2
    go.set()
    await asyncio.gather(*tasks)
    assert most == 2


async def test_full_line_refuses_in_time():
    """Nobody waits for a place beyond the deadline: the exchange is refused, and nothing left."""
    watch = Watch(runs=True)
    gate = PartnerGate(manifest(concurrency=1), watch)
    async with gate.enter(watch() + timedelta(hours=1)):
        began = asyncio.get_running_loop().time()
        with pytest.raises(NotSent, match="full"):
            await through(gate, deadline=watch() + timedelta(seconds=0.05))
        assert asyncio.get_running_loop().time() - began < 1
    assert not await refused(gate)


async def test_rate_refuses_what_would_wait_too_long():
    """A second's worth may burst; then each waits for its turn, and whoever would wait too long is refused."""
    gate = PartnerGate(manifest(per_second=2.0), Watch())
    gate._rate._next = START + LONGEST_QUEUE + timedelta(seconds=1)  # others have taken their turns up to then
    with pytest.raises(NotSent, match="rate"):
        await through(gate)
    late = PartnerGate(manifest(per_second=2.0), Watch())
    late._rate._next = START + timedelta(seconds=2)
    with pytest.raises(NotSent, match="rate"):
        await through(late, deadline=START + timedelta(seconds=1))


async def test_rate_spaces_exchanges_evenly():
    """Twenty at fifty a second after a burst take their time."""
    watch = Watch(runs=True)
    gate = PartnerGate(manifest(per_second=50.0, concurrency=100), watch)
    gate._rate._next = watch()
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(through(gate, deadline=watch() + timedelta(hours=1)) for _ in range(10)))
    assert 0.15 < asyncio.get_running_loop().time() - began < 2


steps = st.lists(
    st.tuples(st.sampled_from(["enter", "leave", "fail", "cancel", "cancel a waiter", "breathe"]), st.integers(0, 7)),
    max_size=40,
)


@given(steps=steps)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_no_place_is_ever_lost(steps: list[tuple[str, int]]):
    """Whoever enters, leaves, fails or is cancelled, inside or in the queue: afterwards every place is free."""
    asyncio.run(_crowd(steps))


async def _crowd(steps: list[tuple[str, int]]) -> None:
    places = 3
    gate = PartnerGate(manifest(concurrency=places), Watch())
    gate._breaker._limit = 10**6  # it is the places that are looked at
    tasks: list[asyncio.Task[None]] = []
    ends: list[asyncio.Future[None]] = []
    inside: set[int] = set()

    async def exchange(number: int) -> None:
        async with gate.enter(START + timedelta(hours=1)):
            inside.add(number)
            assert len(inside) <= places
            try:
                await ends[number]
            finally:
                inside.discard(number)

    for what, which in steps:
        if what == "enter":
            ends.append(asyncio.get_running_loop().create_future())
            tasks.append(asyncio.create_task(exchange(len(tasks))))
        elif what == "breathe" or not tasks:
            await asyncio.sleep(0)
        else:
            _disturb(what, which % len(tasks), tasks, ends, inside)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    held = contextlib.AsyncExitStack()
    async with held, asyncio.timeout(1):
        for _ in range(places):
            await held.enter_async_context(gate.enter(START + timedelta(hours=1)))


def _disturb(
    what: str, which: int, tasks: list[asyncio.Task[None]], ends: list[asyncio.Future[None]], inside: set[int]
) -> None:
    if what == "leave" and not ends[which].done():
        ends[which].set_result(None)
    elif what == "fail" and not ends[which].done():
        ends[which].set_exception(MaybeSent("no answer"))
        ends[which].exception()
    elif what == "cancel" or (what == "cancel a waiter" and which not in inside):
        tasks[which].cancel()
