"""Reports: which are read, and which of a day's issues stands."""

from base64 import b64encode
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import urlencode

import msgspec

from connectors.kit.commodities import key_of
from connectors.kit.feeds import ask, moment_of, readable, today
from connectors.kit.manifest import Manifest
from connectors.usda_mars.wire import REPORT, Results, Row, row_of
from schemas.call import Call, Http, Kept
from schemas.struct import pattern

MANIFEST = Manifest.read(Path(__file__).parent)
REPORTS = ("92001", "92002", "92003", "92010")
"""Terminal markets of Chicago, New York and Los Angeles, and the weekly grain and rice summary."""

LATEST = timedelta(days=13)
"""How old a latest figure may be: the weekly report before the last, should the last be silent."""
CATALOGUE_AGE = timedelta(days=1)
"""It is kept report by report, so that a question whose time is up leaves what it read to the next."""


class MarsAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's key, which is the user name of HTTP Basic; the password is empty."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    api_key: str

    def __repr__(self) -> str:
        return f"MarsAccount(base_url={self.base_url!r})"


class Entry(NamedTuple):
    """That a report carries a commodity, and for which market."""

    slug_id: str
    commodity: str
    market: str


async def catalogue(call: Call) -> list[Entry]:
    """What the reports carried of late."""
    return [
        entry
        for slug_id in REPORTS
        for entry in await call.session(f"catalogue:{slug_id}", partial(_open_catalogue, slug_id, call))
    ]


async def lines(commodity: str, begins: date, ends: date, call: Call) -> list[Row]:
    """Lines about a commodity, from the reports that carry it."""
    found: list[Row] = []
    slugs = {entry.slug_id: None for entry in await catalogue(call) if key_of(entry.commodity) == commodity}
    for slug_id in slugs:
        rows = await _report(slug_id, begins, ends, call)
        found += [row for row in rows if key_of(row.commodity) == commodity]
    return found


def day_of(row: Row) -> date:
    return moment_of(row.report_date, "%m/%d/%Y", "%Y-%m-%d").date()


def standing(rows: list[Row]) -> list[Row]:
    """The rows of each day's last issue: a corrected report supersedes all of the earlier one."""
    last: dict[date, datetime] = {}
    for row in rows:
        last[day_of(row)] = max(_published(row), last.get(day_of(row), _published(row)))
    return [row for row in rows if _published(row) == last[day_of(row)]]


async def _report(slug_id: str, begins: date, ends: date, call: Call) -> list[Row]:
    account = call.account(MarsAccount)
    query = urlencode({"q": f"report_begin_date={_written(begins)}:{_written(ends)}"})
    message = Http(
        method="GET",
        url=f"{account.base_url.rstrip('/')}/services/v1.2/reports/{slug_id}/Report%20Details?{query}",
        headers={"Authorization": f"Basic {b64encode(f'{account.api_key}:'.encode()).decode()}"},
    )
    answer = await ask(call, message, REPORT)
    raws = answer.results if isinstance(answer, Results) else answer
    return standing(readable(raws, _dated, call))


def _written(day: date) -> str:
    return f"{day:%m/%d}/{day.year:04}"  # %Y writes the year 1 as 1


def _dated(raw: msgspec.Raw) -> Row:
    """A row whose days can be read. Raises: Garbled."""
    row = row_of(raw)
    day_of(row)
    _published(row)
    return row


def _published(row: Row) -> datetime:
    return moment_of(row.published_date, "%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%Y-%m-%d")


async def _open_catalogue(slug_id: str, call: Call) -> Kept[list[Entry]]:
    day = today(call, MANIFEST.zone)
    rows = await _report(slug_id, day - LATEST, day, call)
    entries = {Entry(slug_id, row.commodity, row.market): None for row in rows}
    return Kept(list(entries), call.clock() + CATALOGUE_AGE)
