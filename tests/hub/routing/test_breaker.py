"""A breaker that opens on a running hub."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.launch import launcher
from tests.running import CEB, Running, running


@pytest.fixture
def wary_hub(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, launcher=launcher("firm-breaker")) as hub:
        yield hub


def test_orders_wait_while_the_partner_only_fails(wary_hub: Running):
    """A partner that answers nothing but 500 is left alone: the next order is certainly not sent, and paid later."""
    biller = wary_hub.biller(CEB, bill="none", choices=[])
    amount = {"amount": "50.00", "currency": "CNY"}
    wary_hub.fault(CEB, "error-before", times=3)
    for number in range(3):
        body = {"biller_id": biller["biller_id"], "account": f"2026100{number}", "amount": amount}
        assert wary_hub.pay(body).json()["state"] == "unknown"
    waits = wary_hub.pay({"biller_id": biller["biller_id"], "account": "20261009", "amount": amount}).json()
    assert waits["state"] == "received"
    assert wary_hub.ledger(CEB) == []
    paid = wary_hub.settled(waits["order_id"])
    assert paid["state"] == "succeeded"
    assert len(wary_hub.entries(paid)) == 1
