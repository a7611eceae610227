"""A real hub and real simulated partners, each in a process of its own, for tests that speak HTTP to them."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from sandbox.bank import BankApp
from sandbox.demo import HUB, Place, prepare, start_hub, stop_hub
from sandbox.stand import fleet
from sandbox.stand.fleet import Fleet
from tests import ports
from tests.sandbox.wire import Door
from tests.warm import Fork

BILLS = "/v1/utility-bills"
CEB, RELOADLY, SETU = "ceb_channel", "reloadly_utilities", "setu_bbps"
Hubs = Callable[[str], "Running"]
"""The hub of a scenario."""


class Running:
    """One hub with its partners under one folder. Magic accounts: see `GET /_sandbox/` of a partner."""

    def __init__(
        self, var: Path, *, launcher: Sequence[str] = HUB, partners: Sequence[str] = (CEB, RELOADLY), **environment: str
    ) -> None:
        self.place = Place(var)
        settings = {"HUB_CONNECTORS": ",".join(partners)} | environment
        self.bank = prepare(self.place, ports.take(1 + 2 * len(partners)), partners, **settings)
        self.launcher = launcher
        self.app = BankApp(self.bank)
        self.partners: Fleet = fleet.start(
            self.place.partners, names=list(partners), processing_seconds=0.2, late_seconds=1.0
        )
        self.process: Fork | None = None
        self._billers: list[dict[str, Any]] = []

    @property
    def base_url(self) -> str:
        return str(self.bank["base_url"])

    def token(self) -> str:
        return self.app.token()

    def start(self) -> None:
        self.process = start_hub(self.place, self.base_url, partial(Fork, self.launcher))

    def kill(self) -> None:
        """SIGKILL: whatever was only in memory is gone."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """SIGTERM, and a drained end."""
        if self.process is not None:
            stop_hub(self.process)
            self.process = None

    def command(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """What an operator types: `hub …`, with this hub's settings where the command reads any."""
        return hub_command(*arguments, "--env-file", str(self.place.settings), **environment)

    @contextmanager
    def worker(self, *launcher: str) -> Iterator[Fork]:
        """A `hub work` beside the hub, or another launcher's, for as long as the context lasts."""
        process = Fork(launcher or (*HUB, "work"), ["--env-file", str(self.place.settings)], self.place.log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            stop_hub(process)

    @contextmanager
    def twin(self) -> Iterator["Twin"]:
        """A second `hub serve` on the same database, at a port of its own."""
        twin = Twin(self)
        try:
            twin.start()
            yield twin
        finally:
            twin.close()

    def close(self) -> None:
        self.stop()
        self.app.close()
        self.partners.stop()

    def billers(self) -> list[dict[str, Any]]:
        """Every biller of every partner, read once, when everybody answers in time."""
        deadline = time.monotonic() + 30
        while not self._billers:
            pages = self._biller_pages()
            if all(source["status"] == "ok" for page in pages for source in page["sources"]):
                self._billers = [biller for page in pages for biller in page["items"]]
            assert time.monotonic() < deadline, pages[0]["sources"]
        return self._billers

    def _biller_pages(self) -> list[dict[str, Any]]:
        pages = [self.app.get(f"{BILLS}/billers", limit="200").raise_for_status().json()]
        while cursor := pages[-1]["next"]:
            pages.append(self.app.get(f"{BILLS}/billers", limit="200", cursor=cursor).raise_for_status().json())
        return pages

    def biller(self, partner: str, **wanted: Any) -> dict[str, Any]:
        """A biller without extra fields and windows; `wanted` names values of it, or of its rule."""
        return next(
            biller
            for biller in self.billers()
            if biller["partner"] == partner
            and not biller["fields"]
            and all(window["opens"] == window["closes"] for window in biller["windows"])
            and all((biller | biller["rule"]).get(name) == value for name, value in wanted.items())
        )

    def bills(self, biller: dict[str, Any], account: str) -> list[dict[str, Any]]:
        """What an account owes, waiting for a partner that needs longer."""
        search = {"biller_id": biller["biller_id"], "account": account}
        answer = self.app.post(f"{BILLS}/bill-searches", search)
        deadline = time.monotonic() + 30
        while answer.status_code == 202:
            assert time.monotonic() < deadline, "the query is not answered"
            time.sleep(0.2)
            answer = self.app.get(answer.headers["location"])
        return list(answer.raise_for_status().json()["items"])

    def payment(self, partner: str, account: str) -> dict[str, Any]:
        """The body of a payment that breaks no rule."""
        if partner == CEB:
            biller = self.biller(CEB, bill="required", against_bill="exact")
            bill = self.bills(biller, account)[0]
            return {
                "biller_id": biller["biller_id"],
                "account": account,
                "amount": bill["amount"],
                "bill_id": bill["bill_id"],
            }
        biller = self.biller(RELOADLY, prepaid=False, choices=[])
        return {"biller_id": biller["biller_id"], "account": account, "amount": biller["rule"]["minimum"]}

    def pay(self, body: dict[str, Any], key: str | None = None) -> httpx.Response:
        return self.app.post(f"{BILLS}/payments", body, key or secrets.token_hex(16))

    def order(self, order_id: str) -> dict[str, Any]:
        return dict(self.app.get(f"/v1/orders/{order_id}").raise_for_status().json())

    def settled(self, order_id: str, patience: float = 30.0) -> dict[str, Any]:
        """The order once it is final."""
        return self.until(order_id, lambda order: order["settled_at"] is not None, patience)

    def until(self, order_id: str, holds: Callable[[dict[str, Any]], bool], patience: float = 30.0) -> dict[str, Any]:
        deadline = time.monotonic() + patience
        order = self.order(order_id)
        while not holds(order):
            assert time.monotonic() < deadline, f"{order['state']}: {order['timeline']}"
            time.sleep(0.1)
            order = self.order(order_id)
        return order

    def entries(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """What the partner's ledger holds for an order."""
        return [entry for entry in self.ledger(order["partner"]) if entry["reference"] == order["reference"]]

    def ledger(self, partner: str) -> list[dict[str, Any]]:
        return list(self.door(partner, "GET", "/_sandbox/ledger")["entries"])

    def fault(
        self, partner: str, fault: str, operation: str = "pay", times: int = 1, account: str | None = None
    ) -> None:
        body: dict[str, Any] = {"operation": operation, "fault": fault, "times": times}
        self.door(partner, "POST", "/_sandbox/faults", body | ({"account": account} if account else {}))

    def door(self, partner: str, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Speaks to a simulator's control door."""
        status, answer = Door(self.partners.stands[partner]).call(method, path, body)
        assert status == httpx.codes.OK, answer
        return dict(answer)


class Twin:
    """The same hub once more: one issuer and one database, another process and port."""

    def __init__(self, hub: Running) -> None:
        port = ports.take()
        self.base_url = f"http://127.0.0.1:{port}"
        self.app = BankApp(hub.bank | {"base_url": self.base_url, "token_endpoint": f"{self.base_url}/oauth/token"})
        self.place = Place(hub.place.var / "twin")
        self.place.var.mkdir()
        lines = hub.place.settings.read_text().splitlines()
        kept = [line for line in lines if not line.startswith("HUB_PORT=")]
        self.place.settings.write_text("\n".join([*kept, f"HUB_PORT={port}"]) + "\n")
        self.process: Fork | None = None

    def start(self) -> None:
        self.process = start_hub(self.place, self.base_url, partial(Fork, HUB))

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def close(self) -> None:
        if self.process is not None:
            stop_hub(self.process)
            self.process = None
        self.app.close()


def hub_command(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs `hub …` to its end, with no HUB_ setting but these."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return subprocess.run(
        [sys.executable, *HUB, *arguments],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def running(
    var: Path, *, launcher: Sequence[str] = HUB, partners: Sequence[str] = (CEB, RELOADLY), **environment: str
) -> Iterator[Running]:
    """A started hub, until the context ends."""
    hub = Running(var, launcher=launcher, partners=partners, **environment)
    try:
        hub.start()
        yield hub
    finally:
        hub.close()
