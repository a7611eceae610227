"""Several misfortunes in a row, drawn by chance, on a hub whose breaker opens soon."""

import random
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from schemas.contract import Operation
from tests.contract import crowd
from tests.contract.asking import how_to_order, named, offered
from tests.contract.conftest import ASKED_ABOUT, Stages, staged
from tests.contract.crowd import Crowd, Wish
from tests.running import Running

ORDERS = offered("order")
EACH = 16
SEEDS = (20261123,)


@pytest.fixture(scope="module")
def nervous_hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    with ExitStack() as stack:
        yield staged(stack, tmp_path_factory, "nervous-breaker", **ASKED_ABOUT)


def drawn(chance: random.Random, hub: Running, partner: str, operation: Operation) -> list[Wish]:
    """Orders with two or three faults each, at least one of them at the order itself."""
    kinds = how_to_order(operation).variants(hub, partner)
    faults = [crowd.meaningful(hub, partner, operation, kind) for kind in kinds]
    wishes = []
    for _ in range(EACH):
        kind, pairs = chance.choice(list(zip(kinds, faults, strict=True)))
        pays = crowd.performs(hub, partner, operation, kind)
        at_the_order = [pair for pair in pairs if pair[0] == pays]
        met = (chance.choice(at_the_order), *chance.choices(pairs, k=chance.randint(1, 2)))
        wishes.append(Wish(partner, operation, kind, tuple((*pair, chance.randint(1, 2)) for pair in met)))
    return wishes


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("partner", "operation"), ORDERS, ids=named(ORDERS))
def test_faults_in_a_row(nervous_hubs: Stages, partner: str, operation: Operation, seed: int) -> None:
    """Whatever follows whatever: an order is performed once at most, and never ends as the ledger contradicts.

    The seed stands in the test's name.
    """
    nervous_hub = nervous_hubs(partner, operation.scenario)
    crowd.calm(nervous_hub, [partner])
    wishes = drawn(random.Random(seed), nervous_hub, partner, operation)  # noqa: S311 - chance that repeats
    done = Crowd(nervous_hub, wishes).run(patience=60)
    assert crowd.violations(done) == []
    assert crowd.stuck(done) == []
    crowd.whole_books_agree(nervous_hub, [partner])
