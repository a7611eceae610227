"""What a connector is handed: a `Call` to ask with, an `Attempt` to change something with.

Everything that must survive a crash passes through them. They are declared here and implemented in the kit.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Generic, TypeAlias, TypeVar

import msgspec

from schemas.order import Original
from schemas.person import Authority, Person
from schemas.refs import PartnerRef

A = TypeVar("A", bound=msgspec.Struct)
V = TypeVar("V")

Clock: TypeAlias = Callable[[], datetime]
"""The time now, in UTC, aware. Injected everywhere, so that tests own it."""


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request to a partner.

    Shape: `url` is absolute; its base comes from the account. `timeout` bounds the wait for the answer;
    None takes the manifest's.
    """

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    timeout: timedelta | None = None


Message: TypeAlias = Http
"""What may be sent. A framed message joins this union with the first partner that speaks frames."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's complete answer. Shape: header names are lower case; the body is complete."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Kept(msgspec.Struct, Generic[V], frozen=True):
    """Something account-wide that was opened, and until when it is good."""

    value: V
    until: datetime


class Call(ABC):
    """One question, or one enquiry or order, on its way to one partner under one bank's account."""

    tenant: str
    partner: str
    region: str | None
    subject: Person | None
    actor: Person | None
    authority: Authority | None
    original: Original | None
    """The order that the request names, given to whatever `follows` one; None elsewhere."""
    reference: str
    """Ours, in the partner's format. An order's is its own; a kept question's stays the same, and news may name it."""
    deadline: datetime
    clock: Clock
    trace_id: str
    handles: Mapping[str, str]
    callback_url: str
    """Where this partner may send news for this account: ends in /callbacks/{partner}/{account}."""

    @abstractmethod
    def account(self, of: type[A]) -> A:
        """The bank's credentials and settings at this partner, as the struct they were checked with when set."""

    @abstractmethod
    async def session(self, name: str, opener: Callable[[], Awaitable[Kept[V]]]) -> V:
        """Something account-wide (a token, a login, a catalogue): opened once for all callers, kept until it ends."""

    @abstractmethod
    def reject(self, name: str, value: object) -> None:
        """The partner refused this session value; the next `session` opens anew. A newer value stays."""

    @abstractmethod
    async def send(self, message: Message) -> Reply:
        """Asks, and changes nothing. May be repeated within the attempt budget.

        Raises: NotSent, MaybeSent.
        """

    @abstractmethod
    async def remember(self, **handles: str) -> None:
        """Keeps what a later step or enquiry needs; committed (or in the journal's commit) on return."""

    @abstractmethod
    def ref(self, local_id: str) -> PartnerRef:
        """A reference to one of this partner's things."""


class Attempt(Call):
    """One try at an order. `reference` and `sent_at` were journalled before anything could leave."""

    order_id: str
    sent_at: datetime
    steps: tuple[str, ...]
    """Steps after the first that may have left, oldest first: what is not among them certainly did not."""

    @abstractmethod
    async def submit(self, step: str, message: Message) -> Reply:
        """May change something. The step is committed before the message leaves; only NotSent is ever repeated.

        Raises: NotSent, MaybeSent.
        """
