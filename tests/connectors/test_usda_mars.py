"""What is odd about this partner: two frames, packages of every kind, and reports that replace reports."""

from base64 import b64encode
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from connectors.usda_mars.connector import MarsPrices
from schemas.agri_prices import CommoditySearch, HistorySearch, MarketSearch, Price, PriceSearch
from schemas.call import Http
from schemas.errors import Garbled
from tests.connectors.feeds import asked, feed_bench, json, live
from tests.connectors.kit.bench import Bench

PRICES = MarsPrices()
TOMATOES = {
    "report_date": "11/20/2026",
    "published_date": "11/20/2026 09:30:00",
    "market": "Chicago Terminal Market",
    "commodity": "Tomatoes",
    "variety": "Vine Ripes",
    "origin": "Mexico",
    "package": "25 lb cartons loose",
    "item_size": "large",
    "grade": "U.S. One",
    "organic": "No",
    "low_price": "17.82",
    "high_price": "19.82",
    "mostly_low_price": "18.00",
    "mostly_high_price": "19.00",
    "special_announcement": None,
}
CORRECTED = TOMATOES | {
    "published_date": "11/20/2026 10:30:00",
    "low_price": "18.82",
    "special_announcement": "CORRECTED: replaces the report published earlier for this date.",
}


def reports(*rows: dict[str, Any], framed: bool = True) -> Bench:
    """Report 92001 says these rows, the others say nothing."""

    def answer(message: Http) -> Any:
        mine = list(rows) if "/92001/" in message.url else []
        return {"results": mine} if framed else mine

    return feed_bench("usda_mars", answer, api_key="key-1")


async def latest(bench: Bench, commodity: str = "tomato", region: str | None = None) -> list[Price]:
    return (await PRICES.latest(PriceSearch(commodity=commodity, region=region), bench.call())).items


@pytest.mark.parametrize("framed", [True, False])
async def test_price_of_a_package(framed: bool) -> None:
    """A carton's price is one per kilogram by the pounds on it, in either frame; typical is the middle of mostly."""
    [price] = await latest(reports(TOMATOES, framed=framed))
    assert (price.typical, price.low, price.high) == ("1.631421", "1.571455", "1.747825")
    assert [original.text for original in price.originals] == ["18.00", "19.00", "17.82", "19.82"]
    assert price.originals[0].unit == "25 lb cartons loose"
    assert price.conversion.startswith("25 lb = 11.33980925 kg")
    assert price.name == "Tomatoes, Vine Ripes, large, U.S. One, Mexico"
    assert (price.observed_on, price.age_days, price.corrected) == (date(2026, 11, 20), 3, False)


async def test_key_is_the_user_name() -> None:
    """The key is the user name of HTTP Basic and the password is empty; only the reports that carry it are asked."""
    bench = reports(TOMATOES)
    await latest(bench)
    assert bench.channel.seen[0].headers["Authorization"] == f"Basic {b64encode(b'key-1:').decode()}"
    last = urlsplit(asked(bench)[-1])
    assert unquote(last.path) == "/services/v1.2/reports/92001/Report Details"
    assert parse_qs(last.query) == {"q": ["report_begin_date=11/10/2026:11/23/2026"]}
    assert len(asked(bench)) == 5


@pytest.mark.parametrize("rows", [(CORRECTED, TOMATOES), (TOMATOES, CORRECTED)])
async def test_correction_supersedes(rows: tuple[dict[str, Any], ...]) -> None:
    """The later issue of a day replaces all of the earlier one, whatever their order, and is marked."""
    dropped = TOMATOES | {"variety": "Roma"}
    [price] = await latest(reports(*rows, dropped))
    assert (price.originals[2].text, price.corrected) == ("18.82", True)


async def test_grain_by_the_bushel() -> None:
    """A bushel is a measure of space: it weighs what the grain in it weighs."""
    grain = {"package": "bushel", "commodity": "Corn", "variety": "Yellow"}
    [price] = await latest(reports(TOMATOES | grain), "maize")
    assert price.conversion.startswith("1 bushel of maize = 56 lb = 25.40117272 kg")
    assert (price.typical, price.name.split(",")[0]) == ("0.728313", "Corn")


@pytest.mark.parametrize("package", ["cartons tray pack", "1 1/9 bushel cartons", "bushel", "firkins"])
async def test_package_without_a_weight(package: str) -> None:
    """What cannot be converted is left out, and makes no error; nobody knows a bushel of tomatoes."""
    assert await latest(reports(TOMATOES | {"package": package})) == []


async def test_absent_prices() -> None:
    """Without mostly there is no typical figure; without any there is no price, and the day before counts."""
    no_mostly = {"mostly_low_price": None, "mostly_high_price": None}
    none = no_mostly | {"low_price": None, "high_price": None, "report_date": "11/23/2026"}
    [price] = await latest(reports(TOMATOES | no_mostly, TOMATOES | none))
    assert (price.typical, price.low, price.observed_on) == (None, "1.571455", date(2026, 11, 20))


async def test_organic_is_a_series_of_its_own() -> None:
    """Organic tomatoes replace no others."""
    names = [price.name for price in await latest(reports(TOMATOES, TOMATOES | {"organic": "Yes"}))]
    assert [name.endswith("organic") for name in names] == [False, True]


async def test_nothing() -> None:
    """No rows, an unknown commodity and a foreign region are empty answers."""
    assert await latest(reports()) == []
    assert await latest(reports(TOMATOES), "rice") == []
    assert await latest(reports(TOMATOES), region="CN") == []


async def test_years_have_four_digits() -> None:
    """A day of long ago is written like any other; the service refuses 01/01/1."""
    bench = reports(TOMATOES)
    await PRICES.history(HistorySearch(commodity="tomato", begins=date(1, 1, 1), ends=date(1, 2, 1)), bench.call())
    assert parse_qs(urlsplit(asked(bench)[-1]).query) == {"q": ["report_begin_date=01/01/0001:02/01/0001"]}


async def test_catalogue_survives_a_question_that_failed() -> None:
    """What was read before the service failed is kept: the next question begins there."""
    failed: list[str] = []

    def answer(message: Http) -> Any:
        if "/92003/" in message.url and not failed:
            failed.append(message.url)
            return json({"message": "Forbidden"}, 403)
        return [TOMATOES] if "/92001/" in message.url else []

    bench = feed_bench("usda_mars", answer, api_key="key-1")
    with pytest.raises(Garbled):
        await latest(bench)
    before = len(asked(bench))
    assert len(await latest(bench)) == 1
    assert [url.split("/")[4] for url in asked(bench)[before:]] == ["92003", "92010", "92001"]


async def test_refused_key_is_no_empty_list() -> None:
    """A 403 is not "no prices"; the key is not shown either."""
    bench = feed_bench("usda_mars", lambda _: json({"message": "Forbidden"}, 403), api_key="key-1")
    with pytest.raises(Garbled):
        await latest(bench)
    assert "key-1" not in repr(bench.account)


async def test_walk(tmp_path: Path) -> None:
    """Every operation against the simulator, a correction that is issued meanwhile, and a broken answer."""
    async with live("usda_mars", tmp_path) as mars:
        prices, call = mars.prices, mars.call
        names = [market.name for market in (await prices.list_markets(MarketSearch(), call())).items]
        assert names[:2] == ["Chicago Terminal Market", "New York Terminal Market"]
        [tomato] = (await prices.list_commodities(CommoditySearch(name="番茄"), call())).items
        assert tomato.name == "Tomatoes"
        [wheat] = (await prices.latest(PriceSearch(commodity="wheat"), call())).items
        assert (wheat.market, wheat.originals[0].unit) == ("National", "bushel")
        assert (await prices.latest(PriceSearch(commodity="cucumber"), call())).items == []
        ends = date.today()  # noqa: DTZ011 - any day will do
        search = HistorySearch(commodity="cabbage", begins=ends - timedelta(days=20), ends=ends, limit=100)
        before = (await prices.history(search, call())).items
        assert {price.corrected for price in before} == {True, False}
        assert len({price.observed_on for price in before}) == len(before)
        plain = next(price for price in before if not price.corrected)
        issue = {"slug_id": "92001", "report_date": f"{plain.observed_on:%m/%d/%Y}"}
        assert mars.door.call("POST", "/_sandbox/correct", issue)[0] == 200
        after = (await prices.history(search, call())).items
        again = next(price for price in after if price.observed_on == plain.observed_on)
        assert again.corrected
        assert again.low is not None
        assert again.low > (plain.low or "")
        assert len(after) == len(before)
        mars.door.fault("unmapped-code", operation="report")
        assert (await prices.latest(PriceSearch(commodity="cabbage"), call())).items == []
        mars.door.fault("bad-signature", operation="report")
        with pytest.raises(Garbled):
            await prices.latest(PriceSearch(commodity="cabbage"), call())
