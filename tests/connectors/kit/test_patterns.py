"""Patterns of a partner's, matched in linear time."""

from time import monotonic

import pytest

from connectors.kit.patterns import pattern
from schemas.errors import Garbled


@pytest.mark.parametrize(
    "bad",
    ["^([A-Z]*[0-9]*)+$", "(a|a|[0-9])*", "([0-9]+)*", "(?:[0-9]?){60}[0-9]{60}", "[0-9]*[0-9]*[0-9]*[0-9]*[0-9]*x"],
)
def test_no_pattern_takes_long(bad: str) -> None:
    """Whatever Python's own matcher would make of it."""
    made = pattern(bad)
    started = monotonic()
    assert not made.matches("1" * 59 + "!")
    assert monotonic() - started < 0.5


def test_a_value_is_held_to_the_whole_and_to_its_length() -> None:
    """Length first; digits are ASCII; what a bank is told says the same."""
    made = pattern(r"\d+", shortest=2, longest=4)
    assert [made.matches(value) for value in ("1", "12", "1234", "12345", "12x", "１２")] == [
        False,
        True,
        True,
        *[False] * 3,
    ]
    assert made.text == r"(?=.{2,4}$)(?:\d+)"
    assert pattern("00|01").text == "00|01"


@pytest.mark.parametrize("bad", ["(", "(?=a)b", "(?!0)[0-9]+", r"(a)\1", r"\p{L}", "((a{1,999}){1,999}){1,999}"])
def test_what_cannot_be_matched_so_is_refused(bad: str) -> None:
    """No expression, one that looks around or back, one of another syntax, one that grows beyond measure."""
    with pytest.raises(Garbled):
        pattern(bad)
