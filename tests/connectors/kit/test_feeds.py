"""Lists of feeds: bad rows, pages, regions."""

import pytest
from structlog.testing import capture_logs

from connectors.kit.feeds import lies_in, page_of, page_within, place_of, readable
from schemas.errors import Garbled, Refused
from schemas.page import Paged
from tests.connectors.kit.bench import Bench, in_turn


def even(number: int) -> int | None:
    """Seven says nothing, odd ones cannot be read."""
    if number == 7:
        return None
    if number % 2:
        raise Garbled("odd")
    return number


def test_bad_row_spoils_no_other() -> None:
    """What cannot be read is left out and told of once; what says nothing is left out silently."""
    call = Bench(in_turn()).call()
    with capture_logs() as logs:
        assert readable([2, 3, 5, 7], even, call) == [2]
    assert [(log["event"], log["rows"], log["why"]) for log in logs] == [("rows-left-out", 2, {"odd": 2})]


def test_nothing_readable_is_not_nothing() -> None:
    """If not one row can be read, an empty list would be a lie; without rows, or with silent ones, it is none."""
    call = Bench(in_turn()).call()
    with pytest.raises(Garbled, match="odd"):
        readable([1, 3], even, call)
    assert readable([], even, call) == []
    assert readable([7], even, call) == []


def test_pages() -> None:
    """A list that came whole is cut by the limit, and its cursor leads to the end."""
    first = page_of([1, 2, 3], Paged(limit=2))
    assert (first.items, first.next) == ([1, 2], "2")
    last = page_of([1, 2, 3], Paged(limit=2, cursor=first.next))
    assert (last.items, last.next) == ([3], None)
    with pytest.raises(Refused) as refused:
        page_of([1], Paged(cursor="-1"))
    assert refused.value.field == "cursor"


def test_pages_within_pages() -> None:
    """Whatever lengths a bank asks for in turn, a list that comes in pages of four is given whole, each item once."""
    rows, limits = list(range(11)), [3, 5, 1, 2, 200, 200]
    seen: list[int] = []
    cursor: str | None = None
    for limit in limits:
        search = Paged(limit=limit, cursor=cursor)
        start = place_of(search) // 4 * 4
        page = page_within(rows[start : start + 4], search, 4, more=start + 4 < len(rows))
        seen += page.items
        cursor = page.next
    assert (seen, cursor) == (rows, None)
    with pytest.raises(Refused):
        page_within([1], Paged(cursor="x"), 4, more=False)


def test_regions() -> None:
    """A county lies in its prefecture, its province and China; a prefecture in none of its counties."""
    assert all(lies_in("430281", region) for region in ("430281", "430200", "430000", "CN", None))
    assert not any(lies_in("430281", region) for region in ("430100", "440000", "IN"))
    assert not lies_in("430200", "430281")
    assert not lies_in("510000", "500000")
    assert (lies_in("FR", "FR"), lies_in("FR", "DE")) == (True, False)
