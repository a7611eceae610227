"""What a simulated partner says about itself, what it is handed, and what it does with a request."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sandbox.stand.book import Book
from sandbox.stand.faults import Faults
from sandbox.stand.message import Reply, Request
from sandbox.stand.operation import Magic, Operation
from sandbox.stand.pusher import Pusher
from sandbox.stand.settings import Settings


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a partner is handed when it opens: its folder, its settings, and the stand's tools."""

    var: Path
    settings: Settings
    book: Book
    faults: Faults
    pusher: Pusher


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as the partner recognised it, before anything is verified or done."""

    request: Request
    operation: Operation | None
    reference: str | None = None
    account: str | None = None
    content: Any = None


class Partner(Protocol):
    """The partner's own side: its protocol, and no faults but those that are words of its protocol."""

    def recognise(self, request: Request) -> Ask:
        """What is asked, of whom; whatever is no request of this protocol has no operation."""

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        """Does what is asked and answers; of the faults it minds those that its own words must express."""

    async def control(self, request: Request) -> Reply | None:
        """An answer to a control request that only this partner has; None if there is none."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A partner that can be opened.

    `refuses_after` is the operation after which the magic account of `refuse` closes the port; a partner that only
    answers questions has neither. `notified` is a partner that calls back one URL which is registered with it; where
    each request names its own URL, or nobody is called, there is nothing to register.
    """

    name: str
    shaped_after: tuple[str, ...]
    protocol_path: str
    operations: tuple[Operation, ...]
    magic: tuple[Magic, ...]
    notes: tuple[str, ...]
    callbacks: bool
    refuses_after: Operation | None
    open: Callable[[Equipment], Partner]
    prepare: Callable[[Path], None]
    prepared: Callable[[Path], bool]
    notified: bool = False
