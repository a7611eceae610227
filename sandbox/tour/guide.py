"""What every chapter of the tour needs: a bank's app, its customers, the partners' doors, and an honest eye."""

import secrets
import time
from collections.abc import Callable
from typing import Any

import httpx

from sandbox.bank import BankApp
from sandbox.stand.fleet import Stand

PATIENCE_SECONDS = 60.0
STATES = ("received", "pending", "unknown", "succeeded", "declined")
Body = dict[str, Any]
Stop = tuple[str, Callable[[], None]]
"""What is shown, and what shows it."""


class Wrong(Exception):
    """The tour saw something that must not be."""


class Chapter:
    """One scenario, stop by stop. Every stop checks what it shows."""

    def __init__(self, guide: "Guide") -> None:
        self.guide = guide

    def stops(self) -> list[Stop]:
        raise NotImplementedError


class Guide:
    """Leads a bank's app through the hub's API, and looks into the partners' ledgers."""

    def __init__(self, bank: Body, stands: dict[str, Stand]) -> None:
        self.app = BankApp(bank)
        self.stands = stands
        self.seen: list[tuple[str, str, str, str]] = []
        customers = {customer["who"]: customer for customer in bank["customers"]}
        self.customer: str = customers["customer"]["consent_id"]
        """The consent of a customer who acts alone."""
        self.family: str = customers["family"]["consent_id"]
        """The consent for a customer whose child acts."""

    def get(self, path: str, **query: str) -> Body:
        """The answer to a GET."""
        return self.answered(self.app.get(path, **query))

    def everything(self, path: str, **query: str) -> list[Body]:
        """Every item of a list, page by page."""
        page = self.get(path, limit="200", **query)
        items = list(page["items"])
        while page["next"] is not None:
            page = self.get(path, limit="200", cursor=page["next"], **query)
            items += page["items"]
        return items

    def ask(self, path: str, body: Body, consent: str | None = None) -> Body:
        """The answer to a question that is posted; waits for a partner that needs longer."""
        return self.answered(self.app.post(path, body, consent=consent))

    def ask_everyone(self, path: str, body: Body, consent: str | None = None) -> list[Body]:
        """Every item of a merged list, those of partners that need longer too."""
        page = self.ask(path, body, consent)
        items = list(page["items"])
        for source in page["sources"]:
            insist(source["status"] in ("ok", "pending"), f"{source['partner']} is {source['status']}")
            if source["status"] == "pending":
                items += self.answered(self.app.get(f"/v1/queries/{source['query_id']}"))["items"]
        return items

    def order(self, path: str, body: Body, consent: str | None = None, key: str | None = None) -> Body:
        """An order, as it stands when the hub answers."""
        answer = self.app.post(path, body, key or secrets.token_hex(16), consent=consent)
        insist(answer.is_success, f"{answer.status_code}: {answer.text}")
        return dict(answer.json())

    def settled(self, order: Body) -> Body:
        """Asks until the order is final, as a bank would that has no webhook."""
        return self.until(order, lambda now: now["settled_at"] is not None)

    def until(self, order: Body, holds: Callable[[Body], bool]) -> Body:
        """Asks until something holds of the order."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds(order):
            insist(time.monotonic() < deadline, f"order {order['order_id']} is still {order['state']}")
            time.sleep(0.3)
            order = self.get(f"/v1/orders/{order['order_id']}")
        return order

    def succeeds(self, story: str, path: str, body: Body, consent: str | None = None) -> Body:
        """An order that must succeed, noted for the summary."""
        return self.ends(story, "succeeded", self.order(path, body, consent))

    def ends(self, story: str, state: str, order: Body) -> Body:
        """Waits for the end of an order, which must be this, and notes it with the partner's ledger."""
        order = self.settled(order)
        insist(order["state"] == state, f"the order is {order['state']} ({order['reason']}), not {state}")
        self.note(story, order)
        return order

    def released(self, order: Body) -> Any:
        """What an order delivered; the same key reads it twice."""
        deliverable = order["result"]["deliverable_id"]
        insist(bool(deliverable), "success without what was ordered")
        path, key = f"/v1/deliverables/{deliverable}/release", secrets.token_hex(16)
        value = self.answered(self.app.post(path, {}, key))["value"]
        insist(value == self.answered(self.app.post(path, {}, key))["value"], "the same key reads something else")
        return value

    def refused(self, path: str, body: Body, field: str, consent: str | None = None, *, order: bool = True) -> None:
        """A call that must be refused, naming the field."""
        answer = self.app.post(path, body, secrets.token_hex(16) if order else None, consent=consent)
        fields = [error["field"] for error in answer.json().get("errors", [])]
        insist(answer.is_client_error and field in fields, f"{answer.status_code}: {answer.text}")

    def answered(self, answer: httpx.Response) -> Body:
        """The answer, waiting for a question that takes the partner longer."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while answer.status_code == httpx.codes.ACCEPTED and "query_id" in answer.json():
            insist(time.monotonic() < deadline, "the query is not answered")
            time.sleep(0.3)
            answer = self.app.get(answer.headers["location"])
        insist(answer.is_success, f"{answer.status_code}: {answer.text}")
        return dict(answer.json())

    def door(self, partner: str, path: str, body: Body | None = None) -> Body:
        """What a tester sees at a partner's door: `GET` without a body."""
        address = f"{self.stands[partner].door}{path}"
        if body is None:
            return dict(httpx.get(address, trust_env=False).raise_for_status().json())
        return dict(httpx.post(address, json=body, trust_env=False).raise_for_status().json())

    def magic(self, partner: str) -> dict[str, str]:
        """Accounts that are not ordinary, and what they do."""
        return dict(self.door(partner, "/_sandbox/")["magic_accounts"])

    def note(self, story: str, order: Body) -> None:
        """Keeps an order for the summary, with how often it stands in the partner's ledger, which must agree."""
        entries = self.entries(order)
        expected = 1 if order["state"] == "succeeded" else 0
        insist(entries == expected, f"the partner's ledger holds {entries} entries for order {order['order_id']}")
        self.seen.append((story, order["partner"], " → ".join(_way(order)), str(entries)))

    def show(self, story: str, partner: str, what: str) -> None:
        """Keeps something that is no order for the summary."""
        self.seen.append((story, partner, what, ""))

    def entries(self, order: Body) -> int:
        ledger = self.door(order["partner"], "/_sandbox/ledger")
        return sum(entry["reference"] == order["reference"] for entry in ledger["entries"])


def insist(holds: bool, otherwise: str) -> None:
    """Raises: Wrong."""
    if not holds:
        raise Wrong(otherwise)


def _way(order: Body) -> list[str]:
    """The states that the order went through, without the same one twice."""
    states = [entry["what"] for entry in order["timeline"] if entry["what"] in STATES]
    return [state for index, state in enumerate(states) if index == 0 or states[index - 1] != state]
