"""One exchange with the page: the account, the envelope, and the catalogue of varieties."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import msgspec

from connectors.kit.codes import Codes
from connectors.kit.commodities import key_of
from connectors.kit.feeds import ask
from connectors.kit.manifest import Manifest
from connectors.pfsc_wholesale.wire import CATEGORIES, PAGES, VARIETIES, Envelope, Pages, Variety
from schemas.call import Call, Http, Kept
from schemas.errors import Garbled
from schemas.struct import pattern

T = TypeVar("T")

MANIFEST = Manifest.read(Path(__file__).parent)
ENVELOPE = Codes(MANIFEST, "envelope")
QUOTATIONS = "/api/priceQuotationController"
ROWS = 500
"""Rows of one page of the partner's: as many as it gives."""
CATALOGUE_AGE = timedelta(days=1)
"""Catalogues are kept category by category, so that a question whose time is up leaves what it read to the next."""


class PfscAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's bearer token, as handed out."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    bearer_token: str

    def __repr__(self) -> str:
        return f"PfscAccount(base_url={self.base_url!r})"


async def content(call: Call, path: str, body: Mapping[str, Any], decoder: msgspec.json.Decoder[Envelope[T]]) -> T:
    """What an answer's envelope holds. Raises: Garbled for one that says no, or holds nothing."""
    account = call.account(PfscAccount)
    message = Http(
        method="POST",
        url=account.base_url.rstrip("/") + path,
        headers={"Authorization": f"Bearer {account.bearer_token}", "Content-Type": "application/json"},
        body=msgspec.json.encode(body),
    )
    answer = await ask(call, message, decoder)
    meaning = ENVELOPE.meaning(str(answer.code))
    if meaning is None or meaning.means != "ok" or answer.content is None:
        raise Garbled(f"the envelope says {answer.code}")
    return answer.content


async def page(call: Call, path: str, number: int, **filters: str | int | None) -> Pages:
    """A page of a list, from 1. Filters that are None are left out."""
    named = {name: value for name, value in filters.items() if value is not None}
    return await content(call, path, {"pageNum": number, "pageSize": ROWS, **named}, PAGES)


def serves(region: str | None) -> bool:
    return region is None or region == "CN" or region.isdigit()


def province_of(region: str | None) -> str | None:
    """The province of a division: the page knows no narrower filter. None for all of China."""
    return region[:2] + "0000" if region is not None and region.isdigit() else None


async def varieties(call: Call) -> list[Variety]:
    """All varieties of all categories."""
    return [
        variety
        for category in await categories(call)
        for variety in await call.session(f"varieties:{category}", partial(_open_varieties, category, call))
    ]


async def varieties_of(commodity: str, call: Call) -> list[Variety]:
    return [variety for variety in await varieties(call) if key_of(variety.variety_name) == commodity]


async def categories(call: Call) -> list[str]:
    """Codes of the kinds of produce."""
    return await call.session("categories", partial(_open_categories, call))


async def _open_categories(call: Call) -> Kept[list[str]]:
    found = await content(call, f"{QUOTATIONS}/getVarietyMajorCategories", {}, CATEGORIES)
    return Kept([category.variety_type_code for category in found], call.clock() + CATALOGUE_AGE)


async def _open_varieties(category: str, call: Call) -> Kept[list[Variety]]:
    path = f"{QUOTATIONS}/getVarietyNameByPid?{urlencode({'pid': category})}"
    groups = await content(call, path, {}, VARIETIES)
    return Kept([variety for group in groups for variety in group], call.clock() + CATALOGUE_AGE)
