"""Wholesale quotations: nested content, null prices, lists of lists, and the cooperatives' part."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.sandbox.feed import Feed, running

QUOTATIONS = "/api/priceQuotationController"
CHINA = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feed]:
    with running("pfsc_wholesale", tmp_path_factory.mktemp("pfsc")) as feed:
        yield feed


def post(page: Feed, path: str, **asked: Any) -> dict[str, Any]:
    bearer = "Bearer " + page.credentials["bearer_token"]
    status, body = page.ask("POST", path, asked, Authorization=bearer)
    assert status == 200
    said: dict[str, Any] = json.loads(body)
    return said


def quotations(page: Feed, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = post(page, f"{QUOTATIONS}/pageList?key=&order=", pageSize=500, **asked)["content"][
        "list"
    ]
    return found


def test_anonymous(page: Feed) -> None:
    """Whoever carries no token finds nothing at all."""
    status, body = page.ask("POST", f"{QUOTATIONS}/pageList", {"pageNum": 1, "pageSize": 20})
    assert status == 404
    assert body.startswith(b"<html>")


def test_quotations(page: Feed) -> None:
    """Today's come first, per kilogram, for the province that was asked for."""
    rows = quotations(page, provinceCode="430000", pid="AE")
    assert rows[0]["reportTime"] == f"{datetime.now(CHINA):%Y-%m-%d} 00:00:00"
    assert {row["provinceName"] for row in rows} == {"湖南省"}
    assert {row["areaName"] for row in rows} == {"长沙市", "醴陵市"}
    assert {row["meteringUnit"] for row in rows} == {"元/公斤"}


def test_pages(page: Feed) -> None:
    """A page says how many there are, and one past the end is empty."""
    first = post(page, f"{QUOTATIONS}/pageList", pageNum=1, pageSize=7, marketId=2104)["content"]
    assert (len(first["list"]), first["pages"]) == (7, -(-first["total"] // 7))
    past = post(page, f"{QUOTATIONS}/pageList", pageNum=first["pages"] + 1, pageSize=7, marketId=2104)["content"]
    assert (past["list"], past["total"]) == ([], first["total"])


def test_null(page: Feed) -> None:
    """A quotation without a price is null and never 0; one may have a middle price alone."""
    rows = quotations(page, pid="AE")
    prices = {(row["minimumPrice"] is None, row["middlePrice"] is None, row["highestPrice"] is None) for row in rows}
    assert prices == {(False, False, False), (True, False, True), (True, True, True)}
    assert {row["middlePrice"] for row in quotations(page, marketId=2109, pid="AM")} == {None}


def test_emptiness(page: Feed) -> None:
    """A market that went silent has only old rows, and some combinations have none."""
    latest = datetime.fromisoformat(quotations(page, marketId=2108)[0]["reportTime"]).replace(tzinfo=CHINA)
    assert datetime.now(CHINA) - latest >= timedelta(days=6)
    assert quotations(page, marketId=2104, pid="AE") == []


def test_catalogues(page: Feed) -> None:
    """Categories have letter codes, varieties come as a list of lists, regions under `data`."""
    categories = post(page, f"{QUOTATIONS}/getVarietyMajorCategories")["content"]
    assert {"varietyTypeName": "蔬菜", "varietyTypeCode": "AE"} in categories
    groups = post(page, f"{QUOTATIONS}/getVarietyNameByPid?pid=AE")["content"]
    assert len(groups) > 1
    assert "西红柿" in {variety["varietyName"] for group in groups for variety in group}
    regions = post(page, "/price_portal/region/selectList", pid="430000")["data"]
    assert {"id": "430100", "name": "长沙市"} in regions


def test_malformed(page: Feed) -> None:
    """What is malformed is HTTP 200 with another code and no content."""
    said = post(page, f"{QUOTATIONS}/pageList", provinceCode="43")
    assert (said["code"], said["content"]) == (500, None)


def test_cooperative(page: Feed) -> None:
    """Goods have a price per bag, ton or roll, or none; lessons a source and an address."""
    goods = post(page, "/api/supplyGoodsController/pageList", pageSize=50)["content"]["list"]
    assert {"元/袋", "元/吨", "元/卷"} <= {each["priceUnit"] for each in goods}
    assert None in {each["price"] for each in goods}
    seeds = post(page, "/api/supplyGoodsController/pageList", categoryCode="ZZ")["content"]["list"]
    assert {each["categoryName"] for each in seeds} == {"种子"}
    lesson = post(page, "/api/lessonController/pageList")["content"]["list"][0]
    assert {"title", "summary", "source", "url", "publishTime"} <= lesson.keys()
    assert "daysAgo" not in lesson
