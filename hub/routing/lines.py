"""Lines to partners: one per account, built when first needed and shared by every call."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from connectors.kit.attempt import Line
from connectors.kit.channel import Channel
from connectors.kit.registry import Connector
from connectors.kit.sessions import Sessions
from hub.errors import Misconfigured
from hub.partners import rows
from hub.partners.accounts import sealed_for
from hub.partners.rows import AccountRow
from hub.routing.gate import PartnerGate
from hub.store import Store
from hub.tenants.data_keys import DataKeys
from schemas.call import Clock

FRESH = timedelta(seconds=5)
"""How long a bank's shelf may be used before it is read again: so long, at most, does a change take to arrive."""
LONGEST_CALL = timedelta(minutes=5)
"""No call uses a line for longer, a worker's least of all."""


class Shelf(msgspec.Struct, frozen=True):
    """What a bank can reach, and when that was read."""

    accounts: dict[int, AccountRow]
    read_at: datetime


class Lines:
    """Every open line of this process."""

    def __init__(
        self,
        store: Store,
        data_keys: DataKeys,
        connectors: dict[str, Connector],
        clock: Clock,
        *,
        public_url: Callable[[], str],
        patience: timedelta | None,
    ) -> None:
        self._store = store
        self._data_keys = data_keys
        self._by_id = {connector.manifest.id: connector for connector in connectors.values()}
        self._clock = clock
        self._public_url = public_url
        self._patience = patience
        self._shelves: dict[str, Shelf] = {}
        self._lines: dict[str, tuple[int, Line]] = {}
        self._retired: dict[asyncio.Task[None], Line] = {}

    def connector(self, partner_id: int) -> Connector | None:
        """The enabled connector with this immutable id."""
        return self._by_id.get(partner_id)

    def named(self, name: str) -> Connector | None:
        return next((connector for connector in self._by_id.values() if connector.manifest.name == name), None)

    async def shelf(self, tenant: str) -> dict[int, AccountRow]:
        """A bank's accounts at enabled partners."""
        shelf = self._shelves.get(tenant)
        now = self._clock()
        if shelf is None or now - shelf.read_at > FRESH:
            found = await self._store.read(lambda tx: rows.accounts_of(tx, tenant))
            shelf = Shelf({row.partner_id: row for row in found if row.partner_id in self._by_id}, now)
            self._shelves[tenant] = shelf
        return shelf.accounts

    async def account(self, account_id: str) -> AccountRow | None:
        """An account, by its id, whoever's it is."""
        return await self._store.read(lambda tx: rows.find_account(tx, account_id))

    async def line(self, row: AccountRow) -> Line:
        """The line of an account; a new one when its settings changed. Raises: Misconfigured."""
        standing = self._lines.get(row.account_id)
        if standing is not None and standing[0] >= row.version:
            return standing[1]
        line = await self._build(row)
        standing = self._lines.get(row.account_id)  # somebody else may have built it meanwhile
        if standing is not None and standing[0] >= row.version:
            return standing[1]
        self._lines[row.account_id] = (row.version, line)
        if standing is not None:
            self._retire(standing[1])
        return line

    async def close(self) -> None:
        """Every line, those too that were replaced and still wait for their last calls."""
        for task in self._retired:
            task.cancel()
        lines = [*(line for _, line in self._lines.values()), *self._retired.values()]
        await asyncio.gather(*(line.channel.close() for line in lines))

    def _retire(self, line: Line) -> None:
        """Closes a replaced line once the calls that still use it are over."""

        async def later() -> None:
            await asyncio.sleep(LONGEST_CALL.total_seconds())
            await line.channel.close()

        task = asyncio.create_task(later())
        self._retired[task] = line
        task.add_done_callback(self._retired.pop)

    async def _build(self, row: AccountRow) -> Line:
        connector = self._by_id[row.partner_id]
        manifest = connector.manifest
        sealer = await self._data_keys.of(row.tenant)
        try:
            settings = sealer.unseal(row.settings, context=sealed_for(row.tenant, row.partner_id))
            account = msgspec.json.decode(settings, type=connector.partner.account)
        except msgspec.DecodeError as error:
            raise Misconfigured(f"the account at {manifest.name} must be set anew") from error
        patience = timedelta(seconds=manifest.limits.answer_seconds)
        return Line(
            manifest=manifest,
            account=account,
            account_id=row.account_id,
            callback_url=f"{self._public_url()}/callbacks/{manifest.name}/{row.account_id}",
            channel=Channel(
                connect=timedelta(seconds=manifest.limits.connect_seconds),
                connections=manifest.limits.concurrency,
            ),
            gate=PartnerGate(manifest, self._clock),
            sessions=Sessions(self._clock),
            clock=self._clock,
            patience=min(patience, self._patience or patience),
        )
