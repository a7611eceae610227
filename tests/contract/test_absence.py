"""An order that never reached the partner: unknown, for as long as the manifest says that it may still arrive."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest

from schemas.contract import Operation
from tests.contract import crowd
from tests.contract.asking import beside, how_to_order, named, offered, ordered
from tests.contract.asking.words import customer
from tests.contract.conftest import Stages, staged
from tests.contract.launch import ABSENCE
from tests.running import Running

ORDERS = offered("order")


Placed = Callable[[str, Operation], dict[str, Any]]
"""The order that a partner never got, as the bank was told of it."""


@pytest.fixture(scope="module")
def hasty_hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """Hubs that believe their partners soon when they do not know an order."""
    with ExitStack() as stack:
        yield staged(stack, tmp_path_factory, "soon-absent")


@pytest.fixture(scope="module")
def placed(hasty_hubs: Stages) -> Placed:
    """Whatever is ordered of a hub's partners is ordered at once: all of it must wait for as long."""
    known: dict[Running, dict[tuple[str, str], dict[str, Any]]] = {}

    def order(partner: str, operation: Operation) -> dict[str, Any]:
        scenario = operation.scenario
        hub, company = hasty_hubs(partner, scenario), beside(partner, scenario)
        if hub not in known:
            offers = [pair for pair in ORDERS if pair[1].scenario == scenario]
            asked = [pair for pair in offers if beside(pair[0], scenario) == company]
            with ThreadPoolExecutor(len(asked)) as pool:
                orders = list(pool.map(lambda pair: lost(hub, *pair), asked))
            known[hub] = {(name, each.key): told for (name, each), told in zip(asked, orders, strict=True)}
        return known[hub][partner, operation.key]

    return order


def lost(hub: Running, partner: str, operation: Operation) -> dict[str, Any]:
    """An order that hangs on its way."""
    how, who = how_to_order(operation), customer()
    body = how.body(hub, partner, who, how.variants(hub, partner)[0])
    pays = crowd.performs(hub, partner, operation)
    crowd.door(hub, partner).fault("hang-before", pays, account=who.identifiers)
    consent = who.consent(hub) if operation.takes_consent else None
    return dict(ordered(hub, operation, body, f"absent-{who.account}", consent).json())


@pytest.mark.parametrize(("partner", "operation"), ORDERS, ids=named(ORDERS))
def test_absence_is_final_only_after_its_time(
    hasty_hubs: Stages, placed: Placed, partner: str, operation: Operation
) -> None:
    """An order that hung and was never performed is unknown at first, and declined as absent no sooner than said."""
    hub, spared = hasty_hubs(partner, operation.scenario), how_to_order(operation).spared
    order = placed(partner, operation)
    assert order["state"] in ("unknown", *spared)
    order = hub.until(order["order_id"], lambda one: one["timeline"][-1]["what"] in ("declined", *spared))
    assert hub.entries(order) == []
    if order["state"] in spared:
        return
    whats = [entry["what"] for entry in order["timeline"]]
    assert "absent" in whats[:-1], "declined at the first enquiry"
    assert (order["state"], order["reason"]["code"]) == ("declined", "absent")
    lived = datetime.fromisoformat(order["settled_at"]) - datetime.fromisoformat(order["created_at"])
    assert lived >= ABSENCE
