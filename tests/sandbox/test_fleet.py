"""All simulators at once: ports, credentials, and a clean end."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.stand import fleet, notify
from tests import ports
from tests.sandbox.ceb import CITIES, Client
from tests.sandbox.conftest import Prepared
from tests.sandbox.wire import refused, until


def test_providers() -> None:
    """What lies in the folder is found."""
    assert {"ceb_channel", "reloadly_utilities"} <= set(fleet.providers())


def test_prepare_keeps_what_exists(prepared: Prepared) -> None:
    """Credentials are made once, and only their owner may read them."""
    file = prepared("ceb_channel") / "credentials.json"
    before = file.read_bytes()
    fleet.prepare(file.parents[1], ["ceb_channel"])
    assert file.read_bytes() == before
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_register(prepared: Prepared) -> None:
    """A URL is registered without the simulator running, with those alone that take one."""
    taken, not_taken = prepared("tremendous"), prepared("ceb_channel")
    for folder in (taken, not_taken):
        fleet.register(folder.parent, folder.name, "https://hub.example/callbacks")
    assert notify.registered(taken) == "https://hub.example/callbacks"
    assert notify.registered(not_taken) == ""
    with pytest.raises(ValueError, match="http"):
        fleet.register(taken.parent, taken.name, "hub.example")


def test_ports_are_kept(own: Callable[..., tuple[fleet.Fleet, Path]]) -> None:
    """A second start takes the ports of the first."""
    first, _ = own("reloadly_utilities")
    stand = first.stands["reloadly_utilities"]
    first.stop()
    assert refused(stand.door)
    second, _ = own("reloadly_utilities")
    again = second.stands["reloadly_utilities"]
    assert (again.door, again.protocol) == (stand.door, stand.protocol)


def test_first_port(prepared: Prepared, tmp_path: Path) -> None:
    """Given a first port, the door has it and the protocol port is next to it."""
    (tmp_path / "reloadly_utilities").symlink_to(prepared("reloadly_utilities"))
    number = ports.take(2)
    with fleet.start(tmp_path, number, names=["reloadly_utilities"]) as running:
        stand = running.stands["reloadly_utilities"]
        assert (stand.door, stand.protocol) == (f"http://127.0.0.1:{number}", f"http://127.0.0.1:{number + 1}")


@pytest.mark.parametrize("which", ["--port", "--protocol-port"])
def test_busy_port(prepared: Prepared, which: str) -> None:
    """A port that somebody has is one clear line and exit status 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        done = subprocess.run(
            [
                sys.executable, "-m", "sandbox.providers.ceb_channel",
                "--var", str(prepared("ceb_channel")), which, str(number),
            ],
            capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert str(number) in done.stderr


def test_busy_port_of_a_fleet(prepared: Prepared, tmp_path: Path) -> None:
    """A fleet that cannot open says why and leaves nothing running."""
    (tmp_path / "reloadly_utilities").symlink_to(prepared("reloadly_utilities"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(fleet.NotStarted, match=str(number)):
            fleet.start(tmp_path, number, names=["reloadly_utilities"])


def test_unprepared(tmp_path: Path) -> None:
    """Without credentials a simulator says how to make them."""
    with pytest.raises(fleet.NotStarted, match="--prepare"):
        fleet.start(tmp_path, names=["ceb_channel"])


def test_unknown_setting(tmp_path: Path) -> None:
    """A setting that no simulator has is refused before anything starts."""
    with pytest.raises(TypeError, match="speed"):
        fleet.start(tmp_path, speed=3)


def test_sigterm(own: Callable[..., tuple[fleet.Fleet, Path]]) -> None:
    """SIGTERM ends a simulator cleanly, even while a client hangs on it."""
    running, folder = own("ceb_channel")
    client = Client(running.stands["ceb_channel"], folder)
    client.door.fault("hang-before", CITIES)
    client.hear(CITIES, {}, patience=0.2)
    process = running._processes["ceb_channel"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert (folder / "stderr.log").read_text() == ""


def test_leaves_with_its_parent(own: Callable[..., tuple[fleet.Fleet, Path]]) -> None:
    """A simulator of a fleet ends when whoever started it is gone."""
    running, _ = own("reloadly_utilities")
    process = running._processes["reloadly_utilities"]
    assert process.stdin is not None
    os.close(os.dup(process.stdin.fileno()))
    assert process.poll() is None
    process.stdin.close()
    until(lambda: process.poll() == 0)
