"""The push of a result: signed, repeated until understood, early, late, twice or never."""

import json
import time
from base64 import b64decode
from typing import Any

import pytest

from tests.sandbox.ceb import CREATE, Client
from tests.sandbox.conftest import QUICK, Notified
from tests.sandbox.wire import until


def content(form: dict[str, str]) -> Any:
    return json.loads(b64decode(form["reqdata"].replace("%3D", "=")))


def verifies(client: Client, form: dict[str, str]) -> bool:
    text = b64decode(form["reqdata"].replace("%3D", "=")).decode()
    return client.verifies(form["signature"], form["siteCode"] + "1.0.0" + form["transacCode"] + text)


def pushed(client: Client, notified: Notified, bill_key: str = "20260001", fault: str = "") -> dict[str, Any]:
    order: dict[str, Any] = client.order(bill_key, notifyUrl=notified.url)
    if fault:
        client.door.fault(fault)
    assert client.ask(CREATE, order).code == "0000"
    return order


def test_result(channel: Client, notified: Notified) -> None:
    """Once an order is final its result is pushed, signed over the site, version, code and JSON."""
    order = pushed(channel, notified)
    until(lambda: notified.forms)
    (form,) = notified.forms
    assert set(form) == {"siteCode", "version", "transacCode", "charset", "reqdata", "signature"}
    assert form["transacCode"] == "TMRI_ORDER_RESULT"
    assert verifies(channel, form)
    result = content(form)
    assert (result["merOrderNo"], result["merOrderDate"]) == (order["merOrderNo"], order["merOrderDate"])
    assert (result["order_status"], result["payAmount"]) == ("3", "50.00")


def test_padding(channel: Client, notified: Notified) -> None:
    """The Base64 padding of reqdata still reads %3D when the form is decoded."""
    for length in range(3):
        pushed(channel, notified, "2026000" + "0" * length)
        until(lambda: len(notified.forms) > length)  # noqa: B023 - used at once
    assert not any("=" in form["reqdata"] for form in notified.forms)
    assert any("%3D" in form["reqdata"] for form in notified.forms)


def test_until_acknowledged(channel: Client, notified: Notified) -> None:
    """Only the literal `success` ends the repeats."""
    notified.answers = [b"ok", b'{"success":true}']
    pushed(channel, notified)
    until(lambda: len(notified.forms) == 3)
    time.sleep(0.3)
    assert len(notified.forms) == 3


@pytest.mark.parametrize("bill_key", ["9900000013", "20260001"])
def test_duplicate(channel: Client, notified: Notified, bill_key: str) -> None:
    """A duplicate push is the same push again."""
    pushed(channel, notified, bill_key, "" if bill_key.startswith("99") else "duplicate-callback")
    until(lambda: len(notified.forms) == 2)
    assert notified.forms[0] == notified.forms[1]


@pytest.mark.parametrize("bill_key", ["9900000014", "20260001"])
def test_early(channel: Client, notified: Notified, bill_key: str) -> None:
    """An early push has arrived when the answer comes, and the answer still says processing."""
    order = channel.order(bill_key, notifyUrl=notified.url)
    if bill_key.startswith("20"):
        channel.door.fault("early-callback")
    answer = channel.ask(CREATE, order)
    assert len(notified.forms) == 1
    assert content(notified.forms[0])["order_status"] == "3"
    assert answer.data["order_status"] == "1"


@pytest.mark.parametrize("bill_key", ["9900000015", "20260001"])
def test_late(channel: Client, notified: Notified, bill_key: str) -> None:
    """A late push comes long after an enquiry knew it."""
    with channel.door.standing_still():
        order = pushed(channel, notified, bill_key, "" if bill_key.startswith("99") else "late-callback")
        channel.door.forward(2 * QUICK["processing_seconds"])
        assert channel.status(order) == "3"
        assert notified.forms == []
    until(lambda: notified.forms)


@pytest.mark.parametrize("bill_key", ["9900000016", "20260001"])
def test_never(channel: Client, notified: Notified, bill_key: str) -> None:
    """Without a push an enquiry is all there is."""
    order = pushed(channel, notified, bill_key, "" if bill_key.startswith("99") else "no-callback")
    until(lambda: channel.status(order) == "3")
    time.sleep(0.3)
    assert notified.forms == []


def test_hang_after_is_silent(channel: Client, notified: Notified) -> None:
    """An order that is performed and never answered is not pushed either."""
    order = channel.order("9900000004", notifyUrl=notified.url)
    channel.hear(CREATE, order, patience=0.2)
    until(lambda: channel.status(order) == "3")
    time.sleep(0.2)
    assert notified.forms == []


def test_failure_is_pushed(channel: Client, notified: Notified) -> None:
    """An order that fails in the end is pushed as failed, with its code."""
    pushed(channel, notified, "9900000027")
    until(lambda: notified.forms)
    assert content(notified.forms[0])["order_status"] == "2"
    assert content(notified.forms[0])["errorCode"] == "DEF0006"


@pytest.mark.parametrize(
    ("fault", "signed", "status", "amount"),
    [
        ("bad-signature", False, "3", "50.00"),
        ("wrong-amount", True, "3", "51.00"),
        ("unmapped-code", True, "7", "50.00"),
    ],
)
def test_spoiled(channel: Client, notified: Notified, fault: str, signed: bool, status: str, amount: str) -> None:
    """A fault ordered for the push itself spoils the push and nothing else."""
    order = channel.order(notifyUrl=notified.url)
    channel.door.fault(fault, "push")
    assert channel.ask(CREATE, order).data["payAmount"] == "50.00"
    until(lambda: notified.forms)
    assert verifies(channel, notified.forms[0]) is signed
    assert (content(notified.forms[0])["order_status"], content(notified.forms[0])["payAmount"]) == (status, amount)
    assert channel.enquire(order).data["payAmount"] == "50.00"


def test_nobody_listens(channel: Client) -> None:
    """A notify URL that nobody serves harms nothing."""
    order = channel.order(notifyUrl="http://127.0.0.1:9/nobody")
    assert channel.ask(CREATE, order).code == "0000"
    until(lambda: channel.status(order) == "3")
