"""Regions and service areas."""

import pytest

from schemas.region import covers


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
