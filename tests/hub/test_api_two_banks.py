"""Two banks at one hub: neither sees, reaches or disturbs anything of the other's."""

import pytest

from hub.errors import Malformed, NotFound
from tests.banks import TwoBanks
from tests.caller import BILLERS, check_kept, new_key, polled, problem
from tests.running import CEB, RELOADLY

DECLINED = "9900000017"
THIRD_POLL = "9900000024"


def test_orders(two_banks: TwoBanks) -> None:
    """Another bank's order is no order, in a list as by its id."""
    mine = two_banks.one.pay(two_banks.hub.payment(RELOADLY, DECLINED)).json()["order_id"]
    others = two_banks.other.pay(two_banks.hub.payment(RELOADLY, DECLINED)).json()["order_id"]
    problem(two_banks.other.get(f"/v1/orders/{mine}"), NotFound)
    problem(two_banks.one.get(f"/v1/orders/{others}"), NotFound)
    assert two_banks.other.get(f"/v1/orders/{others}").json()["order_id"] == others
    for caller, own, foreign in [(two_banks.one, mine, others), (two_banks.other, others, mine)]:
        listed = [order["order_id"] for order in caller.get("/v1/orders", limit=200).json()["items"]]
        assert own in listed
        assert foreign not in listed


def test_clients_of_one_bank_share(two_banks: TwoBanks) -> None:
    """A bank's orders are the bank's, whichever of its clients made or reads them."""
    order = two_banks.payer.pay(two_banks.hub.payment(RELOADLY, DECLINED)).json()
    for client in (two_banks.one, two_banks.reader):
        assert client.get(f"/v1/orders/{order['order_id']}").json() == order
        assert client.newest() == order["order_id"]


def test_one_key_in_both(two_banks: TwoBanks) -> None:
    """The same key and the same request in two banks are two orders, two payments."""
    payment, key = two_banks.hub.payment(RELOADLY, "4400440011"), new_key()
    answers = [caller.pay(payment, key) for caller in (two_banks.one, two_banks.other)]
    assert all("idempotency-replayed" not in answer.headers for answer in answers)
    assert len({answer.json()["order_id"] for answer in answers}) == 2
    assert len({answer.json()["reference"] for answer in answers}) == 2
    again = two_banks.payer.pay(payment, key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["order_id"] == answers[0].json()["order_id"]


def test_queries(two_banks: TwoBanks) -> None:
    """Another bank's query is no query."""
    biller = two_banks.hub.biller(CEB, bill="required", against_bill="exact")
    location = check_kept(two_banks.one.search(biller, THIRD_POLL))
    problem(two_banks.other.get(location), NotFound)
    assert polled(two_banks.one, location).status_code == 200
    problem(two_banks.other.get(location), NotFound)


def test_cursors(two_banks: TwoBanks) -> None:
    """A cursor is good for the bank that got it, and for the query that it came from."""
    cursor = two_banks.one.get(BILLERS, limit=2).json()["next"]
    assert two_banks.one.get(BILLERS, limit=2, cursor=cursor).status_code == 200
    assert two_banks.one.get(BILLERS, limit=9, cursor=cursor).status_code == 200
    problem(two_banks.other.get(BILLERS, limit=2, cursor=cursor), Malformed, "cursor")
    problem(two_banks.one.get(BILLERS, limit=2, cursor=cursor, region="NG"), Malformed, "cursor")
    problem(two_banks.one.get(BILLERS, limit=2, cursor=cursor, category="water"), Malformed, "cursor")
    for index in range(0, len(cursor), 11):
        spoilt = cursor[:index] + ("A" if cursor[index] != "A" else "B") + cursor[index + 1 :]
        problem(two_banks.one.get(BILLERS, limit=2, cursor=spoilt), Malformed, "cursor")


@pytest.mark.parametrize("partner", [CEB, RELOADLY])
def test_each_pays_from_its_own_account(two_banks: TwoBanks, partner: str) -> None:
    """Both banks can pay at every partner, each under its own account there."""
    hub = two_banks.hub
    answer = two_banks.other.pay(hub.payment(partner, "4400440021"))
    assert answer.is_success, answer.text
    assert len(hub.entries(answer.json())) <= 1
