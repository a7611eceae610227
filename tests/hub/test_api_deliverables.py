"""A meter token: part of success, sealed, and handed over by a call of its own."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hub.errors import KeyMissing, KeyReused, Malformed, NotFound, ScopeMissing
from tests.banks import TwoBanks
from tests.caller import Caller, new_key, problem
from tests.running import RELOADLY, Running

NONE = "dlv_00000000000000000000000000"


def bought(hub: Running, account: str) -> dict[str, Any]:
    """A prepaid order that succeeded."""
    meter = hub.biller(RELOADLY, prepaid=True, choices=[])
    body = {"biller_id": meter["biller_id"], "account": account, "amount": meter["rule"]["minimum"]}
    order = hub.settled(hub.pay(body).raise_for_status().json()["order_id"])
    assert order["state"] == "succeeded"
    return order


def path_of(order: dict[str, Any]) -> str:
    return f"/v1/deliverables/{order['result']['deliverable_id']}/release"


def release(caller: Caller, order: dict[str, Any], key: str) -> Any:
    return caller.call("POST", path_of(order), headers={"Idempotency-Key": key})


def everything_written(var: Path) -> bytes:
    """The database, its log, and what the hub said: every byte of it."""
    files = [
        path for path in var.iterdir() if path.is_file() and path.name.startswith("hub.") and path.suffix != ".env"
    ]
    assert {path.name for path in files} >= {"hub.db", "hub.log"}
    return b"".join(path.read_bytes() for path in files)


def test_release(caller: Caller, live_hub: Running) -> None:
    """The order names the deliverable; only the release shows it, in an answer that nobody may keep."""
    order = bought(live_hub, "4200110001")
    assert order["result"].keys() == {"paid", "receipt_number", "paid_at", "deliverable_id"}
    answer = release(caller, order, new_key())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    handed = answer.json()
    assert handed.keys() == {"deliverable_id", "order_id", "value"}
    assert handed["deliverable_id"] == order["result"]["deliverable_id"]
    assert handed["order_id"] == order["order_id"]
    assert len(handed["value"]) >= 12


def test_is_nowhere_in_the_clear(caller: Caller, live_hub: Running) -> None:
    """The token stands in no order, list, replay, log or database, neither before its release nor after."""
    order = bought(live_hub, "4200110002")
    value = release(caller, order, new_key()).json()["value"]
    shown = [caller.get(f"/v1/orders/{order['order_id']}").text, caller.get("/v1/orders", limit=200).text]
    spellings = {value, value.replace("-", "").replace(" ", "")}
    for spelling in spellings:
        assert not any(spelling in text for text in shown)
        assert spelling.encode() not in everything_written(live_hub.place.var)
    assert order["order_id"].encode() in everything_written(live_hub.place.var)


def test_once_to_one_key(caller: Caller, live_hub: Running) -> None:
    """The same key reads it again within the window; no other key ever does."""
    order, key = bought(live_hub, "4200110003"), new_key()
    first = release(caller, order, key)
    assert release(caller, order, key).json() == first.json()
    told = problem(release(caller, order, new_key()), KeyReused, "Idempotency-Key")
    assert first.json()["value"] not in str(told)
    assert release(caller, order, key).json() == first.json()


def test_a_race_has_one_winner(caller: Caller, live_hub: Running) -> None:
    """Of many that want it at once, each under a key of its own, one gets it."""
    order = bought(live_hub, "4200110009")
    caller.app.token()
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda _: release(caller, order, new_key()), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 15


def test_window_ends(two_banks: TwoBanks) -> None:
    """After the window not even the same key reads it."""
    order, key = bought(two_banks.hub, "4200110004"), new_key()
    assert release(two_banks.one, order, key).status_code == 200
    assert release(two_banks.one, order, key).status_code == 200
    time.sleep(2.1)
    problem(release(two_banks.one, order, key), KeyReused, "Idempotency-Key")


def test_a_key_of_an_order_is_another_key(caller: Caller, live_hub: Running) -> None:
    """Keys of releases and keys of orders are apart, and a release is nobody's order."""
    order, key = bought(live_hub, "4200110005"), new_key()
    paid = caller.pay(live_hub.payment(RELOADLY, "4200110006"), key)
    assert release(caller, order, key).status_code == 200
    assert caller.newest() == paid.json()["order_id"]


def test_needs_a_key(caller: Caller, live_hub: Running) -> None:
    """Without a usable key nothing is released, and the first good one still gets it."""
    order = bought(live_hub, "4200110007")
    told = problem(caller.call("POST", path_of(order)), KeyMissing, "Idempotency-Key")
    assert "order" not in told["title"].lower()
    for key in ("", "k" * 256):
        problem(release(caller, order, key), Malformed, "Idempotency-Key")
    assert release(caller, order, new_key()).status_code == 200


def test_whose_it_is(two_banks: TwoBanks) -> None:
    """Another bank finds no such deliverable; a client without the scope of paying may not have it."""
    order = bought(two_banks.hub, "4200110008")
    problem(release(two_banks.other, order, new_key()), NotFound)
    problem(release(two_banks.reader, order, new_key()), ScopeMissing)
    assert release(two_banks.payer, order, new_key()).status_code == 200


def test_no_such_deliverable(caller: Caller) -> None:
    """What was never delivered is a 404."""
    for deliverable_id in (NONE, "made-up", "%F0%9F%92%A1"):
        answer = caller.call("POST", f"/v1/deliverables/{deliverable_id}/release", headers={"Idempotency-Key": "k"})
        problem(answer, NotFound)


@pytest.mark.parametrize("account", ["9900000039"])
def test_success_waits_for_it(caller: Caller, live_hub: Running, account: str) -> None:
    """A partner's success without the token is not yet one of ours."""
    meter = live_hub.biller(RELOADLY, prepaid=True, choices=[])
    body = {"biller_id": meter["biller_id"], "account": account, "amount": meter["rule"]["minimum"]}
    answer = caller.pay(body)
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    assert release(caller, live_hub.settled(answer.json()["order_id"]), new_key()).json()["value"]
