"""The snapshot: its key, its window, its drifting spellings, and days without rows."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.sandbox.feed import Feed, running

PATH = "/resource/9ef84268-d588-465a-a308-a864a43d0070"
INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.fixture(scope="module")
def open_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feed]:
    with running("agmarknet", tmp_path_factory.mktemp("agmarknet")) as feed:
        yield feed


@pytest.fixture
def mandis(open_data: Feed) -> Iterator[Feed]:
    yield open_data
    open_data.door.call("DELETE", "/_sandbox/situation")


def ask(mandis: Feed, **asked: str) -> tuple[int, Any]:
    given = {"api-key": mandis.credentials["api_key"], "format": "json", "limit": "1000"}
    return mandis.get(PATH, {**given, **{name.replace("_", "-"): value for name, value in asked.items()}})


def records(mandis: Feed, spelling: str = "filters[state]", state: str = "Punjab") -> list[dict[str, str]]:
    given = {"api-key": mandis.credentials["api_key"], "format": "json", "limit": "1000", spelling: state}
    status, said = mandis.get(PATH, given)
    assert (status, said["status"], said["count"]) == (200, "ok", len(said["records"]))
    found: list[dict[str, str]] = said["records"]
    return found


def put(mandis: Feed, situation: str) -> None:
    assert mandis.door.call("POST", "/_sandbox/situation", {"situation": situation})[0] == 200


def test_today(mandis: Feed) -> None:
    """There is today in India and nothing else, in strings, for the state that was asked for."""
    rows = records(mandis)
    assert {row["arrival_date"] for row in rows} == {f"{datetime.now(INDIA):%d/%m/%Y}"}
    assert {row["state"] for row in rows} == {"Punjab"}
    assert all(isinstance(value, str) for row in rows for value in row.values())
    onion = next(row for row in rows if (row["market"], row["commodity"]) == ("Kharar APMC", "Onion"))
    assert (onion["min_price"], onion["max_price"], onion["modal_price"]) == ("1300", "2000", "1500")


def test_key(mandis: Feed) -> None:
    """A bad key is 403 with an error."""
    status, said = ask(mandis, api_key="nobody")
    assert status == 403
    assert set(said) == {"error"}


def test_window(mandis: Feed) -> None:
    """Offset and limit cut a window, which ends at 10,000."""
    status, said = ask(mandis, offset="390", limit="2")
    assert (status, said["count"]) == (200, min(2, max(0, said["total"] - 390)))
    assert ask(mandis, offset="9000", limit="1000")[0] == 200
    assert ask(mandis, offset="9001", limit="1000")[0] == 400


@pytest.mark.parametrize(
    ("situation", "heard", "ignored"),
    [
        ("plain-filters", "filters[state]", "filters[state.keyword]"),
        ("keyword-filters", "filters[state.keyword]", "filters[state]"),
    ],
)
def test_filters_drift(mandis: Feed, situation: str, heard: str, ignored: str) -> None:
    """Ordinarily both spellings are heard; then one is ignored, and rows of everything come."""
    assert records(mandis, heard) == records(mandis, ignored)
    put(mandis, situation)
    assert {row["state"] for row in records(mandis, heard)} == {"Punjab"}
    assert len({row["state"] for row in records(mandis, ignored)}) > 1


@pytest.mark.parametrize(
    ("situation", "modal", "written"), [("title-case", "Modal_Price", "-"), ("x0020", "Modal_x0020_Price", "/")]
)
def test_fields_drift(mandis: Feed, situation: str, modal: str, written: str) -> None:
    """Names of fields and dates change as they did between the two files."""
    put(mandis, situation)
    row = records(mandis)[0]
    assert {"State", "Arrival_Date", modal} <= row.keys()
    assert row["Arrival_Date"][2] == written


def test_no_range(mandis: Feed) -> None:
    """Some rows have a real modal price between 0 and 0."""
    odd = [row for row in records(mandis) if row["min_price"] == row["max_price"] == "0"]
    assert odd
    assert all(float(row["modal_price"]) > 0 for row in odd)


def test_nothing(mandis: Feed) -> None:
    """A holiday has zero rows and is no error; a combination may be empty on any day."""
    assert records(mandis, "filters[commodity]", "Saffron") == []
    put(mandis, "holiday")
    assert ask(mandis) == (200, {"status": "ok", "total": 0, "count": 0, "records": []})


def test_throttled(mandis: Feed) -> None:
    """Too many requests are 429 with an error."""
    put(mandis, "throttled")
    assert ask(mandis)[0] == 429
