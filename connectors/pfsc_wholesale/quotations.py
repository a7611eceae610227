"""Quotations: from the page's rows, newest first, to prices."""

import re
from collections.abc import Callable
from datetime import date
from functools import partial

import msgspec

from connectors.kit.feeds import lies_in, moment_of, readable, today
from connectors.kit.prices import Quote, mean_of, newest, price_of, said, weigh
from connectors.pfsc_wholesale.exchange import (
    CATALOGUE_AGE,
    MANIFEST,
    QUOTATIONS,
    categories,
    page,
    province_of,
    serves,
    varieties_of,
)
from connectors.pfsc_wholesale.wire import Pages, Quotation, Variety
from schemas.agri_prices import HistorySearch, Index, IndexSearch, Price, PriceSearch
from schemas.call import Call, Kept
from schemas.errors import Garbled, Refused
from schemas.page import Merged

Pick = Callable[[list[Price]], list[Price]]
IsLast = Callable[[list[Quotation]], bool]

LIST = f"{QUOTATIONS}/pageList?key=&order="
PAGES = 4
"""Pages that one call may read beside the catalogue; the cursor leads on from there."""


async def latest(search: PriceSearch, call: Call) -> Merged[Price]:
    """Each market's newest figure of each variety, as far as a variety's newest page reaches."""
    return await _walk(search, call, newest, lambda _: True)


async def history(search: HistorySearch, call: Call) -> Merged[Price]:
    """There is no filter by day, but rows are newest first: one from before `begins` ends a variety."""

    def of_days(prices: list[Price]) -> list[Price]:
        return [price for price in prices if search.begins <= price.observed_on <= search.ends]

    return await _walk(search, call, of_days, lambda rows: any(day_of(row) < search.begins for row in rows))


async def index(search: IndexSearch, call: Call) -> Merged[Index]:
    """Over the first varieties of a commodity, as many as one call can read."""
    found: list[Price] = []
    for variety in (await _varieties(search.commodity, search.region, call))[:PAGES]:
        rows, _ = await _page(call, 1, search.region, variety)
        found += newest(_prices(rows, search.commodity, search.region, call))
    return mean_of(found, search)


async def _walk(search: PriceSearch, call: Call, pick: Pick, is_last: IsLast) -> Merged[Price]:
    """Variety by variety, page by page: what `pick` takes of each page, until `is_last` or the pages end."""
    nth, number, taken = _place(search.cursor)
    varieties = await _varieties(search.commodity, search.region, call)
    items: list[Price] = []
    for _ in range(PAGES):
        room = search.limit - len(items)
        if nth >= len(varieties) or not room:
            break
        rows, pages = await _page(call, number, search.region, varieties[nth])
        picked = pick(_prices(rows, search.commodity, search.region, call))[taken:]
        items += picked[:room]
        if len(picked) > room:
            return Merged(items=items, next=f"{nth}-{number}-{taken + room}")
        nth, number, taken = (nth + 1, 1, 0) if number >= pages or is_last(rows) else (nth, number + 1, 0)
    return Merged(items=items, next=f"{nth}-{number}-0" if nth < len(varieties) else None)


async def markets(region: str | None, call: Call) -> list[Quotation]:
    """One row of each market of a region's province that is among the newest rows of any category."""
    if not serves(region):
        return []
    province = province_of(region)
    rows: dict[int, Quotation] = {}
    for category in await categories(call):
        opener = partial(_open_markets, category, province, call)
        of_category = await call.session(f"markets:{category}:{province}", opener)
        rows |= of_category
    return [row for row in rows.values() if lies_in(row.region, region)]


def day_of(row: Quotation) -> date:
    return moment_of(row.report_time, "%Y-%m-%d %H:%M:%S", "%Y-%m-%d").date()


async def _open_markets(category: str, province: str | None, call: Call) -> Kept[dict[int, Quotation]]:
    """By number."""
    answer = await page(call, LIST, 1, pid=category, provinceCode=province)
    return Kept({row.market_id: row for row in _quotations(answer, call)}, call.clock() + CATALOGUE_AGE)


async def _varieties(commodity: str, region: str | None, call: Call) -> list[Variety]:
    return await varieties_of(commodity, call) if serves(region) else []


async def _page(call: Call, number: int, region: str | None, variety: Variety) -> tuple[list[Quotation], int]:
    """One page of a variety's rows, and how many pages there are."""
    province = province_of(region)
    answer = await page(call, LIST, number, varietyId=variety.variety_id, provinceCode=province)
    return _quotations(answer, call), answer.pages


def _quotations(answer: Pages, call: Call) -> list[Quotation]:
    return readable(answer.rows, _quotation, call)


def _prices(rows: list[Quotation], commodity: str, region: str | None, call: Call) -> list[Price]:
    day = today(call, MANIFEST.zone)
    local = [row for row in rows if lies_in(row.region, region)]
    return readable(local, lambda row: price_of(_quote(row), commodity, day), call)


def _quotation(raw: msgspec.Raw) -> Quotation:
    """A row whose day can be read. Raises: Garbled."""
    row = msgspec.json.decode(raw, type=Quotation)
    day_of(row)
    return row


def _quote(row: Quotation) -> Quote:
    yuan, _, unit = row.metering_unit.partition("/")
    if yuan != "元":
        raise Garbled(f"the unit {row.metering_unit[:40]!r} names no yuan")
    typical = said(row.middle_price)
    return Quote(
        name=row.variety_name,
        market=row.market_name,
        region=row.region,
        currency="CNY",
        typical=(typical,) if typical else (),
        low=said(row.minimum_price),
        high=said(row.highest_price),
        unit=unit,
        weight=weigh(unit),
        observed_on=day_of(row),
    )


def _place(cursor: str | None) -> tuple[int, int, int]:
    """Which variety, which page of it, and how many figures of that page were given already."""
    found = re.fullmatch("([0-9]{1,3})-([1-9][0-9]{0,5})-([0-9]{1,3})", cursor or "0-1-0")
    if found is None:
        raise Refused("is no cursor of this partner", field="cursor")
    return int(found[1]), int(found[2]), int(found[3])
