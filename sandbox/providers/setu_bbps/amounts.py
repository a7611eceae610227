"""What may be paid on a fetched bill: exactly it, one side of it, a range, an option, or a choice of bills.

Units: paise.
"""

from datetime import date
from typing import Any

from sandbox.providers.setu_bbps.answers import Refused, demand
from sandbox.providers.setu_bbps.bills import EARLY, EARLY_DATE, LATE, Fetch

Bill = dict[str, Any]


def check_amount(fetch: Fetch, content: dict[str, Any], details: dict[str, Any], today: date) -> None:
    """Raises: Refused, if `paymentDetails`, with its option or its bills, does not fit what was fetched."""
    biller, amount = fetch.customer.biller, details["amount"]
    if "selectedPaymentOptions" in details:
        _check_option(fetch, details["selectedPaymentOptions"], amount, today)
    elif biller["responseType"] == "LIST":
        _check_choice(fetch, content.get("bills"), amount)
    elif fetch.bills:
        demand(_fits(biller["exactness"], amount, fetch.bills[0]), f"amount breaks exactness {biller['exactness']}")


def _check_option(fetch: Fetch, selected: Any, amount: int, today: date) -> None:
    """Exactly one, by its name, for an amount that the fetch named; in its time, by the calendar of India."""
    if not isinstance(selected, list) or len(selected) != 1 or not isinstance(selected[0], dict):
        raise Refused("selectedPaymentOptions: exactly one")
    offered = [option for bill in fetch.bills for option in bill.get("paymentOptions", [])]
    option = next((each for each in offered if each["name"] == selected[0].get("name")), None)
    if option is None:
        raise Refused("selectedPaymentOptions: not offered")
    demand(selected[0].get("amount") == amount, "selectedPaymentOptions: its amount is not the payment's")
    demand(_in_range(amount, option), "selectedPaymentOptions: not the amount offered")
    demand(_in_time(option["name"], fetch, today), "selectedPaymentOptions: not at this time")


def _in_time(name: str, fetch: Fetch, today: date) -> bool:
    if name == LATE:
        return today > date.fromisoformat(fetch.bills[0]["dueDate"])
    if name != EARLY:
        return True
    until = next((each["value"] for each in fetch.additional if each["name"] == EARLY_DATE), "")
    try:
        return today <= date.fromisoformat(until)
    except ValueError:
        return False


def _check_choice(fetch: Fetch, chosen: Any, amount: int) -> None:
    biller = fetch.customer.biller
    if not isinstance(chosen, list) or not chosen or not all(isinstance(each, dict) for each in chosen):
        raise Refused("bills: choose from the list")
    bills = {bill["billNumber"]: bill for bill in fetch.bills}
    numbers = [each.get("billNumber") for each in chosen]
    demand(len(set(map(str, numbers))) == len(numbers), "bills: one comes twice")
    for each in chosen:
        bill = bills.get(str(each.get("billNumber")))
        if bill is None or not isinstance(each.get("amount"), int):
            raise Refused("bills: not on the list")
        demand(_fits(biller["exactness"], each["amount"], bill), f"bills: breaks exactness {biller['exactness']}")
    demand(sum(each["amount"] for each in chosen) == amount, "amount is not the sum of its bills")
    demand(biller["selectionType"] != "SINGLE" or len(chosen) == 1, "bills: exactly one")
    demand(biller["selectionType"] != "ALL" or len(chosen) == len(bills), "bills: all of them")


def _fits(exactness: str, amount: int, bill: Bill) -> bool:
    owed = bill["amount"]
    match exactness:
        case "Exact":
            return bool(amount == owed)
        case "Exact and above":
            return bool(amount >= owed)
        case "Exact and below":
            return bool(amount <= owed)
        case "RANGE":
            return _in_range(amount, {name: bill[name] for name in ("minAmount", "maxAmount", "amountMultiple")})
    return True


def _in_range(amount: int, rule: dict[str, Any]) -> bool:
    """An amount of its own, or two ends and a step."""
    if "amount" in rule:
        return bool(amount == rule["amount"])
    return bool(rule["minAmount"] <= amount <= rule["maxAmount"] and amount % rule["amountMultiple"] == 0)
