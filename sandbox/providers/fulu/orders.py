"""Orders: accepted once checked, final after a while, known for ever under customer_order_no."""

import re
import secrets
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from sandbox.providers.fulu.codes import (
    BAD_ACCOUNT,
    DUPLICATE,
    MALFORMED,
    NO_BALANCE,
    NO_SUCH_ORDER,
    OFF_SALE,
    OUT_OF_STOCK,
    PRICE_ROSE,
    UNSURE,
    Refused,
)
from sandbox.providers.fulu.fields import required, whole, yuan
from sandbox.providers.fulu.goods import CARD as CARDS
from sandbox.providers.fulu.goods import DIRECT as CHARGES
from sandbox.providers.fulu.goods import Goods, goods_of, mobile_goods
from sandbox.providers.fulu.magic import Situation, situation_of
from sandbox.providers.fulu.operations import CARD, MOBILE
from sandbox.providers.fulu.words import stamp
from sandbox.stand.book import Book, Order, Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.operation import Operation
from sandbox.stand.settings import Settings

OPENING_BALANCE = Decimal(1000000)
_LONGEST = 50
_MOBILE = re.compile(r"1[0-9]{10}")
_REFUSED = {
    Situation.NO_SUCH_ACCOUNT: BAD_ACCOUNT,
    Situation.OUT_OF_STOCK: OUT_OF_STOCK,
    Situation.OFF_SALE: OFF_SALE,
    Situation.NO_BALANCE: NO_BALANCE,
    Situation.UNSURE_NOT_PERFORMED: UNSURE,
}
_NOT_PERFORMED = frozenset({Situation.LATER_FAILURE, Situation.FOREVER})
_LATE = frozenset({Situation.LATER_SUCCESS, Situation.LATER_FAILURE})


@dataclass(frozen=True, slots=True)
class _Wish:
    """An order that is well formed and allowed."""

    operation: Operation
    reference: str
    goods: Goods
    account: str
    buy_num: int
    situation: Situation | None

    @property
    def unit_price(self) -> Decimal:
        return self.goods.charged or self.goods.price

    @property
    def price(self) -> Decimal:
        return self.unit_price * self.buy_num


class Orders:
    """Takes orders, keeps the balance, and tells what became of them."""

    def __init__(self, book: Book, settings: Settings) -> None:
        self._book = book
        self._settings = settings

    async def add(self, operation: Operation, content: dict[str, Any], fault: str | None) -> Order:
        """Raises: Refused."""
        wish = _wish(operation, content)
        _check(wish, content)
        if fault == "decline":
            raise Refused(BAD_ACCOUNT)
        return await self._book.write(partial(self._file, self._order(wish, fault)))

    def one(self, content: dict[str, Any]) -> Order:
        """The latest order under a reference.

        Raises: Refused, if there is none.
        """
        reference = required(content, "customer_order_no")
        found = self._book.read(lambda page: page.find(reference))
        if not found:
            raise Refused(NO_SUCH_ORDER)
        return found[-1]

    def account_of(self, reference: str) -> str | None:
        found = self._book.read(lambda page: page.find(reference))
        return found[-1]["account"] if found else None

    def balance(self) -> Decimal:
        return self._book.read(_balance)

    def _order(self, wish: _Wish, fault: str | None) -> Order:
        moment = now()
        return {
            "reference": wish.reference,
            "operation": wish.operation.plain,
            "orderId": stamp(moment, "%y%m%d%H%M%S") + f"{secrets.randbelow(10**8):08d}",
            "productId": wish.goods.product_id,
            "productName": wish.goods.name,
            "kind": wish.goods.kind,
            "account": wish.account,
            "buyNum": wish.buy_num,
            "price": f"{wish.price:.4f}",
            "reported": f"{wish.price + (fault == 'wrong-amount'):.4f}",
            "situation": wish.situation,
            "at": moment,
            "finalAt": self._final_at(moment, wish.situation, fault),
            "fate": "failed" if wish.situation is Situation.LATER_FAILURE else "success",
        }

    def _final_at(self, moment: float, situation: Situation | None, fault: str | None) -> float | None:
        if situation is Situation.FOREVER:
            return None
        if situation is Situation.ENQUIRY_ONLY or fault == "early-callback":
            return moment
        return moment + (self._settings.late_seconds if situation in _LATE else self._settings.processing_seconds)

    def _file(self, order: Order, page: Page) -> Order:
        reference, price = order["reference"], Decimal(order["price"])
        if self._settings.duplicates != "perform" and page.find(reference):
            raise Refused(DUPLICATE)
        balance = _balance(page)
        performed = order["situation"] not in _NOT_PERFORMED
        left = balance - price if performed else balance
        if left < 0:
            raise Refused(NO_BALANCE)
        if performed:
            page.perform(Performance(reference, order["operation"], order["account"], order["price"], "CNY"))
        order |= {"balance": str(left)}
        return {**order, "number": page.keep(reference, order)}


def account_in(content: dict[str, Any]) -> str | None:
    """Whom an order is for; a card order knows nobody, unless it gives a contact_tel."""
    given = (content.get(name) for name in ("charge_account", "charge_phone", "contact_tel"))
    return next((str(each) for each in given if each and str(each).isprintable()), None)


def _balance(page: Page) -> Decimal:
    last = page.latest(1)
    return Decimal(last[0]["balance"]) if last else OPENING_BALANCE


def _wish(operation: Operation, content: dict[str, Any]) -> _Wish:
    reference = required(content, "customer_order_no")
    if len(reference) > _LONGEST:
        raise Refused(MALFORMED, "customer_order_no")
    account, buy_num = account_in(content) or "", 1
    if operation is MOBILE:
        account = required(content, "charge_phone")
        if not _MOBILE.fullmatch(account):
            raise Refused(BAD_ACCOUNT, "charge_phone")
        goods = mobile_goods(whole(content, "charge_value"))
    else:
        required(content, "product_id")
        buy_num = whole(content, "buy_num")
        goods = goods_of(content, CARDS if operation is CARD else CHARGES)
    situation = situation_of(account) or goods.situation
    return _Wish(operation, reference, goods, account, buy_num, situation)


def _check(wish: _Wish, content: dict[str, Any]) -> None:
    missing = [label for name, label in wish.goods.fields if not content.get(name)]
    if missing:
        raise Refused(BAD_ACCOUNT, "、".join(missing))
    wish.goods.check(wish.buy_num)
    if wish.situation in _REFUSED:
        raise Refused(_REFUSED[wish.situation])
    guard = yuan(content, "customer_price")
    if guard is not None and (wish.unit_price > guard or wish.situation is Situation.PRICE_ROSE):
        raise Refused(PRICE_ROSE)
