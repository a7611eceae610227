"""Orders: accepted once checked, final after a while, and known for ever under merOrderNo and merOrderDate."""

import re
import secrets
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from sandbox.providers.ceb_channel.bills import Bill, bills_of
from sandbox.providers.ceb_channel.catalogue import Item
from sandbox.providers.ceb_channel.china import is_day, stamp, undashed
from sandbox.providers.ceb_channel.codes import DUPLICATE, MALFORMED, MESSAGES, NO_SUCH_ORDER, Refused
from sandbox.providers.ceb_channel.magic import Situation, situation_of
from sandbox.providers.ceb_channel.operations import CREATE
from sandbox.providers.ceb_channel.rules import check_amount, check_fields, check_window
from sandbox.stand.book import Book, Order, Page, Performance
from sandbox.stand.message import json_object
from sandbox.stand.moment import now
from sandbox.stand.settings import Settings

PROCESSING, SUCCEEDED, FAILED = "1", "3", "2"
# The list is asked for in numbers of its own, in which 1 is a success.
_LISTED = {"0": PROCESSING, "1": SUCCEEDED, "2": FAILED}
_UNMAPPED = "7"
_AMOUNT = re.compile(r"[0-9]{1,14}(\.[0-9]{1,2})?")
_REFERENCE = re.compile(r"[0-9A-Za-z]{1,32}")
_REFUSED = {
    Situation.OUTSIDE_WINDOW: "DEF0005",
    Situation.DEPOSIT_SPENT: "NPP0006",
    Situation.EXCEPTION_NOT_PERFORMED: "NPP0003",
}
_UNSURE = {Situation.TIMEOUT_PERFORMED: "NPP0005", Situation.ACCEPTED_PERFORMED: "NPP0008"}
_NOT_PERFORMED = frozenset({Situation.LATER_FAILURE, Situation.FOREVER})


@dataclass(frozen=True, slots=True)
class _Wish:
    """A create order that is well formed."""

    reference: str
    date: str
    item: Item
    bill_key: str
    amount: Decimal


class Orders:
    """Takes orders and tells what became of them."""

    def __init__(self, book: Book, settings: Settings) -> None:
        self._book = book
        self._settings = settings

    async def create(self, site_code: str, content: dict[str, Any], item: Item, fault: str | None) -> Order:
        """Checks, performs and files an order.

        Raises: Refused; performed nevertheless if its code is one of those that leave it open.
        """
        wish = _wish(content, item)
        _check(wish, content)
        if fault == "decline":
            raise Refused("DEF0006")
        if (situation := situation_of(wish.bill_key)) in _REFUSED:
            raise Refused(_REFUSED[situation])
        order = self._order(site_code, wish, content, fault)
        order["number"] = await self._book.write(partial(self._file, order))
        return order

    def one(self, site_code: str, content: dict[str, Any]) -> Order:
        """The latest order under a reference and its day.

        Raises: Refused, if there is none.
        """
        reference, day = content.get("orderNo"), undashed(content.get("tranDate"))
        if not isinstance(reference, str) or day is None:
            raise Refused(MALFORMED, "orderNo, tranDate")
        found = self._book.read(lambda page: _same(page.find(reference), site_code, day))
        if not found:
            raise Refused(NO_SUCH_ORDER)
        return found[-1]

    def several(self, site_code: str, content: dict[str, Any]) -> list[Order]:
        """A site's orders, newest first, by reference and by status; -1 is any."""
        reference = str(content.get("merOrderNo", ""))
        found = self._book.read(lambda page: page.find(reference)[::-1] if reference else page.latest())
        wanted, moment = str(content.get("status", "-1")), now()
        mine = [order for order in found if order["site"] == site_code]
        return [order for order in mine if wanted == "-1" or _status(order, moment) == _LISTED.get(wanted)]

    def account_of(self, reference: str) -> str | None:
        found = self._book.read(lambda page: page.find(reference))
        return found[-1]["billKey"] if found else None

    def _order(self, site_code: str, wish: _Wish, content: dict[str, Any], fault: str | None) -> Order:
        situation = situation_of(wish.bill_key)
        moment = now()
        fate = FAILED if situation is Situation.LATER_FAILURE else SUCCEEDED
        return {
            "site": site_code,
            "merOrderNo": wish.reference,
            "merOrderDate": wish.date,
            "transacNo": "CEB" + stamp(moment) + f"{secrets.randbelow(10**8):08d}",
            "orderDate": stamp(moment),
            "billKey": wish.bill_key,
            "paymentItemId": wish.item.item_id,
            "payAmount": f"{wish.amount:.2f}",
            "reported": f"{wish.amount + (fault == 'wrong-amount'):.2f}",
            "notifyUrl": str(content.get("notifyUrl") or ""),
            "finalAt": self._final_at(moment, situation, fault),
            "fate": fate,
            "errorCode": "DEF0006" if fate == FAILED else "",
        }

    def _final_at(self, moment: float, situation: Situation | None, fault: str | None) -> float | None:
        if situation is Situation.FOREVER:
            return None
        if situation in (Situation.LATER_SUCCESS, Situation.LATER_FAILURE):
            return moment + self._settings.late_seconds
        if situation is Situation.ENQUIRY_ONLY or fault == "early-callback":
            return moment
        return moment + self._settings.processing_seconds

    def _file(self, order: Order, page: Page) -> int:
        if self._settings.duplicates == "refuse" and _same(
            page.find(order["merOrderNo"]), order["site"], order["merOrderDate"]
        ):
            raise Refused(DUPLICATE)
        if situation_of(order["billKey"]) not in _NOT_PERFORMED:
            done = Performance(order["merOrderNo"], CREATE.plain, order["billKey"], order["payAmount"], "CNY")
            page.perform(done)
        return page.keep(order["merOrderNo"], order)


def unsure(order: Order) -> str | None:
    """The code of an answer that leaves an order open although it was performed."""
    situation = situation_of(order["billKey"])
    return None if situation is None else _UNSURE.get(situation)


def answered(order: Order, fault: str | None) -> dict[str, str]:
    """The order as the answer to its creation shows it."""
    late = fault == "early-callback" or situation_of(order["billKey"]) is Situation.ENQUIRY_ONLY
    shown = described(order, None)
    return {
        **{name: shown[name] for name in ("merOrderNo", "merOrderDate", "transacNo", "orderDate", "payAmount")},
        "order_status": PROCESSING if late else shown["order_status"],
    }


def detailed(order: Order, fault: str | None) -> dict[str, str]:
    """The order as an enquiry about it shows it."""
    shown = described(order, fault)
    return {
        "orderNo": shown["merOrderNo"],
        "transacNo": shown["transacNo"],
        "payDate": shown["orderDate"],
        "billKey": order["billKey"],
        "status": shown["order_status"],
        "payAmount": shown["payAmount"],
        "errorCode": shown["errorCode"],
        "errorMessage": shown["errorMessage"],
    }


def described(order: Order, fault: str | None) -> dict[str, str]:
    """The order as the list and the push show it."""
    status = _status(order, now())
    code = order["errorCode"] if status == FAILED else ""
    amount = Decimal(order["reported"]) + (fault == "wrong-amount")
    return {
        "merOrderNo": order["merOrderNo"],
        "merOrderDate": order["merOrderDate"],
        "transacNo": order["transacNo"],
        "orderDate": order["orderDate"],
        "order_status": _UNMAPPED if fault == "unmapped-code" else status,
        "payAmount": f"{amount:.2f}",
        "errorCode": code,
        "errorMessage": MESSAGES.get(code, ""),
    }


def _status(order: Order, moment: float) -> str:
    final_at = order["finalAt"]
    return PROCESSING if final_at is None or moment < final_at else str(order["fate"])


def _same(orders: list[Order], site_code: str, date: object) -> list[Order]:
    return [order for order in orders if order["site"] == site_code and order["merOrderDate"] == date]


def _wish(content: dict[str, Any], item: Item) -> _Wish:
    reference, date = content.get("merOrderNo"), content.get("merOrderDate")
    bill_key, amount = content.get("billKey"), content.get("payAmount")
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        raise Refused(MALFORMED, "merOrderNo")
    if not isinstance(date, str) or not is_day(date):
        raise Refused(MALFORMED, "merOrderDate")
    if not isinstance(bill_key, str) or not bill_key:
        raise Refused(MALFORMED, "billKey")
    if not isinstance(amount, str) or not _AMOUNT.fullmatch(amount) or not Decimal(amount):
        raise Refused(MALFORMED, "payAmount")
    return _Wish(reference, date, item, bill_key, Decimal(amount))


def _check(wish: _Wish, content: dict[str, Any]) -> None:
    check_fields(wish.item, content)
    if "billQueryResultDataModel" in content and json_object(content["billQueryResultDataModel"]) is None:
        raise Refused(MALFORMED, "billQueryResultDataModel")
    bills = [bill for bill in bills_of(wish.item, wish.bill_key) if _means(bill, content)]
    if wish.item.rule.contract and not content.get("contractNo"):
        raise Refused(MALFORMED, "contractNo")
    if wish.item.rule.queried_first and not bills:
        raise Refused("DEF0013", "billAmount")
    check_window(wish.item, now())
    check_amount(wish.item, wish.amount, bills)


def _means(bill: Bill, content: dict[str, Any]) -> bool:
    """Whether the order can be about this bill; what the order leaves out fits any."""
    fen, contract, name = (content.get(key) or "" for key in ("billAmount", "contractNo", "customerName"))
    return (
        str(fen) in ("", str(bill.pay_amount))
        and str(contract) in ("", bill.contract_no)
        and str(name) in ("", bill.ordered_as)
    )
