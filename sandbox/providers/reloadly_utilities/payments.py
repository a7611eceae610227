"""Payments from the wallet, and what became of them."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from sandbox.providers.reloadly_utilities.billers import WALLET_CURRENCY, Biller, Billers, check_amount
from sandbox.providers.reloadly_utilities.errors import Refused
from sandbox.providers.reloadly_utilities.magic import Situation, situation_of
from sandbox.providers.reloadly_utilities.operations import PAY
from sandbox.providers.reloadly_utilities.words import major
from sandbox.stand.book import Book, Order, Page, Performance
from sandbox.stand.message import Request
from sandbox.stand.moment import now
from sandbox.stand.settings import Settings

OPENING_BALANCE = Decimal(1000000000)
_PLACES = 5
_MOST = 10**12
_ACCOUNT = re.compile(r"[0-9A-Za-z-]{4,32}")
_FATES = {Situation.LATER_FAILURE: "FAILED", Situation.LATER_REFUND: "REFUNDED"}
_NOT_PERFORMED = frozenset({Situation.LATER_FAILURE, Situation.LATER_REFUND, Situation.FOREVER})
_LATE = frozenset({Situation.LATER_SUCCESS, Situation.LATER_FAILURE, Situation.LATER_REFUND})


@dataclass(frozen=True, slots=True)
class _Wish:
    """A payment that is well formed and allowed."""

    biller: Biller
    account: str
    amount: Decimal
    local: bool
    reference: str | None

    @property
    def currency(self) -> str:
        return str(self.biller["localTransactionCurrencyCode"]) if self.local else WALLET_CURRENCY

    @property
    def rate(self) -> Decimal:
        return Decimal(self.biller["fx"][0]["rate"])


class Payments:
    """Takes payments, keeps the wallet, answers enquiries."""

    def __init__(self, book: Book, settings: Settings, billers: Billers) -> None:
        self._book = book
        self._settings = settings
        self._billers = billers

    async def pay(self, request: Request, fault: str | None) -> Order:
        """Raises: Refused."""
        wish = self._wish(_content(request))
        situation = situation_of(wish.account)
        if fault == "decline" or situation is Situation.WALLET_EMPTY:
            raise Refused("INSUFFICIENT_BALANCE")
        if situation is Situation.NO_SUCH_SUBSCRIBER:
            raise Refused("SUBSCRIBER_NOT_FOUND")
        order = self._order(wish, situation, fault)
        return await self._book.write(partial(self._file, order))

    def find(self, fits: Callable[[Order], bool], reference: str | None) -> list[Order]:
        """Payments that fit, newest first; a repeated reference gives several."""
        found = self._book.read(lambda page: page.find(reference)[::-1] if reference else page.latest())
        return [order for order in found if fits(order)]

    def numbered(self, number: int) -> Order | None:
        return self._book.read(lambda page: page.numbered(number))

    def _wish(self, content: dict[str, Any]) -> _Wish:
        biller = self._billers.biller(content.get("billerId"))
        amount, local = _amount(content.get("amount")), content.get("useLocalAmount", False)
        account, reference = str(content.get("subscriberAccountNumber", "")), content.get("referenceId")
        if not _ACCOUNT.fullmatch(account):
            raise Refused("SUBSCRIBER_NOT_FOUND")
        if not isinstance(local, bool):
            raise Refused("INVALID_AMOUNT")
        check_amount(biller, amount, content.get("amountId"), local=local)
        return _Wish(biller, account, amount, local, None if reference is None else str(reference))

    def _order(self, wish: _Wish, situation: Situation | None, fault: str | None) -> Order:
        moment, biller = now(), wish.biller
        fee = Decimal(biller["localTransactionFee" if wish.local else "internationalTransactionFee"])
        return {
            "referenceId": wish.reference,
            "account": wish.account,
            "billerId": biller["id"],
            "amount": str(wish.amount),
            "reported": str(wish.amount + (fault == "wrong-amount")),
            "currency": wish.currency,
            "delivery": str(wish.amount if wish.local else _rounded(wish.amount * wish.rate)),
            "fee": str(fee),
            "cost": str(_rounded(wish.amount / wish.rate if wish.local else wish.amount) + fee),
            "at": moment,
            "finalAt": self._final_at(moment, situation),
            "promisedAt": moment + self._settings.final_seconds,
            "fate": _FATES.get(situation, "SUCCESSFUL") if situation else "SUCCESSFUL",
        }

    def _final_at(self, moment: float, situation: Situation | None) -> float | None:
        if situation is Situation.FOREVER:
            return None
        if situation is Situation.ENQUIRY_ONLY:
            return moment
        return moment + (self._settings.late_seconds if situation in _LATE else self._settings.processing_seconds)

    def _file(self, order: Order, page: Page) -> Order:
        reference = order["referenceId"]
        if reference and self._settings.duplicates != "perform" and page.find(reference):
            raise Refused("DUPLICATE_REFERENCE")
        last = page.latest(1)
        balance = Decimal(last[0]["balance"]) if last else OPENING_BALANCE
        performed = situation_of(order["account"]) not in _NOT_PERFORMED
        left = balance - Decimal(order["cost"]) if performed else balance
        if left < 0:
            raise Refused("INSUFFICIENT_BALANCE")
        if performed:
            amount = major(Decimal(order["amount"]))
            page.perform(Performance(reference or "", PAY.plain, order["account"], amount, order["currency"]))
        order |= {"before": str(balance), "balance": str(left)}
        return {**order, "number": page.keep(reference or "", order)}


def _content(request: Request) -> dict[str, Any]:
    try:
        content = json.loads(request.body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Refused("INVALID_AMOUNT") from error
    if not isinstance(content, dict):
        raise Refused("INVALID_AMOUNT")
    return content


def _amount(value: object) -> Decimal:
    """A positive JSON number of at most five places.

    Raises: Refused.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value < _MOST:
        raise Refused("INVALID_AMOUNT")
    amount = Decimal(value)
    if amount != _rounded(amount):
        raise Refused("INVALID_AMOUNT")
    return amount


def _rounded(amount: Decimal) -> Decimal:
    return round(amount, _PLACES)
