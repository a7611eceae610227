"""Identifiers sort by their time, and a moment is found among them."""

from datetime import UTC, datetime, timedelta

import pytest

from hub import ids

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


def test_a_moment_lies_between_what_was_made_before_and_after() -> None:
    """Whatever chance made of them."""
    for _ in range(100):
        assert ids.new("ord", NOON - TICK) < ids.first("ord", NOON)
        assert ids.first("ord", NOON) <= ids.new("ord", NOON) < ids.after("ord", NOON) == ids.first("ord", NOON + TICK)


@pytest.mark.parametrize(("year", "before"), [(1, True), (9999, False)])
def test_a_moment_that_no_identifier_names(year: int, before: bool) -> None:
    """It is before, or after, everything."""
    moment = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert (ids.first("ord", moment) < ids.new("ord", NOON)) is before
    assert (ids.after("ord", moment) < ids.new("ord", NOON)) is before
