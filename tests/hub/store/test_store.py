import asyncio
import gc
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from hub.store import CRASH_POINTS, Connection, StoreUnavailable, open_store
from tests.hub.store.notes import all_notes, count, note, prepare


async def test_what_waits_together_is_committed_together(notebook, passed):
    """Sixty-four concurrent callers cost a handful of commits."""
    await asyncio.gather(*(notebook.write(note(f"n{i}")) for i in range(64)))
    assert passed["unit-ran"] == 64
    assert passed["after-commit"] <= 3
    assert await notebook.read(count) == 64


async def test_crash_points_are_passed_in_their_order(database_url):
    """One unit passes every named crash point once, in the order of the list."""
    from hub.store import Hooks

    seen: list[str] = []
    store = open_store(database_url, hooks=Hooks(seen.append))
    await store.write(prepare)
    await store.close()
    assert tuple(seen) == CRASH_POINTS


async def test_units_run_in_the_order_in_which_they_came(notebook):
    await asyncio.gather(*(notebook.write(note(f"n{i}")) for i in range(20)))
    assert await notebook.read(all_notes) == [f"n{i}" for i in range(20)]


async def test_a_bad_unit_spoils_no_other(notebook):
    """A unit that raises gets its own exception, leaves nothing behind, and its neighbours are kept."""

    def bad(tx: Connection) -> None:
        note("half done")(tx)
        raise LookupError("mine alone")

    writes = [notebook.write(note(f"n{i}")) for i in range(8)]
    writes.insert(4, notebook.write(bad))
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str] * 4 + [LookupError] + [str] * 4
    assert await notebook.read(all_notes) == [f"n{i}" for i in range(8)]


async def test_a_refused_statement_spoils_no_other(notebook):
    """A broken constraint reaches its own caller only, also where one failure ends the whole transaction."""
    await notebook.write(note("once"))
    outcomes = await asyncio.gather(
        notebook.write(note("a")),
        notebook.write(note("once")),
        notebook.write(note("b")),
        return_exceptions=True,
    )
    assert outcomes[0] == "a"
    assert isinstance(outcomes[1], IntegrityError)
    assert outcomes[2] == "b"


async def test_a_swallowed_error_is_never_answered_as_kept(notebook):
    """A unit that goes on after a failed statement is either kept in full or told that it was not."""
    await notebook.write(note("once"))

    def swallow(tx: Connection) -> str:
        note("before")(tx)
        try:
            note("once")(tx)
        except IntegrityError:
            return "went on"

    try:
        await notebook.write(swallow)
    except DBAPIError:
        kept = ["once"]
    else:
        kept = ["once", "before"]
    assert await notebook.read(all_notes) == kept


async def test_a_savepoint_lets_a_unit_go_on(notebook):
    """A statement that may fail belongs into a savepoint, and then the unit goes on on both databases."""
    await notebook.write(note("once"))

    def careful(tx: Connection) -> str:
        try:
            with tx.begin_nested():
                note("once")(tx)
        except IntegrityError:
            return note("twice")(tx)
        return "first"

    assert await notebook.write(careful) == "twice"
    assert await notebook.read(all_notes) == ["once", "twice"]


@pytest.mark.parametrize("stop", [StopIteration, SystemExit, KeyboardInterrupt, asyncio.CancelledError])
async def test_what_no_future_can_carry_is_wrapped(notebook, stop):
    """The writer outlives a unit that raises StopIteration or tries to end the process."""

    def bad(tx: Connection) -> None:
        raise stop

    with pytest.raises(RuntimeError, match=stop.__name__):
        await notebook.write(bad)
    assert await notebook.write(note("alive")) == "alive"


async def test_a_cancelled_caller_takes_nothing_back(notebook):
    """The unit of a caller that went away is committed all the same, and nobody hangs."""
    tasks = [asyncio.create_task(notebook.write(note(f"n{i}"))) for i in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await notebook.write(note("last"))
    assert await notebook.read(count) == 21


async def test_a_cancelled_callers_error_is_forgotten_quietly(notebook):
    """An exception that nobody waits for any more raises no warning when it is collected."""
    complaints: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    def bad(tx: Connection) -> None:
        raise LookupError

    task = asyncio.create_task(notebook.write(bad))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await notebook.write(note("after"))
    gc.collect()
    assert complaints == []


async def test_close_drains_what_is_queued(database_url):
    """Closing answers every unit that was handed over before it."""
    store = open_store(database_url)
    await store.write(prepare)
    writes = [asyncio.create_task(store.write(note(f"n{i}"))) for i in range(30)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*writes) == [f"n{i}" for i in range(30)]
    again = open_store(database_url)
    assert await again.read(count) == 30
    await again.close()


async def test_a_closed_store_says_so(database_url):
    store = open_store(database_url)
    await store.close()
    await store.close()
    for use in (store.read(count), store.write(prepare), store.ping()):
        with pytest.raises(StoreUnavailable, match="closed"):
            await use


async def test_a_reader_passes_beside_a_slow_writer(notebook):
    """While a unit holds its transaction open, a read answers, and sees what was committed before."""
    await notebook.write(note("before"))
    entered, leave = threading.Event(), threading.Event()

    def slow(tx: Connection) -> None:
        note("during")(tx)
        entered.set()
        if notebook.dialect == "sqlite":
            leave.wait(5)
        else:
            tx.execute(text("SELECT pg_sleep(0.3)"))

    writing = asyncio.create_task(notebook.write(slow))
    await asyncio.to_thread(entered.wait, 5)
    assert await notebook.read(all_notes) == ["before"]
    assert not writing.done()
    leave.set()
    await writing
    assert await notebook.read(all_notes) == ["before", "during"]


async def test_a_read_cannot_write(notebook):
    with pytest.raises((DBAPIError, StoreUnavailable), match="read"):
        await notebook.read(note("smuggled"))
    assert await notebook.read(count) == 0


async def test_a_long_query_leaves_the_loop_alone(notebook):
    """A query of seconds does not keep the event loop from turning."""
    long = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000)"
        " SELECT count(*) FROM n",
        "postgresql": "SELECT count(*) FROM generate_series(1, 2000000)",
    }[notebook.dialect]
    reading = asyncio.create_task(notebook.read(lambda tx: tx.execute(text(long)).scalar_one()))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert await reading == 2000000
    assert turns > 5


async def test_many_reads_at_once(notebook):
    """More readers than connections wait their turn."""
    await notebook.write(note("one"))
    assert set(await asyncio.gather(*(notebook.read(count) for _ in range(100)))) == {1}


async def test_a_query_reports_its_own_mistake(notebook):
    """A wrong statement is the caller's error, not an unavailable store."""
    with pytest.raises(DBAPIError):
        await notebook.read(lambda tx: tx.execute(text("SELECT nonsense FROM nowhere")))
    with pytest.raises(DBAPIError):
        await notebook.write(lambda tx: tx.execute(text("SELECT nonsense FROM nowhere")))
    await notebook.ping()


async def test_a_read_only_store_refuses_units_and_needs_no_lock(notebook, database_url):
    """The command line looks beside a running hub."""
    await notebook.write(note("seen"))
    beside = open_store(database_url, read_only=True)
    assert await beside.read(all_notes) == ["seen"]
    with pytest.raises(StoreUnavailable, match="reading only"):
        await beside.write(note("no"))
    await beside.ping()
    await beside.close()


@pytest.mark.parametrize("url", ["", "mysql://u:pw@h/d", "sqlite://", "sqlite:///:memory:", "hub.db"])
def test_another_kind_of_url_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="database URL must") as refusal:
        open_store(url)
    assert "pw" not in str(refusal.value)
