"""The web page's interfaces at work: a bearer token, else nothing is there; answers nested in `content` or `data`."""

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.providers.pfsc_wholesale.cooperative import Cooperative
from sandbox.providers.pfsc_wholesale.quotations import CATEGORIES, Quotations, Row
from sandbox.stand import credentials
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.operation import Kind, Operation
from sandbox.stand.partner import Ask, Equipment, Provider

_ROOT = "/api/priceQuotationController"
PAGE_LIST = Operation(f"POST {_ROOT}/pageList", "prices", Kind.QUERY, "quotations, page by page")
CATEGORY_LIST = Operation(f"POST {_ROOT}/getVarietyMajorCategories", "categories", Kind.QUERY, "categories by code")
VARIETY_LIST = Operation(f"POST {_ROOT}/getVarietyNameByPid", "varieties", Kind.QUERY, "varieties, a list of lists")
REGION_LIST = Operation("POST /price_portal/region/selectList", "regions", Kind.QUERY, "divisions below one")
GOODS = Operation("POST /api/supplyGoodsController/pageList", "goods", Kind.QUERY, "the cooperatives' goods")
LESSONS = Operation("POST /api/lessonController/pageList", "lessons", Kind.QUERY, "short lessons for farmers")
OPERATIONS = (PAGE_LIST, CATEGORY_LIST, VARIETY_LIST, REGION_LIST, GOODS, LESSONS)
_ROUTES = {each.name.removeprefix("POST "): each for each in OPERATIONS}
_BY_GET = (CATEGORY_LIST, VARIETY_LIST)

_ROW_FILTERS = ("marketId", "provinceCode", "pid", "varietyId")
_GOODS_FILTERS = ("categoryCode", "provinceCode")
_PAGE_SIZE, _MOST = 20, 500
_PROVINCE_DIGITS = 6


class Malformed(Exception):
    """The request is none of ours; the message says why, in the partner's language."""


class PfscWholesale:
    """Checks the token and reads the tables out."""

    def __init__(self, equipment: Equipment) -> None:
        self._bearer = "Bearer " + credentials.read(equipment.var)["bearer_token"]
        self._quotations = Quotations()
        self._cooperative = Cooperative()

    def recognise(self, request: Request) -> Ask:
        operation = _ROUTES.get(request.path)
        fits = request.method == "POST" or (request.method == "GET" and operation in _BY_GET)
        return Ask(request, operation if fits else None)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        reply = self._answer(ask, unmapped=fault == "unmapped-code")
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def control(self, _: Request) -> Reply | None:
        return None

    def _answer(self, ask: Ask, *, unmapped: bool) -> Reply:
        given = ask.request.headers.get("authorization", "")
        if ask.operation is None or not secrets.compare_digest(given.encode(), self._bearer.encode()):
            return Reply(404, b"<html><body><h1>404 Not Found</h1></body></html>", "text/html")
        try:
            document = self._done(ask.operation, ask.request, unmapped=unmapped)
        except Malformed as malformed:
            document = {"code": 500, "message": str(malformed), "content": None}
        return json_reply(200, document)

    def _done(self, operation: Operation, request: Request, *, unmapped: bool) -> Row:
        if operation is CATEGORY_LIST:
            kinds = [{"varietyTypeName": name, "varietyTypeCode": code} for code, name in CATEGORIES.items()]
            return _content(kinds)
        if operation is VARIETY_LIST:
            return _content(self._quotations.varieties(request.parameters().get("pid", "")))
        asked = _asked(request)
        if operation is REGION_LIST:
            regions = self._quotations.regions(str(asked.get("pid") or ""))
            return {"code": 200, "message": "成功", "data": regions}
        if operation is LESSONS:
            return _content(_page(self._cooperative.lessons(), asked))
        if operation is GOODS:
            return _content(_page(self._cooperative.goods(_picked(asked, _GOODS_FILTERS)), asked))
        page = _page(self._quotations.rows(_picked(asked, _ROW_FILTERS)), asked)
        if unmapped:
            page["list"] = [{**row, "meteringUnit": "元/箩"} for row in page["list"]]
        return _content(page)


def _content(content: Any) -> Row:
    return {"code": 200, "message": "成功", "content": content}


def _asked(request: Request) -> Row:
    try:
        asked = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Malformed("参数格式错误") from error
    if not isinstance(asked, dict):
        raise Malformed("参数格式错误")
    return asked


def _picked(asked: Row, names: tuple[str, ...]) -> Row:
    """The filters among what was asked; a province is a code of six digits."""
    province = asked.get("provinceCode") or ""
    if province and not (isinstance(province, str) and len(province) == _PROVINCE_DIGITS and province.isdecimal()):
        raise Malformed("provinceCode应为6位行政区划代码")
    if any(isinstance(asked.get(name), dict | list) for name in names):
        raise Malformed("参数格式错误")
    return {name: asked.get(name) for name in names}


def _page(rows: list[Row], asked: Row) -> Row:
    """`{total, pages, pageNum, pageSize, list}`; pages count from 1, and one past the end is empty."""
    number, size = asked.get("pageNum", 1), asked.get("pageSize", _PAGE_SIZE)
    if not (isinstance(number, int) and isinstance(size, int) and number > 0 and 0 < size <= _MOST):
        raise Malformed("分页参数错误")
    listed = rows[(number - 1) * size : number * size]
    return {"total": len(rows), "pages": -(-len(rows) // size), "pageNum": number, "pageSize": size, "list": listed}


def _prepare(var: Path) -> None:
    credentials.hand_out(var, {"bearer_token": secrets.token_urlsafe(32)})


PROVIDER = Provider(
    name="pfsc_wholesale",
    shaped_after=(
        "The page of China's wholesale prices of farm produce, as public integrators' code shows it",
        "partners/agri-prices.md, section D4, and what README.md beside the code infers",
    ),
    protocol_path="",
    operations=OPERATIONS,
    magic=(),
    notes=(
        "This partner has no customers, so there are no magic accounts and the ledger stays empty.",
        "`bad-signature` answers JSON that is broken at its end; `unmapped-code` answers a unit nobody has heard of.",
        "About one quotation in twelve has no price at all, and one in twelve no lowest and highest: null, never 0.",
        "Market 2108 has been silent for six days; market 2109 never prices fish.",
    ),
    callbacks=False,
    refuses_after=None,
    open=PfscWholesale,
    prepare=_prepare,
    prepared=credentials.handed_out,
)
