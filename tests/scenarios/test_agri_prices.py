"""Agricultural prices as a bank sees them: many feeds, one name, one unit, and nothing made up."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.contract.asking import partners_of
from tests.running import Hubs, Running, running
from tests.sandbox.wire import Door, until

AGRI = "/v1/agri-prices"
LATEST, HISTORY = f"{AGRI}/prices/latest", f"{AGRI}/prices/history"
FEEDS = {"agmarknet", "eu_agrifood", "pfsc_wholesale", "usda_mars"}
FIGURES = ("typical", "low", "high")
KILOGRAMS = {"quintal": "100", "100KG": "100", "TONNES": "1000", "公斤": "1", "50 lb sacks": "22.6796185"}
Items = list[dict[str, Any]]


@pytest.fixture(scope="module")
def hub(hub_of: Hubs) -> Running:
    return hub_of("agri-prices")


@pytest.fixture(scope="module")
def hasty_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub that waits for nobody, and has asked nobody yet."""
    with running(tmp_path_factory.mktemp("hasty"), partners=partners_of("agri-prices"), HUB_MERGE_WAIT="900ms") as hub:
        yield hub


def page(hub: Running, path: str, **query: str) -> dict[str, Any]:
    return dict(hub.app.get(path, **query).raise_for_status().json())


def items(hub: Running, path: str, **query: str) -> Items:
    return list(page(hub, path, **{"limit": "200", **query})["items"])


def partners(found: Items) -> set[str]:
    return {each["partner"] for each in found}


def told(answer: dict[str, Any]) -> dict[str, str]:
    """How each feed did."""
    return {source["partner"]: source["status"] for source in answer["sources"]}


def days(begins: date, ends: date) -> dict[str, str]:
    return {"begins": begins.isoformat(), "ends": ends.isoformat()}


def today() -> date:
    return datetime.now(UTC).date()


def test_one_name_in_one_unit(hub: Running) -> None:
    """Every feed's onions are per kilogram, which its own figures bear out, and say how old they are."""
    onions = items(hub, LATEST, commodity="onion")
    assert partners(onions) == FEEDS
    for price in onions:
        given = [price[name] for name in FIGURES if price[name] is not None]
        kilograms = Decimal(KILOGRAMS[price["originals"][0]["unit"]])
        last = price["originals"][-1]["text"].replace(",", ".").removeprefix("€")
        assert abs(Decimal(given[-1]) - Decimal(last) / kilograms) <= Decimal("0.000001")
        assert {original["currency"] for original in price["originals"]} == {price["currency"]}
        assert price["unit"] == "kg"
        assert price["conversion"]
        assert 0 <= price["age_days"] <= 70
        assert abs((today() - date.fromisoformat(price["observed_on"])).days - price["age_days"]) <= 1


@pytest.mark.parametrize("word", ["洋葱", "葱头", "Onion", "ONIONS  dry", "ｏｎｉｏｎ"])
def test_names_in_two_languages(hub: Running, word: str) -> None:
    """Any name, in Chinese or English, finds the one commodity of every feed, under the feed's own word."""
    found = items(hub, f"{AGRI}/commodities", name=word)
    assert partners(found) == FEEDS
    assert {each["commodity"] for each in found} == {"onion"}
    assert {each["name"] for each in found} == {"葱头", "Onion", "Onions", "Onions Dry"}
    assert all({"洋葱", "Onion", "葱头"} <= set(each["aliases"]) for each in found)


def test_cursor_over_feeds(hub: Running) -> None:
    """One cursor leads through all feeds; who has no more is asked no more, and nothing comes twice or never."""
    seen: Items = []
    answer = page(hub, LATEST, commodity="wheat", limit="5")
    asked = [set(told(answer))]
    seen += answer["items"]
    while answer["next"]:
        answer = page(hub, LATEST, commodity="wheat", limit="5", cursor=answer["next"])
        asked.append(set(told(answer)))
        seen += answer["items"]
    assert (asked[0], asked[-1]) == (FEEDS, {"agmarknet"})
    assert sorted(map(str, seen)) == sorted(map(str, items(hub, LATEST, commodity="wheat")))
    assert len({str(price) for price in seen}) == len(seen)


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        (LATEST, {}, "commodity"),
        (LATEST, {"commodity": "洋葱"}, "commodity"),
        (LATEST, {"commodity": "Onion"}, "commodity"),
        (LATEST, {"commodity": "onion", "region": "990000"}, "region"),
        (LATEST, {"commodity": "onion", "limit": "0"}, "limit"),
        (LATEST, {"commodity": "onion", "cursor": "junk"}, "cursor"),
        (HISTORY, {"commodity": "onion", "begins": "2026-13-01", "ends": "2026-12-01"}, "begins"),
        (HISTORY, {"commodity": "onion", "begins": "2026-11-02", "ends": "2026-11-01"}, "ends"),
        (HISTORY, {"commodity": "onion", "begins": "2024-11-01", "ends": "2026-11-01"}, "ends"),
        (f"{AGRI}/indices", {"commodity": "onion"}, "region"),
        (f"{AGRI}/goods", {"kind": "vouchers"}, "kind"),
        (f"{AGRI}/commodities", {"name": "葱" * 61}, "name"),
    ],
)
def test_bad_input_names_the_field(hub: Running, path: str, query: dict[str, str], field: str) -> None:
    """A question that breaks a rule reaches no feed, and hears which field is to blame."""
    answer = hub.app.get(path, **query)
    assert answer.status_code in (400, 422)
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_cursor_of_another_question(hub: Running) -> None:
    """A cursor is good for the question that it came from, and for no other."""
    following = page(hub, LATEST, commodity="wheat", limit="1")["next"]
    answer = hub.app.get(LATEST, commodity="onion", cursor=following)
    assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (LATEST, {}),
        (HISTORY, {"begins": "2026-11-01", "ends": "2026-11-02"}),
        (f"{AGRI}/indices", {"region": "CN"}),
        (f"{AGRI}/lessons", {}),
    ],
)
def test_unknown_commodity_is_an_empty_page(hub: Running, path: str, query: dict[str, str]) -> None:
    """A well-formed key that nobody carries is no error: nobody has any of it."""
    answer = page(hub, path, commodity="unobtainium", **query)
    assert (answer["items"], answer["next"], set(told(answer).values())) == ([], None, {"ok"})


def test_empty_day_is_no_error(hub: Running) -> None:
    """A Sunday without reports, days to come and a member state without figures are empty, and everybody did well."""
    sunday = today() - timedelta(days=(today().weekday() + 1) % 7)
    ahead = today() + timedelta(days=30)
    for path, query in (
        (HISTORY, {"commodity": "potato", "region": "US", **days(sunday, sunday)}),
        (HISTORY, {"commodity": "potato", **days(ahead, ahead)}),
        (LATEST, {"commodity": "wheat", "region": "MT"}),
    ):
        answer = page(hub, path, **query)
        assert answer["items"] == []
        assert set(told(answer).values()) == {"ok"}


def test_region_asks_who_serves_it(hub: Running) -> None:
    """A county's figures are that county's; a country is asked of its own feed, and of nobody if there is none."""
    county = page(hub, LATEST, commodity="wheat", region="430281")
    assert (set(told(county)), {price["region"] for price in county["items"]}) == ({"pfsc_wholesale"}, {"430281"})
    for region, feeds in (("IN", {"agmarknet"}), ("DE", {"eu_agrifood"}), ("US", {"usda_mars"}), ("JP", set())):
        answer = page(hub, LATEST, commodity="wheat", region=region)
        assert set(told(answer)) == feeds
        assert {price["region"] for price in answer["items"]} == ({region} if feeds else set())


def test_absent_is_never_zero(hub: Running) -> None:
    """What a feed did not say, or said as 0, is absent; no figure and no original is ever 0."""
    prices = [price for name in ("wheat", "onion", "tomato") for price in items(hub, LATEST, commodity=name)]
    prices += items(hub, HISTORY, commodity="rice", **days(today() - timedelta(days=11), today()))
    silent = {price["partner"] for price in prices if price["low"] is None and price["high"] is None}
    assert silent >= {"agmarknet", "eu_agrifood", "pfsc_wholesale"}
    assert all(Decimal(price[name]) > 0 for price in prices for name in FIGURES if price[name] is not None)
    assert all(original["text"].strip("€0.,") for price in prices for original in price["originals"])


def test_correction_supersedes(hub: Running) -> None:
    """A report that is issued again replaces the first one's figures, marked, and beside no other of that day."""
    query = {"commodity": "cabbage", "region": "US", **days(today() - timedelta(days=20), today())}
    before = items(hub, HISTORY, **query)
    day = date.fromisoformat(before[0]["observed_on"])
    correction = {"slug_id": "92001", "report_date": f"{day:%m/%d/%Y}"}
    hub.door("usda_mars", "POST", "/_sandbox/correct", correction)
    after = items(hub, HISTORY, **query)
    was, now = (Decimal(prices[0]["originals"][0]["text"]) for prices in (before, after))
    assert (now, after[0]["corrected"]) == (was + 1, True)
    assert after[1:] == before[1:]
    assert items(hub, LATEST, commodity="cabbage", region="US") == after[:1]


def test_history(hub: Running) -> None:
    """Figures of the days asked for, from the feeds that remember any; the days without are missing."""
    asked = days(today() - timedelta(days=20), today())
    answer = page(hub, HISTORY, commodity="wheat", limit="200", **asked)
    assert set(told(answer)) == partners(answer["items"]) == FEEDS - {"agmarknet"}
    observed: dict[str, set[str]] = {name: set() for name in FEEDS}
    for price in answer["items"]:
        assert asked["begins"] <= price["observed_on"] <= asked["ends"]
        observed[price["partner"]].add(price["observed_on"])
    assert len(observed["pfsc_wholesale"]) > len(observed["eu_agrifood"]) >= 2


def test_index_is_the_mean_of_its_figures(hub: Running) -> None:
    """An index is the mean of the newest day's typical figures, and says on how many it rests and how old they are."""
    [index] = items(hub, f"{AGRI}/indices", commodity="garlic", region="CN")
    prices = [price for price in items(hub, LATEST, commodity="garlic", region="CN") if price["typical"]]
    newest = max(price["observed_on"] for price in prices)
    figures = [Decimal(price["typical"]) for price in prices if price["observed_on"] == newest]
    assert (index["observed_on"], index["figures"], index["unit"]) == (newest, len(figures), "kg")
    assert abs(Decimal(index["mean"]) - sum(figures, Decimal()) / len(figures)) <= Decimal("0.000001")
    assert index["age_days"] == min(price["age_days"] for price in prices)
    assert page(hub, f"{AGRI}/indices", commodity="garlic", region="US")["sources"] == []


def test_lessons_and_goods(hub: Running) -> None:
    """A lesson names its source; goods cost something, and those whose price nobody says are not listed."""
    [lesson] = items(hub, f"{AGRI}/lessons", commodity="tomato")
    assert lesson["source"]
    assert lesson["url"].startswith("https://")
    assert lesson["published_on"] <= (today() + timedelta(days=1)).isoformat()
    goods = items(hub, f"{AGRI}/goods", kind="fertiliser")
    assert goods
    assert all(Decimal(each["price"]["amount"]) > 0 and each["unit"] for each in goods)
    assert not any("氯化钾" in each["name"] for each in goods)
    assert page(hub, f"{AGRI}/goods", kind="tool")["items"] == []


@pytest.mark.parametrize(
    ("partner", "operation", "fault"),
    [
        ("eu_agrifood", "prices", "bad-signature"),
        ("pfsc_wholesale", "prices", "unmapped-code"),
        ("usda_mars", "report", "bad-signature"),
    ],
)
def test_failed_feed_is_named(hub: Running, partner: str, operation: str, fault: str) -> None:
    """A feed whose answer cannot be used is named with a problem while the others answer; it is asked again next."""
    items(hub, LATEST, commodity="onion")
    Door(hub.partners.stands[partner]).fault(fault, operation)
    answer = page(hub, LATEST, commodity="onion")
    assert told(answer) == dict.fromkeys(FEEDS, "ok") | {partner: "failed"}
    [problem] = [source["problem"] for source in answer["sources"] if source["status"] == "failed"]
    assert (problem["status"], partner in problem["detail"]) == (502, True)
    assert partners(answer["items"]) == FEEDS - {partner}
    assert partners(items(hub, LATEST, commodity="onion")) == FEEDS


def test_late_feed_is_named(hasty_hub: Running) -> None:
    """A feed that is late is named while the others answer; what it was reading then is there soon after."""
    items(hasty_hub, LATEST, commodity="wheat", region="CN")  # warm what would be late by itself
    door = Door(hasty_hub.partners.stands["agmarknet"])
    door.fault("slow", "records")
    answer = page(hasty_hub, f"{AGRI}/commodities", name="wheat")
    assert told(answer)["agmarknet"] == "late"
    assert "pfsc_wholesale" in partners(answer["items"])
    until(lambda: told(page(hasty_hub, f"{AGRI}/commodities", name="wheat"))["agmarknet"] == "ok")
    assert len(door.call("GET", "/_sandbox/requests")[1]["requests"]) == 1, "what was read late was thrown away"
