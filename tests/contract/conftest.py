"""Hubs for the contract's tests: they spoil their partners, and leave them healthy."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.contract import crowd
from tests.contract.asking import beside
from tests.contract.launch import launcher
from tests.running import Running, running

Stages = Callable[[str, str], Running]
"""The hub where a partner is asked about a scenario."""
ASKED_ABOUT = {"HUB_ENQUIRY_SCHEDULE": "500ms,500ms,1s,1s,2s,2s,4s,8s,8s,8s,8s,1h"}
"""Soon and often, and then hardly ever: what was never performed stays open, and would be asked about to the end."""


def staged(stack: ExitStack, factory: pytest.TempPathFactory, how: str | None = None, **environment: str) -> Stages:
    """A hub for each scenario that is asked for, with those of its partners that take nothing from each other."""
    hubs: dict[tuple[str, ...], Running] = {}

    def stage(partner: str, scenario: str) -> Running:
        partners = (scenario, *beside(partner, scenario))
        if partners not in hubs:
            more = {"launcher": launcher(how)} if how else {}
            place = factory.mktemp(f"{how or 'plain'}-{scenario}")
            hubs[partners] = stack.enter_context(running(place, partners=partners[1:], **more, **environment))
        return hubs[partners]

    return stage


@pytest.fixture(scope="session")
def spoilt_hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    with ExitStack() as stack:
        yield staged(stack, tmp_path_factory, "no-breaker", **ASKED_ABOUT)


@pytest.fixture
def stages(spoilt_hubs: Stages) -> Iterator[Stages]:
    """Hubs whose partners may be spoilt, and that send whatever failed before; they are healed afterwards."""
    used: list[Running] = []

    def stage(partner: str, scenario: str) -> Running:
        hub = spoilt_hubs(partner, scenario)
        crowd.calm(hub, hub.partners.stands)
        used.append(hub)
        return hub

    yield stage
    for hub in used:
        crowd.calm(hub, hub.partners.stands)
