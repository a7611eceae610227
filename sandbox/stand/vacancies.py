"""Ports that stay free until they are opened, and while they are closed: the kernel gives them to nobody by itself."""

import random
import socket
from contextlib import ExitStack
from pathlib import Path

HOST = "127.0.0.1"
_FIRST, _LAST = 10_000, 65_535
"""Below are the ports that programs are known by."""
_LOWEST_GIVEN = 32_768
_GIVEN = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES = 1000


def lasting() -> range:
    """Ports outside the range that the kernel gives from, to outgoing connections and to whoever asks for any port."""
    lowest, highest = _given()
    return max(range(_FIRST, lowest), range(highest + 1, _LAST + 1), key=len) or range(_FIRST, _LAST + 1)


def vacancy(count: int) -> int:
    """The first of so many ports in a row that nobody has now. Raises: OSError, if none are found."""
    among = lasting()
    for _ in range(_TRIES):
        first = random.randrange(among.start, among.stop - count)
        if vacant(first, count):
            return first
    raise OSError(f"there are no {count} free ports in a row from {among.start} to {among.stop - 1}")


def vacant(first: int, count: int) -> bool:
    """Whether nobody has any of so many ports in a row; whoever opens one meanwhile does not notice the question."""
    with ExitStack() as held:
        try:
            for number in range(first, first + count):
                sock = held.enter_context(socket.socket())
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((HOST, number))
        except OSError:
            return False
    return True


def _given() -> tuple[int, int]:
    try:
        lowest, highest = map(int, _GIVEN.read_text().split())
    except (OSError, ValueError):  # no Linux
        return _LOWEST_GIVEN, _LAST
    return lowest, highest
