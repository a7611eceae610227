"""`python -m …` in a fork of a process that has imported the hub: importing it is most of what starting it costs.

The demo's and the command line's tests start the real thing; here only the imports are taken over.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.launchers.imported"])


class Fork:
    """A program, with a `subprocess.Popen`'s manners. It ends with this process."""

    def __init__(self, launcher: Sequence[str], words: Sequence[str], log: Path) -> None:
        """Shape: a launcher is "-m", a module and its first words; what the program says goes to the end of `log`."""
        told = [*launcher[1:], *words], dict(os.environ), log
        self._process = _forks.Process(target=_run, args=told, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if (status := self._process.exitcode) is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(words: list[str], environment: dict[str, str], log: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    sys.argv = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
