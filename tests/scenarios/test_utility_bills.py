"""Household bills as a bank sees them: what the third partner, where everything is a pair, adds to the other two."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from hub.errors import Invalid, RefusedByPartner
from sandbox.stand import notify
from tests.caller import new_key, problem
from tests.contract.asking.words import asked
from tests.contract.asking.words import customer as somebody
from tests.running import BILLS, SETU, Hubs, Running

Body = dict[str, Any]

MOBILE = {"mobile": "19900001234"}
UNIT = MOBILE | {"billing_unit": "0412"}
POWER, WATER, BROADBAND = "Western Ghats Power", "Coromandel Water Board", "Monsoon Broadband"
LANDLINE, HOUSING, CABLE, SATELLITE = "Bharat Landline", "Shanti Housing Society", "Chitra Cable TV", "Akash Direct"
SAME_DAY = "Garden City Electricity"
MAGIC = "99000000"


class Counter:
    """A bank's counter for bills of India."""

    def __init__(self, hub: Running) -> None:
        self.hub = hub

    def at(self, name: str, account: str | None = None, fields: Body = MOBILE) -> Body:
        """A customer of a biller; somebody new, where nobody is named."""
        biller = next(each for each in self.hub.billers() if each["name"].startswith(name) and each["partner"] == SETU)
        return {"biller_id": biller["biller_id"], "account": account or somebody().account, "fields": fields}

    def search(self, whom: Body) -> httpx.Response:
        return self.hub.app.post(f"{BILLS}/bill-searches", whom)

    def bills(self, whom: Body) -> list[Body]:
        return list(asked(self.hub, f"{BILLS}/bill-searches", whom)["items"])

    def pay(self, whom: Body, amount: str, bill: Body | None = None) -> httpx.Response:
        body = whom | {"amount": {"amount": amount, "currency": "INR"}}
        return self.hub.pay(body | ({"bill_id": bill["bill_id"]} if bill else {}))

    def order(self, whom: Body, amount: str, bill: Body | None = None) -> Body:
        return dict(self.pay(whom, amount, bill).raise_for_status().json())

    def paid(self, whom: Body, amount: str, bill: Body | None = None) -> Body:
        """A payment that succeeds, and stands in the partner's ledger once, as ordered."""
        order = self.hub.settled(self.order(whom, amount, bill)["order_id"])
        assert order["state"] == "succeeded", order["timeline"]
        assert order["result"]["paid"] == {"amount": amount, "currency": "INR"}
        assert [entry["amount"] for entry in self.hub.entries(order)] == [amount]
        return order

    def push(self, order: Body, status: str) -> httpx.Response:
        """A webhook as anybody could send it: nothing in it needs a key."""
        url = notify.registered(self.hub.place.partners / SETU)
        details = {"paymentRefId": order["reference"], "amount": 12850}
        data = {"refId": "X" * 35, "status": status, "billerId": "SBXC00000NAT13", "paymentDetails": details}
        return httpx.post(url, json={"event": "BILL_PAY", "data": data}, trust_env=False)


@pytest.fixture
def counter(hub_of: Hubs) -> Counter:
    return Counter(hub_of("utility-bills"))


@pytest.mark.parametrize(
    ("account", "fields", "named"),
    [
        ("1234567", UNIT, "account"),
        ("1234567A", UNIT, "account"),
        ("12345678901234", UNIT, "account"),
        ("20260001", {"billing_unit": "0412"}, "fields.mobile"),
        ("20260001", UNIT | {"mobile": "12345"}, "fields.mobile"),
        ("20260001", MOBILE, "fields.billing_unit"),
        ("20260001", UNIT | {"billing_unit": "412"}, "fields.billing_unit"),
        ("20260001", UNIT | {"processing_cycle": "03"}, "fields.processing_cycle"),
        ("20260001", UNIT | {"pin_code": "1"}, "fields.pin_code"),
    ],
)
def test_customers_are_named_as_the_biller_demands(counter: Counter, account: str, fields: Body, named: str) -> None:
    """What a biller knows its customers by has its own expressions; whatever breaks one is refused by its name."""
    problem(counter.search(counter.at(POWER, account, fields)), RefusedByPartner, named)
    cable = counter.at(POWER, account, fields)
    problem(counter.pay(cable, "100.00"), Invalid, named)


def test_a_search_is_kept_while_the_biller_is_asked(counter: Counter) -> None:
    """A first look comes too early: the search is a kept question, due again after the partner's three seconds."""
    whom = counter.at(WATER)
    answer = counter.search(whom)
    assert answer.status_code == 202
    assert 1 <= int(answer.headers["retry-after"]) <= 3
    [bill] = counter.bills(whom)
    counter.paid(whom, bill["amount"]["amount"], bill)


@pytest.mark.parametrize(
    ("tail", "choices", "taken", "refused"),
    [
        ("41", ["123.50", "128.50"], "123.50", "138.50"),
        ("42", ["128.50", "138.50"], "138.50", "123.50"),
        ("43", None, "128.50", "123.50"),
    ],
)
def test_early_and_late_amounts(
    counter: Counter, tail: str, choices: list[str] | None, taken: str, refused: str
) -> None:
    """An early amount holds to its date, a late one after the due date; a date that cannot be read holds nothing."""
    whom = counter.at(POWER, MAGIC + tail, UNIT)
    [bill] = counter.bills(whom)
    assert (bill["rule"] and [choice["amount"] for choice in bill["rule"]["choices"]]) == choices
    problem(counter.pay(whom, refused, bill), Invalid, "amount.amount")
    counter.paid(whom, taken, bill)


@pytest.mark.parametrize("name", [BROADBAND, LANDLINE])
def test_one_of_several_bills(counter: Counter, name: str) -> None:
    """Of a list of bills each is paid by itself, and for no other's amount."""
    whom = counter.at(name)
    first, second, _ = counter.bills(whom)
    problem(counter.pay(whom, first["amount"]["amount"], second), Invalid, "amount.amount")
    counter.paid(whom, second["amount"]["amount"], second)


def test_all_bills_at_once(counter: Counter) -> None:
    """Where a biller wants all of its bills at once there is one, of their sum."""
    whom = counter.at(HOUSING, f"{MAGIC}16")
    [bill] = counter.bills(whom)
    assert Decimal(bill["amount"]["amount"]) == 3 * Decimal("128.50") + 7 + 14
    problem(counter.pay(whom, "128.50", bill), Invalid, "amount.amount")
    counter.paid(whom, bill["amount"]["amount"], bill)


def test_an_account_that_is_only_proved(counter: Counter) -> None:
    """A biller that only proves the account shows a bill without an amount, and takes what its rule allows."""
    whom = counter.at(SATELLITE)
    problem(counter.pay(whom, "250.00"), Invalid, "bill_id")
    [bill] = counter.bills(whom)
    assert bill["amount"] is None
    problem(counter.pay(whom, "0.50", bill), Invalid, "amount.amount")
    counter.paid(whom, "250.00", bill)


def test_a_bill_is_its_customers_alone(counter: Counter) -> None:
    """A bill that was found for one customer pays for no other, and not at another biller."""
    whom = counter.at(WATER)
    [bill] = counter.bills(whom)
    amount = bill["amount"]["amount"]
    problem(counter.pay(whom | {"account": "20260009"}, amount, bill), Invalid, "account")
    problem(counter.pay(counter.at(HOUSING, whom["account"]), amount, bill), Invalid, "bill_id")


def test_nothing_due_and_nobody_there(counter: Counter) -> None:
    """No bill due is an empty list; a customer whom the biller does not know is refused by the account."""
    assert counter.bills(counter.at(WATER, f"{MAGIC}30")) == []
    with pytest.raises(httpx.HTTPStatusError) as refused:
        counter.bills(counter.at(WATER, f"{MAGIC}25"))
    answer = refused.value.response
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["account"])


def test_paid_on_the_day_of_the_search(counter: Counter) -> None:
    """A biller that wants fetch and payment on one day declines what it fetched yesterday; today's is paid."""
    stale, fresh = counter.at(SAME_DAY, f"{MAGIC}34"), counter.at(SAME_DAY)
    [yesterdays], [todays] = counter.bills(stale), counter.bills(fresh)
    order = counter.hub.settled(counter.order(stale, "128.50", yesterdays)["order_id"])
    assert (order["state"], order["reason"]["code"], counter.hub.entries(order)) == ("declined", "declined", [])
    counter.paid(fresh, todays["amount"]["amount"], todays)


def test_money_that_comes_back(counter: Counter) -> None:
    """A payment that is not posted but credited back is declined, and says so: the bill is still owed."""
    order = counter.hub.settled(counter.order(counter.at(CABLE, f"{MAGIC}33"), "100.00")["order_id"])
    assert (order["state"], order["reason"]["code"], counter.hub.entries(order)) == ("declined", "returned", [])


def test_the_same_payment_never_pays_twice(counter: Counter) -> None:
    """A payment that arrives again is 409 and no second one; the lost answer is found in the partner's list."""
    hub, whom = counter.hub, counter.at(CABLE)
    hub.fault(SETU, "hang-after", account=whom["account"])
    order = counter.order(whom, "100.00")
    assert order["state"] == "unknown"
    again = repeated(hub, order, whom)
    assert (again.status_code, again.json()["success"]) == (409, True)
    order = hub.settled(order["order_id"])
    assert (order["state"], len(hub.entries(order))) == ("succeeded", 1)


def repeated(hub: Running, order: Body, whom: Body) -> httpx.Response:
    """A second arrival of a payment at the partner, under the same paymentRefId."""
    handed = json.loads((hub.place.partners / SETU / "credentials.json").read_text())
    root = hub.partners.stands[SETU].protocol + "/api/v2"
    login = {"clientID": handed["client_id"], "secret": handed["client_secret"]}
    token = httpx.post(f"{root}/auth/token", json=login, trust_env=False).json()["token"]
    details = {"amount": 10000, "mode": "Internet Banking", "paymentRefId": order["reference"]}
    params = [{"name": "VC Number", "value": whom["account"]}]
    payment = {
        "agent": {name: handed[f"agent_{name}"] for name in ("id", "channel", "ip", "mac")},
        "biller": {"id": "SBXC00000NAT13"},
        "customer": whom["fields"] | {"customerParams": params},
        "remitter": {"name": handed["remitter_name"]},
        "paymentDetails": details | {"timestamp": order["created_at"]},
    }
    headers = {"authorization": f"Bearer {token}", "x-partner-id": handed["partner_id"]}
    return httpx.post(f"{root}/bbps/bills/payment/request", json=payment, headers=headers, trust_env=False)


def test_a_webhook_decides_nothing(counter: Counter) -> None:
    """Nobody signs a webhook: one that says Success of an open order has it asked about, and the truth is another."""
    lied_to = counter.hub.settled(counter.order(counter.at(CABLE, f"{MAGIC}35"), "100.00")["order_id"])
    assert (lied_to["state"], counter.hub.entries(lied_to)) == ("declined", [])
    waiting = counter.order(counter.at(CABLE, f"{MAGIC}28"), "100.00")
    answer = counter.push(waiting, "Success")
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert counter.hub.order(waiting["order_id"])["state"] == "pending"


@pytest.mark.parametrize("status", ["Failure", "Credit_Adjustment"])
def test_a_webhook_after_the_end(counter: Counter, status: str) -> None:
    """A webhook about a final order is thanked for and changes nothing: no state, no posting, no enquiry."""
    order = counter.paid(counter.at(CABLE), "100.00")
    assert counter.push(order, status).json() == {"success": True}
    after = counter.hub.order(order["order_id"])
    assert after == order
    assert after["postings"] == []


def test_the_same_key_finds_the_payment(counter: Counter) -> None:
    """The same key with the same body, while the payment is processed, is the same order."""
    body = counter.at(CABLE, f"{MAGIC}26") | {"amount": {"amount": "100.00", "currency": "INR"}}
    key = new_key()
    first, again = counter.hub.pay(body, key), counter.hub.pay(body, key)
    assert again.headers["idempotency-replayed"] == "true"
    assert first.json()["order_id"] == again.json()["order_id"]
    assert len(counter.hub.entries(counter.hub.settled(first.json()["order_id"]))) == 1
