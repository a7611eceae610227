"""What is odd about this partner: names that drift, a window that ends, zeros that are none."""

from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from connectors.agmarknet.connector import AgmarknetPrices
from schemas.agri_prices import CommoditySearch, MarketSearch, Price, PriceSearch
from schemas.call import Http
from schemas.errors import Garbled
from tests.connectors.feeds import asked, feed_bench, json, live
from tests.connectors.kit.bench import Bench

PRICES = AgmarknetPrices()
ONION = {
    "state": "Punjab",
    "district": "Mohali",
    "market": "Kharar APMC",
    "commodity": "Onion",
    "variety": "Other",
    "grade": "Non-FAQ",
    "arrival_date": "23/11/2026",
    "min_price": "1300",
    "max_price": "2000",
    "modal_price": "1500",
}


def answer(records: list[Any], total: int | str | None = None, status: str = "ok") -> dict[str, Any]:
    known = len(records) if total is None else total
    return {"status": status, "total": known, "count": len(records), "records": records}


def mandis(*records: dict[str, Any]) -> Bench:
    return feed_bench("agmarknet", lambda _: answer(list(records)), api_key="key-1")


async def latest(bench: Bench, commodity: str = "onion", region: str | None = None) -> list[Any]:
    return (await PRICES.latest(PriceSearch(commodity=commodity, region=region, limit=200), bench.call())).items


async def test_price_of_today() -> None:
    """Rupees per quintal become rupees per kilogram; the market is named with its district and state."""
    bench = mandis(ONION)
    [price] = await latest(bench)
    assert (price.typical, price.low, price.high, price.currency) == ("15", "13", "20", "INR")
    assert (price.name, price.market) == ("Onion, Non-FAQ", "Kharar APMC, Mohali, Punjab")
    assert (price.observed_on, price.age_days) == (date(2026, 11, 23), 0)
    assert parse_qs(urlsplit(asked(bench)[0]).query) == {
        "api-key": ["key-1"],
        "format": ["json"],
        "offset": ["0"],
        "limit": ["2000"],
    }


async def test_zeros_beside_a_modal_price() -> None:
    """Zeros were never prices: they are absent, and a row of nothing else is none."""
    unknown = {"min_price": "0", "max_price": "0"}
    bench = mandis(ONION | unknown, ONION | unknown | {"modal_price": "0"})
    [price] = await latest(bench)
    assert (price.typical, price.low, price.high) == ("15", None, None)
    assert [original.text for original in price.originals] == ["1500"]


@pytest.mark.parametrize(
    ("spell", "day"), [(str.title, "23-11-2026"), (lambda name: name.title().replace("_P", "_x0020_P"), "23/11/2026")]
)
async def test_names_drift(spell: Any, day: str) -> None:
    """State, Min_Price and Min_x0020_Price are read like the names of today, with either date."""
    [price] = await latest(mandis({spell(name): value for name, value in (ONION | {"arrival_date": day}).items()}))
    assert (price.low, price.observed_on) == ("13", date(2026, 11, 23))


async def test_numbers_keep_their_characters() -> None:
    """A price that comes as a number is never a float on the way."""
    record = json([ONION]).body.replace(b'"1500"', b"2306.95")
    bench = feed_bench(
        "agmarknet", lambda _: json(b'{"status":"ok","total":"1","count":1,"records":' + record + b"}"), api_key="key-1"
    )
    [price] = await latest(bench)
    assert (price.typical, price.originals[0].text) == ("23.0695", "2306.95")


async def test_snapshot_is_read_whole_and_once() -> None:
    """Window after window, as short as the feed makes them; then it is kept for a while."""
    records = [ONION | {"market": f"M{number}"} for number in range(5)]

    def window(message: Http) -> Any:
        start = int(parse_qs(urlsplit(message.url).query)["offset"][0])
        return answer(records[start : start + 2], total="5")

    bench = feed_bench("agmarknet", window, api_key="key-1")
    assert len(await latest(bench)) == 5
    assert len(await latest(bench)) == 5
    assert len(asked(bench)) == 3
    bench.watch.forward(minutes=11)
    await latest(bench)
    assert len(asked(bench)) == 6


async def test_window_ends_at_ten_thousand() -> None:
    """Offset and limit together never pass 10,000; that there was more is told."""

    def window(message: Http) -> Any:
        limit = int(parse_qs(urlsplit(message.url).query)["limit"][0])
        return answer([ONION] * min(limit, 1500), total=12_000)

    bench = feed_bench("agmarknet", window, api_key="key-1")
    with capture_logs() as logs:
        page = await PRICES.latest(PriceSearch(commodity="onion", limit=200, cursor="9900"), bench.call())
    assert (len(page.items), page.next) == (100, None)
    assert "limit=1000" in asked(bench)[-1]
    assert [log["total"] for log in logs if log["event"] == "snapshot-cut"] == [12_000]


async def test_nothing() -> None:
    """A holiday, an unknown commodity and a foreign region are empty answers."""
    assert await latest(mandis()) == []
    assert await latest(mandis(ONION), "tomato") == []
    bench = mandis(ONION)
    assert await latest(bench, region="FR") == []
    assert asked(bench) == []


@pytest.mark.parametrize(
    "bad",
    [
        json({"error": "Invalid key"}, 403),
        json({"error": "slow down"}, 429),
        answer([], status="stale"),
        answer([ONION], total="many"),
        answer([{"Staat": "Punjab"}]),
    ],
)
async def test_failure_is_no_empty_list(bad: Any) -> None:
    """A refused key, a throttle, a status that nobody mapped and names that nobody knows are not "no prices"."""
    with pytest.raises(Garbled):
        await latest(feed_bench("agmarknet", lambda _: bad, api_key="key-1"))


def test_key_is_not_shown() -> None:
    """The account does not show its key."""
    assert "key-1" not in repr(mandis().account)


async def test_walk(tmp_path: Path) -> None:
    """Every operation against the simulator, in all its spellings and on its holiday."""
    async with live("agmarknet", tmp_path) as mandis:
        prices, call = mandis.prices, mandis.call

        async def cabbage(situation: str) -> list[Price]:
            """Prices of a snapshot that is read anew."""
            mandis.door.call("POST", "/_sandbox/situation", {"situation": situation})
            mandis.bench.line.sessions._kept.clear()
            return (await prices.latest(PriceSearch(commodity="cabbage", limit=200), call())).items

        first = await prices.list_markets(MarketSearch(limit=100), call())
        second = await prices.list_markets(MarketSearch(limit=100, cursor=first.next), call())
        assert (len(first.items), second.next) == (100, None)
        [tomato] = (await prices.list_commodities(CommoditySearch(name="番茄"), call())).items
        assert (tomato.commodity, tomato.name) == ("tomato", "Tomato")
        found = await cabbage("plain-filters")
        assert any(price.low is None and price.typical for price in found)
        assert found == await cabbage("title-case") == await cabbage("x0020")
        assert await cabbage("holiday") == []
        with pytest.raises(Garbled):
            await cabbage("throttled")
        for fault in ("bad-signature", "unmapped-code"):
            mandis.door.fault(fault, operation="records")
            with pytest.raises(Garbled):
                await cabbage("plain-filters")
