"""An order that never reached the partner: unknown, for as long as the manifest says that it may still arrive."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest

from schemas.contract import Operation
from tests.contract import crowd
from tests.contract.asking import how_to_order, named, offered, ordered
from tests.contract.asking.words import customer
from tests.contract.conftest import Stages, staged
from tests.contract.launch import ABSENCE

ORDERS = offered("order")


@pytest.fixture(scope="module")
def hasty_hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """Hubs that believe their partners soon when they do not know an order."""
    with ExitStack() as stack:
        yield staged(stack, tmp_path_factory, "soon-absent")


@pytest.mark.parametrize(("partner", "operation"), ORDERS, ids=named(ORDERS))
def test_absence_is_final_only_after_its_time(hasty_hubs: Stages, partner: str, operation: Operation) -> None:
    """An order that hung and was never performed is unknown at first, and declined as absent no sooner than said."""
    hub, how, who = hasty_hubs(partner, operation.scenario), how_to_order(operation), customer()
    body = how.body(hub, partner, who, how.variants(hub, partner)[0])
    pays = crowd.performs(hub, partner, operation)
    crowd.door(hub, partner).fault("hang-before", pays, account=who.identifiers)
    consent = who.consent(hub) if operation.takes_consent else None
    order = ordered(hub, operation, body, f"absent-{who.account}", consent).json()
    assert order["state"] in ("unknown", *how.spared)
    known = hub.until(order["order_id"], lambda one: one["timeline"][-1]["what"] in ("absent", "declined", *how.spared))
    if known["state"] in how.spared:
        assert hub.entries(known) == []
        return
    assert known["state"] == "unknown", "declined at the first enquiry"
    order = hub.settled(order["order_id"])
    assert (order["state"], order["reason"]["code"]) == ("declined", "absent")
    lived = datetime.fromisoformat(order["settled_at"]) - datetime.fromisoformat(order["created_at"])
    assert lived >= ABSENCE
    assert hub.entries(order) == []
