"""Hubs for the contract's tests: they spoil their partners, and leave them healthy."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.contract import crowd
from tests.contract.asking import partners_of
from tests.contract.launch import launcher
from tests.running import Running, running

Stages = Callable[[str], Running]
"""The hub of a scenario."""
ASKED_ABOUT = {"HUB_ENQUIRY_SCHEDULE": "500ms,500ms,1s,1s,2s,2s,4s,8s,8s,1h"}
"""Soon and often, and then hardly ever: what was never performed stays open, and would be asked about to the end."""


def staged(stack: ExitStack, factory: pytest.TempPathFactory, how: str | None = None, **environment: str) -> Stages:
    """A hub for each scenario that is asked for, with that scenario's partners."""
    hubs: dict[str, Running] = {}

    def stage(scenario: str) -> Running:
        if scenario not in hubs:
            more = {"launcher": launcher(how)} if how else {}
            place = factory.mktemp(f"{how or 'plain'}-{scenario}")
            hubs[scenario] = stack.enter_context(running(place, partners=partners_of(scenario), **more, **environment))
        return hubs[scenario]

    return stage


@pytest.fixture(scope="session")
def spoilt_hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    with ExitStack() as stack:
        yield staged(stack, tmp_path_factory, "no-breaker", **ASKED_ABOUT)


@pytest.fixture
def stages(spoilt_hubs: Stages) -> Iterator[Stages]:
    """Hubs whose partners may be spoilt, and that send whatever failed before; they are healed afterwards."""
    used: list[Running] = []

    def stage(scenario: str) -> Running:
        hub = spoilt_hubs(scenario)
        crowd.calm(hub, hub.partners.stands)
        used.append(hub)
        return hub

    yield stage
    for hub in used:
        crowd.calm(hub, hub.partners.stands)
