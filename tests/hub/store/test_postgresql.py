import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from hub.store import StoreUnavailable, open_store, postgresql
from tests.hub.store.broken_line import BrokenLine
from tests.hub.store.notes import all_notes, count, note, prepare

PATIENCE = 0.5


@pytest.fixture
async def line(postgres_url, tmp_path_factory):
    server = parse_qs(urlsplit(postgres_url).query)["host"][0]
    line = BrokenLine(tmp_path_factory.mktemp("line"), server)
    await line.open()
    yield line
    line.flowing.set()
    await line.close()


@pytest.fixture
async def far(postgres_url, line, monkeypatch):
    """A store at the other end of the line, with little patience."""
    monkeypatch.setattr(postgresql, "COMMAND_SECONDS", PATIENCE)
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", PATIENCE)
    store = open_store(f"{postgres_url.partition('?')[0]}?host={line.folder}")
    await store.write(prepare)
    yield store
    line.flowing.set()
    await store.close()


async def test_a_vanished_server_is_unavailable_and_comes_back(far, line):
    """Nothing was committed, and callers know it; the same store goes on when the server is back."""
    await far.write(note("kept"))
    await line.close()
    for use in (far.write(note("lost")), far.read(count), far.ping()):
        with pytest.raises(StoreUnavailable) as fault:
            await use
        assert not fault.value.maybe_committed
    await line.open()
    await far.write(note("back"))
    assert await far.read(all_notes) == ["kept", "back"]
    await far.ping()


async def test_idle_connections_that_died_cost_nobody_an_answer(far, line):
    """After a restart of the server the first write and the first reads succeed."""
    await asyncio.gather(*(far.read(count) for _ in range(8)))
    line.cut()
    await asyncio.sleep(0.05)
    await far.write(note("kept"))
    assert await asyncio.gather(*(far.read(count) for _ in range(8))) == [1] * 8


async def test_a_connection_lost_during_commit_may_have_committed(far, line):
    """The server did it and its answer was lost: the fault says that nobody knows."""
    line.cut_after = b"COMMIT"
    with pytest.raises(StoreUnavailable) as fault:
        await far.write(note("who knows"))
    assert fault.value.maybe_committed
    await asyncio.sleep(0.3)  # the server is still at it
    assert await far.read(all_notes) == ["who knows"]
    await far.write(note("next"))


async def test_a_connection_lost_inside_a_unit_committed_nothing(far, line):
    line.cut_after = b"INSERT INTO notes"
    outcomes = await asyncio.gather(
        far.write(note("a")), far.write(note("b")), far.write(note("c")), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
    assert not any(outcome.maybe_committed for outcome in outcomes)
    assert await far.read(count) == 0


@pytest.mark.parametrize("work", ["write", "read"])
async def test_a_server_that_falls_silent_is_given_up(far, line, work):
    """No call hangs for ever: after the command's time the store is unavailable, and recovers."""
    await far.write(note("kept"))
    await far.read(count)
    line.flowing.clear()
    with pytest.raises(StoreUnavailable):
        await (far.write(note("lost")) if work == "write" else far.read(count))
    line.flowing.set()
    line.cut()
    assert (await far.read(all_notes))[0] == "kept"
    await far.write(note("back"))


async def test_a_terminated_backend_inside_a_unit(far, databases):
    """An administrator ends the writer's connection in mid-transaction: refused, nothing kept, then on again."""

    def terminated(tx):
        note("lost")(tx)
        own = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
        tx.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})

    with pytest.raises(StoreUnavailable) as fault:
        await far.write(terminated)
    assert not fault.value.maybe_committed
    assert await far.write(note("back")) == "back"
    assert await far.read(all_notes) == ["back"]


async def test_two_processes_that_collide_both_succeed(postgres_url):
    """A deadlock between two stores is run again, and nobody hears of it."""
    stores = [open_store(postgres_url), open_store(postgres_url)]
    await stores[0].write(prepare)
    await stores[0].write(note("x"))
    await stores[0].write(note("y"))

    def touch(first: str, second: str):
        def unit(tx):
            for name in (first, second):
                tx.execute(text("UPDATE notes SET at = at + 1 WHERE text = :name"), {"name": name})
                tx.execute(text("SELECT pg_sleep(0.2)"))

        return unit

    await asyncio.gather(stores[0].write(touch("x", "y")), stores[1].write(touch("y", "x")))
    for store in stores:
        await store.close()


async def test_a_database_that_does_not_exist_is_unavailable(postgres_url):
    store = open_store(postgres_url.replace("/hub_", "/no_"))
    for use in (store.read(count), store.write(prepare)):
        with pytest.raises(StoreUnavailable, match="does not exist"):
            await use
    await store.close()


def test_libpqs_sslmode_is_understood():
    url = postgresql._asyncpg_url("postgresql://u:p@h/d?sslmode=require&application_name=x")
    assert url.startswith("postgresql+asyncpg://u:p@h/d?")
    assert "ssl=require" in url
    assert "sslmode" not in url
