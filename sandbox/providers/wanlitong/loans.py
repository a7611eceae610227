"""Loans: what a payout made, what is owed, and the old loan that everybody has."""

from decimal import Decimal
from typing import Any

from sandbox.providers.wanlitong.codes import BAD_AMOUNT, NO_SUCH_LOAN, Refused
from sandbox.providers.wanlitong.customers import plain, rate_of
from sandbox.providers.wanlitong.instalments import instalments, interest_of
from sandbox.providers.wanlitong.words import amount, months, stamp, text, yuan
from sandbox.stand.book import Order, Page
from sandbox.stand.moment import now

_OLD = "WLOLD"
_OLD_SINCE = 1767196800.0
"""2026-01-01 00:00:00 in UTC+8."""
_LEAST, _MOST = Decimal(1000), Decimal(500000)


def opened(loan_no: str, mobile: str, principal: Decimal, rate: str, term: int, since: float) -> Order:
    """A loan as the book keeps it; it is one from `since` on."""
    return {
        "loanNo": loan_no,
        "account": mobile,
        "amount": yuan(principal),
        "yearRate": rate,
        "term": term,
        "since": since,
        "repaid": "0.00",
    }


def find(page: Page, loan_no: str) -> Order:
    """A loan that has been paid out.

    Raises: Refused.
    """
    if found := page.find(f"loan:{loan_no}"):
        if found[-1]["since"] <= now():
            return found[-1]
    elif (mobile := loan_no.removeprefix(_OLD)) != loan_no and mobile.isascii() and mobile.isdecimal():
        return opened(loan_no, mobile, Decimal(24000), f"{rate_of(mobile):.4f}", 12, _OLD_SINCE)
    raise Refused(NO_SUCH_LOAN)


def outstanding(loan: Order) -> Decimal:
    principal = Decimal(loan["amount"])
    return principal + interest_of(principal, Decimal(loan["yearRate"]), loan["term"]) - Decimal(loan["repaid"])


def trial(content: dict[str, Any]) -> dict[str, Any]:
    """What the customer of a plain mobile number would pay; amounts in 元."""
    rate, term = rate_of(plain(content)), months(content, "loanTime")
    principal = amount(content, "loanAmount", _LEAST, _MOST)
    shown = instalments(principal, rate, term, now(), Decimal(0))
    return {"yearRate": f"{rate:.4f}", "interest": yuan(interest_of(principal, rate, term)), "plan": shown}


def plan(content: dict[str, Any], page: Page) -> dict[str, Any]:
    """Raises: Refused."""
    loan = find(page, text(content, "loanNo"))
    rate, repaid = Decimal(loan["yearRate"]), Decimal(loan["repaid"])
    shown = instalments(Decimal(loan["amount"]), rate, loan["term"], loan["since"], repaid)
    return {"loanNo": loan["loanNo"], "outstanding": yuan(outstanding(loan)), "plan": shown}


def listed(content: dict[str, Any], page: Page) -> dict[str, Any]:
    """A customer's loans, the old one first."""
    mobile = plain(content)
    numbers = [_OLD + mobile, *(each["loanNo"] for each in page.find(f"customer:{mobile}"))]
    return {"loans": [shown for number in numbers if (shown := _shown(page, number))]}


def repay(page: Page, loan: Order, paid: Decimal) -> None:
    """Raises: Refused, if it is more than what is owed."""
    if paid > outstanding(loan):
        raise Refused(BAD_AMOUNT, "amount")
    page.keep(f"loan:{loan['loanNo']}", {**loan, "repaid": yuan(Decimal(loan["repaid"]) + paid)})


def _shown(page: Page, loan_no: str) -> dict[str, Any] | None:
    try:
        loan = find(page, loan_no)
    except Refused:
        return None
    owed = outstanding(loan)
    return {
        "loanNo": loan_no,
        "amount": loan["amount"],
        "outstanding": yuan(owed),
        "yearRate": loan["yearRate"],
        "term": loan["term"],
        "startTime": stamp(loan["since"]),
        "status": "1" if owed else "2",
    }
