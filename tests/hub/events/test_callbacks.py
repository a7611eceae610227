"""News from a partner over HTTP: believed once verified, a hint otherwise, and stored whatever it is."""

import time

import pytest

from hub.gateway.reading import MAX_CALLBACK
from tests.hub.events.pushing import Channel
from tests.running import CEB, RELOADLY

RELOADLY_ID = 1584336253


def test_verified_success_is_applied(channel: Channel):
    """A signed push settles the order it names, and is thanked for in the partner's own word."""
    order = channel.order()
    assert order["state"] == "pending"
    paid = channel.pushed(order)
    assert (paid["state"], paid["review"]) == ("succeeded", False)
    assert paid["result"]["paid"] == {"amount": "50.00", "currency": "CNY"}
    assert channel.events(order) == ["order.pending", "order.succeeded"]
    assert channel.kept()[-1][1:] == ("applied", order["order_id"])


def test_verified_failure_is_applied(channel: Channel):
    """A signed failure with its code declines the order."""
    failed = channel.pushed(channel.order(), "2")
    assert (failed["state"], failed["reason"]["partner_code"]) == ("declined", "DEF0006")


def test_failure_with_an_open_code_declines_nothing(channel: Channel):
    """A failure whose code does not say that nothing was performed leaves the order as it is."""
    assert channel.pushed(channel.order(), "2", errorCode="NPP0005")["state"] == "pending"


def test_processing_and_unmapped_leave_it_pending(channel: Channel):
    """A push that says processing moves nothing; a status that nobody mapped calls for a person."""
    order = channel.order()
    assert channel.pushed(order, "1")["state"] == "pending"
    odd = channel.pushed(order, "7")
    assert (odd["state"], odd["review"]) == ("pending", True)


@pytest.mark.parametrize(
    "changed",
    [{"forged": True}, {"site": "SITE00000001"}, {"code": "TMRI_ORDER_REFUND"}],
    ids=["signature", "another site", "another message"],
)
def test_what_cannot_be_believed_only_makes_us_ask(channel: Channel, changed: dict[str, object]):
    """A push that is not for us or not signed well is not thanked for, and its words count for nothing.

    The partner is asked instead, and its answer decides.
    """
    order = channel.order()
    time.sleep(0.4)  # the partner has finished processing it
    answer = channel.push(channel.account_of(order), channel.form(order, "2", **changed))
    assert (answer.status_code, answer.content) == (200, b"fail")
    assert channel.kept()[-1][1:] == ("hint", order["order_id"])
    deadline = time.monotonic() + 10
    while channel.now(order)["state"] == "pending":
        assert time.monotonic() < deadline, "the hint made nobody ask"
        time.sleep(0.1)
    asked = channel.now(order)
    assert asked["state"] == "succeeded"
    assert asked["timeline"][-1]["detail"] == "by enquiry"


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"reqdata=%21%21", b"reqdata=bm8ganNvbg==", b"{}", b"reqdata=" + b"A" * 1000],
    ids=["empty", "no text", "no Base64", "no JSON", "no form", "garbage"],
)
def test_unreadable_is_refused_and_stored(channel: Channel, body: bytes):
    """What cannot be read at all is a 4xx, and lies in the books all the same."""
    account_id, before = channel.account_id(), len(channel.kept())
    answer = channel.push(account_id, body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert channel.kept()[before:] == [(account_id, "unreadable", None)]


def test_nobody_expects_it(channel: Channel):
    """An account that is not there, or is another partner's, or a partner without callbacks: 404, nothing stored."""
    order = channel.order()
    ours, theirs = channel.account_of(order), channel.account_id(RELOADLY_ID)
    before = len(channel.kept())
    for partner, account_id in [
        (CEB, "acc_00000000000000000000000000"),
        (CEB, theirs),
        (RELOADLY, theirs),
        (RELOADLY, ours),
        ("nobody", ours),
    ]:
        assert channel.push(account_id, channel.form(order), partner).status_code == 404
    assert len(channel.kept()) == before
    assert channel.now(order)["state"] == "pending"


@pytest.mark.parametrize("reference", ["0" * 28, "", "\x00", "x" * 5000, "订单"])
def test_unknown_reference_is_recorded(channel: Channel, reference: str):
    """A push about an order that is none of ours is thanked for, recorded, and moves nothing."""
    account_id = channel.account_id()
    answer = channel.push(account_id, channel.form({"reference": reference}))
    assert (answer.status_code, answer.content) == (200, b"success")
    assert channel.kept()[-1] == (account_id, "no-order", None)


def test_repeats_change_nothing(channel: Channel):
    """The same push five times is one event and one settlement."""
    order = channel.order()
    first = channel.pushed(order)
    for _ in range(4):
        again = channel.pushed(order)
    assert (again["state"], again["settled_at"], again["review"]) == ("succeeded", first["settled_at"], False)
    assert channel.events(order) == ["order.pending", "order.succeeded"]


def test_push_before_the_answer(channel: Channel):
    """A push that overtakes the answer settles the order; the answer, which still says processing, moves nothing."""
    order = channel.order("early-callback")
    assert order["state"] == "succeeded"
    whats = [entry["what"] for entry in order["timeline"]]
    assert whats == ["journalled", "succeeded", "answer-late"]
    assert channel.events(order) == ["order.succeeded"]


@pytest.mark.parametrize(("first", "second", "state"), [("3", "2", "succeeded"), ("2", "3", "declined")])
def test_contradiction_after_the_end(channel: Channel, first: str, second: str, state: str):
    """Verified news against a final state is recorded and reviewed; the state stays."""
    order = channel.order()
    settled = channel.pushed(order, first)
    contradicted = channel.pushed(order, second)
    assert (settled["state"], contradicted["state"]) == (state, state)
    assert (settled["review"], contradicted["review"]) == (False, True)
    assert contradicted["settled_at"] == settled["settled_at"]
    assert contradicted["result"] == settled["result"]
    assert contradicted["timeline"][-1]["what"] == "contradiction"


def test_wrong_amount_is_no_success(channel: Channel):
    """A signed push about another amount does not settle the order; a person looks at it."""
    told = channel.pushed(channel.order(), payAmount="51.00")
    assert (told["state"], told["review"], told["result"]) == ("pending", True, None)


def test_push_without_an_amount_makes_us_ask(channel: Channel):
    """A signed success that names no amount decides nothing: the partner is asked."""
    order = channel.order()
    channel.pushed(order, payAmount="")
    assert channel.kept()[-1][1:] == ("hint", order["order_id"])


def test_one_banks_account_cannot_move_anothers_order(channel: Channel, other_channel: Channel):
    """A true push at the other bank's address finds no order there, and moves none of ours."""
    ours, theirs = channel.order(), other_channel.order()
    answer = channel.push(channel.account_of(theirs), channel.form(ours))
    assert answer.content == b"success"
    assert channel.kept()[-1] == (channel.account_of(theirs), "no-order", None)
    assert channel.now(ours)["state"] == "pending"
    assert other_channel.now(theirs)["state"] == "pending"
    assert channel.events(ours) == ["order.pending"]


def test_too_long_is_not_read(channel: Channel):
    """A body beyond the limit is refused before it is stored."""
    order = channel.order()
    before = len(channel.kept())
    assert channel.push(channel.account_of(order), b"x" * (MAX_CALLBACK + 1)).status_code == 413
    assert len(channel.kept()) == before
