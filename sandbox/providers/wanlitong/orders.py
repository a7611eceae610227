"""Orders: 进件, 借款 and 还款 under the channel's own orderNo, and what became of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sandbox.providers.wanlitong import loans
from sandbox.providers.wanlitong.codes import (
    ALREADY_APPLIED,
    ANOTHER_MOBILE,
    BAD_AMOUNT,
    CREDIT_EXPIRED,
    DECLINED,
    NO_CREDIT,
    NO_SUCH_ORDER,
    NOT_AUTHORISED,
    ORDER_NUMBER_TAKEN,
    Refused,
)
from sandbox.providers.wanlitong.customers import limit_of, plain, rate_of
from sandbox.providers.wanlitong.magic import Situation, situation_of
from sandbox.providers.wanlitong.operations import APPLY, BORROW, REPAY
from sandbox.providers.wanlitong.prechecks import find as find_application
from sandbox.providers.wanlitong.words import amount, months, stamp, text, yuan
from sandbox.stand.book import Order, Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.operation import Operation
from sandbox.stand.settings import Settings

UNMAPPED = "99"
_SAYS = {
    "10": "审核中",
    "20": "授信通过",
    "30": "授信拒绝",
    "40": "放款中",
    "50": "放款成功",
    "60": "放款失败",
    "70": "还款处理中",
    "80": "还款成功",
    "90": "还款失败",
    UNMAPPED: "待确认",
}
_STAGES = {APPLY.name: ("10", "20", "30"), BORROW.name: ("40", "50", "60"), REPAY.name: ("70", "80", "90")}
_FAILING = {
    APPLY.name: Situation.CREDIT_REFUSED,
    BORROW.name: Situation.PAYOUT_FAILS,
    REPAY.name: Situation.REPAYMENT_FAILS,
}
_LATE = frozenset({Situation.LATE, *_FAILING.values()})
_LEAST_APPLIED, _MOST = Decimal(1000), Decimal(500000)
_LEAST_REPAID = Decimal("0.01")
_HALF, _PAST = Decimal(2), 60.0


@dataclass(frozen=True, slots=True)
class Wish:
    """An order as it was sent, and what stands around it."""

    operation: Operation
    content: dict[str, Any]
    fault: str | None
    settings: Settings


def place(wish: Wish, page: Page) -> Order:
    """Performs and files an order, or finds it filed already.

    Raises: Refused.
    """
    order_no, digest = text(wish.content, "orderNo"), _digest(wish)
    if known := page.find(f"order:{order_no}"):
        if known[0]["digest"] != digest:
            raise Refused(ORDER_NUMBER_TAKEN)
        return known[0]
    if wish.fault == "decline":
        raise Refused(DECLINED)
    order = {**_MAKERS[wish.operation.name](wish, page), "orderNo": order_no, "digest": digest}
    if order["finalAt"] is not None and order["fate"] == _STAGES[wish.operation.name][1]:
        page.perform(Performance(order_no, wish.operation.plain, order["account"], order["amount"], "CNY"))
    page.keep(f"order:{order_no}", order)
    return order


def find(page: Page, order_no: str) -> Order:
    """Raises: Refused, if there is none."""
    found = page.find(f"order:{order_no}")
    if not found:
        raise Refused(NO_SUCH_ORDER)
    return found[0]


def answered(order: Order, fault: str | None) -> dict[str, Any]:
    """The order as the answer to its creation shows it; an early callback comes before it is known here."""
    status = _STAGES[order["operation"]][0] if fault == "early-callback" else _status(order)
    return {"orderNo": order["orderNo"], "status": status, "statusDesc": _SAYS[status]}


def described(order: Order, fault: str | None) -> dict[str, Any]:
    """The order as a progress query or a push shows it."""
    status = UNMAPPED if fault == "unmapped-code" else _status(order)
    told = Decimal(order["reported"]) + (fault == "wrong-amount")
    shown = {
        "orderNo": order["orderNo"],
        "type": order["operation"],
        "status": status,
        "statusDesc": _SAYS[status],
        "amount": yuan(told),
        "orderTime": stamp(order["at"]),
    }
    if status == _STAGES[order["operation"]][1]:
        shown |= order["outcome"]
    return shown


def _apply(wish: Wish, page: Page) -> Order:
    """Asks for credit, with the plain mobile number that the precheck's digest meant."""
    mobile = plain(wish.content)
    application = find_application(page, text(wish.content, "applyNo"), wish.settings)
    if not application["authorised"]:
        raise Refused(NOT_AUTHORISED)
    if mobile != application["account"]:
        raise Refused(ANOTHER_MOBILE)
    apply_no = application["applyNo"]
    if page.find(f"credit:{apply_no}"):
        raise Refused(ALREADY_APPLIED)
    asked = amount(wish.content, "amount", _LEAST_APPLIED, _MOST)
    term, situation = months(wish.content, "term"), situation_of(mobile)
    order = _order(wish, mobile, asked)
    credit = asked / _HALF if situation is Situation.LESS_CREDIT else min(asked, limit_of(mobile))
    final_at = order["finalAt"] or order["at"]
    lasts = -_PAST if situation is Situation.CREDIT_EXPIRED else wish.settings.final_seconds
    order["validUntil"] = final_at + lasts
    order["outcome"] = {
        "applyNo": apply_no,
        "creditAmount": yuan(credit),
        "yearRate": f"{rate_of(mobile):.4f}",
        "maxTerm": term,
        "validTo": stamp(order["validUntil"]),
    }
    page.keep(f"credit:{apply_no}", {"orderNo": wish.content["orderNo"]})
    return order


def _borrow(wish: Wish, page: Page) -> Order:
    """Takes what was granted, while it is valid."""
    granted = page.find(f"credit:{text(wish.content, 'applyNo')}")
    credit = find(page, granted[0]["orderNo"]) if granted else None
    if credit is None or _status(credit) != _STAGES[APPLY.name][1]:
        raise Refused(NO_CREDIT)
    if credit["validUntil"] <= now():
        raise Refused(CREDIT_EXPIRED)
    asked, term = amount(wish.content, "amount", _LEAST_APPLIED, _MOST), months(wish.content, "term")
    if asked > Decimal(credit["outcome"]["creditAmount"]) or term > credit["outcome"]["maxTerm"]:
        raise Refused(BAD_AMOUNT, "amount, term")
    mobile, order = credit["account"], _order(wish, credit["account"], asked)
    loan_no = "WL" + sha256(wish.content["orderNo"].encode()).hexdigest()[:14].upper()
    order["outcome"] = {"loanNo": loan_no, "disburseTime": stamp(order["finalAt"] or 0)}
    if order["finalAt"] is not None and order["fate"] == _STAGES[BORROW.name][1]:
        rate = credit["outcome"]["yearRate"]
        page.keep(f"loan:{loan_no}", loans.opened(loan_no, mobile, asked, rate, term, order["finalAt"]))
        page.keep(f"customer:{mobile}", {"loanNo": loan_no})
    return order


def _repay(wish: Wish, page: Page) -> Order:
    loan = loans.find(page, text(wish.content, "loanNo"))
    paid = amount(wish.content, "amount", _LEAST_REPAID, _MOST)
    order = _order(wish, loan["account"], paid)
    order["outcome"] = {"loanNo": loan["loanNo"]}
    if paid > loans.outstanding(loan):
        raise Refused(BAD_AMOUNT, "amount")
    if order["finalAt"] is not None and order["fate"] == _STAGES[REPAY.name][1]:
        loans.repay(page, loan, paid)
    return order


_MAKERS: dict[str, Callable[[Wish, Page], Order]] = {APPLY.name: _apply, BORROW.name: _borrow, REPAY.name: _repay}


def _order(wish: Wish, mobile: str, asked: Decimal) -> Order:
    situation, moment = situation_of(mobile), now()
    _, succeeded, failed = _STAGES[wish.operation.name]
    takes = wish.settings.late_seconds if situation in _LATE else wish.settings.processing_seconds
    if wish.fault == "early-callback":
        takes = 0.0
    return {
        "operation": wish.operation.name,
        "account": mobile,
        "amount": yuan(asked),
        "reported": yuan(asked + (wish.fault == "wrong-amount")),
        "at": moment,
        "finalAt": None if situation is Situation.FOREVER else moment + takes,
        "fate": failed if situation is _FAILING[wish.operation.name] else succeeded,
        "notifyUrl": str(wish.content.get("notifyUrl") or ""),
    }


def _status(order: Order) -> str:
    pending = order["finalAt"] is None or now() < order["finalAt"]
    return _STAGES[order["operation"]][0] if pending else str(order["fate"])


def _digest(wish: Wish) -> str:
    said = json.dumps(wish.content, sort_keys=True)
    return sha256(f"{wish.operation.name} {said}".encode()).hexdigest()
