"""The channel and two banks at one hub, which asks its partners by itself only after an hour."""

import pytest

from tests.banks import TwoBanks
from tests.hub.events.pushing import Channel


@pytest.fixture
def channel(two_banks: TwoBanks) -> Channel:
    return Channel(two_banks.hub, two_banks.one)


@pytest.fixture
def other_channel(two_banks: TwoBanks) -> Channel:
    """The same channel, as the other bank knows it."""
    return Channel(two_banks.hub, two_banks.other)
