"""A process that is frozen past its lease, and thaws: SIGSTOP, another takes over, SIGCONT."""

import asyncio
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.audit.rows import records
from hub.orders import rows as orders
from hub.orders.rows import OrderRow
from hub.store import Connection, open_store
from hub.work.rows import due_work
from tests.running import CEB, RELOADLY, Running, running

AHEAD = ("-m", "tests.launchers.early_worker", "400")
"""A worker for which every lease of the frozen one has run out."""


@pytest.fixture
def shared_hub(tmp_path: Path, postgres_url: str) -> Iterator[Running]:
    """A hub on PostgreSQL, where others may work beside it."""
    with running(tmp_path, HUB_DATABASE_URL=postgres_url, HUB_PARTNER_PATIENCE="6s") as hub:
        yield hub


def look(url: str, key: str) -> tuple[OrderRow, dict[str, Any] | None, int] | None:
    """An order by its key, its due work and how many audit records speak of it: read past every hub."""

    def query(tx: Connection) -> tuple[OrderRow, dict[str, Any] | None, int] | None:
        order_id = tx.execute(orders.order_keys.select().where(orders.order_keys.c.key == key)).mappings().first()
        if order_id is None:
            return None
        row = orders.find(tx, order_id["order_id"])
        assert row is not None
        work = tx.execute(due_work.select().where(due_work.c.work_id == row.order_id)).mappings().first()
        told = sum(1 for record in tx.execute(records.select()) if row.order_id.encode() in record.body)
        return row, dict(work) if work else None, told

    async def read() -> tuple[OrderRow, dict[str, Any] | None, int] | None:
        store = open_store(url, read_only=True)
        try:
            return await store.read(query)
        finally:
            await store.close()

    return asyncio.run(read())


def await_state(url: str, key: str, *states: str) -> None:
    until = time.monotonic() + 20
    while (found := look(url, key)) is None or found[0].state not in states:
        assert time.monotonic() < until, found
        time.sleep(0.1)


def pay_beside(hub: Running, body: dict[str, Any], key: str) -> tuple[threading.Thread, list[httpx.Response]]:
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(hub.pay(body, key)))
    thread.start()
    return thread, answers


@pytest.mark.parametrize("partner", [CEB, RELOADLY])
def test_a_hub_frozen_past_its_lease_writes_nothing(shared_hub: Running, postgres_url: str, partner: str) -> None:
    """Its answer arrives when another has taken the order over: journal, work and audit stay as they are."""
    hub, key = shared_hub, secrets.token_hex(16)
    assert hub.process is not None
    body = hub.payment(partner, "7700112233")
    hub.fault(partner, "slow")
    hub.fault(partner, "error-after", "enquiry", times=1000)
    if partner == CEB:  # its callback would be news that came by itself
        hub.fault(partner, "no-callback", "push")
    caller, answers = pay_beside(hub, body, key)
    while not hub.ledger(partner):
        time.sleep(0.02)
    hub.process.send_signal(signal.SIGSTOP)
    with hub.worker(*AHEAD):
        await_state(postgres_url, key, "unknown")
    before = look(postgres_url, key)
    assert before is not None
    time.sleep(1.6)  # the answer lies in the frozen hub's socket by now
    hub.process.send_signal(signal.SIGCONT)
    caller.join()
    assert (answers[0].status_code, answers[0].json()["state"]) == (202, "unknown")
    time.sleep(0.5)
    assert look(postgres_url, key) == before

    hub.door(partner, "DELETE", "/_sandbox/faults")
    with hub.worker(*AHEAD):
        await_state(postgres_url, key, "succeeded")
    order = hub.order(before[0].order_id)
    assert len(hub.entries(order)) == 1


def test_a_hub_frozen_until_its_order_is_settled_writes_nothing(shared_hub: Running, postgres_url: str) -> None:
    """What the other settled stays as it was settled: nothing is added, nothing is recorded."""
    hub, key = shared_hub, secrets.token_hex(16)
    assert hub.process is not None
    body = hub.payment(RELOADLY, "7700112244")
    hub.fault(RELOADLY, "slow")
    caller, answers = pay_beside(hub, body, key)
    while not hub.ledger(RELOADLY):
        time.sleep(0.02)
    hub.process.send_signal(signal.SIGSTOP)
    with hub.worker(*AHEAD):
        await_state(postgres_url, key, "succeeded")
    before = look(postgres_url, key)
    assert before is not None
    time.sleep(1.6)
    hub.process.send_signal(signal.SIGCONT)
    caller.join()
    assert (answers[0].status_code, answers[0].json()["state"]) == (200, "succeeded")
    time.sleep(0.5)
    assert look(postgres_url, key) == before
    assert before[1] is None
    assert len(hub.ledger(RELOADLY)) == 1
