"""Feeds that publish lists: asking one, reading it row by row, cutting it into pages."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
import structlog

from connectors.kit.commodities import key_of, names_of
from schemas.agri_prices import Commodity, CommoditySearch
from schemas.call import Call, Http
from schemas.errors import Garbled, Refused
from schemas.page import Merged, Paged

T = TypeVar("T")
R = TypeVar("R")

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder raises about bytes that are no message."""

log = structlog.get_logger("hub.feeds")


async def ask(call: Call, message: Http, decoder: msgspec.json.Decoder[T]) -> T:
    """One question, and its answer. Raises: NotSent, MaybeSent; Garbled for all but a success that can be read."""
    reply = await call.send(message)
    if not 200 <= reply.status < 300:  # noqa: PLR2004
        raise Garbled(f"HTTP {reply.status}", reply.body)
    try:
        return decoder.decode(reply.body)
    except UNREADABLE as error:
        raise Garbled("the answer cannot be read", reply.body) from error


def readable(rows: Collection[R], read: Callable[[R], T | None], call: Call) -> list[T]:
    """What `read` makes of the rows, without those that say nothing (None).

    A row that cannot be read spoils no other: it is left out, and all of those are told of in one line.
    Raises: Garbled where not one can be read: an empty list would say that there is nothing.
    """
    found: list[T] = []
    faults: Counter[str] = Counter()
    for row in rows:
        try:
            one = read(row)
        except (*UNREADABLE, Garbled) as error:
            faults[str(error)[:120]] += 1
            continue
        if one is not None:
            found.append(one)
    if faults:
        why = dict(faults.most_common(3))
        if faults.total() == len(rows):
            raise Garbled(f"no row can be read: {next(iter(why))}")
        log.warning("rows-left-out", partner=call.partner, rows=faults.total(), why=why, trace_id=call.trace_id)
    return found


def place_of(search: Paged) -> int:
    """The place in a list that `cursor` is, from 0. Raises: Refused."""
    cursor = search.cursor or "0"
    if not re.fullmatch("[0-9]{1,9}", cursor):
        raise Refused("is no cursor of this partner", field="cursor")
    return int(cursor)


def page_of(items: Sequence[T], search: Paged) -> Merged[T]:
    """A page of a list that the feed gives whole."""
    start = place_of(search)
    end = start + search.limit
    return Merged(items=list(items[start:end]), next=str(end) if end < len(items) else None)


def page_within(items: Sequence[T], search: Paged, rows: int, *, more: bool) -> Merged[T]:
    """A page cut from one of the partner's, on which `place_of(search)` is: the `place // rows`-th, from 0.

    The partner's pages are always `rows` long: a bank may want more or fewer items from one page to the next.
    `more` says whether another of them follows.
    """
    number, taken = divmod(place_of(search), rows)
    end = taken + search.limit
    following = None
    if end < len(items):
        following = str(number * rows + end)
    elif more:
        following = str((number + 1) * rows)
    return Merged(items=list(items[taken:end]), next=following)


def commodities_of(words: Iterable[str], search: CommoditySearch) -> Merged[Commodity]:
    """A feed's words as commodities, each once. Those that nobody knows under a canonical name are left out."""
    keys = {word: key_of(word) for word in words}
    wanted = set(keys.values()) if search.name is None else {key_of(search.name)}
    found = [(word, key) for word, key in keys.items() if key is not None and key in wanted]
    return page_of([Commodity(commodity=key, name=word, aliases=names_of(key)) for word, key in found], search)


def today(call: Call, zone: str) -> date:
    """The day in a feed's own calendar."""
    return call.clock().astimezone(ZoneInfo(zone)).date()


def moment_of(text: str, *forms: str) -> datetime:
    """A time as a feed writes it, in its own calendar. Shape: `forms` are strptime's. Raises: Garbled."""
    for form in forms:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the feed names no zone; its manifest does
        except ValueError:
            continue
    raise Garbled("a time is written in an unknown form")


def lies_in(place: str, region: str | None) -> bool:
    """Whether a place is part of a region: 430281 lies in 430200, in 430000 and in CN."""
    levels = {place, place[:4] + "00", place[:2] + "0000", "CN"} if place.isdigit() else {place}
    return region is None or region in levels
