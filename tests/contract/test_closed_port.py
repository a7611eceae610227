"""A partner that is certainly not reached: the order is `received`, and sent again once it is."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.contract import Operation
from tests.contract import crowd
from tests.contract.asking import how_to_order, named, offered
from tests.contract.conftest import Stages
from tests.contract.crowd import Crowd, Wish

ORDERS = offered("order")


@pytest.mark.parametrize(("partner", "operation"), ORDERS, ids=named(ORDERS))
def test_sent_again_once_the_port_is_open(stages: Stages, partner: str, operation: Operation) -> None:
    """Orders that met a closed port are `received`, and after it opened succeed with one entry each."""
    stage = stages(partner, operation.scenario)
    kinds = how_to_order(operation).variants(stage, partner)
    before = Crowd(stage, [Wish(partner, operation, kind) for kind in kinds])
    before.run(patience=20, lingering=0)  # sessions and catalogues are known then
    wishes = [Wish(partner, operation, kind) for kind in kinds * 4]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda wish: wish.prepare(stage), wishes))
    crowd.door(stage, partner).fault("refuse", "*", times=2)
    done = Crowd(stage, wishes).run(patience=40)
    assert crowd.violations(done) == []
    for wish in wishes:
        order = done.order(wish)
        assert order is not None, wish.problems
        assert order["state"] == "succeeded", order["timeline"]
        assert len(done.entries(order)) == 1
    waited = [order for order in map(done.order, wishes) if order and _waited(order)]
    if not waited:
        pytest.skip("before each order it is asked something, so no order was journalled while the port was closed")
    assert all("sent-again" in {entry["what"] for entry in order["timeline"]} for order in waited)


def _waited(order: dict[str, list[dict[str, str]]]) -> bool:
    return any(entry["what"] == "received" for entry in order["timeline"])
