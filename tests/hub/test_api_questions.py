"""Questions: answered now, or later; and partners that have a bad day."""

import time
from typing import Any

import httpx
import pytest

from hub.errors import NotFound, PartnerGarbled, RefusedByPartner
from tests.banks import TwoBanks
from tests.caller import BILLERS, SEARCHES, Caller, check_kept, polled, problem
from tests.running import CEB, RELOADLY, Running

SLOW_BILL = "9900000023"
"""Its bill is fetched for three seconds."""
THIRD_POLL = "9900000024"
UNREACHABLE = "9900000031"


@pytest.fixture
def exact(live_hub: Running) -> dict[str, Any]:
    """A biller whose bills are paid as they are."""
    return live_hub.biller(CEB, bill="required", against_bill="exact")


def check_page(answer: httpx.Response, partner: str) -> list[dict[str, Any]]:
    """A list from one partner."""
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page.keys() == {"items", "next", "sources"}
    assert page["next"] is None
    assert page["sources"] == [{"partner": partner, "status": "ok"}]
    return list(page["items"])


def test_bills(caller: Caller, exact: dict[str, Any]) -> None:
    """What an account owes comes as a page, each bill with what the contract says of it."""
    bills = check_page(caller.search(exact, "4400330011"), CEB)
    assert len(bills) == 1
    assert bills[0].keys() == {"bill_id", "amount", "period", "due_date", "customer_name", "rule"}
    assert bills[0]["amount"].keys() == {"amount", "currency"}
    assert "*" in bills[0]["customer_name"]


@pytest.mark.parametrize(
    ("account", "amounts"), [("9900000022", ["35.00", "128.50", "7.01"]), ("9900000021", []), ("9900000030", [])]
)
def test_several_or_none(caller: Caller, exact: dict[str, Any], account: str, amounts: list[str]) -> None:
    """An account may owe several bills, each to be paid by its own id, or none at all."""
    bills = check_page(caller.search(exact, account), CEB)
    assert [bill["amount"]["amount"] for bill in bills] == amounts
    assert len({bill["bill_id"] for bill in bills}) == len(bills)


def test_one_of_several_is_paid(caller: Caller, live_hub: Running, exact: dict[str, Any]) -> None:
    """The bill that was chosen is the one that is paid, whatever else is owed."""
    bills = check_page(caller.search(exact, "9900000022"), CEB)
    payment = {"biller_id": exact["biller_id"], "account": "9900000022"}
    chosen = payment | {"bill_id": bills[2]["bill_id"], "amount": bills[2]["amount"]}
    order = live_hub.settled(caller.pay(chosen).json()["order_id"])
    assert order["state"] == "succeeded"
    assert [entry["amount"] for entry in live_hub.entries(order)] == ["7.01"]


def test_no_bills_there(caller: Caller, live_hub: Running) -> None:
    """A partner without bills has none, and one that does not know the account says so."""
    assert check_page(caller.search(live_hub.biller(RELOADLY, prepaid=False), "4400330012"), RELOADLY) == []
    biller = live_hub.biller(CEB, bill="required", against_bill="exact")
    problem(caller.search(biller, "9900000025"), RefusedByPartner, "account")
    without = live_hub.biller(CEB, bill="none", category="electricity")
    problem(caller.search(without, "4400330012"), RefusedByPartner, "biller_id")


def test_a_bill_that_takes_minutes(caller: Caller, exact: dict[str, Any]) -> None:
    """A partner that needs longer makes a 202 with a query, whose answer is the list that was asked for."""
    began = time.monotonic()
    answer = caller.search(exact, SLOW_BILL)
    location = check_kept(answer)
    bills = check_page(polled(caller, location), CEB)
    assert time.monotonic() - began > 2.5
    assert [bill["amount"]["amount"] for bill in bills] == ["128.50"]
    assert check_page(caller.get(location), CEB) == bills


def test_asks_under_what_it_remembered(caller: Caller, live_hub: Running, exact: dict[str, Any]) -> None:
    """Each look is the partner's next poll of the same fetch, and its bill can be paid."""
    bills = check_page(polled(caller, check_kept(caller.search(exact, THIRD_POLL))), CEB)
    payment = {"biller_id": exact["biller_id"], "account": THIRD_POLL, "amount": bills[0]["amount"]}
    order = live_hub.settled(caller.pay(payment | {"bill_id": bills[0]["bill_id"]}).json()["order_id"])
    assert order["state"] == "succeeded"


def test_an_answer_that_is_slow_itself(two_banks: TwoBanks) -> None:
    """A question whose partner keeps the connection open for longer than a caller waits is kept, and asked once."""
    hub, account = two_banks.hub, "4400330021"
    biller = hub.biller(CEB, bill="required", against_bill="exact")
    hub.fault(CEB, "slow", "bill", account=account)  # 1.5 seconds, and a caller waits for one
    bills = check_page(polled(two_banks.one, check_kept(two_banks.one.search(biller, account))), CEB)
    assert len(bills) == 1
    visits = hub.door(CEB, "GET", "/_sandbox/requests")["requests"]
    assert len([visit for visit in visits if visit["account"] == account]) == 1


def test_no_such_query(caller: Caller) -> None:
    """A query that does not exist is a 404."""
    problem(caller.get("/v1/queries/qry_00000000000000000000000000"), NotFound)


def test_a_kept_question_may_fail(two_banks: TwoBanks) -> None:
    """A partner that never answers makes the query end in the problem that the call would have been."""
    hub, account = two_banks.hub, "4400330022"
    biller = hub.biller(CEB, bill="required", against_bill="exact")
    hub.fault(CEB, "hang-before", "bill", times=5, account=account)
    try:
        first = two_banks.one.search(biller, account)
        answer = polled(two_banks.one, check_kept(first))
    finally:
        hub.door(CEB, "DELETE", "/_sandbox/faults")
    assert answer.status_code == 504
    told = answer.json()
    assert told["type"].endswith(":partner-slow")
    assert told["trace_id"] == first.headers["trace-id"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(hub.bills(biller, account)) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("error-before", PartnerGarbled),
        ("error-after", PartnerGarbled),
        ("bad-signature", PartnerGarbled),
        ("unmapped-code", PartnerGarbled),
    ],
)
def test_a_bad_answer(
    caller: Caller, live_hub: Running, exact: dict[str, Any], fault: str, kind: type[Exception]
) -> None:
    """A partner's 500, or what cannot be believed, is a problem of the partner's and never a 500."""
    live_hub.fault(CEB, fault, "bill", account="4400330031")
    told = problem(caller.search(exact, "4400330031"), kind)
    assert CEB in told["detail"]
    assert len(check_page(caller.search(exact, "4400330031"), CEB)) == 1


@pytest.mark.parametrize("fault", ["drop", "half-reply", "garbage"])
def test_a_broken_answer_is_asked_for_again(
    caller: Caller, live_hub: Running, exact: dict[str, Any], fault: str
) -> None:
    """A question whose answer was lost on the way is simply asked again: it changes nothing."""
    live_hub.fault(CEB, fault, "bill", account="4400330032")
    assert len(check_page(caller.search(exact, "4400330032"), CEB)) == 1


def test_a_partner_that_is_unreachable_behind(caller: Caller, exact: dict[str, Any]) -> None:
    """A partner whose own biller is away has answered at once, and nothing that can be used."""
    problem(caller.search(exact, UNREACHABLE), PartnerGarbled)


def test_a_closed_port(caller: Caller, live_hub: Running) -> None:
    """A partner that takes no connection is a 503 that says when to come again; nothing was sent, no order exists."""
    biller = live_hub.biller(RELOADLY, currency="GHS", category="water")  # asked about nowhere else
    payment = {"biller_id": biller["biller_id"], "account": "4400330033", "amount": biller["rule"]["minimum"]}
    newest = caller.newest()
    live_hub.fault(RELOADLY, "refuse", times=15)
    try:
        answer = caller.call("POST", SEARCHES, {"biller_id": biller["biller_id"], "account": "4400330033"})
        if answer.status_code == 202:
            answer = polled(caller, answer.headers["location"])
        else:
            assert int(answer.headers["retry-after"]) > 0
        assert answer.status_code == 503
        assert answer.json()["type"].endswith(":partner-down")
    finally:
        live_hub.door(RELOADLY, "DELETE", "/_sandbox/faults")
    assert caller.newest() == newest
    while (answer := caller.pay(payment)).status_code == 503:  # the breaker may still be open
        time.sleep(0.5)
    assert answer.is_success


def test_no_answer_before_an_order(caller: Caller, live_hub: Running) -> None:
    """Where the check before an order gets no usable answer there is no order, and the key is free."""
    account, key = "4400330034", "key-" + str(time.time_ns())
    payment, newest = live_hub.payment(CEB, account), caller.newest()
    for fault, kind in [("error-before", PartnerGarbled), ("bad-signature", PartnerGarbled)]:
        live_hub.fault(CEB, fault, "bill", account=account)
        problem(caller.pay(payment, key), kind)
    assert caller.newest() == newest
    answer = caller.pay(payment, key)
    assert answer.is_success
    assert "idempotency-replayed" not in answer.headers


def billers(caller: Caller, **query: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every item of a merged list, and the sources of its first page."""
    first: list[dict[str, Any]] | None = None
    items, cursor = [], {}
    while True:
        page = caller.get(BILLERS, **query, **cursor).raise_for_status().json()
        assert page.keys() == {"items", "next", "sources"}
        first = page["sources"] if first is None else first
        items += page["items"]
        if page["next"] is None:
            return items, first
        cursor = {"cursor": page["next"]}


def test_merged_list(caller: Caller) -> None:
    """A list from everyone names the partner of each item, and pages go on until all have given all."""
    items, sources = billers(caller, limit=20)
    assert sources == [{"partner": CEB, "status": "ok"}, {"partner": RELOADLY, "status": "ok"}]
    assert {item["partner"] for item in items} == {CEB, RELOADLY}
    ids = [item["biller_id"] for item in items]
    assert len(ids) == len(set(ids)) > 200
    assert {item["biller_id"] for item in billers(caller, limit=200)[0]} == set(ids)


def test_merged_list_of_a_region(caller: Caller) -> None:
    """Only partners that serve a region are asked about it, and only what serves it is listed."""
    items, sources = billers(caller, region="330100", category="water")
    assert sources == [{"partner": CEB, "status": "ok"}]
    assert items
    assert all((item["regions"], item["category"]) == (["330100"], "water") for item in items)
    items, sources = billers(caller, region="KE")
    assert sources == [{"partner": RELOADLY, "status": "ok"}]
    assert {item["currency"] for item in items} == {"KES"}
    assert billers(caller, region="US") == ([], [])


def test_one_partner_fails(caller: Caller, live_hub: Running) -> None:
    """A partner that fails is named with its problem; the others' items are there, and the cursor goes on with them."""
    live_hub.fault(RELOADLY, "error-before", "billers")
    page = caller.get(BILLERS, limit=5).json()
    status = {source["partner"]: source for source in page["sources"]}
    assert status[CEB] == {"partner": CEB, "status": "ok"}
    assert status[RELOADLY].keys() == {"partner", "status", "problem"}
    assert status[RELOADLY]["status"] == "failed"
    assert status[RELOADLY]["problem"]["status"] == 502
    assert status[RELOADLY]["problem"].keys() == {"type", "title", "status", "detail", "trace_id", "errors"}
    assert [item["partner"] for item in page["items"]] == [CEB] * 5
    following = caller.get(BILLERS, limit=5, cursor=page["next"]).json()
    assert following["sources"] == [{"partner": CEB, "status": "ok"}]
    assert {item["partner"] for item in following["items"]} == {CEB}


def test_one_partner_is_late(two_banks: TwoBanks) -> None:
    """A partner that keeps everybody waiting is left out as late."""
    two_banks.hub.fault(RELOADLY, "hang-before", "billers")
    page = two_banks.one.get(BILLERS, limit=5).json()
    status = {source["partner"]: source for source in page["sources"]}
    assert status[RELOADLY]["status"] == "late"
    assert status[RELOADLY]["problem"]["type"].endswith(":partner-slow")
    assert [item["partner"] for item in page["items"]] == [CEB] * 5
    following = two_banks.one.get(BILLERS, limit=5, cursor=page["next"]).json()
    assert [source["partner"] for source in following["sources"]] == [CEB]


def test_everybody_fails(caller: Caller, live_hub: Running) -> None:
    """A list of which nothing came is a page without items that says why, and it has no next."""
    live_hub.fault(RELOADLY, "bad-signature", "billers")
    page = caller.get(BILLERS, region="NG").json()
    assert (page["items"], page["next"]) == ([], None)
    assert [(source["partner"], source["status"]) for source in page["sources"]] == [(RELOADLY, "failed")]
    assert page["sources"][0]["problem"]["status"] == 502
