"""Where a customer or a biller is."""

from typing import Annotated

from schemas.struct import pattern

RegionCode = Annotated[
    str,
    pattern(
        r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])[0-9]{4}|[A-Z]{2}",
        "GB/T 2260 division of China (330100), or an ISO 3166-1 country elsewhere (NG)",
    ),
]
"""Source: GB/T 2260: two digits each of province, prefecture and county; zeros mean the level above."""


def covers(area: str, region: str) -> bool:
    """Whether a service area contains a region, or lies within it: 330000 and 330106 meet, CN meets both."""
    if "CN" in (area, region):
        return area == region or region.isdigit() or area.isdigit()
    if not (area.isdigit() and region.isdigit()):
        return area == region
    shorter = min(_significant(area), _significant(region), key=len)
    return area.startswith(shorter) and region.startswith(shorter)


def _significant(code: str) -> str:
    if code.endswith("0000"):
        return code[:2]
    return code[:4] if code.endswith("00") else code
