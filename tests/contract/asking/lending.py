"""Lending: an application for the first product, and what it leads to, for a customer whom no partner ever met.

Everything starts with an application, and never with a search for offers: see BESIDES.
"""

import time
from hashlib import md5
from secrets import token_hex

import httpx

from tests.contract.asking.words import MANIFESTS, Body, Customer, Ordered, Questioned, area, asked, until_answered
from tests.running import Running

LENDING = "/v1/lending"
CURRENCIES = {"IN": "INR", "CN": "CNY"}
FARMING = {"term_months": 12, "purpose": "farming"}
MASK = 8
PATIENCE = 90.0


def amount(partner: str, text: str) -> Body:
    """In the one currency that a partner lends."""
    return {"amount": text, "currency": CURRENCIES[MANIFESTS[partner].regions[0]]}


def product(hub: Running, partner: str) -> Body:
    page = until_answered(lambda: hub.app.get(f"{LENDING}/products", limit="200").raise_for_status().json())
    return next(one for one in page["items"] if one["partner"] == partner)


def plain(hub: Running, partner: str) -> Body:
    """An application that breaks no rule of the product."""
    return {"product_id": product(hub, partner)["product_id"], "amount": amount(partner, "20000.00"), **FARMING}


def pre_check(hub: Running, partner: str, customer: Customer) -> Body:
    """Eight digits and a digest, and nothing that names anybody."""
    wish = plain(hub, partner)
    digest = md5(customer.mobile.encode(), usedforsecurity=False).hexdigest()
    return {name: wish[name] for name in ("product_id", "amount", "term_months")} | {
        "mobile_mask": customer.mobile[:MASK],
        "mobile_digest": digest,
    }


def application(hub: Running, partner: str, customer: Customer, _variant: Body | None = None) -> Body:
    """With a pre-check where there are any."""
    wish = plain(hub, partner)
    if "pre_check" not in MANIFESTS[partner].offers["lending"]:
        return wish
    checked = asked(hub, f"{LENDING}/pre-checks", pre_check(hub, partner, customer))
    return wish | {"pre_check_id": checked["pre_check_id"]}


def referral(_hub: Running, partner: str, _customer: Customer, _variant: Body) -> Body:
    return {"region": area(partner), "amount": amount(partner, "20000.00"), "reason": "income", **FARMING}


def acceptance(hub: Running, partner: str, customer: Customer, _variant: Body | None = None) -> Body:
    """Of the offer that an application led to, which is looked at seldom: a crowd does so at once."""
    body, consent = application(hub, partner, customer), customer.consent(hub)
    applied = until_answered(
        lambda: hub.app.post(f"{LENDING}/applications", body, token_hex(16), consent=consent).raise_for_status().json()
    )
    deadline = time.monotonic() + PATIENCE
    while applied["settled_at"] is None:
        assert time.monotonic() < deadline, applied["timeline"]
        time.sleep(0.7)
        applied = hub.order(applied["order_id"])
    offer = applied["result"]["offers"][0]
    return {"offer_id": offer["offer_id"], "amount": offer["amount"]}


def loan(hub: Running, partner: str, customer: Customer) -> Body:
    """The old loan that everybody has at every partner, waiting for one that needs longer to tell of it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := _told(hub, partner, customer)):
        assert time.monotonic() < deadline, f"{partner} tells of no loan"
        time.sleep(0.3)
    return {"loan_id": found[0]["loan_id"]}


def _told(hub: Running, partner: str, customer: Customer) -> list[Body]:
    page = asked(hub, f"{LENDING}/loan-lists", {}, customer.consent(hub))
    [source] = [source for source in page["sources"] if source["partner"] == partner]
    if source["status"] != "pending":
        return [one for one in page["items"] if one["partner"] == partner]
    while (answer := hub.app.get(f"/v1/queries/{source['query_id']}")).status_code == httpx.codes.ACCEPTED:
        time.sleep(0.2)
    return list(answer.json()["items"]) if answer.is_success else []


def repayment(hub: Running, partner: str, customer: Customer, _variant: Body) -> Body:
    return loan(hub, partner, customer) | {"amount": amount(partner, "100.00")}


ORDERS: dict[str, Ordered] = {
    "lending.apply": Ordered(body=application, money=lambda body: body["amount"]),
    "lending.refer": Ordered(body=referral, money=lambda body: body["amount"]),
    "lending.accept": Ordered(
        body=acceptance, money=lambda body: body["amount"], reported=lambda result: result["principal"]
    ),
    "lending.repay": Ordered(body=repayment, money=lambda body: body["amount"], reported=lambda result: result["paid"]),
}
QUERIES: dict[str, Questioned] = {
    "lending.list_products": lambda *_: {},
    "lending.pre_check": pre_check,
    "lending.find_offers": lambda _, partner, __: {"amount": amount(partner, "20000.00"), **FARMING},
    "lending.find_loan": loan,
    "lending.list_loans": lambda *_: {},
    "lending.find_plan": loan,
    "lending.estimate": lambda *_: {},
}
BESIDES = {("ocen", "lending.find_offers"): "create-loan"}
"""Questions that perform something: that network makes offers to applications alone, so a search files one."""
UNCLEAR = {"lending.pre_check": {"verdict": "duplicate"}}
"""What is answered where the partner gives no clear answer: it counts as a duplicate, and nothing is submitted."""
