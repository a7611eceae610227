"""How each operation of the contract is asked for: a module per scenario.

A new partner needs nothing here, unless it can only be asked for things of its own: then it is named in
`rights.WANTED` (what it sells), in `medical_insurance.INSTITUTIONS` (whom it settles for), or in `agri_prices.where`.
"""

from importlib import import_module
from typing import Any

import httpx

from schemas.contract import SCENARIOS, Operation
from schemas.scenarios import load
from tests.contract.asking.words import MANIFESTS, Body, Ordered, Questioned
from tests.running import Running

load()


def partners_of(scenario: str) -> list[str]:
    """Who serves a scenario, by name."""
    return sorted(name for name, manifest in MANIFESTS.items() if scenario in manifest.offers)


def beside(partner: str, scenario: str) -> list[str]:
    """The partners of a hub where this one is asked whatever it offers: nobody who does more about the same thing."""
    return [name for name in partners_of(scenario) if not _more(name, partner, scenario)]


def offered(kind: str) -> list[tuple[str, Operation]]:
    """Every (partner, operation) of a kind, as the manifests offer them."""
    return [
        (name, SCENARIOS[scenario].operations[operation])
        for name, manifest in sorted(MANIFESTS.items())
        for scenario, operations in manifest.offers.items()
        for operation in operations
        if SCENARIOS[scenario].operations[operation].kind == kind
    ]


def named(pairs: list[tuple[str, Operation]]) -> list[str]:
    return [f"{partner}-{operation.key}" for partner, operation in pairs]


def how_to_order(operation: Operation) -> Ordered:
    """An order operation that is missing there fails its contract tests until somebody says how it is asked for."""
    known: dict[str, Ordered] = _module(operation.scenario).ORDERS
    assert operation.key in known, f"tests/contract/asking does not say how {operation.key} is asked for"
    return known[operation.key]


def how_to_ask(operation: Operation) -> Questioned:
    known: dict[str, Questioned] = _module(operation.scenario).QUERIES
    assert operation.key in known, f"tests/contract/asking does not say how {operation.key} is asked for"
    return known[operation.key]


def performed_by(partner: str, operation: Operation) -> str | None:
    """What a question performs at a partner all the same, by plain name."""
    besides: dict[tuple[str, str], str] = getattr(_module(operation.scenario), "BESIDES", {})
    return besides.get((partner, operation.key))


def says_unclear(operation: Operation, told: Any) -> bool:
    """Whether an answer is what an operation answers when the partner gave none that is clear."""
    unclear: dict[str, Body] = getattr(_module(operation.scenario), "UNCLEAR", {}).get(operation.key, {})
    return bool(unclear) and isinstance(told, dict) and told | unclear == told


def ordered(hub: Running, operation: Operation, body: Body, key: str, consent: str | None) -> httpx.Response:
    return hub.app.post(operation.route, body, key, consent=consent)


def _more(rival: str, partner: str, scenario: str) -> bool:
    """Whether what a partner offers about something is asked of another, who offers more."""
    does = {name: set(MANIFESTS[name].offers[scenario]) for name in (rival, partner)}
    families = [
        {each.name for each in operation.kin}
        for operation in SCENARIOS[scenario].operations.values()
        if operation.about and operation.name in does[partner]
    ]
    return any(len(does[rival] & family) > len(does[partner] & family) for family in families)


def _module(scenario: str) -> object:
    return import_module(f"{__name__}.{scenario.replace('-', '_')}")
