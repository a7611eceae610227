"""Bills: one biller of each kind, and a payment that breaks no rule."""

from decimal import Decimal

from tests.contract.asking.words import Body, Customer, Ordered, Questioned, asked
from tests.running import BILLS, Running

EXTRAS = {"mobile": "19900001234"}


def kinds_of_biller(hub: Running, partner: str) -> list[Body]:
    """One biller of each kind that needs nothing unusual beyond an account: with a bill or without, prepaid or not."""
    found: dict[tuple[str, bool], Body] = {}
    for biller in hub.billers():
        demanded = {field["name"] for field in biller["fields"] if field["required"]}
        plain = demanded <= EXTRAS.keys() and all(window["opens"] == window["closes"] for window in biller["windows"])
        exact = biller["bill"] != "required" or biller["rule"]["against_bill"] == "exact"
        if biller["partner"] == partner and plain and exact and not biller["rule"]["choices"]:
            found.setdefault((biller["bill"], biller["prepaid"]), biller)
    assert found, f"{partner} has no biller that takes a plain payment"
    return list(found.values())


def at(biller: Body, account: str) -> Body:
    """An account at a biller, with what the biller demands beside it."""
    extras = {"fields": EXTRAS} if biller["fields"] else {}
    return {"biller_id": biller["biller_id"], "account": account, **extras}


def bill_payment(hub: Running, _: str, customer: Customer, biller: Body) -> Body:
    """A payment that breaks no rule of this biller."""
    body = at(biller, customer.account)
    if biller["bill"] == "required":
        bill = asked(hub, f"{BILLS}/bill-searches", body)["items"][0]
        return body | {"amount": bill["amount"], "bill_id": bill["bill_id"]}
    lowest = biller["rule"]["minimum"] or {"amount": "0", "currency": biller["currency"]}
    amount = max(Decimal(lowest["amount"]), Decimal("10.00"))
    return body | {"amount": {"amount": f"{amount:.2f}", "currency": biller["currency"]}}


ORDERS: dict[str, Ordered] = {
    "utility-bills.pay": Ordered(
        body=bill_payment,
        variants=kinds_of_biller,
        money=lambda body: body["amount"],
        reported=lambda result: result["paid"],
    )
}
QUERIES: dict[str, Questioned] = {
    "utility-bills.list_billers": lambda *_: {},
    "utility-bills.find_bills": lambda hub, partner, customer: at(kinds_of_biller(hub, partner)[0], customer.account),
}
