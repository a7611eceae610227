"""Real airports and the cities they serve; the venues and offers at them are made up.

Region codes and city names are those of `sandbox/data/divisions.csv`; coordinates are rounded to about a kilometre.
"""

import csv
import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sandbox.data
from sandbox.providers.lounge_booking.errors import Refused

LOUNGE, TRANSFER, HEALTH_CHECK = "lounge", "airport-transfer", "health-check"
KINDS = (LOUNGE, TRANSFER, HEALTH_CHECK)
_DIVISIONS = Path(sandbox.data.__path__[0]) / "divisions.csv"
_AIRPORTS = (
    ("PEK", "北京首都国际机场", "T3", "110000", 40.08, 116.58),
    ("PKX", "北京大兴国际机场", "T1", "110000", 39.51, 116.41),
    ("PVG", "上海浦东国际机场", "T2", "310000", 31.14, 121.81),
    ("SHA", "上海虹桥国际机场", "T2", "310000", 31.20, 121.34),
    ("CAN", "广州白云国际机场", "T2", "440100", 23.39, 113.30),
    ("SZX", "深圳宝安国际机场", "T3", "440300", 22.64, 113.81),
    ("CTU", "成都双流国际机场", "T2", "510100", 30.58, 103.95),
    ("CKG", "重庆江北国际机场", "T3", "500000", 29.72, 106.64),
    ("HGH", "杭州萧山国际机场", "T4", "330100", 30.23, 120.43),
    ("NKG", "南京禄口国际机场", "T2", "320100", 31.74, 118.86),
    ("WUH", "武汉天河国际机场", "T3", "420100", 30.78, 114.21),
    ("CSX", "长沙黄花国际机场", "T2", "430100", 28.19, 113.22),
    ("XMN", "厦门高崎国际机场", "T3", "350200", 24.54, 118.13),
    ("KMG", "昆明长水国际机场", "T1", "530100", 25.10, 102.93),
)
_OFFERS = (
    ("tea", "餐饮", "远山茶馆", "凭贵宾厅预约记录满100减30", 0.004, 0.003),
    ("park", "停车", "航站楼停车场", "停车首4小时免费", -0.003, 0.002),
    ("books", "书店", "候机书屋", "全场九折", 0.002, -0.006),
)
_EARTH_METRES = 6_371_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is."""

    region: str
    city: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Venue:
    """A lounge, a transfer or a health check that can be booked."""

    venue_id: str
    kind: str
    name: str
    place: Place
    airport: str | None
    terminal: str | None


@cache
def venues() -> dict[str, Venue]:
    """All venues by id: two per airport, one health check per city."""
    found = {}
    for iata, airport, terminal, place in _airports():
        found[f"LNG-{iata}"] = Venue(f"LNG-{iata}", LOUNGE, f"{airport}{terminal}贵宾休息室", place, iata, terminal)
        found[f"TRF-{iata}"] = Venue(f"TRF-{iata}", TRANSFER, f"{airport}接送机", place, iata, None)
        check = f"HCK-{place.region}"
        found.setdefault(check, Venue(check, HEALTH_CHECK, f"{place.city}体检中心", place, None, None))
    return found


def search(parameters: dict[str, str]) -> list[dict[str, Any]]:
    """Venues by `kind`, `airport` and `region`; a province's code finds its cities too."""
    region = _stem(parameters.get("region", ""))
    return [
        shown(venue)
        for venue in venues().values()
        if parameters.get("kind", venue.kind) == venue.kind
        and parameters.get("airport", venue.airport) == venue.airport
        and venue.place.region.startswith(region)
    ]


def shown(venue: Venue) -> dict[str, Any]:
    place = venue.place
    return {
        "venue_id": venue.venue_id,
        "kind": venue.kind,
        "name": venue.name,
        "airport": venue.airport,
        "terminal": venue.terminal,
        "region": place.region,
        "city": place.city,
        "lat": place.lat,
        "lon": place.lon,
    }


def offers(parameters: dict[str, str]) -> list[dict[str, Any]]:
    """Offers within `radius` metres of `lat`, `lon`, nearest first, or all of a `region`, without a distance.

    Raises: Refused.
    """
    if "lat" not in parameters and "lon" not in parameters:
        region = _stem(parameters.get("region", ""))
        return [each for each in _all_offers() if each["region"].startswith(region)]
    lat, lon = _number(parameters, "lat", 90), _number(parameters, "lon", 180)
    radius = _number({"radius": "5000", **parameters}, "radius", _EARTH_METRES)
    measured = [{**each, "distance": round(_metres(lat, lon, each["lat"], each["lon"]))} for each in _all_offers()]
    near = [each for each in measured if each["distance"] <= radius]
    return sorted(near, key=lambda each: int(each["distance"]))


@cache
def _airports() -> list[tuple[str, str, str, Place]]:
    with _DIVISIONS.open(encoding="utf-8") as file:
        names = {row["code"]: row["name"] for row in csv.DictReader(file)}
    return [
        (iata, airport, terminal, Place(region, names[region], lat, lon))
        for iata, airport, terminal, region, lat, lon in _AIRPORTS
    ]


def _all_offers() -> list[dict[str, Any]]:
    return [
        {
            "offer_id": f"OFR-{iata}-{word}",
            "merchant": f"{merchant}（{airport}店）",
            "category": category,
            "title": title,
            "region": place.region,
            "lat": round(place.lat + north, 4),
            "lon": round(place.lon + east, 4),
        }
        for iata, airport, _, place in _airports()
        for word, category, merchant, title, north, east in _OFFERS
    ]


def _stem(region: str) -> str:
    return re.sub(r"(00)+$", "", region)


def _number(parameters: dict[str, str], name: str, most: float) -> float:
    try:
        number = float(parameters.get(name, ""))
    except ValueError as error:
        raise Refused("INVALID_INPUT", name) from error
    if not -most <= number <= most:
        raise Refused("INVALID_INPUT", name)
    return number


def _metres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The great circle between two places (haversine)."""
    one, two = math.radians(lat), math.radians(other_lat)
    east = math.sin(math.radians(other_lon - lon) / 2) ** 2
    north = math.sin((two - one) / 2) ** 2
    return 2 * _EARTH_METRES * math.asin(math.sqrt(north + math.cos(one) * math.cos(two) * east))
