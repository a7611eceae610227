"""Every simulated partner at once, each in a process of its own, as `hub sandbox` starts them."""

import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sandbox.providers
from sandbox.stand import notify
from sandbox.stand.partner import Provider
from sandbox.stand.settings import to_flags

_OPENING_SECONDS = 20.0
_LEAVING_SECONDS = 5.0
_PORTS = "ports.json"
_ROOT = Path(sandbox.providers.__path__[0]).parents[1]


class NotStarted(Exception):
    """A simulator did not open; the message is its own last words."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a running simulator is found. Connectors are given `protocol`, testers `door`."""

    door: str
    protocol: str
    pid: int


def providers() -> list[str]:
    """Names of all simulated partners: what lies in `sandbox/providers/`."""
    return sorted(module.name for module in pkgutil.iter_modules(sandbox.providers.__path__))


def prepare(var: Path, names: list[str] | None = None) -> None:
    """Makes `var/<name>/credentials.json` where there is none yet.

    Raises: NotStarted.
    """
    for name in names or providers():
        try:
            _provider(name).prepare(var / name)
        except OSError as error:
            raise NotStarted(f"{name}: {error.strerror or error}") from error


def register(var: Path, name: str, url: str) -> None:
    """The URL that a prepared simulator calls back, running or not; one that takes none is left alone.

    Raises: ValueError, for what is neither an http or https URL nor empty.
    """
    if _provider(name).notified:
        notify.register(var / name, url)


class Fleet:
    """Running simulators by name; leaving the context stops them, and so does the end of this process."""

    def __init__(self, var: Path) -> None:
        self.stands: dict[str, Stand] = {}
        self._var = var
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def add(self, name: str, door: int, protocol: int, flags: list[str]) -> None:
        folder = self._var / name
        command = [*_command(name), "--attached", "--var", str(folder), "--port", str(door)]
        with (folder / "stderr.log").open("wb") as errors:
            self._processes[name] = subprocess.Popen(  # noqa: S603 - our own module
                [*command, "--protocol-port", str(protocol), *flags],
                cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def wait_until_open(self) -> None:
        """Raises: NotStarted."""
        deadline = time.monotonic() + _OPENING_SECONDS
        for name, process in self._processes.items():
            line = _first_line(process, deadline)
            if not line:
                raise NotStarted(_last_words(self._var / name / "stderr.log") or f"{name}: did not open in time")
            address = json.loads(line)
            self.stands[name] = Stand(address["door"], address["protocol"], address["pid"])

    def kill(self, name: str) -> None:
        """SIGKILL, for whoever wants to see what a dead partner leaves behind."""
        self._processes[name].send_signal(signal.SIGKILL)
        self._processes[name].wait()

    def stop(self) -> None:
        """SIGTERM to all, a bounded wait, then SIGKILL to whoever is left."""
        for process in self._processes.values():
            process.terminate()
        deadline = time.monotonic() + _LEAVING_SECONDS
        for process in self._processes.values():
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        self._processes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(var: Path, first_port: int = 0, names: list[str] | None = None, **settings: Any) -> Fleet:
    """Opens the simulators; doors at `first_port`, +2, …, each protocol port next to its door.

    With 0 the ports of the last start are taken again, or free ones the first time.

    Raises: NotStarted, if one does not open. TypeError, if there is no such setting.
    """
    flags = to_flags(settings)
    known = known_ports(var)
    fleet = Fleet(var)
    try:
        for index, name in enumerate(names or providers()):
            (var / name).mkdir(parents=True, exist_ok=True)
            door, protocol = known.get(name, (0, 0))
            if first_port:
                door, protocol = first_port + 2 * index, first_port + 2 * index + 1
            fleet.add(name, door, protocol, flags)
        fleet.wait_until_open()
    except BaseException:  # whoever is told to leave meanwhile leaves nobody behind
        fleet.stop()
        raise
    keep_ports(var, {name: (_port(stand.door), _port(stand.protocol)) for name, stand in fleet.stands.items()})
    return fleet


def _provider(name: str) -> Provider:
    provider: Provider = importlib.import_module(f"sandbox.providers.{name}.__main__").PROVIDER
    return provider


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", f"sandbox.providers.{name}"]


def _first_line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """One line from a process, or nothing if it ends or takes too long."""
    if process.stdout is None:
        return b""
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(deadline - time.monotonic(), 0))
        part = os.read(process.stdout.fileno(), 4096) if ready else b""
        if not part:
            return b""
        line += part
    return line


def _last_words(log: Path) -> str:
    lines = log.read_text().strip().splitlines()
    return lines[-1] if lines else ""


def known_ports(var: Path) -> dict[str, tuple[int, int]]:
    """Door and protocol port of each simulator at its last start, or as `keep_ports` set them."""
    try:
        return {name: (door, protocol) for name, (door, protocol) in json.loads((var / _PORTS).read_text()).items()}
    except FileNotFoundError:
        return {}


def keep_ports(var: Path, ports: dict[str, tuple[int, int]]) -> None:
    """Sets the ports of the next start."""
    fresh = var / f"{_PORTS}.new"
    fresh.write_text(json.dumps({**known_ports(var), **ports}, indent=1) + "\n")
    fresh.replace(var / _PORTS)


def _port(base_url: str) -> int:
    return int(base_url.rsplit(":", 1)[1])
