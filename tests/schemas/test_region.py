"""Regions and service areas."""

import csv
from contextlib import nullcontext
from importlib.resources import files

import msgspec
import pytest

from schemas.region import RegionCode, covers


@pytest.mark.parametrize(
    ("area", "region", "meet"),
    [
        ("330000", "330106", True),
        ("330106", "330000", True),
        ("330100", "330106", True),
        ("330100", "330200", False),
        ("330106", "330107", False),
        ("110000", "330000", False),
        ("CN", "330106", True),
        ("330106", "CN", True),
        ("NG", "NG", True),
        ("NG", "GH", False),
        ("NG", "330106", False),
        ("CN", "NG", False),
        ("CN", "CN", True),
    ],
)
def test_areas_meet(area: str, region: str, meet: bool) -> None:
    """A service area meets the regions within it and above it, and a country meets its divisions."""
    assert covers(area, region) is meet


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        ("330000", True),
        ("330100", True),
        ("330106", True),
        ("430281", True),
        ("500242", True),
        ("659001", True),
        ("810000", True),
        ("339900", True),
        ("330199", True),
        ("CN", True),
        ("NG", True),
        ("119999", False),
        ("110300", False),
        ("330001", False),
        ("337100", False),
        ("339999", False),
        ("990000", False),
        ("160000", False),
        ("ZZ", False),
        ("XK", False),
        ("EU", False),
        ("ng", False),
    ],
)
def test_what_can_be_a_region(code: str, is_one: bool) -> None:
    """A division must be numbered as the standard numbers them, and a country be one that has a code."""
    with nullcontext() if is_one else pytest.raises(msgspec.ValidationError):
        assert msgspec.convert(code, RegionCode) == code


def test_every_division_is_a_region() -> None:
    """Each province and prefecture of the standard's own table can be asked for."""
    with files("sandbox").joinpath("data/divisions.csv").open(encoding="utf-8") as table:
        codes = [row["code"] for row in csv.DictReader(table)]
    assert msgspec.convert(codes, list[RegionCode]) == codes
