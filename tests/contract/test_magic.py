"""The magic accounts of the simulators we have, and what an order for each comes to."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from schemas.contract import SCENARIOS
from tests.contract import crowd
from tests.contract.asking.words import Customer, customer
from tests.contract.conftest import Stages
from tests.contract.crowd import Crowd, Wish
from tests.running import CEB, RELOADLY, SETU, Running

PAY = SCENARIOS["utility-bills"].operations["pay"]

PAID, NEVER, LIED = ("succeeded", None, 1), ("unknown", None, 0), ("pending", None, 1)
Fate = tuple[str, str | None, int]
"""State, reason code, entries in the ledger."""

FATES: dict[str, dict[str, Fate]] = {
    CEB: {
        "01": PAID,
        "02": NEVER,
        "03": NEVER,
        "04": PAID,
        "05": NEVER,
        "06": PAID,
        "07": PAID,
        "08": PAID,
        "09": PAID,
        "10": PAID,
        "11": LIED,
        "12": PAID,
        "13": PAID,
        "14": PAID,
        "15": PAID,
        "16": PAID,
        "17": ("declined", "declined", 0),
        "21": ("declined", "not-due", 0),
        "22": PAID,
        "23": PAID,
        "24": PAID,
        "25": ("declined", "account-unknown", 0),
        "26": PAID,
        "27": ("declined", "declined", 0),
        "28": ("pending", None, 0),
        "29": PAID,
        "30": ("declined", "not-due", 0),
        "31": PAID,
        "32": NEVER,
        "33": PAID,
        "34": PAID,
        "35": NEVER,
        "36": ("declined", "outside-window", 0),
        "37": ("declined", "partner-failure", 0),
    },
    RELOADLY: {
        "01": NEVER,
        "02": NEVER,
        "03": NEVER,
        "04": PAID,
        "05": NEVER,
        "06": PAID,
        "07": PAID,
        "08": PAID,
        "09": PAID,
        "10": PAID,
        "11": LIED,
        "12": PAID,
        "17": ("declined", "partner-failure", 0),
        "25": ("declined", "account-unknown", 0),
        "26": PAID,
        "27": ("declined", "declined", 0),
        "28": ("pending", None, 0),
        "29": PAID,
        "37": ("declined", "partner-failure", 0),
        "38": ("declined", "declined", 0),
        "39": PAID,
        "40": ("pending", None, 1),
    },
    SETU: {
        "01": NEVER,
        "02": NEVER,
        "03": NEVER,
        "04": PAID,
        "05": NEVER,
        "06": PAID,
        "07": PAID,
        "08": PAID,
        "09": PAID,
        "10": PAID,
        "11": LIED,
        "12": PAID,
        "13": PAID,
        "14": PAID,
        "15": PAID,
        "16": PAID,
        "17": ("declined", "partner-failure", 0),
        "25": ("declined", "account-unknown", 0),
        "26": PAID,
        "27": ("declined", "declined", 0),
        "28": ("pending", None, 0),
        "30": PAID,
        "31": PAID,
        "32": ("declined", "returned", 0),
        "33": ("declined", "returned", 0),
        "34": PAID,
        "35": ("declined", "declined", 0),
        "41": PAID,
        "42": PAID,
        "43": PAID,
    },
}
PREFIX = "99000000"
CLOSES_THE_PORT = "01"


def known_as(account: str) -> Customer:
    return replace(customer(), account=account)


def wishes(hub: Running, partner: str, tails: Iterable[str]) -> list[Wish]:
    """Payments that need no bill: some of these accounts have none. Meters are prepaid where the partner sells them."""
    billers = [biller for biller in hub.billers() if biller["partner"] == partner and biller["bill"] == "none"]
    biller = next(one for one in billers if not one["rule"]["choices"] and one["prepaid"] == (partner == RELOADLY))
    return [Wish(partner, PAY, biller, customer=known_as(PREFIX + tail)) for tail in tails]


@pytest.mark.parametrize("partner", sorted(FATES))
def test_each_magic_account_meets_its_fate(stages: Stages, partner: str) -> None:
    """An order for a magic account ends as its simulator says, in the hub and in the ledger alike."""
    stage = stages(partner, PAY.scenario)
    fates = FATES[partner]
    offered = crowd.door(stage, partner).call("GET", "/_sandbox/")[1]["magic_accounts"]
    assert {PREFIX + tail for tail in fates} == set(offered)
    done = Crowd(stage, wishes(stage, partner, fates.keys() - {CLOSES_THE_PORT})).watched(9)
    assert crowd.violations(done) == []
    met = {wish.customer.account.removeprefix(PREFIX): _fate(done, wish) for wish in done.wishes}
    assert met == {tail: fate for tail, fate in fates.items() if tail != CLOSES_THE_PORT}
    for wish in done.wishes:
        order = done.order(wish)
        assert order is not None
        if met[wish.customer.account.removeprefix(PREFIX)] == LIED and wish.customer.account.endswith("11"):
            assert (order["review"], order["result"]) == (True, None), "a person should see this"
        if wish.variant["prepaid"] and order["state"] == "succeeded":
            assert order["result"]["deliverable_id"], "a meter token is part of success"
        if wish.variant["prepaid"] and order["state"] != "succeeded":
            assert (order["result"] or {}).get("deliverable_id") is None


@pytest.mark.parametrize("partner", sorted(FATES))
def test_account_that_closes_the_port(stages: Stages, partner: str) -> None:
    """The account that closes the port harms its own order as it says, and no other; what crosses that is unknown.

    An order may be on its way over a kept connection in that very moment. Nobody can tell whether it arrived.
    """
    stage = stages(partner, PAY.scenario)
    closing = wishes(stage, partner, [CLOSES_THE_PORT])
    others = [Wish(partner, PAY, closing[0].variant) for _ in range(6)]
    done = Crowd(stage, closing + others).run(patience=30)
    assert crowd.violations(done) == []
    assert _fate(done, closing[0]) == FATES[partner][CLOSES_THE_PORT]
    assert {_fate(done, wish) for wish in others} <= {PAID, NEVER}
    later = Wish(partner, PAY, closing[0].variant)
    assert _fate(Crowd(stage, [later]).run(patience=30), later) == PAID


def test_port_that_closes_between_bill_and_order(stages: Stages) -> None:
    """The channel's port closes right after the bill is found: the order waits, and is performed once."""
    stage = stages(CEB, PAY.scenario)
    biller = stage.biller(CEB, bill="required", against_bill="exact")
    wish = Wish(CEB, PAY, biller, customer=known_as(PREFIX + CLOSES_THE_PORT))
    done = Crowd(stage, [wish]).run(patience=30)
    order = done.order(wish)
    assert order is not None
    assert order["state"] == "succeeded"
    assert len(done.entries(order)) == 1


def _fate(done: Crowd, wish: Wish) -> Any:
    order = done.order(wish)
    if order is None:
        return wish.problems
    return (order["state"], (order["reason"] or {}).get("code"), len(done.entries(order)))
