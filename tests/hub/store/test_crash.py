import asyncio
import random
import signal
import subprocess
import sys

import pytest

from hub.store import CRASH_POINTS, open_store
from tests.hub.store.notes import all_notes, note


def _kill(url: str, point: str, nth: int) -> set[int]:
    """Run a writer until it kills itself; what it had answered."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.hub.store.kill_writer", url, point, str(nth)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    return {int(line) for line in ended.stdout.split()}


@pytest.mark.parametrize("point", CRASH_POINTS)
async def test_a_killed_writer_loses_nothing_that_was_answered(database_url, point):
    """Whatever point the process dies at: answered units are there, and no unit is there by half."""
    nth = random.Random(point).randint(3, 30)  # noqa: S311 — a seed, so that a failure comes again
    answered = await asyncio.to_thread(_kill, database_url, point, nth)
    store = open_store(database_url)
    kept = set(await store.read(all_notes))
    firsts = {int(text.split()[0]) for text in kept if text.endswith("first")}
    seconds = {int(text.split()[0]) for text in kept if text.endswith("second")}
    assert answered <= firsts == seconds
    if point in {"after-commit", "before-answer"}:
        assert len(firsts) > len(answered)
    await store.write(note("the next process goes on"))
    await store.close()
