"""One list from everyone on the shelf: asked side by side, each with its own cursor, late ones left out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
import structlog

from connectors.kit.manifest import Manifest
from hub import errors
from hub.consents.parties import Parties
from hub.gateway.places import Places
from hub.gateway.problems import problem_of
from hub.gateway.shapes import PageShape, SourceStatus, item_of
from hub.gateway.tokens import Tokens
from hub.queries.questions import Asked, Questions
from schemas.errors import NotReady
from schemas.page import Paged

log = structlog.get_logger("hub.merging")


class Share(NamedTuple):
    """One partner's part of a list, and how the question to it is made up: that can fail, for this partner alone."""

    partner: Manifest
    asked: Callable[[Paged], Awaitable[Asked]]


class Merger:
    """Fans a question out and joins the answers."""

    def __init__(self, questions: Questions, tokens: Tokens, *, wait: timedelta) -> None:
        self._questions = questions
        self._tokens = tokens
        self._places = Places(tokens)
        self._wait = wait

    async def page(self, everyone: Sequence[Share], request: Paged, tenant: str, parties: Parties | None) -> bytes:
        """One page of all of them. A partner that fails or is late is named, and left out from there on."""
        stood = self._places.read(request, tenant, parties)
        shares = everyone if stood is None else [one for one in everyone if one.partner.id in stood]
        cursors = stood or {}
        tasks = [asyncio.create_task(self._ask(one, request, cursors.get(one.partner.id))) for one in shares]
        await _all_in_time(tasks, self._wait)
        items: list[msgspec.Raw] = []
        sources: list[SourceStatus] = []
        places: dict[int, str] = {}
        for one, task in zip(shares, tasks, strict=True):
            status, result = await self._read(task, one.partner.name)
            sources.append(status)
            if result is None:
                continue
            items += [item_of(self._tokens.codec, item, status.partner) for item in result.items]
            if result.next:
                places[one.partner.id] = result.next
        following = self._places.write(places, request, tenant, parties)
        return self._tokens.codec.encode(PageShape(items=items, next=following, sources=sources))

    async def _ask(self, share: Share, request: Paged, cursor: str | None) -> tuple[Asked, Any]:
        """Asks one partner, where its share begins or goes on. Returns the question too, for one that needs longer."""
        asked = await share.asked(msgspec.structs.replace(request, cursor=cursor))
        try:
            return asked, await self._questions.call(asked)
        except NotReady as not_ready:
            return asked, not_ready

    async def _read(self, task: "asyncio.Task[tuple[Asked, Any]]", partner: str) -> tuple[SourceStatus, Any]:
        """How a partner did, and its share where it did well. One that needs longer is a query of its own."""
        if task.cancelled():
            problem = problem_of(errors.PartnerSlow(f"{partner} gave no answer in time"))
            return SourceStatus(partner=partner, status="late", problem=problem), None
        if (error := task.exception()) is not None:
            return SourceStatus(partner=partner, status="failed", problem=problem_of(_known(error, partner))), None
        asked, result = task.result()
        if isinstance(result, NotReady):
            row = await self._questions.keep(asked, result.check_after)
            return SourceStatus(
                partner=partner, status="pending", query_id=row.query_id, check_after=row.check_at
            ), None
        return SourceStatus(partner=partner, status="ok"), result


async def _all_in_time(tasks: Sequence["asyncio.Task[Any]"], wait: timedelta) -> None:
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


def _known(error: BaseException, partner: str) -> errors.HubError:
    """What a bank may hear of one partner's failure."""
    if isinstance(error, errors.PartnerError | errors.Misconfigured):
        return error
    log.error("partner-not-asked", partner=partner, exc_info=error)
    return errors.PartnerGarbled(f"{partner} could not be asked")
