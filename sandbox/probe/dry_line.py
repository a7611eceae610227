"""A line to a partner that leads nowhere: what would be sent is noted, and certainly is not sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec

from connectors.kit.attempt import Line
from connectors.kit.channel import Channel
from connectors.kit.manifest import Manifest
from connectors.kit.sessions import Sessions
from schemas.call import Message, Reply
from schemas.errors import NotSent

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""When every probe takes place, so that two of them say the same."""
BASE_URL = "https://partner.example"
PATIENCE = timedelta(seconds=5)


class Notebook(Channel):
    """Notes each message instead of sending it."""

    def __init__(self) -> None:
        self.noted: list[Message] = []

    async def exchange(self, message: Message, patience: timedelta) -> Reply:  # noqa: ARG002 - nobody is waited for
        self.noted.append(message)
        raise NotSent("a probe sends nothing")


class OpenGate:
    """Lets everybody in."""

    @asynccontextmanager
    async def enter(self, deadline: datetime) -> AsyncIterator[None]:  # noqa: ARG002
        yield


def now() -> datetime:
    return NOW


def dry_line(manifest: Manifest, account: msgspec.Struct, notebook: Notebook) -> Line:
    """Nobody's line but this call's: no session is open. One exchange only, as repeating it would tell nothing."""
    once = msgspec.structs.replace(manifest.limits, attempts=1)
    return Line(
        manifest=msgspec.structs.replace(manifest, limits=once),
        account=account,
        account_id="account",
        callback_url=f"https://hub.example/callbacks/{manifest.name}/account",
        channel=notebook,
        gate=OpenGate(),
        sessions=Sessions(now),
        clock=now,
        patience=PATIENCE,
    )
