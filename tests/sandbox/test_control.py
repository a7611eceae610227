"""The control API, whose shapes stay."""

import re
from datetime import datetime

import pytest

from sandbox.stand.message import Request
from sandbox.stand.visits import Visits
from tests.sandbox.ceb import CREATE, Client
from tests.sandbox.conftest import Notified
from tests.sandbox.test_callbacks import content
from tests.sandbox.wire import until

FAULTS = {
    "refuse", "drop", "hang-before", "hang-after", "error-before", "error-after", "half-reply", "garbage", "slow",
    "bad-signature", "wrong-amount", "unmapped-code", "duplicate-callback", "early-callback", "late-callback",
    "no-callback", "decline",
}  # fmt: skip


def test_about(channel: Client) -> None:
    """A simulator says what it is shaped after, what it offers and what its magic accounts do."""
    status, about = channel.door.call("GET", "/_sandbox/")
    assert status == 200
    assert about["name"] == "ceb_channel"
    assert about["protocol"] == channel.stand.protocol
    assert set(about["faults"]) == FAULTS
    assert CREATE in about["operations"]
    assert about["performs"] == [CREATE]
    assert "compatible" not in str(about)
    assert all(len(account) == 10 for account in about["magic_accounts"])


def test_every_fault_has_a_magic_account(channel: Client) -> None:
    """Each fault can be had without a switch."""
    tails = {account[-2:] for account in channel.door.call("GET", "/_sandbox/")[1]["magic_accounts"]}
    assert {f"{number:02d}" for number in range(1, 18)} <= tails


def test_ledger(channel: Client) -> None:
    """An entry has six fields, the amount in yuan and the time in UTC."""
    order = channel.order("20260042", "12.30")
    channel.ask(CREATE, order)
    (entry,) = channel.performed(order)
    moment = entry.pop("at")
    assert entry == {
        "reference": order["merOrderNo"],
        "operation": "pay",
        "account": "20260042",
        "amount": "12.30",
        "currency": "CNY",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", moment)
    assert datetime.fromisoformat(moment).utcoffset() is not None


def test_requests(channel: Client) -> None:
    """A request is listed with what it met, also while it hangs."""
    order = channel.order("20260043")
    channel.door.fault("hang-before")
    channel.hear(CREATE, order, patience=0.2)
    channel.ask(CREATE, order)
    first, second = channel.door.requests(order["merOrderNo"])
    assert set(first) == {"at", "operation", "method", "path", "reference", "account", "fault", "answered"}
    assert (first["operation"], first["account"]) == (CREATE, "20260043")
    assert (first["fault"], first["answered"]) == ("hang-before", None)
    assert (second["fault"], second["answered"]) == (None, 200)


def test_requests_are_bounded() -> None:
    """Only the last 2,000 requests are kept."""
    visits = Visits()
    for number in range(2001):
        visits.note(Request("GET", f"/{number}"))
    shown = visits.shown()
    assert (len(shown), shown[0]["path"], shown[-1]["path"]) == (2000, "/1", "/2000")


def test_clock(channel: Client) -> None:
    """While the clock stands nothing becomes final, however often it is asked; put forward, it is final at once."""
    order = channel.order()
    with channel.door.standing_still():
        channel.ask(CREATE, order)
        assert [channel.status(order) for _ in range(20)] == ["1"] * 20
        channel.door.forward(3600)
        assert channel.status(order) == "3"
    assert channel.status(order) == "3"


@pytest.mark.parametrize("change", [{}, {"stands": 1}, {"forward": "1"}, {"forward": -1}, {"forward": 1e9}, []])
def test_unusable_clock(channel: Client, change: object) -> None:
    """A clock is stopped, let go on, or put forward by a day at most."""
    assert channel.door.call("POST", "/_sandbox/clock", change)[0] == 400


def test_dropped_pushes(channel: Client, notified: Notified) -> None:
    """Of what was ordered before pushes were dropped nobody hears, of what is ordered after it they do."""
    with channel.door.standing_still():
        channel.ask(CREATE, channel.order(notifyUrl=notified.url))
        assert channel.door.call("DELETE", "/_sandbox/pushes") == (200, {"dropped": 1})
        assert channel.door.call("DELETE", "/_sandbox/pushes") == (200, {"dropped": 0})
    order = channel.order(notifyUrl=notified.url)
    channel.ask(CREATE, order)
    until(lambda: notified.forms)
    assert [content(form)["merOrderNo"] for form in notified.forms] == [order["merOrderNo"]]


def test_unknown(channel: Client) -> None:
    """What the control API does not have is a JSON 404."""
    assert channel.door.call("GET", "/_sandbox/nothing")[0] == 404
    assert channel.door.call("POST", "/_sandbox/ledger")[0] == 404
