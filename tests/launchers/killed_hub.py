"""`hub serve`, killing itself: `python -m tests.launchers.killed_hub serve --env-file FILE`.

`KILL_AT=point:n` in the environment says where: at the nth visit of a crash point of the writer. `KILL_NOTE` names
the file to which it appends that word before it dies.
"""

import os
import signal
import sys
from pathlib import Path

from hub.cli import run_hub
from hub.settings import from_environment
from hub.store import Hooks


class Killer:
    """Ends the process, without a goodbye, at the nth visit of one crash point."""

    def __init__(self, where: str, note: Path) -> None:
        point, _, visits = where.partition(":")
        self._point = point
        self._left = int(visits)
        self._last_words = f"{where}\n"
        self._note = note

    def at(self, point: str) -> None:
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            with self._note.open("a") as note:
                note.write(self._last_words)
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    killer = Killer(os.environ["KILL_AT"], Path(os.environ["KILL_NOTE"]))
    run_hub(from_environment(Path(sys.argv[sys.argv.index("--env-file") + 1])), hooks=Hooks(killer.at))
