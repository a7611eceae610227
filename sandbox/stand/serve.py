"""Opens one simulated partner in this process: the command line of every simulator."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from sandbox.stand.book import Book
from sandbox.stand.control import ROOT, Control
from sandbox.stand.desk import Desk
from sandbox.stand.faults import Faults
from sandbox.stand.message import Reply, Request
from sandbox.stand.partner import Equipment, Provider
from sandbox.stand.port import Port
from sandbox.stand.pusher import Pusher
from sandbox.stand.refusal import Refusal
from sandbox.stand.settings import Settings, add_flags, from_flags
from sandbox.stand.visits import Visits


def run(provider: Provider, arguments: list[str] | None = None) -> int:
    """Prepares credentials, or serves until SIGTERM; the exit status."""
    flags = _parser(provider).parse_args(arguments)
    if flags.prepare:
        provider.prepare(flags.var)
        return 0
    if not provider.prepared(flags.var):
        return _fail(provider, f"no credentials in {flags.var}; make them with --prepare --var {flags.var}")
    try:
        asyncio.run(_serve(provider, flags))
    except OSError as error:
        return _fail(provider, str(error.strerror or error))
    return 0


async def _serve(provider: Provider, flags: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    if flags.attached:
        loop.add_reader(sys.stdin.fileno(), _leave_with_parent, stopped)
    ports = {"host": flags.host, "door": flags.port, "protocol": flags.protocol_port}
    simulator = Simulator(provider, flags.var, from_flags(flags), **ports)
    try:
        await simulator.open()
        print(json.dumps(simulator.address), flush=True)
        await stopped.wait()
    finally:
        await simulator.close()


class Simulator:
    """One partner with its door, its protocol port and its book."""

    def __init__(
        self, provider: Provider, var: Path, settings: Settings, *, host: str, door: int, protocol: int
    ) -> None:
        self._name = provider.name
        self._book = Book(var / "ledger.sqlite")
        self._pusher = Pusher(settings.retry_seconds)
        faults = Faults(provider.operations, callbacks=provider.callbacks)
        visits = Visits()
        partner = provider.open(Equipment(var, settings, self._book, faults, self._pusher))
        self._port = Port(host, protocol, self._answer, faults.released)
        self._door = Port(host, door, self._answer_at_door, faults.released)
        self._refusal = Refusal(self._port)
        self._desk = Desk(
            provider=provider,
            partner=partner,
            faults=faults,
            visits=visits,
            refusal=self._refusal,
            settings=settings,
        )
        self._control = Control(
            provider=provider,
            partner=partner,
            var=var,
            book=self._book,
            faults=faults,
            visits=visits,
            refusal=self._refusal,
            pusher=self._pusher,
            port=self._port,
        )

    @property
    def address(self) -> dict[str, str | int]:
        return {
            "name": self._name,
            "door": self._door.base_url,
            "protocol": self._port.base_url,
            "pid": os.getpid(),
        }

    async def open(self) -> None:
        """Raises: OSError, naming the port that somebody else has."""
        for port in (self._door, self._port):
            try:
                await port.open()
            except OSError as error:
                words = f"port {port.number} on {port.host}: {error.strerror}; name another by --port"
                raise OSError(error.errno, words) from error

    async def close(self) -> None:
        self._door.leave()
        self._port.leave()
        await self._pusher.drop()
        self._book.close()

    async def _answer(self, request: Request) -> Reply:
        return await self._desk.answer(request)

    async def _answer_at_door(self, request: Request) -> Reply:
        if request.path == ROOT or request.path.startswith(ROOT + "/"):
            return await self._control.answer(request)
        if self._refusal.seconds_left:
            return self._desk.turn_away(request)
        return await self._desk.answer(request)


def _leave_with_parent(stopped: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stopped.set()


def _parser(provider: Provider) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m sandbox.providers.{provider.name}",
        description=f"A simulated partner, shaped after {provider.shaped_after[0]}",
    )
    parser.add_argument("--var", type=Path, required=True, help="folder for keys, credentials and the ledger")
    parser.add_argument("--prepare", action="store_true", help="make keys and credentials.json in --var, and leave")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="the door: protocol and /_sandbox/ (default: a free one)")
    parser.add_argument(
        "--protocol-port", type=int, default=0, help="protocol only, closed by `refuse` (default: a free one)"
    )
    parser.add_argument("--attached", action="store_true", help="stop when standard input ends, as with its parent")
    add_flags(parser)
    return parser


def _fail(provider: Provider, message: str) -> int:
    print(f"{provider.name}: {message}", file=sys.stderr)
    return 1
