"""Ports for whatever is opened later, or closed and opened again: nobody else is given them.

A port that was free a moment ago is taken by whoever asks the kernel for any: another worker's hub, simulator or
listener. So a process of the tests has blocks of its own, outside the range that the kernel gives from, and hands out
each port once: what is sent to somebody who has left reaches nobody.
"""

import socket
from functools import cache
from pathlib import Path

from sandbox.stand import fleet
from sandbox.stand.vacancies import HOST, lasting, vacant

BLOCK = 128


class Ports:
    """Blocks of one process: it listens on the first port of each, for as long as it lives."""

    def __init__(self) -> None:
        self._left = range(0)

    def take(self, count: int) -> int:
        """The first of so many in a row."""
        assert count < BLOCK
        while True:
            if len(self._left) < count:
                self._left = self._block()
            first, self._left = self._left.start, self._left[count:]
            if vacant(first, count):
                return first

    def _block(self) -> range:
        for first in lasting()[:-BLOCK:BLOCK]:
            mark = socket.socket()
            try:
                mark.bind((HOST, first))
                mark.listen()
            except OSError:
                mark.close()
                continue
            mark.detach()  # it stays open until the process ends
            return range(first + 1, first + BLOCK)
        raise OSError("every block of ports on this machine is taken")


@cache
def _ours() -> Ports:
    return Ports()


def take(count: int = 1) -> int:
    """The first of so many ports in a row that this process alone is given, and only once."""
    return _ours().take(count)


def first(var: Path, name: str) -> int:
    """The first port for a simulator that may be opened again; 0, which is those that it has, at a second start."""
    return 0 if name in fleet.known_ports(var) else take(2)
