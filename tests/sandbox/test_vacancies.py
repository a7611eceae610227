"""Ports for what is opened later."""

import socket
import subprocess
import sys

from sandbox.stand.vacancies import HOST, lasting, vacancy, vacant
from tests import ports
from tests.sandbox.wire import refused


def test_outside_of_what_the_kernel_gives() -> None:
    """Whoever asks the kernel for any port is given another one."""
    with socket.create_server((HOST, 0)) as given:
        assert given.getsockname()[1] not in lasting()
    assert vacancy(3) in lasting()


def test_taken() -> None:
    """One port that somebody has spoils the row."""
    first = ports.take(3)
    assert vacant(first, 3)
    with socket.create_server((HOST, first + 2)):
        assert vacant(first, 2)
        assert not vacant(first, 3)


def test_asking_does_not_show() -> None:
    """While it is asked whether a port is vacant, nobody can connect to it, and who wants it can open it."""
    port = ports.take()
    with socket.socket() as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        asking.bind((HOST, port))
        assert refused(f"http://{HOST}:{port}")
        socket.create_server((HOST, port)).close()


def test_to_each_process_its_own() -> None:
    """Another process of the tests is never given a port that this one was given, open or not."""
    ours = {ports.take(40), ports.take(40), ports.take(40), ports.take(40)}
    words = "from tests import ports; print(*(ports.take(40) for _ in range(4)))"
    others = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout.split()
    assert len(ours) == len(others) == 4
    assert all(abs(one - int(other)) >= 40 for one in ours for other in others)
