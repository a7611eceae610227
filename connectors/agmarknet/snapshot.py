"""The day's snapshot, read whole: window after window, as far as the feed lets anybody see."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import msgspec
import structlog

from connectors.agmarknet.wire import ANSWER, Answer, Record, record_of
from connectors.kit.codes import Codes
from connectors.kit.feeds import ask, readable
from connectors.kit.manifest import Manifest
from schemas.call import Call, Http, Kept
from schemas.errors import Garbled
from schemas.struct import pattern

MANIFEST = Manifest.read(Path(__file__).parent)
STATUS = Codes(MANIFEST, "status")
RESOURCE = "/resource/9ef84268-d588-465a-a308-a864a43d0070"
LAST = 10_000
"""Offset and limit together may not pass it."""
WINDOW = 2_000
AGE = timedelta(minutes=10)

log = structlog.get_logger("hub.agmarknet")


class AgmarknetAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bank's key. The feed wants it in the address of every question."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    api_key: str

    def __repr__(self) -> str:
        return f"AgmarknetAccount(base_url={self.base_url!r})"


async def snapshot(call: Call) -> list[Record]:
    """Everything that the feed says today; some days that is nothing."""
    return await call.session("snapshot", partial(_open_snapshot, call))


async def _open_snapshot(call: Call) -> Kept[list[Record]]:
    records: list[Record] = []
    seen, total = 0, LAST
    while seen < min(total, LAST):
        answer = await _window(call, seen)
        if not answer.records:
            break
        records += readable(answer.records, record_of, call)
        seen, total = seen + len(answer.records), _number(answer.total)
    if total > LAST:
        log.warning("snapshot-cut", partner=call.partner, total=total, trace_id=call.trace_id)
    return Kept(records, call.clock() + AGE)


async def _window(call: Call, offset: int) -> Answer:
    account = call.account(AgmarknetAccount)
    limit = min(WINDOW, LAST - offset)
    query = urlencode({"api-key": account.api_key, "format": "json", "offset": offset, "limit": limit})
    answer = await ask(call, Http(method="GET", url=f"{account.base_url.rstrip('/')}{RESOURCE}?{query}"), ANSWER)
    meaning = STATUS.meaning(answer.status)
    if meaning is None or meaning.means != "ok":
        raise Garbled(f"the feed's status is {answer.status[:40]!r}")
    return answer


def _number(total: int | str) -> int:
    try:
        return int(total)
    except ValueError as error:
        raise Garbled("the feed's total is no number") from error
