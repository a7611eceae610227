"""A hub that dies between storing a callback and applying it: `python -m tests.hub.events.killed_between serve …`."""

import os
import signal
from datetime import timedelta

from hub.cli import main
from hub.events import callbacks


async def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    callbacks.Callbacks._apply = die
    callbacks.UNAPPLIED_AFTER = timedelta(seconds=1)
    main()
