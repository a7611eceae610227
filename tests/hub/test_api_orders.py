"""An order, from the call that makes it to the list that shows it."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from hub import errors
from hub.errors import Invalid, KeyReused, Malformed
from schemas.order import FINAL
from tests.banks import TwoBanks
from tests.caller import BILLERS, PAYMENTS, Caller, new_key, problem
from tests.running import CEB, RELOADLY, Running

ORDER = {
    "order_id",
    "operation",
    "state",
    "review",
    "partner",
    "reference",
    "result",
    "reason",
    "postings",
    "created_at",
    "settled_at",
    "next_check_at",
    "timeline",
}
RECEIPT = {"paid", "receipt_number", "paid_at", "deliverable_id"}
LATER = "9900000026"
"""Magic: in processing for a second, then a success."""
LATER_DECLINED = "9900000027"
DECLINED = "9900000017"
HANGS_AFTER = "9900000004"


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    assert at.tzinfo is not None
    return at


def check_shape(order: dict[str, Any]) -> None:
    """Exactly the keys of the design, and what belongs together is together."""
    assert order.keys() == ORDER
    assert order["operation"] == "utility-bills.pay"
    assert order["order_id"].startswith("ord_")
    assert order["postings"] == []
    final = order["state"] in FINAL
    assert (order["settled_at"] is not None) is final
    assert (order["next_check_at"] is None) is final
    assert (order["reason"] is not None) is (order["state"] == "declined")
    for entry in order["timeline"]:
        assert entry.keys() == {"at", "what", "detail"}
    times = [instant(entry["at"]) for entry in order["timeline"]]
    assert times == sorted(times)
    assert instant(order["created_at"]) <= times[0]
    if order["state"] == "succeeded":
        assert order["result"].keys() == RECEIPT
        assert order["result"]["paid"].keys() == {"amount", "currency"}
    if order["state"] == "declined":
        assert order["reason"].keys() == {"code", "message", "partner_code", "field"}


def pay_until_final(hub: Running, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 202), answer.text
    return hub.settled(answer.json()["order_id"])


@pytest.mark.parametrize("partner", [CEB, RELOADLY])
def test_a_payment(caller: Caller, live_hub: Running, partner: str) -> None:
    """An order has the shape of the design from its first answer to its last, and is found where `Location` says."""
    payment = live_hub.payment(partner, "4400220011")
    answer = caller.pay(payment)
    assert answer.status_code == (200 if answer.json()["state"] in FINAL else 202)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == f"/v1/orders/{answer.json()['order_id']}"
    check_shape(answer.json())
    order = pay_until_final(live_hub, answer)
    check_shape(order)
    assert order["state"] == "succeeded"
    assert order["partner"] == partner
    assert order["result"]["paid"] == payment["amount"]
    assert order["result"]["deliverable_id"] is None
    seen = caller.get(answer.headers["location"])
    assert (seen.status_code, seen.json()) == (200, order)
    assert [entry["amount"] for entry in live_hub.entries(order)] != []


def test_a_decline_is_an_answer(caller: Caller, live_hub: Running) -> None:
    """A declined order is a 200 with a reason, and nothing stands in the ledger."""
    answer = caller.pay(live_hub.payment(RELOADLY, DECLINED))
    assert answer.status_code == 200
    order = answer.json()
    check_shape(order)
    assert order["state"] == "declined"
    assert order["reason"]["partner_code"] == "INSUFFICIENT_BALANCE"
    assert live_hub.entries(order) == []


def test_an_open_order_reads_as_200(caller: Caller, live_hub: Running) -> None:
    """An order that is not final is answered 202 when it is made, and 200 when it is looked at."""
    answer = caller.pay(live_hub.payment(RELOADLY, LATER))
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    check_shape(answer.json())
    assert caller.get(answer.headers["location"]).status_code == 200


def test_respond_async(caller: Caller, live_hub: Running) -> None:
    """Who prefers not to wait is answered at once, and told that this was honoured."""
    payment = live_hub.payment(RELOADLY, "4400220021")
    live_hub.fault(RELOADLY, "slow", account="4400220021")
    answer = caller.pay(payment, prefer="respond-async")
    assert answer.status_code == 202
    assert answer.json()["state"] == "submitting"
    assert answer.headers["preference-applied"] == "respond-async"
    assert pay_until_final(live_hub, answer)["state"] == "succeeded"


@pytest.mark.parametrize(
    ("prefer", "waits", "applied"),
    [
        ("wait=1", True, "wait=1"),
        ("respond-async, wait=1", True, "respond-async, wait=1"),
        ("wait=0", False, "wait=0"),
    ],
)
def test_wait(caller: Caller, live_hub: Running, prefer: str, waits: bool, applied: str) -> None:
    """Who prefers to wait so long is answered then, or as soon as the order is final."""
    account = "4400220022"
    payment = live_hub.payment(RELOADLY, account)
    live_hub.fault(RELOADLY, "slow", account=account)  # 1.5 seconds
    began = time.monotonic()
    answer = caller.pay(payment, prefer=prefer)
    assert not waits or time.monotonic() - began > 0.9
    assert (answer.status_code, answer.json()["state"]) == (202, "submitting")
    assert answer.headers["preference-applied"] == applied


def test_two_prefer_lines(caller: Caller, live_hub: Running) -> None:
    """Preferences in two headers are one list (RFC 7240, section 2)."""
    headers = [("Idempotency-Key", new_key()), ("Prefer", "return=minimal"), ("Prefer", "respond-async")]
    answer = caller.call("POST", PAYMENTS, live_hub.payment(RELOADLY, "4400220023"), headers=headers)
    assert answer.headers["preference-applied"] == "respond-async"


def test_replay(caller: Caller, live_hub: Running) -> None:
    """The same key with the same request is the same order, as it stands by then."""
    payment, key = live_hub.payment(RELOADLY, LATER), new_key()
    first = caller.pay(payment, key)
    assert first.status_code == 202
    assert "idempotency-replayed" not in first.headers
    order = pay_until_final(live_hub, first)
    again = caller.pay(payment, key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert again.headers["location"] == first.headers["location"]
    assert again.json() == order
    assert len(live_hub.entries(order)) == 1


def test_replay_in_other_words(caller: Caller, live_hub: Running) -> None:
    """Blanks, the order of fields and what is said by default make no other request."""
    payment, key = live_hub.payment(RELOADLY, "4400220031"), new_key()
    first = caller.pay(payment, key)
    reworded = dict(reversed(payment.items())) | {"fields": {}, "bill_id": None}
    again = caller.pay(reworded, key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["order_id"] == first.json()["order_id"]


@pytest.mark.parametrize(
    "change",
    [
        lambda payment: payment | {"account": payment["account"] + "0"},
        lambda payment: payment | {"amount": payment["amount"] | {"amount": "1001.00"}},
        lambda payment: payment | {"fields": {"note": "x"}},
    ],
)
def test_key_reused(caller: Caller, live_hub: Running, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The same key with another request is a 422, and the first order is not touched."""
    payment, key = live_hub.payment(RELOADLY, "4400220032"), new_key()
    first = caller.pay(payment, key)
    newest = caller.newest()
    problem(caller.pay(change(payment), key), KeyReused, "Idempotency-Key")
    assert caller.newest() == newest == first.json()["order_id"]
    assert len(live_hub.entries(pay_until_final(live_hub, first))) == 1


def test_replay_of_a_decline(caller: Caller, live_hub: Running) -> None:
    """A decline is final under its key: whoever wants to try again needs a new one."""
    payment, key = live_hub.payment(RELOADLY, DECLINED), new_key()
    first, again = caller.pay(payment, key), caller.pay(payment, key)
    assert again.json() == first.json()
    assert caller.pay(payment).json()["order_id"] != first.json()["order_id"]


@pytest.mark.parametrize("partner", [CEB, RELOADLY])
def test_one_key_from_64_clients(caller: Caller, live_hub: Running, partner: str) -> None:
    """However many send one key at once, there is one order, and one entry in the partner's ledger."""
    account = "4400220041"
    payment, key = live_hub.payment(partner, account), new_key()
    caller.app.token()
    start = threading.Barrier(64)

    def send(_: int) -> httpx.Response:
        start.wait()
        return caller.pay(payment, key)

    with ThreadPoolExecutor(64) as clients:
        answers = list(clients.map(send, range(64)))
    assert {answer.status_code for answer in answers} <= {200, 202}, [answer.text for answer in answers]
    assert len({answer.json()["order_id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    order = pay_until_final(live_hub, answers[0])
    assert order["state"] == "succeeded"
    assert len(live_hub.entries(order)) == 1
    assert len([entry for entry in live_hub.ledger(partner) if entry["account"] == account]) == 1


def test_two_requests_race_for_one_key(caller: Caller, live_hub: Running) -> None:
    """Of two requests that meet under one key, one makes the order, and the other is told that the key is taken."""
    payment, key = live_hub.payment(RELOADLY, "4400220042"), new_key()
    dearer = payment | {"amount": payment["amount"] | {"amount": "1500.00"}}
    caller.app.token()
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda number: caller.pay((payment, dearer)[number % 2], key), range(16)))
    made = [answer for answer in answers if answer.is_success]
    assert len(made) == 8
    assert len({answer.json()["order_id"] for answer in made}) == 1
    for answer in answers:
        if not answer.is_success:
            problem(answer, KeyReused)
    assert len(live_hub.entries(pay_until_final(live_hub, made[0]))) == 1


def test_a_caller_that_hangs_up_cancels_nothing(caller: Caller, live_hub: Running) -> None:
    """The partner call belongs to the order: it goes on when the bank disconnects."""
    account, key = "4400220051", new_key()
    payment = live_hub.payment(RELOADLY, account)
    live_hub.fault(RELOADLY, "slow", account=account)
    headers = {"Authorization": f"Bearer {live_hub.token()}", "Idempotency-Key": key}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(live_hub.base_url + PAYMENTS, json=payment, headers=headers, timeout=0.5, trust_env=False)
    answer = caller.pay(payment, key)
    assert answer.headers["idempotency-replayed"] == "true"
    order = pay_until_final(live_hub, answer)
    assert order["state"] == "succeeded"
    assert len(live_hub.entries(order)) == 1


def test_refreshed_when_read(two_banks: TwoBanks) -> None:
    """An open order is asked about when it is read, long before its next check is due."""
    hub = two_banks.hub
    answer = two_banks.one.pay(hub.payment(RELOADLY, LATER))
    assert answer.json()["state"] == "pending"
    assert instant(answer.json()["next_check_at"]) > datetime.now(UTC) + timedelta(minutes=5)
    time.sleep(2.1)
    order = two_banks.one.get(answer.headers["location"]).json()
    assert order["state"] == "succeeded"
    assert "by enquiry" in order["timeline"][-1]["detail"]


def test_reading_in_a_row_asks_once(two_banks: TwoBanks) -> None:
    """A bank that reads an open order again and again does not make the hub ask again and again."""
    hub, account = two_banks.hub, "9900000028"  # in processing for ever
    answer = two_banks.one.pay(hub.payment(RELOADLY, account))
    reference = answer.json()["reference"]
    time.sleep(2.1)
    for _ in range(5):
        assert two_banks.one.get(answer.headers["location"]).json()["state"] == "pending"
    visits = hub.door(RELOADLY, "GET", "/_sandbox/requests")["requests"]
    asked = [visit for visit in visits if visit["reference"] == reference and "transactions" in str(visit).lower()]
    assert len(asked) == 1


def everything(caller: Caller, **filters: Any) -> list[dict[str, Any]]:
    """All pages of the list."""
    found, cursor = [], {}
    while True:
        page = caller.get("/v1/orders", limit=3, **filters, **cursor).raise_for_status().json()
        assert page.keys() == {"items", "next"}
        assert len(page["items"]) <= 3
        found += page["items"]
        if page["next"] is None:
            return found
        assert len(page["items"]) == 3
        cursor = {"cursor": page["next"]}


def test_list(two_banks: TwoBanks) -> None:
    """The list shows the bank's orders, newest first, each as it is when it is looked at, page by page."""
    hub, one = two_banks.hub, two_banks.one
    made = [one.pay(hub.payment(RELOADLY, DECLINED)).json() for _ in range(5)]
    listed = everything(one)
    assert [order["order_id"] for order in listed[:5]] == [order["order_id"] for order in reversed(made)]
    assert listed[:5] == list(reversed(made))
    for newer, older in pairwise(listed):
        assert newer["order_id"] > older["order_id"]
    for order in listed:
        check_shape(order)


def test_list_is_stable(two_banks: TwoBanks) -> None:
    """Orders that arrive while a bank turns pages neither shift nor double what it sees."""
    hub, one = two_banks.hub, two_banks.one
    made = [one.pay(hub.payment(RELOADLY, DECLINED)).json()["order_id"] for _ in range(4)]
    first = one.get("/v1/orders", limit=2).json()
    newer = [one.pay(hub.payment(RELOADLY, DECLINED)).json()["order_id"] for _ in range(3)]
    second = one.get("/v1/orders", limit=2, cursor=first["next"]).json()
    seen = [order["order_id"] for order in first["items"] + second["items"]]
    assert seen == list(reversed(made))
    assert not set(newer) & set(seen)


def test_filters(two_banks: TwoBanks) -> None:
    """Each filter leaves what it names, and together they leave what all name."""
    hub, one = two_banks.hub, two_banks.one
    before = datetime.now(UTC)
    declined = one.pay(hub.payment(RELOADLY, DECLINED)).json()
    between = datetime.now(UTC)
    bill = one.pay(hub.payment(CEB, "4400220061")).json()
    hub.until(bill["order_id"], lambda order: order["state"] == "succeeded")
    ids = lambda **filters: [order["order_id"] for order in everything(one, **filters)]  # noqa: E731
    since = {"since": before.isoformat()}
    assert ids(**since) == [bill["order_id"], declined["order_id"]]
    assert ids(**since, state="declined") == [declined["order_id"]]
    assert ids(**since, state="succeeded") == [bill["order_id"]]
    assert ids(**since, partner=CEB) == [bill["order_id"]]
    assert ids(**since, until=between.isoformat()) == [declined["order_id"]]
    assert ids(since=between.astimezone().isoformat()) == [bill["order_id"]]
    assert ids(**since, review="true") == []
    assert len(ids(**since, review="false", operation="utility-bills.pay")) == 2
    assert bill["order_id"] not in ids(until=before.isoformat())


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"operation": "utility-bills.pay_all"}, "operation"),
        ({"operation": "utility-bills.find_bills"}, "operation"),
        ({"partner": "nobody"}, "partner"),
        ({"since": "2026-01-31T08:00:00Z", "until": "2026-01-31T08:00:00Z"}, "until"),
    ],
)
def test_filters_that_find_nothing_ever(caller: Caller, filters: dict[str, str], field: str) -> None:
    """A filter that no order can pass is a mistake, and named as one."""
    told = problem(caller.get("/v1/orders", **filters), errors.Invalid, field)
    assert ("utility-bills.pay" in told["detail"]) is (field == "operation")


def test_orders_of_another_scenario(two_banks: TwoBanks) -> None:
    """Whose scopes do not reach an operation hears so, as of one of its orders; a partner may have no orders yet."""
    problem(two_banks.reader.get("/v1/orders", operation="lending.repay"), errors.ScopeMissing)
    assert everything(two_banks.reader, partner="ocen") == []


def test_foreign_cursors(two_banks: TwoBanks) -> None:
    """A cursor is good for the list and the filters it came from, and for nothing else."""
    hub, one = two_banks.hub, two_banks.one
    for _ in range(2):
        one.pay(hub.payment(RELOADLY, DECLINED))
    cursor = one.get("/v1/orders", limit=1, state="declined").json()["next"]
    billers = one.get(BILLERS, limit=1).json()["next"]
    assert one.get("/v1/orders", limit=5, state="declined", cursor=cursor).status_code == 200
    for query in [{"cursor": cursor}, {"cursor": cursor, "state": "succeeded"}, {"cursor": billers}]:
        problem(one.get("/v1/orders", **query), Malformed, "cursor")
    problem(two_banks.other.get("/v1/orders", state="declined", cursor=cursor), Malformed, "cursor")
    problem(one.get(BILLERS, cursor=cursor), Malformed, "cursor")
    for index in range(0, len(cursor), 7):
        spoilt = cursor[:index] + ("A" if cursor[index] != "A" else "B") + cursor[index + 1 :]
        problem(one.get("/v1/orders", state="declined", cursor=spoilt), Malformed, "cursor")


def test_no_such_order(caller: Caller) -> None:
    """An order that does not exist is a 404."""
    problem(caller.get("/v1/orders/ord_00000000000000000000000000"), errors.NotFound)


RULES: list[tuple[str, dict[str, Any], dict[str, bool]]] = [
    (CEB, {"against_bill": "exact"}, {"128.50": True, "128.5": True, "128.49": False, "128.51": False}),
    (CEB, {"against_bill": "at-least"}, {"128.50": True, "200": True, "128.49": False, "5000.01": False}),
    (CEB, {"against_bill": "at-most"}, {"128.50": True, "0.01": True, "128.51": False}),
    (CEB, {"against_bill": "more-than"}, {"128.51": True, "128.50": False}),
    (CEB, {"against_bill": "less-than"}, {"128.49": True, "128.50": False}),
]


@pytest.mark.parametrize(
    ("partner", "wanted", "amounts"), RULES, ids=[wanted["against_bill"] for _, wanted, _ in RULES]
)
def test_amount_against_the_bill(
    caller: Caller, live_hub: Running, partner: str, wanted: dict[str, Any], amounts: dict[str, bool]
) -> None:
    """An amount on the wrong side of the bill is refused by name before there is an order."""
    account = "9900000016"  # owes 128.50, like every magic account
    biller = live_hub.biller(partner, **wanted)
    bill = live_hub.bills(biller, account)[0]
    payment = {"biller_id": biller["biller_id"], "account": account, "bill_id": bill["bill_id"]}
    for amount, is_taken in amounts.items():
        newest, key = caller.newest(), new_key()
        answer = caller.pay(payment | {"amount": {"amount": amount, "currency": "CNY"}}, key, prefer="wait=0")
        if is_taken:
            assert answer.is_success, answer.text
        else:
            problem(answer, Invalid, "amount.amount")
            assert caller.newest() == newest
            good = next(amount for amount, is_good in amounts.items() if is_good)
            freed = caller.pay(payment | {"amount": {"amount": good, "currency": "CNY"}}, key, prefer="wait=0")
            assert freed.is_success
            assert "idempotency-replayed" not in freed.headers


@pytest.mark.parametrize(
    ("partner", "wanted", "good", "bad"),
    [
        (CEB, {"category": "electricity", "bill": "none"}, ["10", "2000.00"], ["9.99", "2000.01"]),
        (CEB, {"category": "gas", "bill": "none"}, ["50", "200.00"], ["60", "50.01", "30"]),
        (RELOADLY, {"currency": "NGN", "choices": []}, ["minimum", "maximum"], ["0.01", "99999999"]),
        (RELOADLY, {"currency": "KES", "category": "television"}, ["199", "649.00"], ["200", "648.99"]),
        (RELOADLY, {"currency": "UGX", "choices": []}, ["2000"], ["1999", "500001"]),
    ],
    ids=["range", "choices", "range abroad", "choices abroad", "no decimals"],
)
def test_amount_rules(
    caller: Caller, live_hub: Running, partner: str, wanted: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    """An amount outside the biller's range, or not among its choices, is refused by name before there is an order."""
    biller = live_hub.biller(partner, **wanted)
    payment = {"biller_id": biller["biller_id"], "account": "4400220071"}
    for amount in bad:
        newest = caller.newest()
        money = {"amount": amount, "currency": biller["currency"]}
        problem(caller.pay(payment | {"amount": money}), Invalid, "amount.amount")
        assert caller.newest() == newest
    for amount in good:
        money = biller["rule"].get(amount) or {"amount": amount, "currency": biller["currency"]}
        assert caller.pay(payment | {"amount": money}, prefer="wait=0").is_success


def test_the_billers_currency(caller: Caller, live_hub: Running) -> None:
    """A real currency that the biller does not take is refused by name."""
    for partner in (CEB, RELOADLY):
        payment = live_hub.payment(partner, "4400220072")
        told = problem(caller.pay(payment | {"amount": {"amount": "20.00", "currency": "EUR"}}), Invalid)
        assert told["errors"][0]["field"] in ("amount.currency", "amount.amount")


def test_bills_of_others(caller: Caller, live_hub: Running) -> None:
    """A bill is paid at its own biller, for its own account, by its own reference."""
    account = "4400220081"
    payment = live_hub.payment(CEB, account)
    another = live_hub.biller(CEB, bill="required", against_bill="at-most")
    other_bill = live_hub.bills(another, account)[0]["bill_id"]
    abroad = live_hub.biller(RELOADLY, prepaid=False, choices=[])
    newest = caller.newest()
    problem(caller.pay(payment | {"bill_id": other_bill}), Invalid, "bill_id")
    problem(caller.pay(payment | {"account": "4400220082"}), Invalid, "account")
    problem(caller.pay(payment | {"bill_id": payment["biller_id"]}), Invalid, "bill_id")
    problem(caller.pay(payment | {"biller_id": payment["bill_id"]}), Invalid, "biller_id")
    problem(caller.pay(payment | {"biller_id": abroad["biller_id"]}), Invalid, "bill_id")
    problem(caller.pay(payment | {"bill_id": payment["bill_id"][:-1]}), Invalid, "bill_id")
    problem(caller.pay(payment | {"bill_id": None}), Invalid, "bill_id")
    paid_freely = live_hub.biller(CEB, bill="none", category="electricity")
    free = {"biller_id": paid_freely["biller_id"], "account": account, "amount": {"amount": "50", "currency": "CNY"}}
    problem(caller.pay(free | {"bill_id": payment["bill_id"]}), Invalid, "bill_id")
    assert caller.newest() == newest
    assert caller.pay(payment).is_success


def test_extra_fields(caller: Caller, live_hub: Running) -> None:
    """What a biller demands beyond the account is held to its pattern, in questions and in orders alike."""
    meter = next(
        biller for biller in live_hub.billers() if [field["name"] for field in biller["fields"]] == ["filed1", "filed2"]
    )
    account = "4400220091"
    good = {"filed1": "12345678"}
    bills = caller.search(meter, account, fields=good).raise_for_status().json()["items"]
    payment = {"biller_id": meter["biller_id"], "account": account, "amount": bills[0]["amount"]}
    payment["bill_id"] = bills[0]["bill_id"]
    newest = caller.newest()
    for fields, field in [
        ({}, "fields.filed1"),
        ({"filed1": ""}, "fields.filed1"),
        ({"filed1": "1234567"}, "fields.filed1"),
        ({"filed1": "１２３４５６７８"}, "fields.filed1"),
        ({"filed1": "12345678\n"}, "fields.filed1"),
        (good | {"filed2": "x" * 21}, "fields.filed2"),
        (good | {"filed3": "024"}, "fields.filed3"),
    ]:
        problem(caller.search(meter, account, fields=fields), errors.RefusedByPartner, field)
        problem(caller.pay(payment | {"fields": fields}), Invalid, field)
    assert caller.newest() == newest
    assert caller.pay(payment | {"fields": good | {"filed2": "备注"}}).is_success
