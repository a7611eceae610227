"""The portal at work: no key, a bare array, and filters that are called otherwise in each sector."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sandbox.providers.eu_agrifood.figures import Figure, figures, series
from sandbox.stand import credentials
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.operation import Kind, Operation
from sandbox.stand.partner import Ask, Equipment, Provider

_ROOT = "/agrifood/api"
PRICES = Operation("GET /{sector}/prices", "prices", Kind.QUERY, "figures of a sector, filtered")
PRODUCTS = Operation("GET /{sector}/products", "products", Kind.QUERY, "names of a sector's products")
_OPERATIONS = {"prices": PRICES, "products": PRODUCTS}
_PATH = re.compile(_ROOT + r"/([A-Za-z]+)/(prices|products)")

_COMMON = frozenset({"memberStateCodes", "years", "beginDate", "endDate"})
_FILTERS = {
    "cereal": frozenset({"productCodes", "marketCodes"}),
    "oilseeds": frozenset({"products"}),
    "fruitAndVegetable": frozenset({"products", "varieties"}),
    "rawMilk": frozenset({"products", "months"}),
}


class EuAgrifood:
    """Answers whoever asks."""

    def __init__(self, _: Equipment) -> None:
        self._series = series()

    def recognise(self, request: Request) -> Ask:
        found = _PATH.fullmatch(request.path) if request.method == "GET" else None
        return Ask(request, _OPERATIONS[found[2]] if found else None, content=found[1] if found else None)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        reply = self._answer(ask, unmapped=fault == "unmapped-code")
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def control(self, _: Request) -> Reply | None:
        return None

    def _answer(self, ask: Ask, *, unmapped: bool) -> Reply:
        sector, asked = ask.content, ask.request.parameters()
        if ask.operation is None or sector not in _FILTERS:
            return _refusal(ask.request, 404, "Not Found")
        mine = [each for each in self._series if each.sector == sector]
        if ask.operation is PRODUCTS:
            return json_reply(200, sorted({each.record.get("product") or each.record["productName"] for each in mine}))
        if not asked.keys() <= _COMMON | _FILTERS[sector]:
            return _refusal(ask.request, 404, "Not Found")
        try:
            first, last = _day(asked.get("beginDate"), date.min), _day(asked.get("endDate"), date.max)
        except ValueError:
            return _refusal(ask.request, 400, "Bad Request")
        found = [each for one in mine for each in figures(one) if _fits(each, asked, first, last)]
        return json_reply(200, [_row(each, unmapped=unmapped) for each in found])


def _fits(figure: Figure, asked: dict[str, str], first: date, last: date) -> bool:
    """Whether the period touches the asked one and every filter names the row; a filter is a list with commas."""
    if figure.end < first or figure.begin > last:
        return False
    wanted = {name: value.lower().split(",") for name, value in asked.items() if name in figure.codes and value}
    return all(figure.codes[name].lower() in values for name, values in wanted.items())


def _row(figure: Figure, *, unmapped: bool) -> dict[str, Any]:
    return {**figure.row, "unit": "KOKU"} if unmapped else figure.row


def _day(text: str | None, default: date) -> date:
    return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=UTC).date() if text else default


def _refusal(request: Request, status: int, error: str) -> Reply:
    return json_reply(status, {"status": status, "error": error, "path": request.path})


PROVIDER = Provider(
    name="eu_agrifood",
    shaped_after=(
        "The EU agri-food data portal's price API: its documentation pages and quoted records",
        "partners/agri-prices.md, section D1, and what README.md beside the code infers",
    ),
    protocol_path=_ROOT,
    operations=(PRICES, PRODUCTS),
    magic=(),
    notes=(
        "This partner has no customers, so there are no magic accounts and the ledger stays empty.",
        "`bad-signature` answers JSON that is broken at its end; `unmapped-code` answers a unit nobody has heard of.",
        "Always empty: memberStateCodes=MT, and cereal DE MAI for the last six weeks.",
    ),
    callbacks=False,
    refuses_after=None,
    open=EuAgrifood,
    prepare=lambda var: credentials.hand_out(var, {}),
    prepared=credentials.handed_out,
)
