"""What is odd about this partner: no mark of the decimals, no name of a field and no code is stable."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

import pytest

from connectors.eu_agrifood.connector import EuAgriPrices
from schemas.agri_prices import CommoditySearch, HistorySearch, IndexSearch, MarketSearch, PriceSearch
from schemas.call import Http
from schemas.errors import Garbled
from tests.connectors.feeds import asked, feed_bench, json, live
from tests.connectors.kit.bench import Bench

PRICES = EuAgriPrices()
CEREAL = {
    "memberStateCode": "FR",
    "memberStateName": "France",
    "beginDate": "16/11/2026",
    "endDate": "22/11/2026",
    "weekNumber": 21,
    "price": "€302,50",
    "unit": "TONNES",
    "productName": "Breadmaking common wheat",
    "marketName": "Rouen",
    "stageName": "Delivered to port",
}
OILSEED = {
    "memberStateCode": "BG",
    "beginDate": "16/11/2026",
    "price": "€486.00",
    "unit": "national currency/ton",
    "weekNumber": 21,
    "product": "Sunflower seed",
    "productType": "Standard",
    "marketStage": "FGATE",
    "market": "National Average",
}
"""The observed record as it was quoted, without endDate and memberStateName; only its week is another."""
PRODUCTS = {
    "cereal": ["Breadmaking common wheat", "Feed wheat", "Durum wheat"],
    "oilseeds": ["Sunflower seed"],
    "fruitAndVegetable": [],
    "rawMilk": ["Raw Milk"],
}


def portal(**rows: list[dict[str, Any]]) -> Bench:
    def answer(message: Http) -> Any:
        _, _, _, sector, what = urlsplit(message.url).path.split("/")
        return PRODUCTS[sector] if what == "products" else rows.get(sector, [])

    return feed_bench("eu_agrifood", answer)


def the_prices(bench: Bench) -> SplitResult:
    """The one question about prices, among those about products."""
    [question] = [url for url in map(urlsplit, asked(bench)) if url.path.endswith("/prices")]
    return question


async def latest(bench: Bench, commodity: str = "wheat", region: str | None = None) -> list[Any]:
    return (await PRICES.latest(PriceSearch(commodity=commodity, region=region), bench.call())).items


async def test_price_of_a_week() -> None:
    """A tonne's price in either spelling is one per kilogram, as old as the end of its week."""
    [price] = await latest(portal(cereal=[CEREAL]))
    assert (price.typical, price.originals[0].text, price.conversion) == ("0.3025", "€302,50", "1 tonne = 1000 kg")
    assert (price.observed_on, price.age_days, price.stage) == (date(2026, 11, 22), 1, "Delivered to port")
    assert (price.low, price.high) == (None, None)


async def test_oilseed() -> None:
    """Another sector, other names: market, marketStage, product; without an end the week's beginning counts."""
    [price] = await latest(portal(oilseeds=[OILSEED]), "sunflower-seed")
    assert (price.typical, price.currency, price.market, price.region) == ("0.486", "EUR", "National Average", "BG")
    assert (price.stage, price.observed_on) == ("FGATE", date(2026, 11, 16))


@pytest.mark.parametrize(
    ("text", "typical"),
    [
        ("302.50", "0.3025"),
        ("302", "0.302"),
        ("€1,302.50", "1.3025"),
        ("€1.302,50", "1.3025"),
        ("€ 302,5", "0.3025"),
    ],
)
async def test_spellings(text: str, typical: str) -> None:
    """Neither the sign nor the decimal mark is stable."""
    [price] = await latest(portal(cereal=[CEREAL | {"price": text}]))
    assert (price.typical, price.originals[0].text) == (typical, text)


@pytest.mark.parametrize("bad", [{"price": "1.302"}, {"unit": "KOKU"}, {"price": "n/a"}, {"endDate": "2026-11-22"}])
async def test_doubt(bad: dict[str, str]) -> None:
    """A row in doubt is left out beside a good one; if all are, that is no empty answer."""
    [price] = await latest(portal(cereal=[CEREAL | bad, CEREAL]))
    assert price.typical == "0.3025"
    with pytest.raises(Garbled):
        await latest(portal(cereal=[CEREAL | bad]))


async def test_national_currency() -> None:
    """The sign decides the currency; without one, the unit may say that it is the member state's own."""
    rows = [OILSEED | {"memberStateCode": state, "price": "486.00"} for state in ("PL", "BG")]
    prices = await latest(portal(oilseeds=rows), "sunflower-seed")
    assert [(price.region, price.currency) for price in prices] == [("PL", "PLN"), ("BG", "EUR")]


async def test_greece_is_el() -> None:
    """The portal has a code of its own for Greece, out and in."""
    bench = portal(cereal=[CEREAL | {"memberStateCode": "EL"}, CEREAL])
    [price] = await latest(bench, region="GR")
    assert price.region == "GR"
    assert parse_qs(the_prices(bench).query)["memberStateCodes"] == ["EL"]


async def test_cereals_are_asked_for_by_code() -> None:
    """Cereals are filtered by code, and nothing but the sector that has them is asked."""
    bench = portal(cereal=[CEREAL])
    await latest(bench)
    question = the_prices(bench)
    assert (question.path, len(asked(bench))) == ("/agrifood/api/cereal/prices", 5)
    assert parse_qs(question.query) == {
        "beginDate": ["14/09/2026"],
        "endDate": ["23/11/2026"],
        "productCodes": ["BLTPAN,BLTFOUR"],
    }


async def test_nothing() -> None:
    """An empty array, a commodity that the portal lacks and a foreign region are empty answers, not errors."""
    bench = portal()
    assert await latest(bench) == []
    assert await latest(bench, "rice") == []
    assert await latest(bench, region="CN") == []
    assert len(asked(bench)) == 5


async def test_history_is_of_the_days_asked_for() -> None:
    """A week that only touches the days is not of them; pages follow the cursor."""
    rows = [CEREAL | {"endDate": f"{day:02}/11/2026", "price": f"30{day}"} for day in (22, 15, 8, 1)]
    search = HistorySearch(commodity="wheat", begins=date(2026, 11, 2), ends=date(2026, 11, 20), limit=1)
    bench = portal(cereal=rows)
    first = await PRICES.history(search, bench.call())
    assert ([price.observed_on.day for price in first.items], first.next) == ([15], "1")


async def test_years_have_four_digits() -> None:
    """A day of long ago is written like any other; the portal refuses 01/01/1."""
    bench = portal(cereal=[CEREAL])
    await PRICES.history(HistorySearch(commodity="wheat", begins=date(1, 1, 1), ends=date(1, 2, 1)), bench.call())
    assert parse_qs(the_prices(bench).query)["beginDate"] == ["01/01/0001"]


async def test_failure_is_no_empty_list() -> None:
    """A filter that a sector does not have is a 404: our mistake, and no answer."""
    bench = feed_bench("eu_agrifood", lambda _: json({"status": 404, "error": "Not Found"}, 404))
    with pytest.raises(Garbled):
        await latest(bench)


async def test_walk(tmp_path: Path) -> None:
    """Every operation against the simulator; a broken answer and an unknown unit end in no price."""
    async with live("eu_agrifood", tmp_path) as portal:
        prices, call = portal.prices, portal.call
        markets = await prices.list_markets(MarketSearch(region="FR"), call())
        assert "Rouen" in {market.name for market in markets.items}
        assert {market.region for market in markets.items} == {"FR"}
        [tomato] = (await prices.list_commodities(CommoditySearch(name="番茄"), call())).items
        assert (tomato.commodity, tomato.name) == ("tomato", "Tomatoes")
        wheat = (await prices.latest(PriceSearch(commodity="wheat"), call())).items
        assert {price.region for price in wheat} >= {"FR", "DE", "IT"}
        assert all(price.age_days < 70 and price.currency == "EUR" for price in wheat)
        milk = (await prices.latest(PriceSearch(commodity="milk", region="NL"), call())).items
        assert {price.conversion for price in milk} == {"100 kg = 100 kg"}
        ends = date.today()  # noqa: DTZ011 - any day will do
        search = HistorySearch(commodity="soybean", region="IT", begins=ends - timedelta(days=40), ends=ends)
        assert len((await prices.history(search, call())).items) >= 4
        [index] = (await prices.index(IndexSearch(commodity="wheat", region="FR"), call())).items
        assert index.mean == next(price.typical for price in wheat if price.region == "FR")
        for region in ("MT", "FR"):
            search_there = PriceSearch(commodity="onion", region=region)
            assert (await prices.latest(search_there, call())).items == []
        for fault in ("bad-signature", "unmapped-code"):
            portal.door.fault(fault, operation="prices")
            with pytest.raises(Garbled):
                await prices.latest(PriceSearch(commodity="garlic"), call())
