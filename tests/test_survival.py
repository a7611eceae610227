"""A killed hub loses nothing, doubles nothing, and finds out what became of what it sent."""

import contextlib
import secrets
import threading
import time

import httpx

from tests.running import CEB, Running


def test_killed_while_the_partner_keeps_silent(own_hub: Running) -> None:
    """Performed and never answered, then SIGKILL: after the restart the order succeeds, with one ledger entry."""
    body = own_hub.payment(CEB, "3300112233")
    key = secrets.token_hex(16)
    own_hub.fault(CEB, "hang-after")
    caller = threading.Thread(target=_call_into_the_void, args=(own_hub, body, key))
    caller.start()
    while not own_hub.ledger(CEB):
        time.sleep(0.01)
    own_hub.kill()
    caller.join()
    own_hub.start()
    order = own_hub.pay(body, key).raise_for_status().json()
    order = own_hub.settled(order["order_id"])
    assert order["state"] == "succeeded"
    assert len(own_hub.entries(order)) == 1
    assert len(own_hub.ledger(CEB)) == 1


def test_unknown_then_succeeded(live_hub: Running) -> None:
    """Silence after submission is `unknown`, never a failure; an enquiry decides."""
    body = live_hub.payment(CEB, "3300112255")
    live_hub.fault(CEB, "hang-after", account="3300112255")
    answer = live_hub.pay(body)
    assert answer.status_code == 202
    assert answer.json()["state"] == "unknown"
    order = live_hub.settled(answer.json()["order_id"])
    assert order["state"] == "succeeded"
    assert len(live_hub.entries(order)) == 1


def _call_into_the_void(hub: Running, body: dict[str, object], key: str) -> None:
    with contextlib.suppress(httpx.TransportError):
        hub.pay(body, key)
