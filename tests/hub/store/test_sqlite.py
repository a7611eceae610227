import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.store import StoreUnavailable, open_store
from tests.hub.store.notes import all_notes, count, note, prepare


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "hub.db"


@pytest.fixture
async def store(path):
    store = open_store(f"sqlite:///{path}")
    await store.write(prepare)
    yield store
    await store.close()


async def test_the_file_is_made_for_its_owner_alone(store, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_commits_are_synced_to_the_disk(store):
    """WAL with synchronous FULL and foreign keys, on the writing connection."""
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    values = await store.write(lambda tx: [tx.execute(text(f"PRAGMA {name}")).scalar() for name in pragmas])
    assert values == ["wal", 2, 1]


async def test_a_second_writer_is_refused_with_advice(store, path):
    """It learns which file, who holds it, and that `hub serve` includes the worker."""
    with pytest.raises(StoreUnavailable) as refusal:
        open_store(f"sqlite:///{path}")
    for fact in (str(path), f"{path}.lock", str(os.getpid()), "`hub serve` includes the worker"):
        assert fact in str(refusal.value)


async def test_a_dead_process_holds_no_lock(path):
    """A killed writer's lock is free at once; a live one's is not."""
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"import time; from hub.store import open_store; s = open_store('sqlite:///{path}');"
        "print('open', flush=True); time.sleep(60)",
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    await holder.stdout.readline()
    with pytest.raises(StoreUnavailable, match=str(holder.pid)):
        open_store(f"sqlite:///{path}")
    holder.send_signal(signal.SIGKILL)
    await holder.wait()
    store = open_store(f"sqlite:///{path}")
    await store.write(prepare)
    await store.close()


async def test_a_full_disk_is_told_to_every_caller_and_passes(store):
    """Every unit of the batch is refused and none kept; with room again the same store goes on."""
    await store.write(note("kept"))

    def fill(tx):
        tx.execute(text("PRAGMA max_page_count = 1"))
        note("x" * 200_000)(tx)

    outcomes = await asyncio.gather(
        store.write(note("a")), store.write(fill), store.write(note("b")), return_exceptions=True
    )
    faults = [outcome for outcome in outcomes if isinstance(outcome, StoreUnavailable)]
    assert faults
    assert len(set(map(id, faults))) == len(faults)
    assert all("disk is full" in str(fault) and not fault.maybe_committed for fault in faults)
    kept = await store.read(all_notes)
    assert kept == ["kept", *(outcome for outcome in outcomes if isinstance(outcome, str))]
    assert await store.write(note("room again")) == "room again"


async def test_a_swallowed_full_disk_is_never_answered_as_kept(store):
    def swallow(tx):
        note("lost")(tx)
        tx.execute(text("PRAGMA max_page_count = 1"))
        try:
            note("x" * 200_000)(tx)
        except Exception:  # noqa: BLE001 — the mistake under test
            return "went on"

    with pytest.raises(StoreUnavailable, match="disk is full"):
        await store.write(swallow)
    assert await store.read(count) == 0
    await store.write(note("goes on"))


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of one megabyte."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


async def test_a_disk_that_is_really_full(tiny_disk):
    """Units are refused while the disk is full; what was answered is there; it goes on once there is room."""
    store = open_store(f"sqlite:///{tiny_disk}/hub.db")
    await store.write(prepare)
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(bytes(600_000))
    answered = []
    fault = None
    while fault is None:
        try:
            answered.append(await store.write(note(f"{len(answered)} {'x' * 10_000}")))
        except StoreUnavailable as refusal:
            fault = refusal
    assert not fault.maybe_committed
    assert await store.read(all_notes) == answered
    with pytest.raises(StoreUnavailable):
        await store.write(note("y" * 50_000))
    ballast.unlink()
    answered.append(await store.write(note("room again")))
    assert await store.read(all_notes) == answered
    await store.close()


FAILING_DISK = """
import asyncio, json, resource, sys
from hub.store import StoreUnavailable, open_store
from tests.hub.store.notes import note, prepare, all_notes

async def main(url):
    store = open_store(url)
    await store.write(prepare)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, -1))
    answered, faults = [], 0
    for number in range(40):
        try:
            answered.append(await store.write(note(f"{number} {'x' * 10_000}")))
        except StoreUnavailable:
            faults += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
    answered.append(await store.write(note("well again")))
    await store.close()
    print(json.dumps([answered, faults]))

asyncio.run(main(sys.argv[1]))
"""


async def test_a_disk_that_fails(path):
    """I/O errors in the middle of commits lose nothing that was answered, in this process or the next."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FAILING_DISK, f"sqlite:///{path}", stdout=subprocess.PIPE
    )
    printed, _ = await child.communicate()
    answered, faults = json.loads(printed)
    assert faults > 0
    store = open_store(f"sqlite:///{path}")
    kept = await store.read(all_notes)
    await store.close()
    assert set(answered) <= set(kept)


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_vanished_file_is_noticed(store, path, replaced):
    """A deleted database still takes writes, into nothing: the store refuses, and takes it back when it returns."""
    await store.write(note("kept"))
    hidden = path.rename(path.with_suffix(".hidden"))
    if replaced:
        path.touch()
    for use in (store.write(note("lost")), store.read(count), store.ping()):
        with pytest.raises(StoreUnavailable, match="replaced" if replaced else "vanished"):
            await use
    hidden.rename(path)
    await store.write(note("back"))
    assert await store.read(all_notes) == ["kept", "back"]
    await store.ping()


async def test_a_file_that_is_no_database_is_unavailable(path):
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 500)
    store = open_store(f"sqlite:///{path}")
    for use in (store.write(prepare), store.read(count)):
        with pytest.raises(StoreUnavailable, match="not a database"):
            await use
    await store.close()


def test_a_place_that_cannot_be_written_is_unavailable():
    with pytest.raises(StoreUnavailable, match="cannot open"):
        open_store("sqlite:////proc/nowhere/hub.db")


def test_looking_at_a_missing_file_makes_none(tmp_path: Path):
    with pytest.raises(StoreUnavailable, match="cannot open"):
        open_store(f"sqlite:///{tmp_path}/none.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


async def test_a_lock_held_from_outside_is_unavailable(store, path, monkeypatch):
    """A stranger with the write lock (a backup tool, a shell) makes the hub refuse, not hang."""
    import sqlite3

    await store.write(lambda tx: tx.connection.dbapi_connection.execute("PRAGMA busy_timeout = 50"))
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.write(note("lost"))
    stranger.execute("ROLLBACK")
    stranger.close()
    await store.write(note("free again"))
