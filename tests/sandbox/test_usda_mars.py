"""Market news: a key as user name, two shapes, and reports that are corrected."""

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.sandbox.feed import Feed, running

REPORTS = "/services/v1.2/reports"
EASTERN = timezone(timedelta(hours=-5))


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feed]:
    with running("usda_mars", tmp_path_factory.mktemp("usda")) as feed:
        yield feed


def basic(user: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def read(news: Feed, report: str, days: int = 8) -> Any:
    today = datetime.now(EASTERN)
    q = f"report_begin_date={today - timedelta(days=days):%m/%d/%Y}:{today:%m/%d/%Y}"
    status, said = news.get(f"{REPORTS}/{report}", {"q": q}, Authorization=basic(news.credentials["api_key"]))
    assert status == 200
    return said


def test_key(news: Feed) -> None:
    """The key is the user name and the password is empty; anything else is 403. The listing is for everybody."""
    assert news.get(f"{REPORTS}/92001")[0] == 403
    assert news.get(f"{REPORTS}/92001", Authorization=basic(news.credentials["api_key"], "x"))[0] == 403
    status, listed = news.get("/services/v3.1/public/listPublishedReports/all")
    assert status == 200
    assert {"1095", "92001", "92002", "92003", "92010"} == {each["slug_id"] for each in listed}


def test_shapes(news: Feed) -> None:
    """One report answers a list and another an object; figures are strings of the last working days."""
    assert isinstance(read(news, "92002"), list)
    rows = read(news, "92001/Report%20Details")["results"]
    days = {datetime.strptime(row["report_date"], "%m/%d/%Y").replace(tzinfo=EASTERN) for row in rows}
    assert days
    assert all(day.weekday() < 5 for day in days)
    assert all(isinstance(row["low_price"], str) for row in rows)


def test_correction(news: Feed) -> None:
    """A corrected report stands beside the earlier one, published later, and says so."""
    potatoes = [row for row in read(news, "92001")["results"] if row["commodity"] == "Potatoes"]
    date = potatoes[0]["report_date"]
    before = [row for row in potatoes if row["report_date"] == date and row["variety"] == "Russet"]
    assert news.door.call("POST", "/_sandbox/correct", {"slug_id": "92001", "report_date": date})[0] == 200
    after = [
        row
        for row in read(news, "92001")["results"]
        if (row["report_date"], row["commodity"], row["variety"]) == (date, "Potatoes", "Russet")
    ]
    assert len(after) == len(before) + 1
    assert after[0]["published_date"] > after[1]["published_date"]
    assert after[0]["special_announcement"].startswith("CORRECTED")
    assert after[0]["low_price"] != before[0]["low_price"]


def test_corrected_by_itself(news: Feed) -> None:
    """Every Wednesday's daily report has two issues."""
    issues = {(row["report_date"], row["published_date"]) for row in read(news, "92002")}
    weekdays = [datetime.strptime(date, "%m/%d/%Y").replace(tzinfo=EASTERN).weekday() for date, _ in issues]
    assert weekdays.count(2) >= 2
    assert weekdays.count(3) <= 2


def test_nothing(news: Feed) -> None:
    """Prices may be null, a weekend has no rows, and one report has no prices at all."""
    onions = [row for row in read(news, "92002") if row["commodity"] == "Onions Dry"]
    assert {row["low_price"] for row in onions} == {None}
    sunday = datetime.now(EASTERN) - timedelta(days=(datetime.now(EASTERN).weekday() + 1) % 7)
    q = f"report_begin_date={sunday:%m/%d/%Y}"
    assert news.get(f"{REPORTS}/92002", {"q": q}, Authorization=basic(news.credentials["api_key"])) == (200, [])
    (holdings,) = read(news, "1095")["results"]
    assert "low_price" not in holdings
    assert holdings["report_begin_date"] == "2018-01-08"
