"""The portal's questions: what it has, and the figures of a period, sector by sector."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import msgspec

from connectors.eu_agrifood.quotes import ISO, region_of, row_of
from connectors.eu_agrifood.wire import PRODUCTS, ROWS, Row
from connectors.kit.commodities import key_of
from connectors.kit.feeds import ask, lies_in, readable, today
from connectors.kit.manifest import Manifest
from schemas.call import Call, Http, Kept
from schemas.struct import pattern

MANIFEST = Manifest.read(Path(__file__).parent)
SECTORS = ("cereal", "oilseeds", "fruitAndVegetable", "rawMilk")
CODES = {
    "Breadmaking common wheat": "BLTPAN",
    "Feed wheat": "BLTFOUR",
    "Feed maize": "MAI",
    "Durum wheat": "DUR",
    "Feed barley": "ORGFOUR",
}
"""Cereals are asked for by code, though rows and catalogue name them; all other sectors take the name."""

CATALOGUE_AGE = timedelta(days=1)
"""Catalogues are kept sector by sector, so that a question whose time is up leaves what it read to the next."""
MARKET_WINDOW = timedelta(days=35)
"""Who published in it is a market: over a month, because milk is monthly."""


class EuAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the portal is: it wants no credential."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]


async def products(sector: str, call: Call) -> list[str]:
    """Names of all that a sector has."""
    return await call.session(f"products:{sector}", partial(_open_products, sector, call))


async def markets(call: Call) -> list[Row]:
    """One row of each market that published lately: the portal lists no markets."""
    found: dict[tuple[str, str], Row] = {}
    for sector in SECTORS:
        of_sector = await call.session(f"markets:{sector}", partial(_open_markets, sector, call))
        found |= of_sector
    return list(found.values())


async def figures(commodity: str, region: str | None, period: tuple[date, date], call: Call) -> list[Row]:
    """Rows whose period touches the given one, from every sector that has the commodity."""
    if region is not None and region not in MANIFEST.regions:
        return []
    found: list[Row] = []
    for sector in SECTORS:
        names = [product for product in await products(sector, call) if key_of(product) == commodity]
        if names:
            found += await _rows(sector, _query(sector, names, region, period), call)
    return [row for row in found if key_of(row.of_product) == commodity and lies_in(region_of(row), region)]


def _query(sector: str, names: list[str], region: str | None, period: tuple[date, date]) -> dict[str, str]:
    """A sector's filters. A cereal without a known code would be missed, so then none is named."""
    query = _between(*period)
    if region is not None:
        query["memberStateCodes"] = {iso: code for code, iso in ISO.items()}.get(region, region)
    if sector != "cereal":
        query["products"] = ",".join(names)
    elif all(name in CODES for name in names):
        query["productCodes"] = ",".join(CODES[name] for name in names)
    return query


def _between(begins: date, ends: date) -> dict[str, str]:
    return {"beginDate": _written(begins), "endDate": _written(ends)}


def _written(day: date) -> str:
    return f"{day:%d/%m}/{day.year:04}"  # %Y writes the year 1 as 1


async def _rows(sector: str, query: dict[str, str], call: Call) -> list[Row]:
    raws = await ask(call, _get(call, f"/{sector}/prices?{urlencode(query)}"), ROWS)
    return readable(raws, row_of, call)


async def _open_products(sector: str, call: Call) -> Kept[list[str]]:
    return Kept(await ask(call, _get(call, f"/{sector}/products"), PRODUCTS), call.clock() + CATALOGUE_AGE)


async def _open_markets(sector: str, call: Call) -> Kept[dict[tuple[str, str], Row]]:
    """By member state and name."""
    day = today(call, MANIFEST.zone)
    rows = await _rows(sector, _between(day - MARKET_WINDOW, day), call)
    return Kept({(row.member_state_code, row.at_market): row for row in rows}, call.clock() + CATALOGUE_AGE)


def _get(call: Call, path: str) -> Http:
    return Http(method="GET", url=f"{call.account(EuAccount).base_url.rstrip('/')}/agrifood/api{path}")
