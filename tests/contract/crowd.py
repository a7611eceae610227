"""Many orders at once, watched from outside: what each bank sees of them, and what the partner believes it did."""

import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from schemas.contract import SCENARIOS, Operation
from tests.contract import asking
from tests.contract.asking.words import MANIFESTS, Customer, Ordered, customer
from tests.running import Running
from tests.sandbox.wire import Door

FINAL = ("succeeded", "declined")


@dataclass
class Wish:
    """One order that is wanted, and the misfortune that it will meet."""

    partner: str
    operation: Operation
    variant: dict[str, Any]
    faults: tuple[tuple[str, str, int], ...] = ()
    """(operation of the partner, fault, how often)"""
    customer: Customer = field(default_factory=customer)
    body: dict[str, Any] = field(default_factory=dict)
    order_id: str | None = None
    problems: list[int] = field(default_factory=list)

    @property
    def how(self) -> Ordered:
        return asking.how_to_order(self.operation)

    @property
    def money(self) -> dict[str, Any] | None:
        """What the partner must have moved; None where no money moves."""
        return self.how.money(self.body)

    def prepare(self, hub: Running) -> None:
        """Finds out what there is to order, once, and does what must come before it."""
        self.body = self.body or self.how.body(hub, self.partner, self.customer, self.variant)

    def consent(self, hub: Running) -> str | None:
        return self.customer.consent(hub) if self.operation.takes_consent else None

    @property
    def label(self) -> str:
        faults = " then ".join(f"{fault} x{times} at {where}" for where, fault, times in self.faults) or "no fault"
        return f"{self.partner} {self.operation.key} [{faults}] account {self.customer.account}"

    @property
    def lied_to(self) -> bool:
        """The partner itself reports another amount from now on."""
        tells = self.money is not None and not self.how.silent
        return tells and any(fault == "wrong-amount" for _, fault, _ in self.faults)


class Crowd:
    """Places orders in parallel and waits until nothing more can be found out about any of them."""

    def __init__(self, hub: Running, wishes: Iterable[Wish]) -> None:
        self.hub = hub
        self.wishes = list(wishes)
        self.orders: dict[str, dict[str, Any]] = {}
        self.moved_after_final: list[str] = []
        self.reading = threading.Lock()
        self.since = datetime.now(UTC).isoformat()
        self._before = {partner: len(hub.ledger(partner)) for partner in {wish.partner for wish in self.wishes}}
        self.ledgers: dict[str, list[dict[str, Any]]] = {}
        """What each partner had performed for this crowd when it was last looked at."""

    def run(self, patience: float, lingering: float = 1.5) -> "Crowd":
        """Places every order, waits until all are at rest, and a little longer for whatever might still move them.

        Raises: AssertionError, naming those that are not at rest.
        """
        with Watch(self):
            self._place_all()
        self._wait(patience)
        time.sleep(lingering)
        self.see()
        return self

    def watched(self, seconds: float) -> "Crowd":
        """Places every order and looks on all that time: some of them never come to rest."""
        with Watch(self):
            self._place_all()
            time.sleep(seconds)
            self.see()
        return self

    def entries(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """What the partner's ledger holds for an order."""
        return [entry for entry in self.ledgers[order["partner"]] if entry["reference"] == order["reference"]]

    def order(self, wish: Wish) -> dict[str, Any] | None:
        return self.orders.get(wish.order_id or "")

    def see(self) -> None:
        """Reads every order and ledger, orders first. What was read earlier is never held against what came later."""
        with self.reading:
            for order in all_orders(self.hub, since=self.since):
                known = self.orders.get(order["order_id"])
                if known is not None and known["state"] in FINAL and _told(order) != _told(known):
                    self.moved_after_final.append(f"{_told(known)} became {_told(order)}")
                self.orders[order["order_id"]] = order
        self.ledgers = {partner: self.hub.ledger(partner)[count:] for partner, count in self._before.items()}

    def _place_all(self) -> None:
        with ThreadPoolExecutor(min(wish.how.at_once for wish in self.wishes)) as pool:
            list(pool.map(self._place, self.wishes))

    def _place(self, wish: Wish) -> None:
        """Asks like a patient bank: the same key again, for as long as it is told that no order exists."""
        hub = self.hub
        wish.prepare(hub)
        for where, fault, times in wish.faults:
            door(hub, wish.partner).fault(fault, where, times, account=wish.customer.identifiers)
        key = secrets.token_hex(16)
        deadline = time.monotonic() + 40
        while True:
            answer = asking.ordered(hub, wish.operation, wish.body, key, wish.consent(hub))
            if answer.status_code in (200, 202):
                wish.order_id = answer.json()["order_id"]
                return
            wish.problems.append(answer.status_code)
            if answer.status_code not in (502, 503, 504) or time.monotonic() > deadline:
                return
            time.sleep(0.5)

    def _wait(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        self.see()
        while moving := [wish for wish in self.wishes if not self._at_rest(wish)]:
            assert time.monotonic() < deadline, "\n".join(["not at rest:", *map(self._tell, moving)])
            time.sleep(_pause(len(self.wishes)))
            self.see()

    def _tell(self, wish: Wish) -> str:
        """All that is known of an order, for whoever must find out why it does not come to rest."""
        order = self.order(wish)
        if order is None:
            return f"{wish.label}: {wish.order_id} is on no list"
        return f"{wish.label}: {_told(order)}, performed {len(self.entries(order))} times, {order['timeline']}"

    def _at_rest(self, wish: Wish) -> bool:
        order = self.order(wish)
        if order is None:
            return wish.order_id is None
        whats = {entry["what"] for entry in order["timeline"]}
        if order["state"] in FINAL:
            return True
        if wish.lied_to and whats & {"unknown", "enquiry-unclear"}:
            return True
        return not self.entries(order) and ("absent" in whats or order["state"] in wish.how.spared)


class Watch:
    """Looks at the bank's orders all the while, so that nothing final moves unseen."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_pause(len(self._crowd.wishes))):
            with self._crowd.reading:
                for order in all_orders(self._crowd.hub, since=self._crowd.since):
                    known = self._crowd.orders.get(order["order_id"])
                    if known is None or known["state"] not in FINAL:
                        self._crowd.orders[order["order_id"]] = order


def all_orders(hub: Running, limit: int = 100, **search: str) -> list[dict[str, Any]]:
    """Every order of the bank that a search finds, through every page of the list."""
    orders: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = hub.app.get("/v1/orders", limit=str(limit), **search, **cursor).raise_for_status().json()
        orders += page["items"]
        if page["next"] is None:
            return orders
        cursor = {"cursor": page["next"]}


def meaningful(
    hub: Running, partner: str, operation: Operation | None = None, variant: dict[str, Any] | None = None
) -> list[tuple[str, str]]:
    """Every (operation, fault) that the simulator takes where it performs or tells what it performed.

    Of what it performs, only what is performed for `operation`, and this kind of it. The closed port hits everybody,
    and what only asks is spoilt elsewhere: see test_queries.py.
    """
    about = door(hub, partner).call("GET", "/_sandbox/")[1]
    tells = [where for where, name in about["plain_names"].items() if about["kinds"][name] != "query"]
    if operation is not None:
        pays = performs(hub, partner, operation, variant)
        about_it = asking.how_to_order(operation).tells
        tells = [where for where in tells if about["kinds"][about["plain_names"][where]] != "payment" or where == pays]
        tells = [where for where in tells if about_it is None or where in (pays, *about_it)]
    pairs = [(where, fault) for where in tells for fault in about["faults"] if fault != "refuse"]
    found = [pair for pair in pairs if _taken(hub, partner, *pair)]
    door(hub, partner).clear()
    return found


def performs(hub: Running, partner: str, operation: Operation, variant: dict[str, Any] | None = None) -> str:
    """The plain name of what the partner performs for an order: what an order that nothing happens to leaves behind.

    Shape: `variant` is the kind of order, or else the first: a partner may perform another thing for each.
    """
    kind = asking.how_to_order(operation).variants(hub, partner)[0] if variant is None else variant
    key = _performed_by(Wish(partner, operation, kind))
    if key not in _PERFORMED:
        about = door(hub, partner).call("GET", "/_sandbox/")[1]
        performed = [word for word, name in about["plain_names"].items() if name in about["performs"]]
        _PERFORMED[key] = performed[0] if len(performed) == 1 else _seen(hub, Wish(partner, operation, kind))
    return _PERFORMED[key]


_PERFORMED: dict[tuple[str, str, str], str] = {}


def _performed_by(wish: Wish) -> tuple[str, str, str]:
    return wish.partner, wish.operation.key, str(wish.variant)


def _seen(hub: Running, wish: Wish) -> str:
    """What the ledger calls an order that nothing happened to."""
    done = Crowd(hub, [wish])
    done.run(patience=30, lingering=0)
    order = done.order(wish)
    assert order is not None, wish.problems
    assert order["state"] == "succeeded", order
    [entry] = done.entries(order)
    return str(entry["operation"])


def violations(crowd: Crowd) -> list[str]:
    """Everything about these orders that must never be, in words."""
    found = list(crowd.moved_after_final)
    for wish in crowd.wishes:
        order = crowd.order(wish)
        entries = [entry for entry in crowd.ledgers[wish.partner] if _is_about(entry, wish, order)]
        if order is None:
            found += [f"{wish.label}: {entries} without an order ({wish.problems})"] if entries else []
            continue
        found += [f"{wish.label}: {words}; {_told(order)}" for words in against(wish, order, entries)]
    return found


def _is_about(entry: dict[str, Any], wish: Wish, order: dict[str, Any] | None) -> bool:
    """Whether a ledger's entry is this order's, or one that it should have been."""
    if order is not None and entry["reference"] == order["reference"]:
        return True
    pays = _PERFORMED.get(_performed_by(wish))
    return entry["account"] in wish.customer.identifiers and pays == entry["operation"] and not wish.how.repeats


def against(wish: Wish, order: dict[str, Any], entries: list[dict[str, Any]]) -> list[str]:
    """What speaks against an order as the bank sees it, given the ledger's entries for its account."""
    state, found = order["state"], []
    if len(entries) > 1:
        found.append(f"performed {len(entries)} times")
    if any(entry["reference"] != order["reference"] for entry in entries):
        found.append("performed under another reference")
    money = wish.money
    if money is not None and any(not _same_money(entry, money) for entry in entries):
        found.append(f"performed {entries[0]['amount']} {entries[0]['currency']}")
    if state == "succeeded" and len(entries) != 1:
        found.append("succeeded, which the ledger contradicts")
    reported = wish.how.reported(order["result"]) if state == "succeeded" else None
    if reported is not None and money is not None and not _same_money(reported, money):
        found.append("succeeded, which its own receipt contradicts")
    if state == "declined" and entries:
        found.append("declined, which the ledger contradicts")
    if state == "declined" and order["reason"]["code"] == "absent":
        found.append("declined because the partner does not know it yet")
    if (order["settled_at"] is not None) != (state in FINAL):
        found.append("settled_at and state disagree")
    if state not in FINAL and order["next_check_at"] is None and not order["review"]:
        found.append("open, and nobody will look into it")
    return found


def stuck(crowd: Crowd) -> list[str]:
    """Orders that were performed, and of which the hub does not find out although nothing lies to it."""
    return [
        f"{wish.label}: {_told(order)} {order['timeline']}"
        for wish in crowd.wishes
        if (order := crowd.order(wish)) is not None
        and order["state"] not in FINAL
        and not wish.lied_to
        and crowd.entries(order)
    ]


def whole_books_agree(hub: Running, partners: Sequence[str]) -> None:
    """Every entry of every ledger belongs to exactly one order of the hub, and no order has two."""
    orders = [order for partner in partners for order in all_orders(hub, partner=partner)]
    references = [(order["partner"], order["reference"]) for order in orders]
    assert len(references) == len(set(references))
    for partner in partners:
        performed = [entry["reference"] for entry in hub.ledger(partner)]
        assert len(performed) == len(set(performed)), "a reference stands in the ledger twice"
        assert {(partner, reference) for reference in performed} <= set(references), "performed without an order"
        states = {order["reference"]: order["state"] for order in orders if order["partner"] == partner}
        assert {ref for ref, state in states.items() if state == "succeeded"} <= set(performed)
        assert not {ref for ref, state in states.items() if state == "declined"} & set(performed)


def calm(hub: Running, partners: Iterable[str]) -> None:
    """No fault stands any more, and every partner answers: its breaker has closed."""
    for partner in partners:
        door(hub, partner).clear()
    deadline = time.monotonic() + 30
    while any(source["status"] not in ("ok", "pending") for source in _sources(hub)):
        assert time.monotonic() < deadline, "a partner does not come back"
        time.sleep(0.3)


def door(hub: Running, partner: str) -> Door:
    """The control door of a simulator."""
    return Door(hub.partners.stands[partner])


def _sources(hub: Running) -> list[dict[str, Any]]:
    """How everybody does who is asked by a public list, of every scenario that has one."""
    told: list[dict[str, Any]] = []
    for scenario in {name for partner in hub.partners.stands for name in MANIFESTS[partner].offers}:
        lists = [each for each in SCENARIOS[scenario].operations.values() if each.method == "GET"]
        answer = hub.app.get(lists[0].route, **_least(lists[0])) if lists else None
        if answer is not None:
            told += answer.json()["sources"] if answer.is_success else [{"status": answer.status_code}]
    return told


def _least(operation: Operation) -> dict[str, str]:
    """The least that a public list must be asked with."""
    demanded = {"region": "110000", "commodity": "rice"}
    needed = {field.name for field in msgspec.structs.fields(operation.request) if field.required}
    return {"limit": "1"} | {name: demanded[name] for name in needed}


def _taken(hub: Running, partner: str, where: str, fault: str) -> bool:
    document = {"operation": where, "fault": fault, "account": "nobody"}
    return door(hub, partner).call("POST", "/_sandbox/faults", document)[0] == 200


def _same_money(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return Decimal(one["amount"]) == Decimal(other["amount"]) and one["currency"] == other["currency"]


def _told(order: dict[str, Any]) -> tuple[Any, ...]:
    """What a bank relies on once an order is final."""
    return (
        order["order_id"], order["state"], order["settled_at"], (order["reason"] or {}).get("code"), order["result"]
    )  # fmt: skip


def _pause(orders: int) -> float:
    """Seconds from one look at so many orders to the next: looking at a hundred is work for everybody."""
    return min(0.1 + orders / 100, 0.8)
