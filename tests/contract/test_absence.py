"""An order that never reached the partner: unknown, for as long as the manifest says that it may still arrive."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from schemas.contract import Operation
from tests.contract import crowd
from tests.contract.asking import account, named, offered, order_body, ordered, variants
from tests.contract.launch import ABSENCE, launcher
from tests.running import Running, running

ORDERS = offered("order")


@pytest.fixture(scope="module")
def hasty_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub that believes its partners soon when they do not know an order."""
    with running(tmp_path_factory.mktemp("hasty"), launcher=launcher("soon-absent")) as hub:
        yield hub


@pytest.mark.parametrize(("partner", "operation"), ORDERS, ids=named(ORDERS))
def test_absence_is_final_only_after_its_time(hasty_hub: Running, partner: str, operation: Operation) -> None:
    """An order that hung and was never performed is unknown at first, and declined as absent no sooner than said."""
    number = account()
    body = order_body(hasty_hub, partner, operation, number, variants(hasty_hub, partner, operation)[0])
    crowd.door(hasty_hub, partner).fault("hang-before", crowd.performs(hasty_hub, partner), account=number)
    order = ordered(hasty_hub, operation, body, f"absent-{number}").json()
    assert order["state"] == "unknown"
    known = hasty_hub.until(order["order_id"], lambda one: one["timeline"][-1]["what"] in ("absent", "declined"))
    assert known["state"] == "unknown", "declined at the first enquiry"
    order = hasty_hub.settled(order["order_id"])
    assert (order["state"], order["reason"]["code"]) == ("declined", "absent")
    lived = datetime.fromisoformat(order["settled_at"]) - datetime.fromisoformat(order["created_at"])
    assert lived >= ABSENCE
    assert hasty_hub.entries(order) == []
