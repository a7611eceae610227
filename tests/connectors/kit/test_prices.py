"""Units, figures, ages and means: exact, and nothing made up."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.kit.prices import Quote, mean_of, name_of, newest, price_of, said, weigh
from schemas.agri_prices import IndexSearch, Original, Price
from schemas.errors import Garbled

DAY = date(2026, 11, 23)


def quote(**changes: Any) -> Quote:
    facts: dict[str, Any] = {
        "name": "Tomato",
        "market": "Kharar",
        "region": "IN",
        "currency": "INR",
        "typical": (said("2500"),),
        "unit": "quintal",
        "weight": weigh("quintal"),
        "observed_on": DAY,
    }
    return Quote(**(facts | changes))


def price(today: date = DAY, **changes: Any) -> Price:
    made = price_of(quote(**changes), "tomato", today)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("unit", "kilograms", "words"),
    [
        ("quintal", "100", "1 quintal = 100 kg"),
        ("TONNES", "1000", "1 tonne = 1000 kg"),
        ("100KG", "100", "100 kg = 100 kg"),
        ("cwt", "45.359237", "1 cwt = 45.359237 kg"),
        ("斤", "0.5", "1 斤 = 0.5 kg"),
        ("公斤", "1", "1 公斤 = 1 kg"),
        ("50 lb sacks loose", "22.6796185", "50 lb = 22.6796185 kg"),
    ],
)
def test_units(unit: str, kilograms: str, words: str) -> None:
    """A unit of the table, some of them, or a package that names its weight."""
    assert weigh(unit) == (Decimal(kilograms), words)


@pytest.mark.parametrize("unit", ["1 1/9 bushel cartons", "cartons tray pack", "ton", "箩", "0 lb", "lb sacks", ""])
def test_units_without_a_weight(unit: str) -> None:
    """What says no weight is refused, and so is a ton, which is another weight in every country."""
    with pytest.raises(Garbled):
        weigh(unit)


@pytest.mark.parametrize("nothing", [None, "", " ", "0", "0.00", 0])
def test_nothing_said(nothing: str | int | None) -> None:
    """Zero is no price; neither is null."""
    assert said(nothing) is None


@pytest.mark.parametrize("garbage", ["-1", "1e3", "NaN", "1,300", "NR", Decimal("1E+2")])
def test_no_figure(garbage: str | Decimal) -> None:
    """What is no plain decimal is not guessed at."""
    with pytest.raises(Garbled):
        said(garbage)


def test_price() -> None:
    """A figure is per kilogram, beside what it was before, with its conversion and its age."""
    made = price(today=date(2026, 11, 30), low=said("1500.50"))
    assert (made.typical, made.low, made.high) == ("25", "15.005", None)
    assert made.originals == [
        Original(text="2500", unit="quintal", currency="INR"),
        Original(text="1500.50", unit="quintal", currency="INR"),
    ]
    assert (made.conversion, made.age_days) == ("1 quintal = 100 kg", 7)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Price) == made


def test_range_and_rounding() -> None:
    """The middle of a range and a rounded figure are told in the words of the conversion."""
    made = price(typical=(said("17.82"), said("19.82")), unit="25 lb cartons", weight=weigh("25 lb cartons"))
    assert made.typical == "1.65964"
    assert made.conversion == (
        "25 lb = 11.33980925 kg; typical is the middle of the first two; rounded to six decimals"
    )


def test_no_figure_is_no_price() -> None:
    """A quote that names nothing makes no price."""
    assert price_of(quote(typical=()), "tomato", DAY) is None


def test_newest_of_each_series() -> None:
    """Every series keeps its newest figure, however old that is."""
    silent = price(market="Silent", observed_on=date(2026, 11, 1))
    assert newest([price(observed_on=date(2026, 11, 22)), silent, price()]) == [price(), silent]


def test_mean() -> None:
    """The mean is of the newest day alone, over typical figures alone, and says on how many it rests."""
    prices = [
        price(),
        price(market="B", typical=(said("1000"),)),
        price(market="C", typical=(), low=said("1")),
        price(market="D", typical=(said("9999"),), observed_on=date(2026, 11, 22)),
    ]
    search = IndexSearch(commodity="tomato", region="IN")
    assert [(each.mean, each.figures, each.observed_on) for each in mean_of(prices, search).items] == [("17.5", 2, DAY)]
    assert mean_of([], search).items == []


def test_names() -> None:
    """Words that say nothing, or say it again, are left out of a name."""
    assert name_of("Tomato", "tomato", "N/A", None, "FAQ") == "Tomato, FAQ"
