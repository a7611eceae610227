"""A line to a partner, put together by hand: what the hub would hand a connector, under the test's control."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from connectors.kit.attempt import Errand, Line, PartnerAttempt, PartnerCall
from connectors.kit.manifest import Limits, Manifest
from connectors.kit.sessions import Sessions
from schemas.call import Http, Reply
from schemas.errors import NotSent
from schemas.order import Original
from schemas.person import Authority, Person

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
Answer = Reply | BaseException
Script = Callable[[Http], Awaitable[Answer]]

MANIFEST = Manifest(
    id=1,
    name="fake",
    title="Fake",
    auth="none",
    zone="UTC",
    offers={},
    regions=["NG"],
    limits=Limits(attempts=3),
)


class NoAccount(msgspec.Struct):
    """An account without credentials."""


@dataclass
class Watch:
    """A clock that moves when it is told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class OpenGate:
    """Lets everybody in, and counts. Shut, it refuses."""

    entered: int = 0
    shut: bool = False

    @asynccontextmanager
    async def enter(self, deadline: datetime) -> AsyncIterator[None]:
        if self.shut:
            raise NotSent("the gate is shut")
        self.entered += 1
        yield


@dataclass
class FakeChannel:
    """Answers from a script, and remembers what was asked."""

    script: Script
    seen: list[Http] = field(default_factory=list)

    async def exchange(self, message: Http, patience: timedelta) -> Reply:
        self.seen.append(message)
        answer = await self.script(message)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def in_turn(*answers: Answer) -> Script:
    """A script of answers, one after the other."""
    left = list(answers)

    async def answer(_: Http) -> Answer:
        return left.pop(0)

    return answer


@dataclass
class Bench:
    """One account at one partner, and the calls that go there."""

    script: Script
    manifest: Manifest = MANIFEST
    account: msgspec.Struct = field(default_factory=NoAccount)
    gate: OpenGate = field(default_factory=OpenGate)
    watch: Watch = field(default_factory=Watch)
    kept: list[dict[str, str]] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    subject: Person | None = None
    actor: Person | None = None
    authority: Authority | None = None
    original: Original | None = None

    def __post_init__(self) -> None:
        self.channel = FakeChannel(self.script)
        self.line = Line(
            manifest=self.manifest,
            account=self.account,
            account_id="account-1",
            callback_url="https://hub.example/callbacks/fake/account-1",
            channel=self.channel,  # type: ignore[arg-type]
            gate=self.gate,
            sessions=Sessions(self.watch),
            clock=self.watch,
            patience=timedelta(seconds=5),
        )

    def errand(self, reference: str = "R1", seconds: float = 30, **handles: str) -> Errand:
        async def keep(handles: dict[str, str]) -> None:
            self.kept.append(dict(handles))

        deadline = self.watch() + timedelta(seconds=seconds)
        return Errand(
            tenant="bank",
            trace_id="trace-1",
            deadline=deadline,
            keep=keep,
            reference=reference,
            handles=dict(handles),
            subject=self.subject,
            actor=self.actor,
            authority=self.authority,
            original=self.original,
        )

    def call(self, reference: str = "R1", seconds: float = 30, **handles: str) -> PartnerCall:
        return PartnerCall(self.line, self.errand(reference, seconds, **handles))

    def attempt(self, reference: str = "R1", seconds: float = 30, **handles: str) -> PartnerAttempt:
        return self._attempt(reference, seconds, handles, commit_step=self._commit_step)

    def enquiry(self, reference: str = "R1", seconds: float = 30, **handles: str) -> PartnerAttempt:
        return self._attempt(reference, seconds, handles, commit_step=None)

    def _attempt(self, reference: str, seconds: float, handles: dict[str, str], **port: Any) -> PartnerAttempt:
        errand = self.errand(reference, seconds, **handles)
        sent_at = self.watch()
        return PartnerAttempt(self.line, errand, order_id="order-1", sent_at=sent_at, **port)

    async def _commit_step(self, step: str) -> None:
        self.steps.append(step)
