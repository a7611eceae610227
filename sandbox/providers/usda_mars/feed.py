"""The service at work: the key as a user name, reports by number, a listing for everybody."""

import base64
import binascii
import json
import re
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sandbox.providers.usda_mars.reports import Reports
from sandbox.stand import credentials
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.operation import Kind, Operation
from sandbox.stand.partner import Ask, Equipment, Provider

_LISTING = "/services/v3.1/public/listPublishedReports/all"
_REPORT = re.compile(r"/services/v1\.2/reports/([0-9]+)(?:/Report Details)?")
REPORT = Operation("GET /services/v1.2/reports/{slug_id}", "report", Kind.QUERY, "the rows of a report, for a period")
LISTING = Operation("GET " + _LISTING, "listing", Kind.QUERY, "every published report; needs no key")


class UsdaMars:
    """Checks the key and reads reports out."""

    def __init__(self, equipment: Equipment) -> None:
        self._api_key = credentials.read(equipment.var)["api_key"]
        self._reports = Reports()

    def recognise(self, request: Request) -> Ask:
        if request.method != "GET":
            return Ask(request, None)
        if request.path == _LISTING:
            return Ask(request, LISTING)
        found = _REPORT.fullmatch(unquote(request.path))
        return Ask(request, REPORT if found else None, content=found[1] if found else None)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        reply = self._answer(ask, unmapped=fault == "unmapped-code")
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def control(self, request: Request) -> Reply | None:
        """`POST /_sandbox/correct {"slug_id", "report_date"}` issues that report once more."""
        if (request.method, request.path) != ("POST", "/_sandbox/correct"):
            return None
        try:
            asked = json.loads(request.body)
            corrected = self._reports.correct(asked["slug_id"], _day(asked["report_date"]))
        except (ValueError, KeyError, TypeError):
            return json_reply(400, {"field": "", "error": "a slug_id and a report_date as MM/DD/YYYY"})
        if not corrected:
            return json_reply(404, {"field": "report_date", "error": "no such report on this date"})
        return json_reply(200, {"corrected": asked["slug_id"]})

    def _answer(self, ask: Ask, *, unmapped: bool) -> Reply:
        if ask.operation is LISTING:
            return json_reply(200, self._reports.listing())
        if not self._knows(ask.request.headers.get("authorization", "")):
            return _refusal(403, "Forbidden")
        try:
            first, last = _period(ask.request.parameters().get("q", ""))
        except ValueError:
            return _refusal(400, "q is report_begin_date=MM/DD/YYYY:MM/DD/YYYY")
        found: Any = None
        if ask.operation is REPORT:
            found = self._reports.read(ask.content, first, last, unmapped=unmapped)
        return _refusal(404, "No such report") if found is None else json_reply(200, found)

    def _knows(self, authorization: str) -> bool:
        """HTTP Basic with the key as user name and nothing as password."""
        scheme, _, token = authorization.partition(" ")
        try:
            given = base64.b64decode(token, validate=True)
        except binascii.Error:
            return False
        return scheme.lower() == "basic" and secrets.compare_digest(given, f"{self._api_key}:".encode())


def _period(q: str) -> tuple[date, date]:
    """From a day to a day, one day, or everything.

    Raises: ValueError.
    """
    if not q:
        return date.min, date.max
    name, _, days = q.partition("=")
    if name != "report_begin_date":
        raise ValueError(name)
    first, _, last = days.partition(":")
    return _day(first), _day(last or first)


def _day(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=UTC).date()


def _refusal(status: int, message: str) -> Reply:
    return json_reply(status, {"message": message})


def _prepare(var: Path) -> None:
    credentials.hand_out(var, {"api_key": secrets.token_urlsafe(24)})


PROVIDER = Provider(
    name="usda_mars",
    shaped_after=(
        "USDA's MyMarketNews service, as public integrators' code and its documentation's sample show it",
        "partners/agri-prices.md, section D3, and what README.md beside the code infers",
    ),
    protocol_path="/services/v1.2",
    operations=(REPORT, LISTING),
    magic=(),
    notes=(
        "This partner has no customers, so there are no magic accounts and the ledger stays empty.",
        'POST /_sandbox/correct {"slug_id", "report_date": "MM/DD/YYYY"} issues a day\'s report once more.',
        "`bad-signature` answers JSON that is broken at its end; `unmapped-code` answers a package nobody knows.",
        "Wednesday's daily reports are always corrected once; Saturday and Sunday have none.",
    ),
    callbacks=False,
    refuses_after=None,
    open=UsdaMars,
    prepare=_prepare,
    prepared=credentials.handed_out,
)
