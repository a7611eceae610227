"""The call and the attempt: what `schemas/call.py` declares, on ports that the hub hands in."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import msgspec

from connectors.kit.channel import Channel, again
from connectors.kit.manifest import Manifest
from connectors.kit.sessions import Sessions
from schemas.call import Attempt, Call, Clock, Kept, Message, Reply
from schemas.errors import MaybeSent, NotSent, NotTried
from schemas.order import Original
from schemas.person import Authority, Person
from schemas.refs import PartnerRef

A = TypeVar("A", bound=msgspec.Struct)
V = TypeVar("V")

SERVER_ERROR = 500
"""From here on a status says that the partner failed, whatever was asked. Source: RFC 9110, section 15.6."""


class Gate(Protocol):
    """The partner's gate: breaker, bulkhead and rate. Entered once per exchange."""

    def enter(self, deadline: datetime) -> AbstractAsyncContextManager[None]:
        """Raises NotSent where the gate refuses; learns from what is raised inside it."""


class _PartnerFailed(MaybeSent):
    """How the gate learns of a complete reply that says that the partner itself failed."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


@dataclass(frozen=True, kw_only=True)
class Line:
    """One bank's account at one partner, ready to be used: shared by every call that goes there."""

    manifest: Manifest
    account: msgspec.Struct
    account_id: str
    callback_url: str
    channel: Channel
    gate: Gate
    sessions: Sessions
    clock: Clock
    patience: timedelta
    """How long an answer may take where a message does not say."""


@dataclass(kw_only=True)
class Errand:
    """Who asks, for whom, under which trace, until when; what earlier steps remembered, and where to keep more."""

    tenant: str
    trace_id: str
    deadline: datetime
    keep: Callable[[dict[str, str]], Awaitable[None]]
    """Keeps some handles beside those that are kept already."""
    reference: str
    handles: dict[str, str] = field(default_factory=dict)
    region: str | None = None
    subject: Person | None = None
    actor: Person | None = None
    authority: Authority | None = None
    original: Original | None = None


class PartnerCall(Call):
    """A question on its way to a partner."""

    def __init__(self, line: Line, errand: Errand) -> None:
        self._line = line
        self._errand = errand
        self._left = line.manifest.limits.attempts
        self.tenant = errand.tenant
        self.partner = line.manifest.name
        self.region = errand.region
        self.subject = errand.subject
        self.actor = errand.actor
        self.authority = errand.authority
        self.original = errand.original
        self.deadline = errand.deadline
        self.clock = line.clock
        self.trace_id = errand.trace_id
        self.reference = errand.reference
        self.callback_url = line.callback_url
        self.handles: Mapping[str, str] = errand.handles

    def account(self, of: type[A]) -> A:
        if not isinstance(self._line.account, of):
            raise TypeError(f"{self.partner}: the account is no {of.__name__}")
        return self._line.account

    async def session(self, name: str, opener: Callable[[], Awaitable[Kept[V]]]) -> V:
        return await self._line.sessions.get(name, opener)

    def reject(self, name: str, value: object) -> None:
        self._line.sessions.reject(name, value)

    async def send(self, message: Message) -> Reply:
        try:
            return await self._exchange(message)
        except (NotSent, MaybeSent) as first:
            if not self._may_go_on():
                raise
            try:
                return await again(lambda: self._exchange(message), self._may_go_on)
            except NotSent as last:  # a gate that shut meanwhile does not undo what may have been sent
                raise (first if isinstance(first, MaybeSent) else last) from None

    async def remember(self, **handles: str) -> None:
        self._errand.handles.update(handles)
        await self._errand.keep(handles)  # these alone: what else was loaded may have been replaced since

    def ref(self, local_id: str) -> PartnerRef:
        return PartnerRef(self._line.manifest.id, local_id)

    async def _exchange(self, message: Message) -> Reply:
        """One exchange: one of the budget, once through the gate."""
        if self._left <= 0:
            raise NotSent("this call has spent its exchanges")
        self._left -= 1
        if self.clock() >= self.deadline:
            raise NotSent("this call is past its deadline")
        try:
            async with self._line.gate.enter(self.deadline):
                return await self._answer(message)
        except _PartnerFailed as failed:
            return failed.reply

    async def _answer(self, message: Message) -> Reply:
        """What comes of one exchange, told so that the gate learns from it."""
        left = self.deadline - self.clock()  # the gate may have taken its time
        if left <= timedelta(0):
            raise NotTried("the gate took all the time that there was")
        reply = await self._line.channel.exchange(message, min(left, message.timeout or self._line.patience))
        if reply.status >= SERVER_ERROR:
            raise _PartnerFailed(reply)
        return reply

    def _may_go_on(self) -> bool:
        return self._left > 0 and self.clock() < self.deadline


class PartnerAttempt(PartnerCall, Attempt):
    """One try at an order, or an enquiry about one (which may not submit)."""

    def __init__(
        self,
        line: Line,
        errand: Errand,
        *,
        order_id: str,
        sent_at: datetime,
        commit_step: Callable[[str], Awaitable[None]] | None,
        steps: tuple[str, ...] = (),
    ) -> None:
        super().__init__(line, errand)
        self.order_id = order_id
        self.sent_at = sent_at
        self.steps = steps
        self.submitted = False
        """Something may have reached the partner that changes something: from here on, silence means Unknown."""
        self._in_doubt = False
        self._commit_step = commit_step
        self._steps = 0

    async def submit(self, step: str, message: Message) -> Reply:
        if self._commit_step is None:
            raise TypeError(f"{self.partner}: an enquiry asks, and changes nothing; {step!r} would")
        if self._in_doubt:
            raise MaybeSent(f"{step!r} follows a submission that nobody answered; only an enquiry may")
        self._steps += 1
        if self._steps > 1:  # the first step rides in the journal's commit
            await self._commit_step(step)
            self.steps += (step,)
        try:
            return await self._submit_once(message)
        except NotSent:
            if self.submitted or not self._may_go_on():
                raise
        return await self._submit_until_sent(message)

    async def _submit_once(self, message: Message) -> Reply:
        try:
            reply = await self._exchange(message)
        except NotSent:
            raise
        except BaseException:  # cancelled too: the bytes may be out
            self.submitted = self._in_doubt = True
            raise
        self.submitted = True
        return reply

    async def _submit_until_sent(self, message: Message) -> Reply:
        """Repeats what certainly was not received; the first exchange that may have been ends it."""

        async def once() -> Reply:
            return await self._submit_once(message)

        return await again(once, lambda: not self.submitted and self._may_go_on())
