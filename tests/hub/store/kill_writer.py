"""A writing process that kills itself: `python -m tests.hub.store.kill_writer URL POINT NTH`.

It prints the number of every unit that was answered, as soon as it was. Each unit writes two notes.
"""

import asyncio
import os
import signal
import sys

from hub.store import Connection, Hooks, Store, open_store
from tests.hub.store.notes import note, prepare

CALLERS = 8
UNITS = 400


class Killer:
    """Ends the process, without a goodbye, when a crash point is passed for the nth time."""

    def __init__(self, point: str, nth: int) -> None:
        self.point = point
        self.left = nth

    def __call__(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


async def write_on(store: Store, caller: int) -> None:
    for number in range(caller, UNITS, CALLERS):
        await store.write(_pair(number))
        os.write(sys.stdout.fileno(), f"{number}\n".encode())


def _pair(number: int):
    def unit(tx: Connection) -> None:
        note(f"{number} first")(tx)
        note(f"{number} second")(tx)

    return unit


async def main(url: str, point: str, nth: int) -> None:
    first = open_store(url)
    await first.write(prepare)
    await first.close()
    store = open_store(url, hooks=Hooks(Killer(point, nth)))
    await asyncio.gather(*(write_on(store, caller) for caller in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
