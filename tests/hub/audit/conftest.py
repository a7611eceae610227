"""A hub's audit in small: a store, a log key, a notary, and a clock that the test owns."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.audit import LogKey, Notary, Record, append, new_record, open_log_key, verify
from hub.audit.report import Report
from hub.store import Sealer, Store


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 10, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **much: float) -> None:
        self.now += timedelta(**much)


class Archive:
    """The audit under test, and the intruder's ways into its tables."""

    def __init__(self, store: Store, key: LogKey, clock: Clock, file: Path) -> None:
        self.store = store
        self.key = key
        self.clock = clock
        self.file = file
        self.notary = self.new_notary()

    def new_notary(self, **settings) -> Notary:
        return Notary(self.store, self.key, self.clock, **({"checkpoint_file": self.file} | settings))

    def record(self, tenant: str = "bank-a", **facts: str) -> Record:
        return new_record(
            tenant=tenant,
            at=self.clock(),
            kind="call",
            trace_id="0" * 32,
            actor="app",
            operation="utility-bills.pay",
            facts=facts,
        )

    async def write(self, count: int = 1, tenant: str = "bank-a") -> list[Record]:
        """Append records, each in a unit of its own."""
        made = [self.record(tenant, number=str(number)) for number in range(count)]
        for record in made:
            await self.store.write(lambda tx, record=record: append(tx, record))
        return made

    async def sealed(self, *counts: int, tenant: str = "bank-a") -> list[Record]:
        """Append and seal, one checkpoint for each count."""
        made = []
        for count in counts:
            made += await self.write(count, tenant)
            assert await self.notary.seal_once() == count
        return made

    async def tamper(self, statement: str, **values) -> None:
        """What somebody with the database's password may do."""
        await self.store.write(lambda tx: tx.execute(text(statement), values).rowcount)

    async def verify(self, **settings) -> Report:
        return await verify(self.store, self.clock, **({"checkpoint_file": self.file} | settings))


@pytest.fixture
async def archive(store: Store, tmp_path: Path) -> Archive:
    """An empty audit on each kind of database."""
    return await new_archive(store, tmp_path)


@pytest.fixture
async def small_archive(sqlite_store: Store, tmp_path: Path) -> Archive:
    """An empty audit where the kind of database does not matter."""
    return await new_archive(sqlite_store, tmp_path)


async def new_archive(store: Store, folder: Path) -> Archive:
    clock = Clock()
    key = await open_log_key(store, Sealer(bytes(32)), clock)
    return Archive(store, key, clock, folder / "elsewhere" / "checkpoints")
