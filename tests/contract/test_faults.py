"""Every order operation of every connector, under every fault that its simulator offers."""

from typing import Any

import pytest

from schemas.contract import Operation
from tests.contract import crowd
from tests.contract.asking import how_to_order, named, offered
from tests.contract.conftest import Stages
from tests.contract.crowd import Crowd, Wish
from tests.running import Running

ORDERS = offered("order")
NEVER_PERFORMS = ("drop", "hang-before", "error-before")


def every_fault(hub: Running, partner: str, operation: Operation, variant: dict[str, Any]) -> list[Wish]:
    """An order for each fault, wherever it can strike; where an enquiry is spoilt, the order itself is not answered."""
    pays = crowd.performs(hub, partner, operation, variant)
    wishes = [Wish(partner, operation, variant)]
    for where, fault in crowd.meaningful(hub, partner, operation, variant):
        wishes.append(Wish(partner, operation, variant, ((where, fault, 1),)))
        if where != pays:
            wishes.append(Wish(partner, operation, variant, ((pays, "hang-after", 1), (where, fault, 1))))
    return wishes


@pytest.mark.parametrize(("partner", "operation"), ORDERS, ids=named(ORDERS))
def test_no_fault_doubles_or_contradicts(stages: Stages, partner: str, operation: Operation) -> None:
    """Under any fault an order is performed at most once, and no final state is one that the ledger contradicts."""
    stage = stages(partner, operation.scenario)
    wishes = [
        wish
        for variant in how_to_order(operation).variants(stage, partner)
        for wish in every_fault(stage, partner, operation, variant)
    ]
    done = Crowd(stage, wishes).run(patience=60)
    assert crowd.violations(done) == []
    assert crowd.stuck(done) == []
    assert [wish.label for wish in wishes if done.order(wish) is None] == []
    crowd.whole_books_agree(stage, [partner])
    for wish in wishes:
        _holds_exactly(wish, done, crowd.performs(stage, partner, operation, wish.variant))


def _holds_exactly(wish: Wish, done: Crowd, pays: str) -> None:
    """What a single fault at the order itself must come to."""
    order = done.order(wish)
    assert order is not None
    faults = {fault for where, fault, _ in wish.faults if where == pays}
    if faults & set(NEVER_PERFORMS):
        assert order["state"] in ("unknown", *wish.how.spared), wish.label
        assert not done.entries(order), wish.label
        assert order["next_check_at"] is not None or order["state"] == "declined", wish.label
    elif "decline" in faults:
        assert order["state"] == "declined", wish.label
    elif not wish.lied_to:
        assert order["state"] == "succeeded", wish.label
    if wish.lied_to and "wrong-amount" in faults:
        assert order["state"] in ("unknown", "pending"), wish.label
