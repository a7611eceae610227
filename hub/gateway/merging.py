"""One list from everyone on the shelf: asked side by side, each with its own cursor, late ones left out."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from hub import errors
from hub.consents.parties import Parties
from hub.errors import PartnerError
from hub.gateway.places import Places
from hub.gateway.problems import problem_of
from hub.gateway.shapes import PageShape, SourceStatus, item_of
from hub.gateway.tokens import Tokens
from hub.queries.questions import Asked, Questions
from schemas.errors import NotReady
from schemas.page import Paged


class Merger:
    """Fans a question out and joins the answers."""

    def __init__(self, questions: Questions, tokens: Tokens, *, wait: timedelta) -> None:
        self._questions = questions
        self._tokens = tokens
        self._places = Places(tokens)
        self._wait = wait

    async def page(self, everyone: Sequence[Asked], request: Paged, tenant: str, parties: Parties | None) -> bytes:
        """One page of all of them. A partner that fails or is late is named, and left out from there on."""
        stood = self._places.read(request, tenant, parties)
        asked = everyone if stood is None else [_at(one, stood[_id(one)]) for one in everyone if _id(one) in stood]
        tasks = [asyncio.create_task(self._questions.call(one)) for one in asked]
        await _all_in_time(tasks, self._wait)
        items: list[msgspec.Raw] = []
        sources: list[SourceStatus] = []
        places: dict[int, str] = {}
        for one, task in zip(asked, tasks, strict=True):
            status, result = await self._read(task, one)
            sources.append(status)
            if result is None:
                continue
            items += [item_of(self._tokens.codec, item, status.partner) for item in result.items]
            if result.next:
                places[_id(one)] = result.next
        following = self._places.write(places, request, tenant, parties)
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


def _at(asked: Asked, cursor: str) -> Asked:
    """The question to one partner, where its share goes on."""
    return msgspec.structs.replace(asked, request=msgspec.structs.replace(asked.request, cursor=cursor))


def _id(asked: Asked) -> int:
    return asked.connector.manifest.id
