"""A payment as the product shows it: the payment response and the webhook, and an entry of the transaction list."""

from datetime import date
from typing import Any
from urllib.parse import parse_qs

from sandbox.providers.setu_bbps.answers import Refused
from sandbox.providers.setu_bbps.billers import limit_of, next_page
from sandbox.providers.setu_bbps.india import moment, stamp
from sandbox.providers.setu_bbps.payments import ADJUSTED, FAILURE, NO_FUNDS, SUCCESS, ref_id_of, status_of
from sandbox.stand.book import Order
from sandbox.stand.moment import now

UNMAPPED = "On_Hold"
_MOST = 100
_FILTERS = ("status", "billerId", "mobile", "customerId", "refundStatus")


def described(order: Order, fault: str | None, status: str | None = None) -> dict[str, Any]:
    """`data` of the payment response; `status` is another than the true one, for a webhook that lies."""
    status = UNMAPPED if fault == "unmapped-code" else status or status_of(order)
    amount = order["reported"] + 100 * (fault == "wrong-amount")
    data = {"refId": ref_id_of(order), "status": status, "billerId": order["billerId"]}
    data["paymentDetails"] = {**order["details"], "amount": amount}
    if status in {SUCCESS, ADJUSTED}:
        data["transactionId"] = _transaction_id(order)
    if status == SUCCESS:
        data |= {
            "billerRefId": f"ZA{order['number']:08d}",
            "lastPaidDate": stamp(order["finalAt"]),
            "additionalInfo": [],
        }
        if order["bills"]:
            data["bills"] = order["bills"]
    if status == FAILURE:
        data["failureReason"] = order["reason"] or NO_FUNDS
    return data


class Transactions:
    """The list of payments, by the day of the caller's own timestamp in IST; newest first."""

    def __init__(self, late_seconds: float) -> None:
        self._late_seconds = late_seconds

    def page(self, orders: list[Order], query: str, fault: str | None) -> dict[str, Any]:
        """Raises: Refused."""
        asked = parse_qs(query)
        first, last = _day(asked, "startDate"), _day(asked, "endDate")
        entries = [self._entry(order, fault) for order in orders if first <= _day_of(order) <= last]
        found = [entry for entry in entries if _fits(entry, asked)]
        begin = next((place for place, each in enumerate(found, 1) if [each["refId"]] == asked.get("after")), 0)
        limit = limit_of(asked, _MOST)
        data: dict[str, Any] = {"transactions": found[begin : begin + limit]}
        if begin + limit < len(found):
            data["nextPage"] = next_page("transactions", asked, found[begin + limit - 1]["refId"])
        return data

    def _entry(self, order: Order, fault: str | None) -> dict[str, Any]:
        shown = described(order, fault)
        status = shown["status"]
        entry = {
            "refId": shown["refId"],
            "paymentRefId": order["paymentRefId"],
            "transactionId": _transaction_id(order),
            # The same end has another name here than in the payment response.
            "status": "Error" if status == FAILURE else status,
            "amount": shown["paymentDetails"]["amount"],
            "timestamp": order["details"]["timestamp"],
            "billerId": order["billerId"],
            "customerParams": order["customerParams"],
            "mobile": order["mobile"],
        }
        if status in {FAILURE, ADJUSTED}:
            refunded = now() >= order["finalAt"] + self._late_seconds
            entry["refundStatus"] = "Processed" if refunded else "Required"
        optional = {"customerId": order["customerId"], "custConvFee": order["details"].get("custConvFee")}
        return entry | {name: value for name, value in optional.items() if value is not None}


def _fits(entry: dict[str, Any], asked: dict[str, list[str]]) -> bool:
    listed = {"ids": {entry["refId"], entry["transactionId"]}}
    listed |= {name: {entry.get(name)} for name in _FILTERS}
    return all(values & set(asked[name][-1].split(",")) for name, values in listed.items() if name in asked)


def _transaction_id(order: Order) -> str:
    return f"SB01{order['number']:016d}"


def _day(asked: dict[str, list[str]], name: str) -> date:
    try:
        return date.fromisoformat(asked[name][-1])
    except (KeyError, ValueError) as error:
        raise Refused(f"{name} is a day, as in 2025-05-22") from error


def _day_of(order: Order) -> date:
    at = moment(order["details"]["timestamp"])
    return date.min if at is None else at.date()
