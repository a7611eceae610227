"""The resource at work: a key in the query, a window, and filters whose spelling drifts."""

import csv
import io
import json
import re
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.providers.agmarknet.snapshot import Row, Situation, Snapshot
from sandbox.stand import credentials
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.operation import Kind, Operation
from sandbox.stand.partner import Ask, Equipment, Provider

_PATH = "/resource/9ef84268-d588-465a-a308-a864a43d0070"
RECORDS = Operation("GET " + _PATH, "records", Kind.QUERY, "today's arrivals, filtered, window by window")
_WINDOW = 10_000
_LIMIT = 10
_FILTER = re.compile(r"filters\[([a-z_]+)(\.keyword)?\]")


class Agmarknet:
    """Knows its key and today's situation, and no yesterday."""

    def __init__(self, equipment: Equipment) -> None:
        self._api_key = credentials.read(equipment.var)["api_key"]
        self._snapshot = Snapshot()
        self._situation = Situation.ORDINARY

    def recognise(self, request: Request) -> Ask:
        return Ask(request, RECORDS if (request.method, request.path) == ("GET", _PATH) else None)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        reply = self._answer(ask, fault)
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def control(self, request: Request) -> Reply | None:
        """`POST /_sandbox/situation {"situation"}`; DELETE makes it ordinary again."""
        if request.path != "/_sandbox/situation" or request.method not in {"POST", "DELETE"}:
            return None
        try:
            asked = json.loads(request.body)["situation"] if request.method == "POST" else Situation.ORDINARY
            self._situation = Situation(asked)
        except (ValueError, KeyError, TypeError):
            return json_reply(400, {"field": "situation", "error": f"one of {', '.join(Situation)}"})
        return json_reply(200, {"situation": self._situation})

    def _answer(self, ask: Ask, fault: str | None) -> Reply:
        asked = ask.request.parameters()
        if ask.operation is None:
            return _refusal(404, "Resource not found")
        if not secrets.compare_digest(asked.get("api-key", "").encode(), self._api_key.encode()):
            return _refusal(403, "Key not authorised")
        if self._situation is Situation.THROTTLED:
            return _refusal(429, "Rate limit exceeded")
        try:
            offset, limit = int(asked.get("offset", "0")), int(asked.get("limit", _LIMIT))
        except ValueError:
            return _refusal(400, "offset and limit are numbers")
        if min(offset, limit) < 0 or offset + limit > _WINDOW:
            return _refusal(400, f"Result window is too large, offset + limit must be at most {_WINDOW}")
        rows = self._snapshot.rows(self._filters(asked), self._situation)
        return _reply(rows, offset, limit, asked.get("format", "json"), "stale" if fault == "unmapped-code" else "ok")

    def _filters(self, asked: dict[str, str]) -> dict[str, str]:
        """The filters in the spelling of the day; the other spelling is ignored without a word."""
        unheard = {Situation.PLAIN_FILTERS: ".keyword", Situation.KEYWORD_FILTERS: None}
        found = [(_FILTER.fullmatch(name), value) for name, value in asked.items()]
        ignored = unheard.get(self._situation, "nothing")
        return {each[1]: value for each, value in found if each is not None and each[2] != ignored}


def _reply(rows: list[Row], offset: int, limit: int, form: str, status: str) -> Reply:
    records = rows[offset : offset + limit]
    if form == "json":
        document: dict[str, Any] = {"status": status, "total": len(rows), "count": len(records), "records": records}
        return json_reply(200, document)
    if form != "csv":
        return _refusal(400, "format is json or csv")
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(records)
    return Reply(200, text.getvalue().encode(), "text/csv")


def _refusal(status: int, error: str) -> Reply:
    return json_reply(status, {"error": error})


def _prepare(var: Path) -> None:
    credentials.hand_out(var, {"api_key": secrets.token_hex(28)})


PROVIDER = Provider(
    name="agmarknet",
    shaped_after=(
        "Agmarknet's daily prices on data.gov.in, as public integrators' code shows them",
        "partners/agri-prices.md, section D2, and what README.md beside the code infers",
    ),
    protocol_path=_PATH,
    operations=(RECORDS,),
    magic=(),
    notes=(
        "This partner has no customers, so there are no magic accounts and the ledger stays empty.",
        f'POST /_sandbox/situation {{"situation"}} takes one of {", ".join(Situation)}; DELETE makes it ordinary.',
        "`bad-signature` answers JSON that is broken at its end; `unmapped-code` answers status `stale`.",
        "West Bengal has no rows on even days of the month in India; Delhi never has grain.",
    ),
    callbacks=False,
    refuses_after=None,
    open=Agmarknet,
    prepare=_prepare,
    prepared=credentials.handed_out,
)
