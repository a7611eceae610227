"""What is odd about this partner: nulls, lists of lists, codes inside HTTP 200, and no filter by day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from connectors.pfsc_wholesale.connector import PfscPrices
from schemas.agri_prices import (
    CommoditySearch,
    GoodsSearch,
    HistorySearch,
    IndexSearch,
    LessonSearch,
    MarketSearch,
    PriceSearch,
)
from schemas.call import Http
from schemas.errors import Garbled, Refused
from schemas.money import Money
from tests.connectors.feeds import feed_bench, json, live
from tests.connectors.kit.bench import Bench

PRICES = PfscPrices()
QUOTATION = {
    "marketId": 1,
    "marketName": "甲市场",
    "provinceCode": "430000",
    "areaCode": "430281",
    "pid": "AE",
    "varietyId": 13,
    "varietyName": "西红柿",
    "minimumPrice": 4.2,
    "middlePrice": 4.66,
    "highestPrice": 5.13,
    "meteringUnit": "元/公斤",
    "reportTime": "2026-11-23 00:00:00",
}
UREA = {
    "goodsId": 501,
    "categoryCode": "FL",
    "goodsName": "尿素",
    "specification": "50kg/袋",
    "price": 118.0,
    "priceUnit": "元/袋",
    "provinceCode": "430000",
    "updateTime": "2026-11-23 08:00:00",
}
LESSON = {
    "title": "整枝",
    "summary": "单干整枝。",
    "varietyName": "番茄",
    "source": "编辑部",
    "url": "https://lessons.example/1",
    "publishTime": "2026-11-21 09:00:00",
}


def enveloped(content: Any, code: int = 200) -> dict[str, Any]:
    return {"code": code, "message": "成功", "content": content}


def paged(rows: list[Any], body: dict[str, Any]) -> dict[str, Any]:
    number, size = body["pageNum"], body["pageSize"]
    return enveloped({"total": len(rows), "pages": -(-len(rows) // size), "list": rows[(number - 1) * size :][:size]})


def page(*rows: dict[str, Any], goods: tuple[Any, ...] = (), lessons: tuple[Any, ...] = ()) -> Bench:
    """A page with three varieties in two groups; 粳米 and 籼米 are both rice."""

    def answer(message: Http) -> Any:
        body = msgspec.json.decode(message.body)
        match urlsplit(message.url).path.rsplit("/", 2)[1:]:
            case [_, "getVarietyMajorCategories"]:
                return enveloped([{"varietyTypeName": "蔬菜", "varietyTypeCode": "AE"}])
            case [_, "getVarietyNameByPid"]:
                names = [[(13, "西红柿")], [(5, "粳米"), (6, "籼米")]]
                return enveloped([[{"varietyId": n, "varietyName": name} for n, name in each] for each in names])
            case ["supplyGoodsController", _]:
                return paged(list(goods), body)
            case ["lessonController", _]:
                return paged(list(lessons), body)
        return paged([row for row in rows if body.get("varietyId") in (None, row["varietyId"])], body)

    return feed_bench("pfsc_wholesale", answer, bearer_token="token-1")


def bodies(bench: Bench) -> list[Any]:
    return [msgspec.json.decode(message.body) for message in bench.channel.seen]


async def latest(bench: Bench, commodity: str = "tomato", **search: Any) -> Any:
    return await PRICES.latest(PriceSearch(commodity=commodity, **search), bench.call())


async def test_price() -> None:
    """Yuan per kilogram stay what they are, and the figures keep their characters; the token goes along."""
    bench = page(QUOTATION)
    [price] = (await latest(bench, region="430000")).items
    assert (price.typical, price.low, price.high, price.currency) == ("4.66", "4.2", "5.13", "CNY")
    assert (price.conversion, price.region, price.age_days) == ("1 公斤 = 1 kg", "430281", 0)
    assert bench.channel.seen[-1].headers["Authorization"] == "Bearer token-1"
    assert bodies(bench)[-1] == {"pageNum": 1, "pageSize": 500, "varietyId": 13, "provinceCode": "430000"}


async def test_null_is_never_zero() -> None:
    """Null ends are absent; a row of nulls is no price, so the day before is the latest; nor is 0 a price."""
    ends = {"minimumPrice": None, "highestPrice": None}
    yesterday = QUOTATION | ends | {"reportTime": "2026-11-22 00:00:00"}
    for nothing in (None, 0):
        [price] = (await latest(page(QUOTATION | ends | {"middlePrice": nothing}, yesterday))).items
        assert (price.typical, price.low, price.high, price.age_days) == ("4.66", None, None, 1)


async def test_days_are_chinas() -> None:
    """After midnight in China, yesterday's figure is a day old, whatever day UTC has."""
    bench = page(QUOTATION)
    bench.watch.now = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    [price] = (await latest(bench)).items
    assert price.age_days == 1


async def test_catalogue_is_a_list_of_lists() -> None:
    """Groups of varieties are joined; two varieties are one commodity, under their own names."""
    commodities = await PRICES.list_commodities(CommoditySearch(name="rice"), page().call())
    assert [(each.commodity, each.name) for each in commodities.items] == [("rice", "粳米"), ("rice", "籼米")]


async def test_county_is_narrower_than_the_filter() -> None:
    """The page filters by province; what lies outside the county is left out here."""
    bench = page(QUOTATION, QUOTATION | {"marketName": "乙市场", "areaCode": "430100"})
    assert [price.market for price in (await latest(bench, region="430281")).items] == ["甲市场"]
    assert bodies(bench)[-1]["provinceCode"] == "430000"


async def test_pages_over_varieties() -> None:
    """The cursor leads from market to market, and from variety to variety."""
    rows = [
        QUOTATION | {"varietyId": n, "varietyName": name, "marketName": m}
        for n, name in ((5, "粳米"), (6, "籼米"))
        for m in "甲乙"
    ]
    bench = page(*rows)
    seen, cursor = [], None
    for _ in range(2):
        answer = await latest(bench, "rice", limit=3, cursor=cursor)
        seen.append([(price.name, price.market) for price in answer.items])
        cursor = answer.next
    assert seen == [[("粳米", "甲"), ("粳米", "乙"), ("籼米", "甲")], [("籼米", "乙")]]
    assert cursor is None
    with pytest.raises(Refused):
        await latest(bench, "rice", cursor="7")


async def test_history_without_a_filter_by_day() -> None:
    """Newest first: days after the wanted ones are passed over, the first before them ends it."""
    newest_first = [
        QUOTATION
        | {"reportTime": f"{date(2026, 11, 23) - timedelta(days=n // 100)} 00:00:00", "marketName": f"{n % 100:02}"}
        for n in range(1800)
    ]
    bench = page(*newest_first)
    search = HistorySearch(commodity="tomato", begins=date(2026, 11, 15), ends=date(2026, 11, 16), limit=150)
    first = await PRICES.history(search, bench.call())
    rest = await PRICES.history(msgspec.structs.replace(search, cursor=first.next), bench.call())
    assert (len(first.items), len(rest.items), rest.next) == (150, 50, None)
    assert [price.observed_on.day for price in (*first.items, *rest.items)] == [16] * 100 + [15] * 100
    assert max(body.get("pageNum", 0) for body in bodies(bench)) == 2


async def test_history_leads_on_beyond_one_call() -> None:
    """What one call cannot reach, the cursor does; until then a page is empty."""
    rows = [QUOTATION] * 2300 + [QUOTATION | {"reportTime": "2026-11-01 00:00:00"}]
    bench = page(*rows)
    search = HistorySearch(commodity="tomato", begins=date(2026, 11, 1), ends=date(2026, 11, 2))
    first = await PRICES.history(search, bench.call())
    assert (first.items, first.next) == ([], "0-5-0")
    rest = await PRICES.history(msgspec.structs.replace(search, cursor=first.next), bench.call())
    assert (len(rest.items), rest.next) == (1, None)


async def test_index() -> None:
    """The mean is of the region's markets, of the newest day, without nulls; no figure at all is no index."""
    other = {"marketName": "乙市场", "middlePrice": 5.34}
    rows = [
        QUOTATION,
        QUOTATION | other,
        QUOTATION | {"marketName": "丙市场", "middlePrice": None},
        QUOTATION | {"marketName": "丁市场", "middlePrice": 99, "reportTime": "2026-11-17 00:00:00"},
        QUOTATION | {"marketName": "戊市场", "middlePrice": 99, "provinceCode": "440000", "areaCode": "440100"},
    ]
    search = IndexSearch(commodity="tomato", region="430000")
    [index] = (await PRICES.index(search, page(*rows).call())).items
    assert (index.mean, index.figures, index.currency, index.observed_on) == ("5", 2, "CNY", date(2026, 11, 23))
    assert (await PRICES.index(search, page().call())).items == []


async def test_goods() -> None:
    """Goods are told apart by their specification; those without a price are left out; tools have no code."""
    bench = page(goods=(UREA, UREA | {"price": None}, UREA | {"categoryCode": "XX"}))
    [urea] = (await PRICES.list_goods(GoodsSearch(kind="fertiliser", region="430281"), bench.call())).items
    assert (urea.name, urea.unit, urea.price) == ("尿素（50kg/袋）", "袋", Money(amount="118.00", currency="CNY"))
    assert urea.as_of == datetime(2026, 11, 23, tzinfo=UTC)
    assert bodies(bench) == [{"pageNum": 1, "pageSize": 500, "categoryCode": "FL", "provinceCode": "430000"}]
    assert (await PRICES.list_goods(GoodsSearch(kind="tool"), bench.call())).items == []


async def test_lessons() -> None:
    """A lesson is filed under the commodity that its variety is; those about others are passed over."""
    bench = page(lessons=(LESSON | {"varietyName": None}, LESSON))
    [lesson] = (await PRICES.list_lessons(LessonSearch(commodity="tomato", limit=1), bench.call())).items
    assert (lesson.published_on, lesson.commodity) == (date(2026, 11, 21), "tomato")


async def test_pages_of_changing_length() -> None:
    """A bank that asks for more or fewer from one page to the next misses nothing, wherever the partner's pages end."""
    shelf = tuple(UREA | {"goodsId": n, "specification": str(n)} for n in range(503))
    bench = page(goods=shelf)
    seen: list[str] = []
    cursor = None
    for limit in (3, 200, 150, 200, 1, 200):
        answer = await PRICES.list_goods(GoodsSearch(limit=limit, cursor=cursor), bench.call())
        assert len(answer.items) <= limit
        seen += [each.name for each in answer.items]
        cursor = answer.next
    assert (seen, cursor) == ([f"尿素（{n}）" for n in range(503)], None)


@pytest.mark.parametrize(
    "bad", [enveloped(None, 500), enveloped(None), enveloped([], 999), json(b"<html>404 Not Found</html>", 404)]
)
async def test_failure_is_no_empty_list(bad: Any) -> None:
    """Codes inside HTTP 200, an envelope with nothing in it and the anonymous caller's 404 are not "no prices"."""
    bench = feed_bench("pfsc_wholesale", lambda _: bad, bearer_token="token-1")
    with pytest.raises(Garbled):
        await latest(bench)
    assert "token-1" not in repr(bench.account)


async def test_nothing() -> None:
    """An empty day, an unknown commodity and a foreign region are empty answers."""
    assert (await latest(page())).items == []
    assert (await latest(page(QUOTATION), "wheat")).items == []
    assert (await latest(page(QUOTATION), region="FR")).items == []


async def test_walk(tmp_path: Path) -> None:
    """Every operation against the simulator; a broken answer and an unknown unit end in no price."""
    async with live("pfsc_wholesale", tmp_path) as page:
        prices, call = page.prices, page.call
        assert len((await prices.list_markets(MarketSearch(), call())).items) == 9
        assert len((await prices.list_markets(MarketSearch(region="430000"), call())).items) == 2
        [tomato] = (await prices.list_commodities(CommoditySearch(name="番茄"), call())).items
        assert tomato.name == "西红柿"
        rice = (await prices.latest(PriceSearch(commodity="rice"), call())).items
        assert {price.name for price in rice} == {"粳米", "籼米"}
        assert (
            max(price.age_days for price in (await prices.latest(PriceSearch(commodity="potato"), call())).items) >= 6
        )
        ends = date.today()  # noqa: DTZ011 - any day will do
        search = HistorySearch(commodity="tomato", region="430000", begins=ends - timedelta(days=5), ends=ends)
        history = (await prices.history(search, call())).items
        assert 3 <= len(history) <= 12
        assert {price.region[:2] for price in history if price.region} == {"43"}
        [index] = (await prices.index(IndexSearch(commodity="tomato", region="CN"), call())).items
        assert index.figures > 1
        goods = (await prices.list_goods(GoodsSearch(), call())).items
        assert "氯化钾" not in " ".join(each.name for each in goods)
        assert {each.kind for each in goods} == {"fertiliser", "seed", "film", "pesticide"}
        lessons = (await prices.list_lessons(LessonSearch(commodity="potato"), call())).items
        assert len(lessons) == 1
        for fault in ("bad-signature", "unmapped-code"):
            page.door.fault(fault, operation="prices")
            with pytest.raises(Garbled):
                await prices.latest(PriceSearch(commodity="tomato"), call())
