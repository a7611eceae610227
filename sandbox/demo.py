"""The demo: hub, simulated partners and a guided tour on one machine. With `hub/cli.py`, the only place that knows all.

Everything lies under one folder (`var/demo`): settings, keys, the hub's database, the partners' ledgers. A second
start continues with it.
"""

import asyncio
import base64
import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from rich.console import Console

from connectors.kit import registry
from connectors.kit.registry import Connector
from hub.clock import utc_now
from hub.consents.consents import Consents
from hub.identity.clients import add_client
from hub.identity.guard import Caller
from hub.identity.rows import find_client
from hub.partners.accounts import set_account
from hub.server import listen
from hub.settings import SettingError
from hub.store import Connection, Sealer, open_store
from hub.store.schema import upgrade
from hub.tenants import banks
from hub.tenants import rows as tenants
from hub.tenants.data_keys import DataKeys
from sandbox.bank import make_key, public_jwks
from sandbox.customers import customers
from sandbox.stand import fleet
from sandbox.stand.fleet import Fleet
from sandbox.stand.vacancies import HOST, vacancy
from sandbox.tour.walk import Tour, scenarios
from schemas.scenarios import operations

BANK, CLIENT = "demo-bank", "demo-app"
DEFAULT_PORT = 8080
_LAST_PORT = 65535
OPENING_SECONDS = 30.0
LEAVE = (signal.SIGTERM, signal.SIGINT)
HUB = ("-m", "hub")
"""What Python is told to run; benchmarks and tests have launchers of their own."""


class Process(Protocol):
    """A program that runs: as much of `subprocess.Popen` as is asked for here."""

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def kill(self) -> None: ...


P = TypeVar("P", bound=Process)

console = Console()

ENVIRONMENT = {
    "HUB_HOST": HOST,
    "HUB_PARTNER_PATIENCE": "2s",
    "HUB_ORDER_WAIT": "10s",
    "HUB_QUERY_WAIT": "8s",
    "HUB_QUERY_LIMIT": "30s",
    "HUB_ENQUIRY_SCHEDULE": "1s,1s,2s,3s,5s",
    "HUB_LOG_LEVEL": "warning",
}
"""Schedules and time-outs, shortened so that a visitor need not wait; everything else is as in production."""


@dataclass(frozen=True)
class Place:
    """Where a demo keeps its things."""

    var: Path

    @property
    def settings(self) -> Path:
        return self.var / "hub.env"

    @property
    def bank(self) -> Path:
        return self.var / "bank.json"

    @property
    def partners(self) -> Path:
        return self.var / "partners"

    @property
    def log(self) -> Path:
        return self.var / "hub.log"


def run_sandbox(var: Path, port: int) -> None:
    """The simulated partners alone, until a signal."""
    _insist_on_room(port)
    signal.signal(signal.SIGTERM, _leave)
    place = Place(var.resolve())
    fleet.prepare(place.partners)
    with fleet.start(place.partners, port) as running:
        for name, stand in running.stands.items():
            line = f"[bold]{name}[/] {stand.door}/_sandbox/  (protocol: {stand.protocol})"
            console.print(line, highlight=False, soft_wrap=True)
        if place.bank.exists() and _doors(running) != json.loads(place.bank.read_text())["partners"]:
            console.print(
                f"[yellow]{place.bank} and the hub's accounts name other ports[/]; `hub demo --prepare` mends that"
            )
        _until_signalled(lambda: console.print("the simulated partners are open (stop with Ctrl-C)"))


def run_demo(var: Path, port: int | None, *, prepare_only: bool, once: bool, scenario: str | None) -> int:
    """Prepares, and unless that is all, runs the hub, the partners and the tour. Returns the exit status."""
    if scenario not in (None, *scenarios()):
        raise SettingError(f"--scenario {scenario}: there is none of that name; there are: {', '.join(scenarios())}")
    _insist_on_room(port or 0)
    signal.signal(signal.SIGTERM, _leave)
    place = Place(var.resolve())
    with console.status("making keys, a bank, its client and accounts …"):
        bank = prepare(place, port)
    if prepare_only:
        console.print(f"prepared: {place.settings} and {place.bank}; now run, each in a terminal of its own:")
        console.print(f"  hub sandbox --var {var}", highlight=False, soft_wrap=True)
        console.print(f"  hub serve --env-file {place.settings}", highlight=False, soft_wrap=True)
        return 0
    with fleet.start(place.partners) as running, hub_process(place, bank["base_url"]):
        failed = Tour(bank, running.stands, place.settings, console, scenario).walk()
        if once or failed:
            return 1 if failed else 0
        _until_signalled(lambda: _tell_addresses(bank, running))
    return 0


def _insist_on_room(port: int) -> None:
    """Room for the hub and two ports of each partner, one after another. Raises: SettingError."""
    last = _LAST_PORT - 2 * len(fleet.providers())
    if port not in range(last + 1):
        raise SettingError(f"--port {port}: name one from 0 to {last}; the partners take two each, one after another")


def prepare(
    place: Place, port: int | None, partners: Sequence[str] | None = None, **environment: str
) -> dict[str, Any]:
    """Makes whatever is missing, and returns what a bank's program needs to know (`bank.json`).

    `partners` are all of them where none are named; `environment` stands in for the demo's own settings, HUB_… and all.
    """
    place.var.mkdir(parents=True, exist_ok=True)
    known = _read_settings(place)
    names = list(partners or fleet.providers())
    fleet.prepare(place.partners, names)
    hub_port, doors = _ports(place, known, port, names)
    settings = _settings(place, known, hub_port) | environment
    _write_private(place.settings, "".join(f"{name}={value}\n" for name, value in settings.items()))
    upgrade(settings["HUB_DATABASE_URL"])
    bank = json.loads(place.bank.read_text()) if place.bank.exists() else {"private_jwk": make_key()}
    bank = _enrol(settings, bank, place, doors) | {
        "base_url": settings["HUB_PUBLIC_URL"],
        "issuer": settings["HUB_PUBLIC_URL"],
        "token_endpoint": settings["HUB_PUBLIC_URL"] + "/oauth/token",
        "token_binding": "bearer",
        "partners": {name: f"http://{HOST}:{door}" for name, (door, _) in doors.items()},
    }
    _write_private(place.bank, json.dumps(bank, indent=1) + "\n")
    return bank


def _settings(place: Place, known: dict[str, str], port: int) -> dict[str, str]:
    return {
        **ENVIRONMENT,
        "HUB_DATABASE_URL": f"sqlite:///{place.var / 'hub.db'}",
        "HUB_CHECKPOINT_FILE": str(place.var / "checkpoints.txt"),
        "HUB_PORT": str(port),
        "HUB_PUBLIC_URL": f"http://{HOST}:{port}",
        "HUB_MASTER_KEY": known.get("HUB_MASTER_KEY") or base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def _read_settings(place: Place) -> dict[str, str]:
    if not place.settings.exists():
        return {}
    return dict(line.split("=", 1) for line in place.settings.read_text().splitlines() if "=" in line)


def _ports(
    place: Place, known: dict[str, str], port: int | None, names: list[str]
) -> tuple[int, dict[str, tuple[int, int]]]:
    """The hub's port and each simulator's two: as asked for, as they were, or free ones."""
    standing = fleet.known_ports(place.partners)
    if port is None and known and standing.keys() >= set(names):
        return int(known["HUB_PORT"]), {name: standing[name] for name in names}
    first = DEFAULT_PORT if port is None else port or vacancy(1 + 2 * len(names))
    doors = {name: (first + 1 + 2 * index, first + 2 + 2 * index) for index, name in enumerate(names)}
    fleet.keep_ports(place.partners, doors)
    return first, doors


def _enrol(
    settings: dict[str, str], bank: dict[str, Any], place: Place, doors: dict[str, tuple[int, int]]
) -> dict[str, Any]:
    """The bank, its client, accounts and customers in the hub's store, made or brought up to date."""
    sealer = Sealer(base64.b64decode(settings["HUB_MASTER_KEY"]))
    scopes = sorted({operation.scope for operation in operations() if operation.path})
    found = registry.find()

    def unit(tx: Connection) -> dict[str, Any]:
        now = utc_now()
        standing = tenants.find_by_name(tx, BANK) or banks.add(tx, sealer, BANK, now=now)
        for name, (_, protocol) in doors.items():
            raw = account_settings(place, found[name], f"http://{HOST}:{protocol}")
            account_id = set_account(tx, sealer, found[name], standing.tenant_id, raw, now)
            fleet.register(place.partners, name, f"{settings['HUB_PUBLIC_URL']}/callbacks/{name}/{account_id}")
        client_id = bank.get("client_id")
        if client_id is None or find_client(tx, client_id) is None:
            jwks = public_jwks(bank["private_jwk"])
            client_id = add_client(tx, standing.tenant_id, CLIENT, scopes, jwks, now=now).client_id
        return {**bank, "client_id": client_id, "scopes": scopes, "tenant": standing.tenant_id}

    async def write() -> dict[str, Any]:
        store = open_store(settings["HUB_DATABASE_URL"])
        try:
            enrolled = await store.write(unit)
            tenant = enrolled.pop("tenant")
            caller = Caller(tenant, enrolled["client_id"], frozenset(scopes), token_id="", expires_at=utc_now())
            consents = Consents(store, DataKeys(store, sealer), utc_now)
            return {**enrolled, "customers": await customers(consents, caller, bank.get("customers", []))}
        finally:
            await store.close()

    return asyncio.run(write())


def account_settings(place: Place, connector: Connector, protocol: str) -> bytes:
    """What the partner handed out, and where it is reached: what an operator would put into the account's file."""
    credentials = json.loads((place.partners / connector.manifest.name / "credentials.json").read_text())
    wanted = {field.name for field in msgspec.structs.fields(connector.partner.account)}
    known = {"base_url": protocol, "auth_url": protocol, "user_id": "demo-bank-counter"}
    return msgspec.json.encode(credentials | {name: known[name] for name in wanted & known.keys()})


@contextmanager
def hub_process(place: Place, base_url: str, launcher: Sequence[str] = HUB) -> Iterator[None]:
    """The hub in a process of its own, until the context ends. Raises: SettingError where it does not start."""
    with console.status("starting the hub …"):
        process = start_hub(place, base_url, partial(python, launcher))
    try:
        yield
    finally:
        stop_hub(process)


def start_hub(place: Place, base_url: str, start: Callable[[Sequence[str], Path], P]) -> P:
    """A serving hub, ready for requests, as `start` made it of a command's words and of the log's place.

    Raises: SettingError where it does not start.
    """
    listen(HOST, int(base_url.rsplit(":", 1)[1])).close()
    process: P | None = None
    try:
        with _unhurried():
            process = start(["serve", "--env-file", str(place.settings)], place.log)
        _wait_until_ready(process, base_url, place)
    except BaseException:  # whoever is told to leave meanwhile leaves no hub behind
        if process is not None:
            stop_hub(process)
        raise
    return process


@contextmanager
def _unhurried() -> Iterator[None]:
    """A signal that comes inside is minded at the end: a process that is being started would be nobody's to stop."""
    if threading.current_thread() is not threading.main_thread():  # signals are none of its business
        yield
        return
    heard: list[int] = []
    before = {number: signal.signal(number, lambda came, _: heard.append(came)) for number in LEAVE}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if heard:
            signal.raise_signal(heard[0])


def python(launcher: Sequence[str], words: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    """A program in a process of its own; what it says goes to the end of the log."""
    with log.open("ab") as said:
        return subprocess.Popen([sys.executable, *launcher, *words], stdout=said, stderr=said)  # noqa: S603 - our own


def stop_hub(process: Process) -> None:
    """SIGTERM, and SIGKILL for one that does not drain in time."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_ready(process: Process, base_url: str, place: Place) -> None:
    port = int(base_url.rsplit(":", 1)[1])
    deadline = time.monotonic() + OPENING_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if _lives(port):
            return
        time.sleep(0.05)
    lines = place.log.read_text("utf-8", "replace").strip().splitlines()
    raise SettingError(f"the hub did not start: {lines[-1] if lines else 'it said nothing'} (see {place.log})")


def _lives(port: int) -> bool:
    """Whether the hub answers: its port is open a while before, and also when its start then fails."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _doors(running: Fleet) -> dict[str, str]:
    return {name: stand.door for name, stand in running.stands.items()}


def _tell_addresses(bank: dict[str, Any], running: Fleet) -> None:
    base = bank["base_url"]
    console.print()
    console.print(f"[bold]The hub[/]               {base}", highlight=False)
    console.print(f"[bold]API documentation[/]     {base}/docs", highlight=False)
    for name, stand in running.stands.items():
        console.print(f"[bold]{name:<21}[/] {stand.door}/_sandbox/", highlight=False)
    console.print("Stop with Ctrl-C; the next start continues with the same data.")


def _leave(*_: object) -> None:
    """As Ctrl-C does: whatever was started is stopped on the way out."""
    raise SystemExit(128 + signal.SIGTERM)


def _until_signalled(tell: Callable[[], None]) -> None:
    """Tells that it is up once a signal cannot come too early any more, and waits for one."""
    heard, told = os.pipe()
    for number in LEAVE:
        signal.signal(number, lambda *_: os.write(told, b"."))
    tell()
    os.read(heard, 1)


def _write_private(path: Path, text: str) -> None:
    """Written whole or not at all, and readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
