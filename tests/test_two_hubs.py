"""Two hubs and a worker on one PostgreSQL: one journal, whoever is asked and whoever dies."""

import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.bank import ASSERTION_TYPE, BankApp
from sandbox.demo import stop_hub
from tests.running import BILLS, CEB, RELOADLY, Running, Twin, running

CLIENTS = 64
REVOKED_EVERYWHERE_WITHIN = 5.0
"""Units: seconds; as hub/identity/standing.py promises."""


@pytest.fixture
def shared_hub(tmp_path: Path, postgres_url: str) -> Iterator[Running]:
    """One of the hubs."""
    with running(tmp_path, HUB_DATABASE_URL=postgres_url, HUB_PARTNER_PATIENCE="1s") as hub:
        yield hub


@pytest.fixture
def twin(shared_hub: Running) -> Iterator[Twin]:
    """The other one."""
    with shared_hub.twin() as twin:
        yield twin


@pytest.mark.parametrize("partner", [CEB, RELOADLY])
def test_one_key_at_once_from_everywhere(shared_hub: Running, twin: Twin, partner: str) -> None:
    """64 clients send one key at one moment, half to each hub: one order, one ledger entry."""
    body, key = shared_hub.payment(partner, "8800112233"), secrets.token_hex(16)
    headers = {"Authorization": f"Bearer {shared_hub.token()}", "Idempotency-Key": key}
    start = threading.Barrier(CLIENTS)

    def client(number: int) -> httpx.Response:
        with httpx.Client(base_url=(shared_hub, twin)[number % 2].base_url, timeout=60, trust_env=False) as http:
            http.get("/health/live")  # connected before the others start
            start.wait()
            return http.post(f"{BILLS}/payments", json=body, headers=headers)

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(client, range(CLIENTS)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    [order_id] = {answer.json()["order_id"] for answer in answers}
    assert sum(1 for answer in answers if "idempotency-replayed" not in answer.headers) == 1
    assert shared_hub.settled(order_id)["state"] == "succeeded"
    assert len(shared_hub.ledger(partner)) == 1


def test_the_other_settles_what_a_killed_hub_left(shared_hub: Running, twin: Twin) -> None:
    """SIGKILL while orders are unknown, and one is under way: the hub that lives finds out what became of each."""
    bodies = [shared_hub.payment(partner, "8800112244") for partner in (CEB, RELOADLY)]
    for partner in (CEB, RELOADLY):
        shared_hub.fault(partner, "hang-after", times=2)
    unknown = [_pay(twin.app, body).raise_for_status().json() for body in bodies]
    assert {order["state"] for order in unknown} == {"unknown"}
    key = secrets.token_hex(16)
    entries = len(shared_hub.ledger(RELOADLY))
    caller = threading.Thread(target=_call_into_the_void, args=(twin.app, bodies[1], key))
    caller.start()
    while len(shared_hub.ledger(RELOADLY)) == entries:
        time.sleep(0.01)
    twin.kill()
    caller.join()

    under_way = shared_hub.pay(bodies[1], key).raise_for_status()
    assert under_way.headers["idempotency-replayed"] == "true"
    for order in [*unknown, under_way.json()]:
        settled = shared_hub.settled(order["order_id"], patience=40)
        assert settled["state"] == "succeeded"
        assert len(shared_hub.entries(settled)) == 1
    assert (len(shared_hub.ledger(CEB)), len(shared_hub.ledger(RELOADLY))) == (1, 2)


def test_a_hub_that_stops_keeps_what_it_is_sending(tmp_path: Path, postgres_url: str) -> None:
    """An order is on its way when its hub is told to stop: nobody else touches it until the answer is written down."""
    with running(tmp_path, HUB_DATABASE_URL=postgres_url, HUB_PARTNER_PATIENCE="10s") as hub, hub.twin() as leaving:
        body = hub.payment(RELOADLY, "8800112266")
        hub.fault(RELOADLY, "slow")
        headers = {"Authorization": f"Bearer {leaving.app.token()}", "Idempotency-Key": secrets.token_hex(16)}
        placed = httpx.post(
            f"{leaving.base_url}{BILLS}/payments",
            json=body,
            headers=headers | {"Prefer": "respond-async"},
            trust_env=False,
        )
        assert placed.status_code == 202
        stop_hub(leaving.process)
        leaving.process = None
        order = hub.order(placed.json()["order_id"])
        assert not [entry for entry in order["timeline"] if "enquiry" in entry["what"] + entry["detail"]]
        assert len(order["timeline"]) > 1, "it was cut off"


def test_a_worker_alone_settles(shared_hub: Running) -> None:
    """With every hub gone, `hub work` finds out what became of the orders."""
    shared_hub.fault(RELOADLY, "hang-after")
    order = shared_hub.pay(shared_hub.payment(RELOADLY, "8800112255")).raise_for_status().json()
    assert order["state"] == "unknown"
    shared_hub.kill()
    with shared_hub.worker() as worker:
        until = time.monotonic() + 20
        while '"succeeded"' not in (shown := shared_hub.command("order", "show", order["order_id"]).stdout):
            assert time.monotonic() < until, shown
        worker.terminate()
        assert worker.wait(20) == 0
    shared_hub.start()
    assert len(shared_hub.entries(shared_hub.order(order["order_id"]))) == 1


def test_a_token_counts_at_every_hub(shared_hub: Running, twin: Twin) -> None:
    """One hub's token is good at the other; revoked at one, it is refused there at once and soon everywhere."""
    token = shared_hub.token()
    assert _enter(twin.base_url, token) == _enter(shared_hub.base_url, token) == 200
    revoked = httpx.post(
        f"{twin.base_url}/oauth/revoke",
        data={
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": shared_hub.app._assertion(),
            "token": token,
        },
        trust_env=False,
    )
    assert revoked.status_code == 200
    since = asked = time.monotonic()
    assert _enter(twin.base_url, token) == 401
    while _enter(shared_hub.base_url, token) == 200:  # however late the answer comes
        assert asked - since < REVOKED_EVERYWHERE_WITHIN
        time.sleep(0.1)
        asked = time.monotonic()


def _enter(base_url: str, token: str) -> int:
    answer = httpx.get(f"{base_url}/v1/orders", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    return answer.status_code


def _pay(app: BankApp, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    return app.post(f"{BILLS}/payments", body, key or secrets.token_hex(16))


def _call_into_the_void(app: BankApp, body: dict[str, Any], key: str) -> None:
    with pytest.raises(httpx.TransportError):
        _pay(app, body, key)
