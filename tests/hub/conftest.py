"""Callers of the shared hub, and a hub with two banks."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.banks import TwoBanks, enrol_bank, enrol_client
from tests.caller import Caller
from tests.running import Running


@pytest.fixture(scope="session")
def caller(live_hub: Running) -> Iterator[Caller]:
    """The demo's bank at the shared hub."""
    caller = Caller(live_hub)
    yield caller
    caller.close()


@pytest.fixture(scope="session")
def two_banks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoBanks]:
    """Shared by the tests of one worker. It asks partners by itself only after an hour, and waits for little."""
    hub = Running(
        tmp_path_factory.mktemp("banks"),
        HUB_ENQUIRY_SCHEDULE="1h",
        HUB_QUERY_WAIT="1s",
        HUB_QUERY_LIMIT="3s",
        HUB_MERGE_WAIT="1800ms",
        HUB_RELEASE_AGAIN="2s",
        HUB_LOG_LEVEL="debug",
    )
    with ExitStack() as stack:
        stack.callback(hub.close)
        apps = [enrol_bank(hub, "other-bank")]
        apps += [enrol_client(hub, scope) for scope in ("utility-bills:read", "utility-bills:pay")]
        for app in apps:
            stack.callback(app.close)
        hub.start()
        yield TwoBanks(hub, *(stack.enter_context(closing(Caller(hub, app))) for app in (hub.app, *apps)))
