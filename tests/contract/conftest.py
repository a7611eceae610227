"""A hub for the contract's tests: they spoil its partners, and leave them healthy."""

from collections.abc import Iterator

import pytest

from tests.contract import crowd
from tests.contract.launch import launcher
from tests.running import Running, running


@pytest.fixture(scope="session")
def spoilt_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = tmp_path_factory.mktemp("contract")
    with running(place, launcher=launcher("no-breaker"), HUB_ENQUIRY_SCHEDULE="500ms,500ms,1s,2s") as hub:
        yield hub


@pytest.fixture
def stage(spoilt_hub: Running) -> Iterator[Running]:
    """A hub whose partners may be spoilt, and that sends whatever failed before; they are healed afterwards."""
    crowd.calm(spoilt_hub, spoilt_hub.partners.stands)
    yield spoilt_hub
    crowd.calm(spoilt_hub, spoilt_hub.partners.stands)
