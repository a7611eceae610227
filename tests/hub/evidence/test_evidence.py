"""What partners sent that nobody could read."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from hub.evidence.evidence import LONGEST, Exhibits
from hub.evidence.rows import KEPT, evidence, evidence_context, forget_evidence
from hub.store import Store, StoreUnavailable, Unsealable
from tests.hub.orders.office import Office


@pytest.fixture
async def office(store: Store) -> Office:
    return await Office.opened(store)


async def test_kept_sealed_and_cut(office: Office):
    """Garbage is kept under its trace, sealed for its own row, and no longer than is bearable."""
    await Exhibits(office.store, office.data_keys, office.clock).keep(office.tenant, "p", "trace", b"x" * LONGEST * 2)
    [row] = await office.store.read(lambda tx: tx.execute(select(evidence)).all())
    assert (row.partner, row.trace_id, row.at) == ("p", "trace", office.clock())
    assert office.sealer.unseal(row.sealed, context=evidence_context(row.evidence_id)) == b"x" * LONGEST
    with pytest.raises(Unsealable):
        office.sealer.unseal(row.sealed, context=evidence_context("evi_another"))


async def test_forgotten_after_a_while(office: Office):
    """Evidence is dropped once nobody looks for it any more."""
    await Exhibits(office.store, office.data_keys, office.clock).keep(office.tenant, "p", "trace", b"x")
    for late, gone in [(KEPT, 0), (KEPT + timedelta(seconds=1), 1)]:
        now = office.clock() + late
        assert await office.store.write(lambda tx, now=now: forget_evidence(tx, now)) == gone


@pytest.mark.parametrize("error", [StoreUnavailable("gone"), RuntimeError("a mistake"), KeyError("no such bank")])
@pytest.mark.parametrize("where", ["read", "write"])
async def test_no_reason_to_fail(office: Office, monkeypatch: pytest.MonkeyPatch, error: Exception, where: str):
    """Whatever goes wrong with the keeping, the call it belongs to goes on."""

    async def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(office.store, where, broken)
    with capture_logs() as logs:
        await Exhibits(office.store, office.data_keys, office.clock).keep(office.tenant, "p", "trace", b"x")
    assert [entry["event"] for entry in logs] == ["evidence-lost"]
