"""Price feeds under test: a scripted one, and a running simulator over real sockets."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from connectors.kit import registry
from connectors.kit.attempt import PartnerCall
from connectors.kit.channel import Channel
from connectors.kit.sessions import Sessions
from schemas.agri_prices import AgriPrices
from schemas.call import Http, Reply
from tests.connectors.kit.bench import Bench, Watch
from tests.sandbox.feed import running
from tests.sandbox.wire import Door


def json(body: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=body if isinstance(body, bytes) else msgspec.json.encode(body))


def asked(bench: Bench) -> list[str]:
    """The addresses that were asked, without the base."""
    return [message.url.removeprefix("https://feed.example") for message in bench.channel.seen]


def feed_bench(name: str, answer: Callable[[Http], Any], **credentials: str) -> Bench:
    """A line to a feed that answers as told: with a Reply, or with what is then sent as JSON."""

    async def script(message: Http) -> Reply:
        said = answer(message)
        return said if isinstance(said, Reply) else json(said)

    connector = registry.find([name])[name]
    account = msgspec.convert({"base_url": "https://feed.example", **credentials}, connector.partner.account)
    return Bench(script, manifest=connector.manifest, account=account)


@dataclass
class Live:
    """One account at a running simulator."""

    prices: AgriPrices
    bench: Bench
    door: Door

    def call(self) -> PartnerCall:
        return self.bench.call()


class WallClock(Watch):
    """The simulators live today."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@asynccontextmanager
async def live(name: str, var: Path) -> AsyncIterator[Live]:
    """A simulator of its own, an account built from its credentials, and a real channel."""
    connector = registry.find([name])[name]
    with running(name, var) as feed:
        known = {"base_url": feed.stand.protocol, **feed.credentials}
        account = msgspec.convert(known, connector.partner.account)
        bench = feed_bench(name, lambda _: None, **feed.credentials)
        channel = Channel(connect=timedelta(seconds=2), connections=4)
        clock = WallClock()
        bench.watch = clock
        bench.line = replace(bench.line, account=account, channel=channel, sessions=Sessions(clock), clock=clock)
        prices = connector.scenarios["agri-prices"]
        assert isinstance(prices, AgriPrices)
        try:
            yield Live(prices, bench, feed.door)
        finally:
            await channel.close()
