"""How each operation of the contract is asked for, in the contract's own words: a new partner needs nothing here."""

import itertools
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx

from connectors.kit import registry
from schemas.contract import SCENARIOS, Operation
from schemas.scenarios import load
from tests.running import Running

load()

Body = dict[str, Any]
Maker = Callable[[Running, str, str, Body], Body]

_numbers = itertools.count(20_260_001)
_lock = threading.Lock()


def account() -> str:
    """An account number that nobody has used, and that is not magic."""
    with _lock:
        return str(next(_numbers))


def offered(kind: str) -> list[tuple[str, Operation]]:
    """Every (partner, operation) of a kind, as the manifests offer them."""
    return [
        (name, SCENARIOS[scenario].operations[operation])
        for name, connector in sorted(registry.find().items())
        for scenario, operations in connector.manifest.offers.items()
        for operation in operations
        if SCENARIOS[scenario].operations[operation].kind == kind
    ]


def named(pairs: list[tuple[str, Operation]]) -> list[str]:
    return [f"{partner}-{operation.key}" for partner, operation in pairs]


def kinds_of_biller(hub: Running, partner: str) -> list[Body]:
    """One biller of each kind that needs nothing beyond an account: with a bill or without, prepaid or not."""
    found: dict[tuple[str, bool], Body] = {}
    for biller in hub.billers():
        plain = not biller["fields"] and all(window["opens"] == window["closes"] for window in biller["windows"])
        exact = biller["bill"] != "required" or biller["rule"]["against_bill"] == "exact"
        if biller["partner"] == partner and plain and exact and not biller["rule"]["choices"]:
            found.setdefault((biller["bill"], biller["prepaid"]), biller)
    assert found, f"{partner} has no biller that takes a plain payment"
    return list(found.values())


def bill_payment(hub: Running, _: str, number: str, biller: Body) -> Body:
    """A payment that breaks no rule of this biller."""
    body = {"biller_id": biller["biller_id"], "account": number}
    if biller["bill"] == "required":
        bill = bills(hub, biller, number)[0]
        return body | {"amount": bill["amount"], "bill_id": bill["bill_id"]}
    lowest = biller["rule"]["minimum"] or {"amount": "0", "currency": biller["currency"]}
    amount = max(Decimal(lowest["amount"]), Decimal("10.00"))
    return body | {"amount": {"amount": f"{amount:.2f}", "currency": biller["currency"]}}


def bills(hub: Running, biller: Body, number: str) -> list[Body]:
    """What is owed, asked again while the partner cannot be reached."""
    return until_answered(lambda: hub.bills(biller, number))


def until_answered(ask: Callable[[], Any], patience: float = 40.0) -> Any:
    """What `ask` gets, once the partner does answer."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return ask()
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in (502, 503, 504) or time.monotonic() > deadline:
                raise
            time.sleep(0.3)


VARIANTS: dict[str, Callable[[Running, str], list[Body]]] = {"utility-bills.pay": kinds_of_biller}
"""What kinds of an order there are at a partner: each meets every fault."""
ORDERS: dict[str, Maker] = {"utility-bills.pay": bill_payment}
"""An order operation that is missing here fails its contract tests until somebody says how it is asked for."""
QUERIES: dict[str, Callable[[Running, str], Body]] = {
    "utility-bills.list_billers": lambda _, __: {},
    "utility-bills.find_bills": lambda hub, partner: {
        "biller_id": kinds_of_biller(hub, partner)[0]["biller_id"],
        "account": account(),
    },
}


def order_body(hub: Running, partner: str, operation: Operation, number: str, variant: Body) -> Body:
    assert operation.key in ORDERS, f"tests/contract/asking.py does not say how {operation.key} is asked for"
    return ORDERS[operation.key](hub, partner, number, variant)


def variants(hub: Running, partner: str, operation: Operation) -> list[Body]:
    return VARIANTS[operation.key](hub, partner)


def ordered(hub: Running, operation: Operation, body: Body, key: str) -> httpx.Response:
    return hub.app.post(operation.route, body, key)
