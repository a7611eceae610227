"""A journal on a real store, with one bank and one partner, under the test's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from connectors.kit.manifest import EnquiryWindow, Manifest
from hub.audit.record import Record, read_record
from hub.evidence.rows import evidence, evidence_context
from hub.orders import rows
from hub.orders.drafts import Draft
from hub.orders.journal import Journal, Settlement
from hub.orders.rows import Key, OrderRow
from hub.orders.sealed import deliverable_context, fingerprint
from hub.orders.states import News, Source
from hub.store import Connection, Sealer, Store, TenantSealer
from hub.tenants import banks
from hub.tenants.data_keys import DataKeys
from hub.work import rows as work
from hub.work.rows import Work
from schemas.contract import SCENARIOS
from schemas.money import Money
from schemas.outcome import Declined, Pending, Reason, Succeeded
from schemas.refs import PartnerRef
from schemas.scenarios import load
from schemas.secret import Secret
from schemas.utility_bills import BillPayment, Receipt

load()

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
PAY = SCENARIOS["utility-bills"].operations["pay"]
PAUSES = [timedelta(seconds=seconds) for seconds in (5, 30, 120)]
LEASE = timedelta(seconds=60)
ABSENCE = timedelta(hours=1)
WINDOW = timedelta(days=2)
MANIFEST = Manifest(
    id=7,
    name="some_partner",
    title="Some partner",
    auth="none",
    zone="UTC",
    offers={},
    regions=["NG"],
    enquiry=EnquiryWindow(absence_final_after=ABSENCE.total_seconds(), window=WINDOW.total_seconds()),
)
SEALER = Sealer(b"m" * 32)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


def payment(amount: str = "10.00", account: str = "1234567") -> BillPayment:
    return BillPayment(
        biller_id=PartnerRef(MANIFEST.id, "b1"), account=account, amount=Money(amount=amount, currency="NGN")
    )


def receipt(amount: str = "10.00", token: str | None = None) -> Receipt:
    return Receipt(paid=Money(amount=amount, currency="NGN"), token=Secret(token) if token else None)


def succeeded(amount: str = "10.00", token: str | None = None) -> Succeeded[Receipt]:
    return Succeeded(result=receipt(amount, token))


def declined(code: Any = "declined") -> Declined:
    return Declined(reason=Reason(code=code))


def pending(stage: str = "processing", **more: Any) -> Pending[Receipt]:
    return Pending(stage=stage, **more)


class Office:
    """One bank's journal, and everything that a test may want to see of it."""

    def __init__(self, store: Store, tenant: str, sealer: TenantSealer) -> None:
        self.store = store
        self.sealer = sealer
        self.tenant = tenant
        self.clock = Clock()
        self.data_keys = DataKeys(store, SEALER)
        self.journal = Journal(store, self.data_keys, self.clock, owner="first-hub", schedule=PAUSES)
        self._made = 0

    @classmethod
    async def opened(cls, store: Store, name: str = "some-bank") -> "Office":
        bank = await store.write(lambda tx: banks.add(tx, SEALER, name, now=START))
        return cls(store, bank.tenant_id, SEALER.tenant(bank.tenant_id, bank.data_key))

    def draft(self, key: str = "", request: BillPayment | None = None, reference: str = "") -> Draft:
        self._made += 1
        request = request or payment()
        mark = Key(
            tenant=self.tenant,
            operation=PAY.key,
            key=key or f"key-{self._made}",
            fingerprint=fingerprint(self.sealer, request),
        )
        return Draft(
            key=mark,
            client_id="app",
            operation=PAY,
            request=request,
            manifest=MANIFEST,
            account_id=f"acc-{self.tenant}",
            reference=reference or f"R{self._made:015}",
            handles={"use": "local"},
            trace_id="0" * 32,
            lease=LEASE,
        )

    async def begin(self, **draft: Any) -> OrderRow:
        """A journalled order: its first attempt holds it under fence 1."""
        row, is_new = await self.journal.begin(self.draft(**draft))
        assert is_new
        return row

    async def settle(
        self, order_id: str, news: News, source: Source = "answer", fence: int | None = 1, amount: str = "10.00"
    ) -> OrderRow | None:
        return await self.journal.settle(
            Settlement(
                order_id=order_id,
                tenant=self.tenant,
                operation=PAY,
                request=payment(amount),
                manifest=MANIFEST,
                news=news,
                source=source,
                fence=fence,
            )
        )

    async def claim(self, order_id: str, owner: str = "second-hub") -> Work | None:
        now = self.clock()
        return await self.store.write(lambda tx: work.claim_one(tx, order_id, owner, now, now + LEASE))

    async def taken_up(self) -> Work:
        """What a worker finds due."""
        now = self.clock()
        [found] = await self.store.write(lambda tx: work.claim(tx, "second-hub", now, now + LEASE, 1))
        return found

    async def asked(self, order_id: str, news: News) -> OrderRow | None:
        """An enquiry that found out this."""
        claimed = await self.claim(order_id)
        assert claimed is not None
        return await self.settle(order_id, news, "enquiry", claimed.fence)

    async def row(self, order_id: str) -> OrderRow:
        found = await self.journal.find(order_id)
        assert found is not None
        return found

    async def due(self, order_id: str) -> tuple[datetime, str | None] | None:
        """When work on an order falls due, and who holds it."""

        def query(tx: Connection) -> tuple[datetime, str | None] | None:
            table = work.due_work
            found = tx.execute(table.select().where(table.c.work_id == order_id)).first()
            return (found.due_at, found.owner) if found else None

        return await self.store.read(query)

    async def audit(self, order_id: str) -> list[Record]:
        """Every record about an order, in the order of their making."""
        bodies = await self.store.read(
            lambda tx: [
                bytes(row.body) for row in tx.execute(text("SELECT body FROM audit_records ORDER BY record_id"))
            ]
        )
        return [record for record in map(read_record, bodies) if record.order_id == order_id]

    async def evidence(self, trace_id: str) -> list[bytes]:
        """What is kept under a trace, unsealed."""

        def query(tx: Connection) -> list[bytes]:
            kept = tx.execute(evidence.select().where(evidence.c.trace_id == trace_id))
            return [self.sealer.unseal(row.sealed, context=evidence_context(row.evidence_id)) for row in kept]

        return await self.store.read(query)

    async def events(self, order_id: str) -> list[str]:
        """Types of the events about an order."""

        def query(tx: Connection) -> list[str]:
            found = tx.execute(
                text("SELECT type FROM outbox WHERE order_id = :order_id ORDER BY event_id"), {"order_id": order_id}
            )
            return sorted(row.type for row in found)

        return await self.store.read(query)

    async def deliverables(self, order_id: str) -> list[str]:
        """What an order delivered, unsealed."""
        found = await self.store.read(
            lambda tx: [
                (deliverable_context(row.order_id, row.deliverable_id), bytes(row.sealed))
                for row in tx.execute(rows.deliverables.select().where(rows.deliverables.c.order_id == order_id))
            ]
        )
        return [msgspec.json.decode(self.sealer.unseal(sealed, context=context)) for context, sealed in found]


def units_that_raise(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """What units of writing raise from here on; each such one costs its whole batch a rollback."""
    raised: list[Exception] = []
    write = office.store.write

    async def watched(unit: Any) -> Any:
        def noted(tx: Connection) -> Any:
            try:
                return unit(tx)
            except Exception as error:
                raised.append(error)
                raise

        return await write(noted)

    monkeypatch.setattr(office.store, "write", watched)
    return raised
