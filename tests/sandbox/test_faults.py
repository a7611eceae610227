"""Which faults can stand, and whom they hit."""

from typing import Any

import pytest

from tests.sandbox.ceb import BILL, CITIES, CREATE, INFO, Client
from tests.sandbox.conftest import Opened
from tests.sandbox.wire import Door


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"operation": "dance"}, "operation"),
        ({"operation": None}, "operation"),
        ({"fault": "explode"}, "fault"),
        ({"fault": 7}, "fault"),
        ({"times": 0}, "times"),
        ({"times": "2"}, "times"),
        ({"times": True}, "times"),
        ({"times": 1.5}, "times"),
        ({"account": 5}, "account"),
        ({"account": []}, "account"),
        ({"account": ["77770000", 5]}, "account"),
        ({"often": 2}, "often"),
        ({"operation": CITIES, "fault": "decline"}, "fault"),
        ({"operation": CREATE, "fault": "duplicate-callbacks"}, "fault"),
    ],
)
def test_unusable(channel: Client, changed: dict[str, Any], field: str) -> None:
    """A fault that means nothing is a 400 that names the field, and nothing stands."""
    document = {"operation": "*", "fault": "drop", "times": 1, **changed}
    status, answer = channel.door.call("POST", "/_sandbox/faults", document)
    assert (status, answer["field"]) == (400, field)
    assert channel.door.standing() == []


def test_listed(channel: Client) -> None:
    """Standing faults are listed in order, under the partner's own operation names."""
    channel.door.fault("drop", "pay", 2, account="77770000")
    channel.door.fault("slow", "*", 1)
    assert channel.door.standing() == [
        {"operation": CREATE, "fault": "drop", "times": 2, "account": "77770000"},
        {"operation": "*", "fault": "slow", "times": 1},
    ]


def test_times(channel: Client) -> None:
    """A fault is spent by as many requests as it was ordered for."""
    channel.door.fault("error-before", times=2)
    order = channel.order()
    first, second, third = (channel.hear(CREATE, order).data[9:12] for _ in range(3))
    assert (first, second, third) == (b"500", b"500", b"200")


def test_account(channel: Client) -> None:
    """A fault for one account leaves the others alone, and waits."""
    channel.door.fault("drop", account="77770001")
    assert channel.ask(CREATE, channel.order("77770002")).code == "0000"
    assert channel.hear(CREATE, channel.order("77770001")).ending == "reset"


def test_several_accounts(channel: Client) -> None:
    """A fault for several accounts hits any of them, is spent by one, and is listed as it was ordered."""
    accounts = ["110101199003070000", "77770004", "77770005"]
    channel.door.fault("drop", account=accounts, times=2)
    assert channel.door.standing() == [{"operation": CREATE, "fault": "drop", "times": 2, "account": accounts}]
    assert channel.ask(CREATE, channel.order("77770006")).code == "0000"
    assert channel.hear(CREATE, channel.order("77770004")).ending == "reset"
    assert channel.hear(CREATE, channel.order("77770005")).ending == "reset"
    assert channel.door.standing() == []


def test_account_of_an_enquiry(channel: Client) -> None:
    """An enquiry belongs to the account of its order."""
    order = channel.order("77770003")
    assert channel.ask(CREATE, order).code == "0000"
    channel.door.fault("drop", "enquiry", account="77770003")
    assert channel.hear(INFO, channel.question(order)).ending == "reset"
    assert channel.status(order) in {"1", "3"}


def test_operation(channel: Client) -> None:
    """A fault for one operation leaves the others alone."""
    channel.door.fault("drop", BILL)
    assert channel.ask(CREATE, channel.order()).code == "0000"
    assert channel.door.standing() != []


def test_star_means_what_performs(channel: Client) -> None:
    """`*` waits for whatever performs something; questions before it are answered."""
    order = channel.order()
    channel.door.fault("error-before", "*")
    assert channel.ask(CITIES, {}).code == "0000"
    assert channel.hear(CREATE, order).data.startswith(b"HTTP/1.1 500")
    assert channel.performed(order) == []


def test_in_order(channel: Client) -> None:
    """Two standing faults hit one after the other."""
    order = channel.order()
    channel.door.fault("error-before")
    channel.door.fault("garbage")
    assert channel.hear(CREATE, order).data.startswith(b"HTTP/1.1 500")
    assert channel.hear(CREATE, order).data.startswith(b"\x00")


def test_callbacks_are_offered_by_those_who_call(opened: Opened) -> None:
    """A partner that does not call back does not offer callback faults."""
    door = Door(opened("reloadly_utilities")[0])
    document = {"operation": "*", "fault": "no-callback", "times": 1}
    assert door.call("POST", "/_sandbox/faults", document)[0] == 400
    assert "no-callback" not in door.call("GET", "/_sandbox/")[1]["faults"]
