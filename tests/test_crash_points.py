"""Forty seeded SIGKILLs over all crash points of the writer: no order is lost, doubled or contradicted by the ledger.

`CRASH_SEED=…` in the environment brings back the seed that a failure prints.
"""

import contextlib
import os
import random
import secrets
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.audit.notary import LEASE
from hub.settings import SettingError
from hub.store import CRASH_POINTS
from tests.running import BILLS, CEB, HUB, RELOADLY, Running

KILLED = ("-m", "tests.launchers.killed_hub")
PARTS = 4
"""So that several processes share them: each kills twice at each of the five points, 40 times in all."""
CLIENTS = 5
LONGEST_ROUND = 30.0
FAULTS = {
    CEB: ("hang-after", "hang-before", "drop", "error-after", "half-reply", "early-callback", "no-callback", "decline"),
    RELOADLY: ("hang-after", "hang-before", "drop", "error-after", "half-reply", "slow", "garbage", "decline"),
}


@dataclass(eq=False)
class Payment:
    """One payment that a bank means to make, and the orders that it was ever told stand for it."""

    partner: str
    body: dict[str, Any]
    key: str = field(default_factory=lambda: secrets.token_hex(16))
    orders: set[str] = field(default_factory=set)


class Bank:
    """A bank app whose clients pay at once, and repeat with the same key whatever got no answer."""

    def __init__(self, hub: Running, rng: random.Random) -> None:
        self.hub = hub
        self.rng = rng
        self.payments: list[Payment] = []
        self.unanswered: deque[Payment] = deque()
        self.surprises: list[str] = []
        self._bodies = [(CEB, hub.payment(CEB, f"2200{number:06d}")) for number in range(3)]
        self._bodies += [(RELOADLY, hub.payment(RELOADLY, f"3300{number:06d}")) for number in range(3)]
        self._headers = {"Authorization": f"Bearer {hub.token()}"}
        self._lock = threading.Lock()

    def next(self) -> Payment:
        """What is still unanswered, else a new payment, sometimes at a partner that is about to misbehave."""
        with self._lock:
            if self.unanswered:
                return self.unanswered.popleft()
            payment = Payment(*self.rng.choice(self._bodies))
            self.payments.append(payment)
            fault = self.rng.choice(FAULTS[payment.partner]) if self.rng.random() < 0.25 else None
        if fault:
            self.hub.fault(payment.partner, fault)
        return payment

    def attempt(self, http: httpx.Client, payment: Payment) -> None:
        """Raises: httpx.TransportError where the hub died meanwhile."""
        try:
            answer = http.post(
                f"{BILLS}/payments", json=payment.body, headers=self._headers | {"Idempotency-Key": payment.key}
            )
        except httpx.TransportError:
            self.unanswered.append(payment)
            raise
        if answer.status_code in (200, 202):
            payment.orders.add(answer.json()["order_id"])
        else:  # no order then: the partner could not even be asked, say
            self.unanswered.append(payment)
            if answer.status_code not in (502, 503, 504):
                self.surprises.append(answer.text)

    def pay_until_dead(self) -> None:
        """Every client pays, one payment after another, until nobody answers."""
        until = time.monotonic() + LONGEST_ROUND

        def client() -> None:
            with self._http() as http, contextlib.suppress(httpx.TransportError):
                while time.monotonic() < until:
                    self.attempt(http, self.next())

        threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def insist(self) -> None:
        """Repeats until every payment has its order."""
        until = time.monotonic() + LONGEST_ROUND
        with self._http() as http:
            while self.unanswered:
                assert time.monotonic() < until, self.surprises
                self.attempt(http, self.unanswered.popleft())

    def orders(self) -> Iterator[dict[str, Any]]:
        """Every order that the hub knows of this bank."""
        cursor: dict[str, str] = {}
        while True:
            page = self.hub.app.get("/v1/orders", limit="200", **cursor).raise_for_status().json()
            yield from page["items"]
            if not page["next"]:
                return
            cursor = {"cursor": page["next"]}

    def _http(self) -> httpx.Client:
        return httpx.Client(base_url=self.hub.base_url, timeout=30, trust_env=False)


@pytest.fixture
def patient_hub(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    """A hub with short patience, not yet started: on PostgreSQL in one part, on SQLite in the others."""
    environment = {
        "HUB_PARTNER_PATIENCE": "700ms",
        "HUB_ORDER_WAIT": "2s",
        "HUB_ENQUIRY_SCHEDULE": "300ms,300ms,500ms,1s",
    }
    if request.param == "postgresql":
        environment["HUB_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    hub = Running(tmp_path, **environment)
    try:
        yield hub
    finally:
        hub.close()


@pytest.mark.parametrize(
    ("patient_hub", "part"),
    [*(("sqlite", part) for part in range(PARTS - 1)), ("postgresql", PARTS - 1)],
    indirect=["patient_hub"],
)
def test_killed_at_every_crash_point(patient_hub: Running, part: int, monkeypatch, tmp_path: Path) -> None:
    """Ten kills in a row under traffic and faults; then every answer still holds, and the ledger agrees."""
    seed = f"{os.environ.get('CRASH_SEED') or random.getrandbits(32)}/{part}"
    print(f"CRASH_SEED={seed.partition('/')[0]}")  # noqa: T201 - a failure shows it
    rng = random.Random(seed)  # noqa: S311 - a seed, so that a failure comes again
    hub = patient_hub
    hub.start()
    bank = Bank(hub, rng)
    hub.stop()

    note = tmp_path / "last-words"
    places = [f"{point}:{rng.randint(1, 24)}" for point in [*CRASH_POINTS, *CRASH_POINTS]]
    rng.shuffle(places)
    hub.launcher = KILLED
    monkeypatch.setenv("KILL_NOTE", str(note))
    for place in places:
        monkeypatch.setenv("KILL_AT", place)
        _die(hub, bank)
    assert note.read_text().split() == places

    hub.launcher = HUB
    for partner in (CEB, RELOADLY):
        hub.door(partner, "DELETE", "/_sandbox/faults")
    hub.start()
    since = time.monotonic()
    with hub.worker("-m", "tests.launchers.early_worker", "400") if _on_postgres(hub) else contextlib.nullcontext():
        bank.insist()
        orders = {order["order_id"]: order for order in (_decided(hub, order) for order in list(bank.orders()))}
    _compare(hub, bank, orders)
    _sealed_and_intact(hub, since)


def _die(hub: Running, bank: Bank) -> None:
    """Starts a hub that is going to kill itself, and pays until it has."""
    with contextlib.suppress(SettingError):  # it may die while it starts
        hub.start()
        bank.pay_until_dead()
    if hub.process is not None:
        assert hub.process.wait(5) == -signal.SIGKILL, hub.place.log.read_text()[-2000:]
        hub.process = None


def _sealed_and_intact(hub: Running, since: float) -> None:
    """The last dead notary's lease has run out, and the one that leaves in order seals everything."""
    time.sleep(max(0.0, since + LEASE.total_seconds() + 1 - time.monotonic()))
    hub.stop()
    verified = hub.command("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "UNSEALED 0" in verified.stdout


def _on_postgres(hub: Running) -> bool:
    return "HUB_DATABASE_URL=postgresql" in hub.place.settings.read_text()


def _decided(hub: Running, order: dict[str, Any]) -> dict[str, Any]:
    """The order once it is final, or honestly unknown: enquired after, and in no ledger."""

    def decided(order: dict[str, Any]) -> bool:
        return order["settled_at"] is not None or (
            order["state"] == "unknown" and _last(order) == "absent" and not hub.entries(order)
        )

    return hub.until(order["order_id"], decided, patience=60)


def _last(order: dict[str, Any]) -> str:
    return str(order["timeline"][-1]["what"])


def _compare(hub: Running, bank: Bank, orders: dict[str, dict[str, Any]]) -> None:
    """What banks were told, what the hub wrote down and what the partners did are one story."""
    assert not bank.surprises
    for payment in bank.payments:
        assert len(payment.orders) == 1, payment
        again = hub.pay(payment.body, payment.key)
        assert again.headers["idempotency-replayed"] == "true"
        assert {again.json()["order_id"]} == payment.orders
    assert orders.keys() == {order_id for payment in bank.payments for order_id in payment.orders}
    ledgers = {name: Counter(entry["reference"] for entry in hub.ledger(name)) for name in (CEB, RELOADLY)}
    for order in orders.values():
        performed = ledgers[order["partner"]].pop(order["reference"], 0)
        assert performed == (1 if order["state"] == "succeeded" else 0), order
    assert not any(ledgers.values()), "a partner performed what no order stands for"
    states = Counter(order["state"] for order in orders.values())
    assert states["succeeded"] > states["unknown"]
