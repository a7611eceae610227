"""What supply cooperatives sell, and short lessons: two lists of numbered pages."""

from collections.abc import Callable
from datetime import UTC
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Raw

from connectors.kit.commodities import key_of
from connectors.kit.feeds import moment_of, page_within, place_of, readable
from connectors.kit.units import from_major
from connectors.pfsc_wholesale.exchange import MANIFEST, ROWS, page, province_of, serves
from connectors.pfsc_wholesale.wire import Article, Good
from schemas.agri_prices import Goods, GoodsSearch, Lesson, LessonSearch
from schemas.call import Call
from schemas.errors import Garbled
from schemas.page import Merged, Paged

T = TypeVar("T")

KINDS: dict[str, Literal["fertiliser", "seed", "film", "pesticide"]] = {
    "FL": "fertiliser",
    "ZZ": "seed",
    "NM": "film",
    "NY": "pesticide",
}
"""化肥, 种子, 农膜, 农药; feed and tools have no code."""

FORM = "%Y-%m-%d %H:%M:%S"


async def goods(search: GoodsSearch, call: Call) -> Merged[Goods]:
    code = next((code for code, kind in KINDS.items() if kind == search.kind), None)
    if not serves(search.region) or (search.kind and not code):
        return Merged(items=[])

    def read(raw: Raw) -> Goods | None:
        each = _goods(msgspec.json.decode(raw, type=Good), call)
        return each if each and search.kind in (None, each.kind) else None

    path = "/api/supplyGoodsController/pageList"
    return await _list(path, read, search, call, categoryCode=code, provinceCode=province_of(search.region))


async def lessons(search: LessonSearch, call: Call) -> Merged[Lesson]:
    """The partner has no filter by commodity, so a page of them may be thin."""

    def read(raw: Raw) -> Lesson | None:
        each = _lesson(msgspec.json.decode(raw, type=Article))
        return each if search.commodity in (None, each.commodity) else None

    return await _list("/api/lessonController/pageList", read, search, call)


async def _list(
    path: str, read: Callable[[Raw], T | None], search: Paged, call: Call, **filters: str | None
) -> Merged[T]:
    """What `read` makes of one of the partner's pages, from the cursor's place in it."""
    number = place_of(search) // ROWS + 1
    answer = await page(call, path, number, **filters)
    return page_within(readable(answer.rows, read, call), search, ROWS, more=number < answer.pages)


def _goods(row: Good, call: Call) -> Goods | None:
    """None for goods whose price is not known: null is never 0. Raises: Garbled."""
    yuan, _, unit = row.price_unit.partition("/")
    if yuan != "元" or row.category_code not in KINDS:
        raise Garbled(f"goods of kind {row.category_code[:8]!r} in {row.price_unit[:20]!r}")
    if not row.price:
        return None
    updated = moment_of(row.update_time, FORM).replace(tzinfo=ZoneInfo(MANIFEST.zone)) if row.update_time else None
    return Goods(
        goods_id=call.ref(str(row.goods_id)),
        name=f"{row.goods_name}（{row.specification}）" if row.specification else row.goods_name,
        kind=KINDS[row.category_code],
        price=from_major(row.price, "CNY"),
        unit=unit,
        as_of=updated.astimezone(UTC) if updated else None,
    )


def _lesson(row: Article) -> Lesson:
    return Lesson(
        title=row.title,
        summary=row.summary,
        source=row.source,
        url=row.url,
        published_on=moment_of(row.publish_time, FORM).date(),
        commodity=key_of(row.variety_name) if row.variety_name else None,
    )
