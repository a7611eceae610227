"""The guided tour: a bank's app pays bills through the hub, on good days and bad ones, and shows what happened."""

import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from sandbox.bank import BankApp
from sandbox.stand.fleet import Stand

PATIENCE_SECONDS = 60.0
BILLS = "/v1/utility-bills"
STATES = ("received", "pending", "unknown", "succeeded", "declined")


class Wrong(Exception):
    """The tour saw something that must not be."""


class Tour:
    """One walk through the main job. Every stop checks what it shows."""

    def __init__(self, bank: dict[str, Any], stands: dict[str, Stand], settings: Path, console: Console) -> None:
        self._bank = BankApp(bank)
        self._stands = stands
        self._settings = settings
        self._console = console
        self._billers: list[dict[str, Any]] = []
        self._seen: list[tuple[str, str, str, str]] = []

    def walk(self) -> str | None:
        """Returns the name of the stop that failed, or None."""
        stops: list[tuple[str, Callable[[], None]]] = [
            ("getting a token with a signed assertion", self._token),
            ("finding billers at every partner at once", self._find_billers),
            ("finding a bill and paying it at ceb_channel", self._pay_bill),
            ("repeating the call with the same key", self._replay),
            ("paying at reloadly_utilities, which answers later", self._pay_abroad),
            ("paying while the partner performs and never answers", self._hang),
            ("meeting a decline", self._decline),
            ("buying a prepaid meter token and releasing it", self._prepaid),
            ("verifying the audit", self._audit),
        ]
        try:
            for number, (name, stop) in enumerate(stops, 1):
                if not self._visit(f"{number}/{len(stops)} {name}", stop):
                    return name
        finally:
            self._bank.close()
        self._summary()
        return None

    def _visit(self, name: str, stop: Callable[[], None]) -> bool:
        began = time.monotonic()
        try:
            with self._console.status(f"{name} …"):
                stop()
        except (Wrong, httpx.HTTPError, KeyError, StopIteration) as error:
            self._console.print(f"[bold red]✗[/] {name}: {type(error).__name__}: {error}", highlight=False)
            return False
        self._console.print(f"[green]✓[/] {name} [dim]({time.monotonic() - began:.1f} s)[/]", highlight=False)
        return True

    def _token(self) -> None:
        self._bank.token()

    def _find_billers(self) -> None:
        cursor: dict[str, str] = {}
        while True:
            page = self._asked(self._bank.get(f"{BILLS}/billers", limit="200", **cursor))
            self._billers += page["items"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        partners = sorted({biller["partner"] for biller in self._billers})
        _insist(partners == sorted(self._stands), f"billers came from {partners}")

    def _pay_bill(self) -> None:
        self._pay_a_bill("3300112233", "a bill, paid", "succeeded")

    def _replay(self) -> None:
        biller = self._biller("ceb_channel")
        bill = self._bill(biller, "3300112244")
        body, key = _payment(biller, "3300112244", bill), secrets.token_hex(16)
        first = self._bank.post(f"{BILLS}/payments", body, key)
        again = self._bank.post(f"{BILLS}/payments", body, key)
        _insist(again.headers.get("idempotency-replayed") == "true", "the second answer is no replay")
        order = self._settled(again.json())
        _insist(first.json()["order_id"] == order["order_id"], "the same key made two orders")
        self._note("the same key twice", order)

    def _pay_abroad(self) -> None:
        biller = self._biller("reloadly_utilities", prepaid=False)
        order = self._settled(self._ordered(biller, "4400556677", None))
        _insist(order["state"] == "succeeded", f"the order is {order['state']}")
        self._note("a bill, answered later", order)

    def _hang(self) -> None:
        biller = self._biller("ceb_channel")
        account = "3300998877"
        bill = self._bill(biller, account)
        httpx.post(
            f"{self._stands['ceb_channel'].door}/_sandbox/faults",
            json={"operation": "pay", "fault": "hang-after", "times": 1, "account": account},
            trust_env=False,
        ).raise_for_status()
        order = self._bank.post(f"{BILLS}/payments", _payment(biller, account, bill), secrets.token_hex(16)).json()
        _insist(order["state"] == "unknown", f"the order is {order['state']}, and nobody can know that")
        order = self._settled(order)
        _insist(order["state"] == "succeeded", f"the order is {order['state']}")
        self._note("performed, never answered", order)

    def _decline(self) -> None:
        account = next(
            account for account, does in self._magic("ceb_channel").items() if does.startswith("refused with DEF0006")
        )
        self._pay_a_bill(account, "a decline", "declined")

    def _prepaid(self) -> None:
        biller = self._biller("reloadly_utilities", prepaid=True)
        order = self._settled(self._ordered(biller, "4400667788", None))
        _insist(order["state"] == "succeeded", f"the order is {order['state']}")
        deliverable = order["result"]["deliverable_id"]
        _insist(bool(deliverable), "success without a meter token")
        key = secrets.token_hex(16)
        path = f"/v1/deliverables/{deliverable}/release"
        token = self._asked(self._bank.post(path, {}, key))["value"]
        _insist(token == self._asked(self._bank.post(path, {}, key))["value"], "the same key reads something else")
        self._note(f"a meter token, {token[:4]}…", order)

    def _audit(self) -> None:
        time.sleep(1.2)  # records are sealed at most a second later
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "hub", "audit", "verify", "--env-file", str(self._settings)],
            capture_output=True,
            text=True,
            check=False,
        )
        _insist(done.returncode == 0, done.stdout + done.stderr)

    def _pay_a_bill(self, account: str, story: str, expected: str) -> None:
        biller = self._biller("ceb_channel")
        order = self._settled(self._ordered(biller, account, self._bill(biller, account)))
        _insist(order["state"] == expected, f"the order is {order['state']}")
        self._note(story, order)

    def _biller(self, partner: str, *, prepaid: bool = False) -> dict[str, Any]:
        """A biller that needs nothing beyond the account and is open now."""
        return next(
            biller
            for biller in self._billers
            if biller["partner"] == partner
            and biller["prepaid"] is prepaid
            and not biller["fields"]
            and all(window["opens"] == window["closes"] for window in biller["windows"])
            and biller["bill"] == ("required" if partner == "ceb_channel" else "none")
            and not biller["rule"]["choices"]
            and biller["rule"]["against_bill"] in ("exact", "any")
        )

    def _bill(self, biller: dict[str, Any], account: str) -> dict[str, Any] | None:
        if biller["bill"] == "none":
            return None
        search = {"biller_id": biller["biller_id"], "account": account}
        page = self._asked(self._bank.post(f"{BILLS}/bill-searches", search))
        return dict(page["items"][0])

    def _ordered(self, biller: dict[str, Any], account: str, bill: dict[str, Any] | None) -> dict[str, Any]:
        answer = self._bank.post(f"{BILLS}/payments", _payment(biller, account, bill), secrets.token_hex(16))
        return self._asked(answer)

    def _settled(self, order: dict[str, Any]) -> dict[str, Any]:
        """Asks until the order is final, as a bank would that has no webhook."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while order["settled_at"] is None:
            _insist(time.monotonic() < deadline, f"order {order['order_id']} is still {order['state']}")
            time.sleep(0.3)
            order = self._asked(self._bank.get(f"/v1/orders/{order['order_id']}"))
        return order

    def _asked(self, answer: httpx.Response) -> dict[str, Any]:
        """The answer, waiting for a question that takes the partner longer."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while answer.status_code == httpx.codes.ACCEPTED and "query_id" in answer.json():
            _insist(time.monotonic() < deadline, "the query is not answered")
            time.sleep(0.5)
            answer = self._bank.get(answer.headers["location"])
        _insist(answer.is_success, f"{answer.status_code}: {answer.text}")
        return dict(answer.json())

    def _magic(self, partner: str) -> dict[str, str]:
        answer = httpx.get(f"{self._stands[partner].door}/_sandbox/", trust_env=False)
        return dict(answer.raise_for_status().json()["magic_accounts"])

    def _note(self, story: str, order: dict[str, Any]) -> None:
        entries = self._entries(order)
        expected = 1 if order["state"] == "succeeded" else 0
        _insist(entries == expected, f"the partner's ledger holds {entries} entries for this order")
        way = " → ".join(_way(order))
        self._seen.append((story, order["partner"], way, str(entries)))

    def _entries(self, order: dict[str, Any]) -> int:
        ledger = httpx.get(f"{self._stands[order['partner']].door}/_sandbox/ledger", trust_env=False).json()
        return sum(entry["reference"] == order["reference"] for entry in ledger["entries"])

    def _summary(self) -> None:
        table = Table("what", Column("partner", no_wrap=True), Column("the order went", no_wrap=True), box=SIMPLE)
        table.add_column("ledger entries", justify="right")
        for row in self._seen:
            table.add_row(*row)
        self._console.print(table)


def _payment(biller: dict[str, Any], account: str, bill: dict[str, Any] | None) -> dict[str, Any]:
    if bill is not None:
        return {
            "biller_id": biller["biller_id"],
            "account": account,
            "amount": bill["amount"],
            "bill_id": bill["bill_id"],
        }
    return {"biller_id": biller["biller_id"], "account": account, "amount": biller["rule"]["minimum"]}


def _way(order: dict[str, Any]) -> list[str]:
    """The states that the order went through, without the same one twice."""
    states = [entry["what"] for entry in order["timeline"] if entry["what"] in STATES]
    return [state for index, state in enumerate(states) if index == 0 or states[index - 1] != state]


def _insist(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Wrong(otherwise)
