"""The demo, as a visitor starts it: `hub demo`, `hub sandbox`, and what they leave behind."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.bank import BankApp
from sandbox.demo import Place, _leave, start_hub
from sandbox.stand.fleet import providers
from sandbox.tour.walk import scenarios
from tests import ports
from tests.running import BILLS, CEB, HUB, RELOADLY, hub_command

PATIENCE = 150.0
WALK = 500.0
"""For the tour through everything, on a machine that has other things to do."""
SOME_TOUR = ("--scenario", "agri-prices")
INTERRUPTED = (130, -signal.SIGINT)
"""A shell calls both 130. CPython dies of the signal itself where it came amidst an `exec` of text, as imports do."""
UNDER_WAY = "getting a token"
"""What is said of the first stop, and there are more."""


class Session:
    """A program in a session of its own, so that whatever it starts can be found."""

    def __init__(self, words: Sequence[str]) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        self.process = subprocess.Popen(
            [sys.executable, *HUB, *words],
            env=clean | {"COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def until_it_says(self, words: str) -> str:
        until = time.monotonic() + PATIENCE
        while words not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.02)
        return self.said

    def wait(self, patience: float = PATIENCE) -> int:
        status = self.process.wait(patience)
        self._reader.join(PATIENCE)
        return status

    def interrupt(self) -> None:
        """Ctrl-C reaches every process of the terminal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def left_behind(self) -> list[str]:
        """Command lines of processes of this session that still run."""
        return [line for pid, line in self._members() if pid != self.process.pid]

    def until_nobody_is_left(self) -> None:
        """Whoever lost its parent ends by itself, once it gets a turn."""
        until = time.monotonic() + PATIENCE
        while left := self.left_behind():
            assert time.monotonic() < until, left
            time.sleep(0.05)

    def until_it_has_started(self, program: str) -> None:
        until = time.monotonic() + PATIENCE
        while not any(program in line for line in self.left_behind()):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.01)

    def end(self) -> None:
        """Whatever a failed test left."""
        for pid, _ in self._members():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def _members(self) -> Iterator[tuple[int, str]]:
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = status.read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.process.pid and fields[0] != "Z":
                    yield int(status.parent.name), (status.parent / "cmdline").read_text().replace("\0", " ")

    def _read(self) -> None:
        assert self.process.stdout is not None
        while part := self.process.stdout.readline():
            self.said += part
        self.process.stdout.close()


@contextmanager
def session(*words: str) -> Iterator[Session]:
    started = Session(words)
    try:
        yield started
    finally:
        started.end()


def bank_of(var: Path) -> dict[str, object]:
    return dict(json.loads((var / "bank.json").read_text()))


def ports_of_its_own() -> tuple[str, str]:
    """For a demo that is opened: `--port 0` finds ports that are free now, and so may another worker's demo."""
    return "--port", str(ports.take(1 + 2 * len(providers())))


def prepare(var: Path) -> None:
    prepared = hub_command("demo", "--prepare", *ports_of_its_own(), "--var", str(var))
    assert prepared.returncode == 0, prepared.stderr


@pytest.mark.timeout(WALK + PATIENCE)
def test_the_tour(tmp_path: Path) -> None:
    """`hub demo --once` walks every scenario, stop by stop, and leaves with 0."""
    with session("demo", "--once", *ports_of_its_own(), "--var", str(tmp_path)) as tour:
        assert tour.wait(WALK) == 0, tour.said
        tour.until_nobody_is_left()
    shown = re.sub(r"\s+", " ", tour.said)
    stops = re.findall(r"✓ (\d+)/(\d+) (?:\[([a-z-]+)\])?", shown)
    assert [int(number) for number, _, _ in stops] == list(range(1, int(stops[0][1]) + 1))
    assert {scenario for _, _, scenario in stops} - {""} == set(scenarios())
    assert shown.strip().endswith(f"✓ all {len(stops)} stops passed")
    for words in ("unknown → succeeded", "a decline", "a meter token", "verifying the audit", "a bill, paid"):
        assert words in shown, tour.said


@pytest.mark.timeout(WALK + PATIENCE)
def test_the_demo_continues(tmp_path: Path) -> None:
    """A second start walks with the data of the first, and stays up until Ctrl-C; one scenario can be walked alone."""
    with session("demo", "--once", *ports_of_its_own(), "--var", str(tmp_path), *SOME_TOUR) as first:
        assert first.wait(WALK) == 0, first.said
        first.until_nobody_is_left()
    assert {f"[{name}]" in first.said for name in scenarios()} == {True, False}
    before = bank_of(tmp_path)
    with session("demo", "--var", str(tmp_path), *SOME_TOUR) as second:
        assert before["base_url"] in second.until_it_says("Stop with Ctrl-C")
        assert len(second.left_behind()) == 1 + len(providers())
        second.interrupt()
        assert second.wait() == 0, second.said
        second.until_nobody_is_left()
    assert bank_of(tmp_path) == before


def test_a_scenario_that_there_is_not(tmp_path: Path) -> None:
    """`--scenario` with another name is refused at once, with those that there are."""
    refused = hub_command("demo", "--once", "--var", str(tmp_path), "--scenario", "horoscopes")
    assert refused.returncode == 2
    assert all(name in refused.stdout + refused.stderr for name in ("horoscopes", *scenarios()))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("port", ["99999", "65520", "-1"])
@pytest.mark.parametrize("command", [("demo", "--prepare"), ("sandbox",)])
def test_a_port_that_there_is_not(tmp_path: Path, command: tuple[str, ...], port: str) -> None:
    """`--port` without room for the hub and its partners is refused at once, and nothing is kept of it."""
    refused = hub_command(*command, "--var", str(tmp_path), f"--port={port}")
    assert refused.returncode == 2
    assert f"--port {port}" in refused.stdout + refused.stderr
    assert not list(tmp_path.iterdir())


def test_hub_and_partners_apart(tmp_path: Path) -> None:
    """Prepared once, `hub sandbox` and `hub serve` run by themselves; the hub is killed and the partners live on."""
    prepare(tmp_path)
    bank = bank_of(tmp_path)
    settings = str(tmp_path / "hub.env")
    with session("sandbox", "--var", str(tmp_path)) as sandbox:
        sandbox.until_it_says("the simulated partners are open")
        with session("serve", "--env-file", settings) as hub:
            hub.until_it_says("the hub serves on")
            order_id = pay(bank, key := secrets.token_hex(16))
            hub.process.kill()
            hub.wait()
        for address in dict(bank["partners"]).values():
            assert httpx.get(f"{address}/_sandbox/", trust_env=False).status_code == 200
        with session("serve", "--env-file", settings) as hub:
            hub.until_it_says("the hub serves on")
            assert pay(bank, key) == order_id
            hub.process.terminate()
            assert hub.wait() == 0
        sandbox.process.terminate()
        assert sandbox.wait() == 0
        sandbox.until_nobody_is_left()


def pay(bank: dict[str, object], key: str) -> str:
    """One order at the partner that asks for no bill."""
    app = BankApp(bank)
    try:
        page = app.get(f"{BILLS}/billers", region="NG", limit="200").raise_for_status().json()
        until = time.monotonic() + PATIENCE
        while any(source["status"] != "ok" for source in page["sources"]):  # a partner may be late
            assert time.monotonic() < until, page["sources"]
            page = app.get(f"{BILLS}/billers", region="NG", limit="200").raise_for_status().json()
        rules = ((biller, biller["rule"]) for biller in page["items"] if biller["partner"] == RELOADLY)
        biller, rule = next(each for each in rules if not each[0]["fields"] and each[1]["choices"] == [])
        body = {"biller_id": biller["biller_id"], "account": "5500112233", "amount": rule["minimum"]}
        return str(app.post(f"{BILLS}/payments", body, key).raise_for_status().json()["order_id"])
    finally:
        app.close()


def test_what_a_bank_is_told(tmp_path: Path) -> None:
    """`bank.json` has the shape that was promised to the outside, and is its owner's alone."""
    assert hub_command("demo", "--prepare", "--port", "0", "--var", str(tmp_path)).returncode == 0
    bank = bank_of(tmp_path)
    assert bank.keys() == {
        "base_url", "issuer", "token_endpoint", "client_id", "private_jwk", "scopes", "token_binding", "partners",
        "customers",
    }  # fmt: skip
    jwk = bank["private_jwk"]
    assert isinstance(jwk, dict)
    assert jwk.keys() >= {"kty", "alg", "kid", "d"}
    assert jwk["alg"] in {"PS256", "ES256", "EdDSA"}
    assert isinstance(bank["scopes"], list)
    assert {"utility-bills:read", "utility-bills:pay"} <= set(bank["scopes"])
    assert bank["token_binding"] == "bearer"
    assert isinstance(bank["partners"], dict)
    assert sorted(bank["partners"]) == providers()
    assert isinstance(bank["customers"], list)
    alone, family = bank["customers"]
    assert (alone["who"], alone["actor"], family["who"]) == ("customer", None, "family")
    assert family["actor"] == alone["person"] != family["person"]
    assert alone["consent_id"] != family["consent_id"]
    ports = [urlsplit(str(address)).port for address in (bank["base_url"], *bank["partners"].values())]
    assert len(set(ports)) == 1 + len(providers())
    for name in ("bank.json", "hub.env"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    again = hub_command("demo", "--prepare", "--var", str(tmp_path))
    assert again.returncode == 0
    assert bank_of(tmp_path) == bank


def test_ports_that_follow(tmp_path: Path) -> None:
    """With `--port` the hub is there, and the simulators come right after it."""
    port = ports.take(1 + 2 * len(providers()))
    assert hub_command("demo", "--prepare", "--port", str(port), "--var", str(tmp_path)).returncode == 0
    bank = bank_of(tmp_path)
    assert bank["base_url"] == f"http://127.0.0.1:{port}"
    doors = sorted(urlsplit(address).port for address in dict(bank["partners"]).values())
    assert doors == [port + 1 + 2 * index for index in range(len(providers()))]


@pytest.mark.parametrize("whose", ["hub", "partner"])
def test_a_busy_port_in_the_demo(tmp_path: Path, whose: str) -> None:
    """The port that is taken is named in one line, the status is not 0, and nobody is left behind."""
    prepare(tmp_path)
    bank = bank_of(tmp_path)
    address = bank["base_url"] if whose == "hub" else dict(bank["partners"])[CEB]
    port = urlsplit(str(address)).port
    with socket.create_server(("127.0.0.1", port)), session("demo", "--once", "--var", str(tmp_path)) as demo:
        assert demo.wait() == 2
        last = demo.said.strip().splitlines()[-1]
        assert last.startswith("error: ")
        assert str(port) in last
        assert "Traceback" not in demo.said
        demo.until_nobody_is_left()


def test_a_busy_port_of_the_partners(tmp_path: Path) -> None:
    """`hub sandbox --port` says which port is taken."""
    port = ports.take(2 * len(providers()))
    taken = socket.create_server(("127.0.0.1", port))
    with taken, session("sandbox", "--var", str(tmp_path), "--port", str(port)) as sandbox:
        assert sandbox.wait() == 2
        assert f"port {port}" in sandbox.said
        assert "--port" in sandbox.said
        assert "Traceback" not in sandbox.said
        sandbox.until_nobody_is_left()


@pytest.mark.parametrize("when", ["preparing", "starting", "touring"])
def test_ctrl_c_leaves_nobody_behind(tmp_path: Path, when: str) -> None:
    """Whenever Ctrl-C comes, the demo ends without a stack trace, and all that it started."""
    if when != "preparing":
        prepare(tmp_path)
    port = ports_of_its_own() if when == "preparing" else ()
    with session("demo", "--var", str(tmp_path), *SOME_TOUR, *port) as demo:
        match when:
            case "preparing":
                until = time.monotonic() + PATIENCE
                while not list(tmp_path.glob("partners/*")):
                    assert time.monotonic() < until
                    time.sleep(0.01)
            case "starting":
                demo.until_it_has_started("sandbox.providers")
            case "touring":
                demo.until_it_says(UNDER_WAY)
        demo.interrupt()
        assert demo.wait() in INTERRUPTED, demo.said
        assert "Traceback" not in demo.said, demo.said
        demo.until_nobody_is_left()


def test_a_signal_amidst_a_start(tmp_path: Path) -> None:
    """Whoever is being started in that very moment is stopped all the same."""
    started: list[subprocess.Popen[bytes]] = []

    def start(_words: Sequence[str], _log: Path) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]))
        signal.raise_signal(signal.SIGTERM)
        return started[0]

    before = signal.signal(signal.SIGTERM, _leave)
    try:
        with pytest.raises(SystemExit):
            start_hub(Place(tmp_path), f"http://127.0.0.1:{ports.take()}", start)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert started[0].poll() == -signal.SIGTERM


@pytest.mark.parametrize("when", ["opening its partners", "starting its hub", "touring"])
def test_a_supervisor_ends_the_demo(tmp_path: Path, when: str) -> None:
    """SIGTERM to the demo alone, while it is busy, does not leave hub and partners behind."""
    with session("demo", *ports_of_its_own(), "--var", str(tmp_path), *SOME_TOUR) as demo:
        match when:
            case "opening its partners":
                demo.until_it_has_started("sandbox.providers")
            case "starting its hub":
                demo.until_it_has_started("hub serve")
            case "touring":
                demo.until_it_says(UNDER_WAY)
        demo.process.terminate()
        assert demo.wait() == 128 + signal.SIGTERM
        demo.until_nobody_is_left()
