"""The bare array: spellings of prices, names that vary by sector, and emptiness."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.feed import Feed, running

ROOT = "/agrifood/api"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feed]:
    with running("eu_agrifood", tmp_path_factory.mktemp("eu")) as feed:
        yield feed


def prices(portal: Feed, sector: str, **asked: str) -> list[dict[str, Any]]:
    status, rows = portal.get(f"{ROOT}/{sector}/prices", asked)
    assert status == 200
    found: list[dict[str, Any]] = rows
    return found


def day(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=UTC)


def test_recent(portal: Feed) -> None:
    """The latest week is a whole one and ended in the last days."""
    (row,) = prices(
        portal, "cereal", productCodes="bltpan", memberStateCodes="FR",
        beginDate=f"{datetime.now(UTC) - timedelta(days=6):%d/%m/%Y}",
    )  # fmt: skip
    assert day(row["endDate"]) - day(row["beginDate"]) == timedelta(days=6)
    assert timedelta(0) <= datetime.now(UTC) - day(row["endDate"]) < timedelta(days=7)
    assert (row["productName"], row["stageName"], row["unit"]) == (
        "Breadmaking common wheat", "Delivered to port", "TONNES",
    )  # fmt: skip


def test_spellings(portal: Feed) -> None:
    """A price is a string with or without the sign of the euro, and with either decimal mark."""
    shapes = {re.sub(r"[0-9]+", "9", row["price"]) for row in prices(portal, "cereal")}
    assert shapes == {"€9,9", "9.9", "€9.9", "9,9"}


def test_names_vary(portal: Feed) -> None:
    """Oilseeds say marketStage and product, and their filter is another one."""
    row = prices(portal, "oilseeds", products="Rapeseed,Soya meal", memberStateCodes="FR")[0]
    assert (row["marketStage"], row["product"], row["unit"]) == ("DELPROC", "Rapeseed", "national currency/ton")
    assert portal.get(f"{ROOT}/oilseeds/prices", {"productCodes": "RAP"})[0] == 404


def test_week_number(portal: Feed) -> None:
    """Weeks are counted from the week of 1 July, so numbers differ from ISO's."""
    rows = prices(portal, "oilseeds", products="Rapeseed", memberStateCodes="FR")
    july = next(row for row in rows if row["weekNumber"] == 1)
    assert day(july["beginDate"]) <= day("01/07/" + july["endDate"][-4:]) <= day(july["endDate"])


def test_empty(portal: Feed) -> None:
    """Nothing found is an empty array; a series that went silent has only old rows."""
    assert prices(portal, "cereal", memberStateCodes="MT") == []
    latest = prices(portal, "cereal", memberStateCodes="DE", productCodes="MAI")[0]
    assert datetime.now(UTC) - day(latest["endDate"]) > timedelta(days=41)


def test_monthly(portal: Feed) -> None:
    """Milk comes by the month and by 100KG."""
    row = prices(portal, "rawMilk", products="raw milk", memberStateCodes="NL")[0]
    assert row["unit"] == "100KG"
    assert {"month", "monthName", "year"} <= row.keys()
    assert "weekNumber" not in row


def test_faults_of_a_feed(portal: Feed) -> None:
    """A partner that only answers offers no fault of performing, and the others hit by the operation's name."""
    _, about = portal.door.call("GET", "/_sandbox/")
    assert {"refuse", "hang-before", "half-reply", "unmapped-code"} <= set(about["faults"])
    assert not {"decline", "wrong-amount"} & set(about["faults"])
    assert about["performs"] == []
    status, said = portal.door.call("POST", "/_sandbox/faults", {"operation": "*", "fault": "slow"})
    assert (status, said["field"]) == (400, "operation")
    portal.door.fault("bad-signature", "prices")
    with pytest.raises(json.JSONDecodeError):
        portal.get(f"{ROOT}/cereal/prices")
    portal.door.fault("unmapped-code", "prices")
    assert {row["unit"] for row in prices(portal, "cereal")} == {"KOKU"}
    assert prices(portal, "cereal")[0]["unit"] == "TONNES"
