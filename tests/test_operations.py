"""Bad days of an operator: stops in the middle of work, full disks, vanished databases."""

import contextlib
import os
import resource
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.gateway.problems import TYPE
from hub.work.rows import due_work
from tests.databases import Databases
from tests.hub.work.rows_of import rows_of
from tests.running import CEB, RELOADLY, Running, running

PATIENT = {"HUB_PARTNER_PATIENCE": "6s"}
Answers = list[httpx.Response | httpx.TransportError]


@pytest.fixture
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The setting of a database of each kind; SQLite's lies with the demo's other things."""
    if request.param == "sqlite":
        return {}
    return {"HUB_DATABASE_URL": request.getfixturevalue("postgres_url")}


both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def pay_beside(hub: Running, body: dict[str, Any], key: str | None = None) -> tuple[threading.Thread, Answers]:
    """A caller in a thread, and what it was told."""
    answers: Answers = []

    def call() -> None:
        try:
            answers.append(hub.pay(body, key))
        except httpx.TransportError as error:
            answers.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    return thread, answers


def await_entry(hub: Running, partner: str, entries: int = 1) -> None:
    until = time.monotonic() + 20
    while len(hub.ledger(partner)) < entries:
        assert time.monotonic() < until, "the partner was never asked"
        time.sleep(0.02)


def await_true(holds: Callable[[], object], patience: float = 20.0) -> None:
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def is_unavailable(answer: httpx.Response) -> bool:
    """503 as a problem that says so; anything else of that number is a mistake."""
    if answer.status_code != 503:
        return False
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == TYPE + "unavailable"
    assert int(answer.headers["retry-after"]) > 0
    return True


def ready(hub: Running) -> int:
    return httpx.get(f"{hub.base_url}/health/ready", timeout=30, trust_env=False).status_code


def live(hub: Running) -> int:
    return httpx.get(f"{hub.base_url}/health/live", timeout=30, trust_env=False).status_code


class TestStop:
    """SIGTERM: no new requests, running ones finish, leases are given back."""

    @both
    def test_running_requests_finish(self, tmp_path: Path, database: dict[str, str]) -> None:
        """A payment that hangs at the partner gets its answer, nobody new is let in, and the exit status is 0."""
        with running(tmp_path, **PATIENT, **database) as hub:
            body = hub.payment(RELOADLY, "9900112233")
            hub.fault(RELOADLY, "slow")
            caller, answers = pay_beside(hub, body)
            await_entry(hub, RELOADLY)
            assert hub.process is not None
            hub.process.terminate()
            await_true(lambda: refuses(hub))
            assert not answers
            assert hub.process.poll() is None
            caller.join()
            assert hub.process.wait(20) == 0
            hub.process = None
            [answer] = answers
            assert isinstance(answer, httpx.Response)
            assert answer.status_code in (200, 202)
            hub.start()
            order = hub.settled(answer.json()["order_id"])
            assert order["state"] == "succeeded"
            assert len(hub.ledger(RELOADLY)) == 1

    @both
    def test_what_cannot_finish_is_given_back(self, tmp_path: Path, database: dict[str, str]) -> None:
        """A partner that is silent for longer than the drain: the hub leaves in time, and the next one asks at once."""
        with running(tmp_path, HUB_PARTNER_PATIENCE="20s", HUB_DRAIN="1s", **database) as hub:
            body, key = hub.payment(CEB, "9900112244"), secrets.token_hex(16)
            hub.fault(CEB, "hang-after")
            caller, _ = pay_beside(hub, body, key)
            await_entry(hub, CEB)
            assert hub.process is not None
            hub.process.terminate()
            assert hub.process.wait(15) == 0
            hub.process = None
            caller.join()
            [row] = rows_of(hub, due_work)
            assert (row["owner"], row["leased_until"]) == (None, None)
            hub.start()
            order = hub.pay(body, key).raise_for_status().json()
            assert hub.settled(order["order_id"], patience=15)["state"] == "succeeded"
            assert len(hub.ledger(CEB)) == 1

    def test_a_worker_stops(self, tmp_path: Path, postgres_url: str) -> None:
        """`hub work` leaves on SIGTERM and on Ctrl-C, with exit status 0."""
        hub = Running(tmp_path, HUB_DATABASE_URL=postgres_url)
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                hub.place.log.write_text("")
                with hub.worker() as worker:
                    await_true(lambda: "the worker works" in hub.place.log.read_text())
                    worker.send_signal(number)
                    assert worker.wait(20) == 0
        finally:
            hub.close()

    def test_ctrl_c_stops_a_hub(self, own_hub: Running) -> None:
        """SIGINT ends `hub serve` as SIGTERM does."""
        assert own_hub.process is not None
        own_hub.process.send_signal(signal.SIGINT)
        assert own_hub.process.wait(20) == 0


def refuses(hub: Running) -> bool:
    try:
        live(hub)
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        return False
    return False


@dataclass
class Place:
    """Where a hub's database lies, and how its room is taken and given back."""

    environment: dict[str, str]
    fill: Callable[[Running], None]
    clear: Callable[[Running], None]


@contextlib.contextmanager
def limited(_: Path) -> Iterator[Place]:
    """A hub that may not write to any file: neither its database nor its log."""

    def limit(hub: Running, size: int) -> None:
        assert hub.process is not None
        _, hard = resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    yield Place({}, lambda hub: limit(hub, 0), lambda hub: limit(hub, resource.RLIM_INFINITY))


@contextlib.contextmanager
def tiny_disk(folder: Path) -> Iterator[Place]:
    """A small file system of its own."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and os.geteuid() == 0
    if not mounted or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", disk], check=False).returncode:
        pytest.skip("mounting a file system takes a privilege that this machine does not give")
    filler = disk / "filler"

    def fill(_: Running) -> None:
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * 4096):
                pass

    try:
        yield Place({"HUB_DATABASE_URL": f"sqlite:///{disk / 'hub.db'}"}, fill, lambda _: filler.unlink())
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


class TestFullDisk:
    """Nothing can be written: 503, nothing that was answered is lost, and it goes on when room returns."""

    @pytest.mark.parametrize("place", [limited, tiny_disk])
    def test_full_and_free_again(self, tmp_path: Path, place) -> None:
        """Whatever must be written down is 503, readiness too; a refused key serves once there is room."""
        with place(tmp_path) as there, running(tmp_path / "var", **there.environment) as hub:
            body = hub.payment(RELOADLY, "9900113344")
            answered = [hub.pay(body).raise_for_status().json() for _ in range(3)]
            settled = [hub.settled(order["order_id"]) for order in answered]
            there.fill(hub)
            keys, refused = [], []
            for _ in range(400):  # a log that is written in place has some room left at first
                key = secrets.token_hex(16)
                answer = hub.pay(body, key)
                if is_unavailable(answer):
                    refused.append(key)
                    if len(refused) == 3:
                        break
                else:
                    keys.append((key, answer.raise_for_status().json()["order_id"]))
            assert len(refused) == 3
            performed = len(hub.ledger(RELOADLY))
            await_true(lambda: ready(hub) == 503)  # it takes less room to say so than to take an order
            assert live(hub) == 200
            there.clear(hub)
            await_true(lambda: ready(hub) == 200)
            for key in refused:
                order = hub.pay(body, key).raise_for_status().json()
                assert hub.settled(order["order_id"])["state"] == "succeeded"
            for key, order_id in keys:
                assert hub.pay(body, key).json()["order_id"] == order_id
                assert hub.settled(order_id)["state"] == "succeeded"
            assert len(hub.ledger(RELOADLY)) == len(settled) + len(keys) + len(refused) >= performed
            hub.kill()
            hub.start()
            for order in settled:
                assert hub.order(order["order_id"]) == order
            assert hub.command("audit", "verify").returncode == 0


@contextlib.contextmanager
def moved_file(hub: Running, databases: Databases) -> Iterator[None]:
    """The file is elsewhere for a while."""
    path = hub.place.var / "hub.db"
    path.rename(path.with_suffix(".away"))
    try:
        yield
    finally:
        path.with_suffix(".away").rename(path)


@contextlib.contextmanager
def closed_server(hub: Running, databases: Databases) -> Iterator[None]:
    """The database takes no connection for a while, and ended those that stood."""
    settings = hub.place.settings.read_text()
    name = settings.partition("HUB_DATABASE_URL=postgresql://postgres@/")[2].partition("?")[0]
    databases.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    databases.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608 - the test's
    try:
        yield
    finally:
        databases.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


GONE = {"sqlite": moved_file, "postgresql": closed_server}


class TestVanishedDatabase:
    """The store is away for a while."""

    @pytest.fixture
    def gone(self, request: pytest.FixtureRequest, database: dict[str, str]) -> Any:
        """Makes the database of this test vanish."""
        kind = "postgresql" if database else "sqlite"
        databases = request.getfixturevalue("databases") if database else None
        return lambda hub: GONE[kind](hub, databases)

    @both
    def test_away_and_back(self, tmp_path: Path, database: dict[str, str], gone) -> None:
        """503 while it is away, ready again by itself, and everything that was answered is still there."""
        with running(tmp_path, **database) as hub:
            body = hub.payment(RELOADLY, "9900114455")
            order = hub.settled(hub.pay(body).raise_for_status().json()["order_id"])
            key = secrets.token_hex(16)
            with gone(hub):
                await_true(lambda: ready(hub) == 503)
                assert live(hub) == 200
                assert is_unavailable(hub.pay(body, key))
                time.sleep(1.5)  # the worker and the notary look at least once
                assert is_unavailable(hub.app.get(f"/v1/orders/{order['order_id']}"))
            await_true(lambda: ready(hub) == 200)
            assert hub.order(order["order_id"]) == order
            late = hub.pay(body, key).raise_for_status().json()
            assert hub.settled(late["order_id"])["state"] == "succeeded"
            assert len(hub.ledger(RELOADLY)) == 2

    @both
    def test_away_while_the_partner_answers(self, tmp_path: Path, database: dict[str, str], gone) -> None:
        """The partner performed, and the outcome cannot be written: answered as an order, and settled later."""
        with running(tmp_path, HUB_PARTNER_PATIENCE="4s", HUB_ORDER_WAIT="3s", **database) as hub:
            body = hub.payment(RELOADLY, "9900114466")
            hub.fault(RELOADLY, "slow")
            caller, answers = pay_beside(hub, body)
            await_entry(hub, RELOADLY)
            with gone(hub):
                caller.join()
            [answer] = answers
            assert isinstance(answer, httpx.Response)
            assert answer.status_code == 202, answer.text
            order = hub.settled(answer.json()["order_id"])
            assert order["state"] == "succeeded"
            assert len(hub.ledger(RELOADLY)) == 1

    @both
    def test_away_until_the_attempt_gives_up(self, tmp_path: Path, database: dict[str, str], gone) -> None:
        """Nobody could write down what the partner answered; the enquiry of the next claim finds it out."""
        with running(tmp_path, HUB_PARTNER_PATIENCE="2s", HUB_ORDER_WAIT="1s", **database) as hub:
            body = hub.payment(RELOADLY, "9900114477")
            hub.fault(RELOADLY, "slow")
            caller, answers = pay_beside(hub, body)
            await_entry(hub, RELOADLY)
            with gone(hub):
                caller.join()
                hub.kill()
            hub.start()
            [answer] = answers
            assert isinstance(answer, httpx.Response)
            assert answer.status_code == 202, answer.text
            order = hub.settled(answer.json()["order_id"], patience=40)
            assert order["state"] == "succeeded"
            assert "enquiry" in order["timeline"][-1]["detail"]
            assert len(hub.ledger(RELOADLY)) == 1
