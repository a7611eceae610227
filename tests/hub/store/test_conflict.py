import asyncio
from datetime import UTC, datetime

from hub.store import Connection, insert_if_absent
from tests.hub.store.notes import all_notes, note, notes


def _keep(text: str):
    def unit(tx: Connection) -> bool:
        return insert_if_absent(tx, notes, {"text": text, "at": datetime.now(UTC)})

    return unit


async def test_the_first_insert_wins_and_the_rest_hear_it(notebook):
    """Of many who insert one key at once, exactly one is told that it did; nobody's transaction breaks."""
    told = await asyncio.gather(*(notebook.write(_keep("once")) for _ in range(20)), notebook.write(note("other")))
    assert sorted(told[:-1]) == [False] * 19 + [True]
    assert sorted(await notebook.read(all_notes)) == ["once", "other"]
