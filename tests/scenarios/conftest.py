"""One hub per scenario, with that scenario's partners, for tests that speak to it as a bank does."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.contract.asking import partners_of
from tests.running import Running, running

Hubs = Callable[[str], Running]


@pytest.fixture(scope="session")
def hub_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hubs]:
    """The hub of a scenario, started when first asked for."""
    hubs: dict[str, Running] = {}
    with ExitStack() as stack:

        def hub(scenario: str) -> Running:
            if scenario not in hubs:
                place = tmp_path_factory.mktemp(scenario)
                hubs[scenario] = stack.enter_context(running(place, partners=partners_of(scenario)))
            return hubs[scenario]

        yield hub
