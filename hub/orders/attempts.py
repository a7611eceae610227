"""Sends orders and asks about them. The partner call belongs to the order: a bank that goes away cancels nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from connectors.kit.attempt import Errand, Line, PartnerAttempt
from connectors.kit.registry import Connector
from hub.consents.consents import Consents
from hub.consents.parties import Parties, consent_of
from hub.errors import ConsentMissing, Misconfigured
from hub.evidence.evidence import Exhibits
from hub.orders import states
from hub.orders.journal import Journal, Settlement
from hub.orders.originals import Originals
from hub.orders.rows import OrderRow
from hub.orders.states import News, Source
from hub.routing.lines import Lines
from hub.store import StoreUnavailable
from hub.trace import trace_id
from hub.work.rows import Work
from schemas.call import Clock
from schemas.contract import SCENARIOS, Operation, operation_named, region_of
from schemas.errors import Garbled, MaybeSent, NotSent, Refused
from schemas.order import OrderRequest, Original
from schemas.outcome import Absent, Declined, Pending, Reason, Succeeded, Unknown

log = structlog.get_logger("hub.attempts")

SLACK = timedelta(seconds=15)
"""What an attempt may take beyond its deadline, to write down how it ended, before its lease is over."""
AGAIN_SECONDS = 0.5
"""Between two tries to write down how an attempt ended."""
PATIENCES = 3
"""An attempt has so many times the patience for one answer: a login, a question and the order itself."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """An order in hand: what was ordered, over which line, and the fence of the claim it is held under."""

    row: OrderRow
    request: OrderRequest
    handles: dict[str, str]
    line: Line
    connector: Connector
    fence: int
    parties: Parties | None = None
    original: Original | None = None

    @property
    def operation(self) -> Operation:
        return operation_named(self.row.operation)

    @property
    def enquiry(self) -> Operation:
        return SCENARIOS[self.operation.scenario].operations[str(self.operation.enquiry)]


class Attempts:
    """The attempts of this process."""

    def __init__(
        self,
        journal: Journal,
        originals: Originals,
        consents: Consents,
        lines: Lines,
        exhibits: Exhibits,
        clock: Clock,
        *,
        not_sent_limit: timedelta,
    ) -> None:
        self._journal = journal
        self._originals = originals
        self._consents = consents
        self._lines = lines
        self._exhibits = exhibits
        self._clock = clock
        self._not_sent_limit = not_sent_limit
        self._running: dict[str, asyncio.Task[OrderRow | None]] = {}

    def lease(self, line: Line) -> timedelta:
        """How long one attempt may hold its order."""
        return line.patience * PATIENCES + SLACK

    def running(self, order_id: str) -> "asyncio.Task[OrderRow | None] | None":
        """The attempt that this process is making at an order, if it is."""
        return self._running.get(order_id)

    def start(self, job: Job) -> "asyncio.Task[OrderRow | None]":
        """Sends a journalled order, in a task of its own."""
        return self._track(job, self._submit(job, job.row.created_at))

    async def work(self, work: Work) -> None:
        """Does what is due about an order: sends it again, or asks what became of it."""
        row = await self._journal.find(work.work_id)
        if row is None or row.final:
            return
        trace_id.set(row.trace_id)
        connector = self._lines.connector(row.partner_id)
        account = await self._lines.account(row.account_id)
        if connector is None or account is None:
            await self._journal.flag(row.order_id, work.fence, "its partner is not enabled, or the account is gone")
            return
        try:
            line = await self._lines.line(account)
        except Misconfigured as error:
            await self._journal.flag(row.order_id, work.fence, error.detail)
            return
        operation = operation_named(row.operation)
        try:
            opened = await self._journal.opened(row, operation)
        except msgspec.ValidationError:
            await self._journal.flag(row.order_id, work.fence, "what was ordered breaks a rule that is newer than it")
            return
        job = Job(
            row=row,
            request=opened.request,
            handles=opened.handles,
            line=line,
            connector=connector,
            fence=work.fence,
            parties=opened.parties,
            original=await self._originals.behind(operation, opened.request),
        )
        await self._track(job, self._again(job) if row.state == "received" else self._enquire(job))

    async def drain(self, patience: timedelta) -> None:
        """Waits for the running attempts. What still runs then is given up: its order is asked about later."""
        if not self._running:
            return
        _, late = await asyncio.wait(list(self._running.values()), timeout=patience.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _track(self, job: Job, coroutine: Coroutine[Any, Any, OrderRow | None]) -> "asyncio.Task[OrderRow | None]":
        order_id = job.row.order_id
        task = asyncio.create_task(coroutine)
        self._running[order_id] = task

        def ended(done: asyncio.Task[OrderRow | None]) -> None:
            if self._running.get(order_id) is done:
                del self._running[order_id]
            if not done.cancelled() and done.exception() is not None:
                log.error("attempt-failed", order_id=order_id, error=type(done.exception()).__name__)

        task.add_done_callback(ended)
        return task

    async def _again(self, job: Job) -> OrderRow | None:
        """Sends what was certainly not sent before, unless something speaks against it by now."""
        if reason := await self._given_up(job):
            return await self._settle(job, Declined(reason=reason), "hub")
        since = self._clock()
        if not await self._journal.resume(job.row.order_id, job.fence):
            return None
        return await self._submit(job, since)

    async def _given_up(self, job: Job) -> Reason | None:
        """Why an order will not be sent any more: it waited for too long, or nobody agrees to it now."""
        if self._clock() - job.row.created_at >= self._not_sent_limit:
            return Reason(code="not-sent", message="the partner could not be reached; nothing was sent")
        try:
            await self._consents.confirm(job.row.tenant, consent_of(job.parties))
        except ConsentMissing as missing:
            return Reason(code="consent-ended", message=f"{missing.detail}; nothing was sent")
        return None

    async def _submit(self, job: Job, since: datetime) -> OrderRow | None:
        """Its time runs from the moment that the journal has: who was frozen meanwhile sends nothing any more."""

        async def step(name: str) -> None:
            await self._journal.step_taken(job.row.order_id, name, job.fence)

        return await self._settle(job, await self._news(job, job.operation, self._attempt(job, step, since)), "answer")

    async def _enquire(self, job: Job) -> OrderRow | None:
        attempt = self._attempt(job, None, self._clock())
        return await self._settle(job, await self._news(job, job.enquiry, attempt), "enquiry")

    def _attempt(self, job: Job, step: Callable[[str], Awaitable[None]] | None, since: datetime) -> PartnerAttempt:
        row = job.row

        async def keep(kept: dict[str, str]) -> None:
            await self._journal.remember(row.order_id, row.tenant, kept, job.fence)

        errand = Errand(
            tenant=row.tenant,
            trace_id=row.trace_id,
            deadline=since + job.line.patience * PATIENCES,
            keep=keep,
            reference=row.reference,
            handles=dict(job.handles),
            region=region_of(job.operation, job.request),
            subject=job.parties.subject if job.parties else None,
            actor=job.parties.actor if job.parties else None,
            authority=job.parties.authority if job.parties else None,
            original=job.original,
        )
        return PartnerAttempt(
            job.line,
            errand,
            order_id=row.order_id,
            sent_at=row.sent_at,
            commit_step=step,
            steps=row.steps,
        )

    async def _news(self, job: Job, operation: Operation, attempt: PartnerAttempt) -> News:
        """What the connector says; where it fails, only what was submitted decides, never the exception."""
        call = operation.bind(job.connector.scenarios[operation.scenario])
        left = attempt.deadline - self._clock() + SLACK / 2
        try:
            async with asyncio.timeout(left.total_seconds()):
                outcome = await call(job.request, attempt)
        except Exception as error:  # noqa: BLE001 - whatever a connector raises, the order must be settled
            return await self._failed(error, operation, attempt)
        if not isinstance(outcome, Succeeded | Declined | Pending | Unknown | Absent):
            log.error("no-outcome", partner=attempt.partner, operation=operation.key, got=type(outcome).__name__)
            return Unknown(why="the connector gave no outcome")
        return outcome

    async def _failed(self, error: Exception, operation: Operation, attempt: PartnerAttempt) -> News:
        why = _in_words(error)
        log.warning(
            "attempt-without-answer",
            order_id=attempt.order_id,
            partner=attempt.partner,
            operation=operation.key,
            error=type(error).__name__,
            submitted=attempt.submitted,
        )
        if isinstance(error, Garbled) and error.evidence:
            await self._exhibits.keep(attempt.tenant, attempt.partner, attempt.trace_id, error.evidence)
        if operation.kind == "enquiry":
            return Unknown(why=f"the enquiry got no answer: {why}")
        if attempt.submitted:
            return Unknown(why=f"no usable answer: {why}")
        if isinstance(error, Refused):  # nothing left, and sending it again would not change the rule
            return Declined(reason=Reason(code="declined", message=error.message, field=error.field))
        return states.NotSent(why)

    async def _settle(self, job: Job, news: News, source: Source) -> OrderRow | None:
        """Writes down the news, and keeps trying for a while when the store is away: the partner said it only once."""
        settlement = Settlement(
            order_id=job.row.order_id,
            tenant=job.row.tenant,
            operation=job.operation,
            request=job.request,
            manifest=job.connector.manifest,
            news=news,
            source=source,
            fence=job.fence,
        )
        until = self._clock() + SLACK
        while True:
            try:
                return await self._journal.settle(settlement)
            except StoreUnavailable as error:
                if self._clock() >= until:
                    raise
                log.warning("outcome-waits", order_id=job.row.order_id, detail=str(error))
                await asyncio.sleep(AGAIN_SECONDS)


def _in_words(error: Exception) -> str:
    """Why an attempt failed, as the order's timeline tells a bank; a fault of ours is told in the log."""
    if isinstance(error, NotSent | MaybeSent):
        return str(error)[:200]
    return "the time was over" if isinstance(error, TimeoutError) else "the hub failed at it"
