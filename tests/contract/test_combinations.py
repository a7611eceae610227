"""Several misfortunes in a row, drawn by chance, on a hub whose breaker opens soon."""

import random
from collections.abc import Iterator

import pytest

from schemas.contract import Operation
from tests.contract import crowd
from tests.contract.asking import named, offered, variants
from tests.contract.crowd import Crowd, Wish
from tests.contract.launch import launcher
from tests.running import Running, running

ORDERS = offered("order")
EACH = 60
SEEDS = (20261123,)


@pytest.fixture(scope="module")
def nervous_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = tmp_path_factory.mktemp("nervous")
    with running(place, launcher=launcher("nervous-breaker"), HUB_ENQUIRY_SCHEDULE="500ms,500ms,1s,2s") as hub:
        yield hub


def drawn(chance: random.Random, hub: Running, partner: str, operation: Operation) -> list[Wish]:
    """Orders with two or three faults each, at least one of them at the order itself."""
    pays, pairs = crowd.performs(hub, partner), crowd.meaningful(hub, partner)
    at_the_order = [pair for pair in pairs if pair[0] == pays]
    kinds = variants(hub, partner, operation)
    return [
        Wish(
            partner,
            operation,
            chance.choice(kinds),
            tuple(
                (*pair, chance.randint(1, 2))
                for pair in (chance.choice(at_the_order), *chance.choices(pairs, k=chance.randint(1, 2)))
            ),
        )
        for _ in range(EACH)
    ]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("partner", "operation"), ORDERS, ids=named(ORDERS))
def test_faults_in_a_row(nervous_hub: Running, partner: str, operation: Operation, seed: int) -> None:
    """Whatever follows whatever: an order is performed once at most, and never ends as the ledger contradicts.

    The seed stands in the test's name.
    """
    crowd.calm(nervous_hub, [partner])
    wishes = drawn(random.Random(seed), nervous_hub, partner, operation)  # noqa: S311 - chance that repeats
    done = Crowd(nervous_hub, wishes).run(patience=60)
    assert crowd.violations(done) == []
    assert crowd.stuck(done) == []
    crowd.whole_books_agree(nervous_hub, [partner])
