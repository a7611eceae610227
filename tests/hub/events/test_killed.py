"""A hub that dies between storing a callback and applying it."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.caller import Caller
from tests.hub.events.pushing import Channel
from tests.running import HUB, Running, running


@pytest.fixture
def mortal_hub(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, launcher=("-m", "tests.hub.events.killed_between"), HUB_ENQUIRY_SCHEDULE="1h") as hub:
        yield hub


def test_stored_callback_is_applied_after_a_restart(mortal_hub: Running):
    """A callback that was stored when the hub was killed is applied by the next one, and nobody sends it again."""
    with closing(Caller(mortal_hub)) as caller:
        channel = Channel(mortal_hub, caller)
        order = channel.order()
        assert order["state"] == "pending"
        with pytest.raises(httpx.TransportError):
            channel.push(channel.account_of(order), channel.form(order))
        assert mortal_hub.process is not None
        assert mortal_hub.process.wait(10) < 0
        assert [what for _, what, _ in channel.kept()] == [None]
        mortal_hub.process, mortal_hub.launcher = None, HUB
        mortal_hub.start()
        deadline = time.monotonic() + 15
        while channel.now(order)["state"] == "pending":
            assert time.monotonic() < deadline, "the callback is forgotten"
            time.sleep(0.1)
        applied = channel.now(order)
        assert (applied["state"], applied["timeline"][-1]["detail"]) == ("succeeded", "by callback")
        assert [what for _, what, _ in channel.kept()] == ["applied"]
        assert channel.events(order) == ["order.pending", "order.succeeded"]
