"""One list from everyone on the shelf: asked side by side, each with its own cursor, late ones left out."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from hub import errors
from hub.errors import PartnerError
from hub.gateway.problems import problem_of
from hub.gateway.shapes import PageShape, SourceStatus, item_of
from hub.gateway.tokens import Tokens
from hub.queries.questions import Asked, Questions
from schemas.codec import PLAIN
from schemas.errors import NotReady
from schemas.page import Paged

DONE, FAILED = "done", "failed"


class Place(msgspec.Struct, frozen=True, tag=False):
    """Where one partner's share of a list stands. Shape: `state` is done, failed, or empty with a cursor."""

    state: str = ""
    cursor: str | None = None


_places = msgspec.json.Decoder(dict[str, Place])


class Merger:
    """Fans a question out and joins the answers."""

    def __init__(self, questions: Questions, tokens: Tokens, *, wait: timedelta) -> None:
        self._questions = questions
        self._tokens = tokens
        self._wait = wait

    async def page(self, everyone: Sequence[Asked], request: Paged, tenant: str) -> bytes:
        """One page of all of them. A partner that fails or is late is named, and left out from there on."""
        bound_to = _bound_to(request, tenant, everyone)
        places = {_id(one): Place() for one in everyone}
        if request.cursor is not None:
            known = _places.decode(self._tokens.read_cursor(request.cursor, bound_to))
            places = {key: known.get(key, place) for key, place in places.items()}
        asked = {_id(one): _with_cursor(one, places[_id(one)].cursor) for one in everyone if not places[_id(one)].state}
        tasks = {key: asyncio.create_task(self._questions.call(one)) for key, one in asked.items()}
        await _all_in_time(list(tasks.values()), self._wait)
        items: list[msgspec.Raw] = []
        sources = []
        for key, one in asked.items():
            name = one.connector.manifest.name
            status, result = await self._read(tasks[key], one)
            sources.append(status)
            if result is None:
                places[key] = Place(state=DONE if status.status == "pending" else FAILED)
                continue
            items += [item_of(self._tokens.codec, item, name) for item in result.items]
            places[key] = Place(cursor=result.next) if result.next else Place(state=DONE)
        more = any(not place.state for place in places.values())
        following = self._tokens.write_cursor(msgspec.json.encode(places), bound_to) if more else None
        return self._tokens.codec.encode(PageShape(items=items, next=following, sources=sources))

    async def _read(self, task: "asyncio.Task[Any]", asked: Asked) -> tuple[SourceStatus, Any]:
        """How a partner did, and its share where it did well. One that needs longer is a query of its own."""
        partner = asked.connector.manifest.name
        if task.cancelled():
            problem = problem_of(errors.PartnerSlow(f"{partner} gave no answer in time"))
            return SourceStatus(partner=partner, status="late", problem=problem), None
        error = task.exception()
        if error is None:
            return SourceStatus(partner=partner, status="ok"), task.result()
        if isinstance(error, NotReady):
            row = await self._questions.keep(asked, error.check_after)
            return SourceStatus(
                partner=partner, status="pending", query_id=row.query_id, check_after=row.check_at
            ), None
        known = error if isinstance(error, PartnerError) else errors.PartnerGarbled(f"{partner} could not be asked")
        return SourceStatus(partner=partner, status="failed", problem=problem_of(known)), None


async def _all_in_time(tasks: list["asyncio.Task[Any]"], wait: timedelta) -> None:
    if not tasks:
        return
    try:
        _, late = await asyncio.wait(tasks, timeout=wait.total_seconds())
    except asyncio.CancelledError:
        late = set(tasks)
        raise
    finally:
        for task in tasks:
            if not task.done():
                task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


def _with_cursor(asked: Asked, cursor: str | None) -> Asked:
    request = msgspec.structs.replace(asked.request, cursor=cursor)
    return msgspec.structs.replace(asked, request=request)


def _id(asked: Asked) -> str:
    return str(asked.connector.manifest.id)


def _bound_to(request: Paged, tenant: str, everyone: Sequence[Asked]) -> bytes:
    """What a cursor is good for: this bank, this customer, and this question apart from cursor and page's length."""
    plain = msgspec.structs.replace(request, cursor=None, limit=1)
    subject = next((one.parties.subject for one in everyone if one.parties), None)
    whom = f"{subject.id_type} {subject.id_number}" if subject else ""
    return f"{tenant}\n{whom}\n{type(request).__name__}\n".encode() + PLAIN.encode(plain)
