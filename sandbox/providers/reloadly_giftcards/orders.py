"""Orders from the wallet: priced in the recipient's currency, paid in the sender's."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from sandbox.providers.reloadly_giftcards.errors import Refused
from sandbox.providers.reloadly_giftcards.magic import Situation, situation_of
from sandbox.providers.reloadly_giftcards.operations import ORDER
from sandbox.providers.reloadly_giftcards.shelf import GiftCard, Shelf, check_price, rate
from sandbox.providers.reloadly_giftcards.words import major, rounded
from sandbox.stand.book import Book, Order, Page, Performance
from sandbox.stand.message import Request
from sandbox.stand.moment import now
from sandbox.stand.settings import Settings

OPENING_BALANCE = Decimal(1000000000)
_SMS_FEE = Decimal("56.91")
_MOST_CARDS = 100
_PHONE_DIGITS = range(6, 16)
_CHINA = "86"
_REFUSED = {Situation.NO_SUCH_RECIPIENT: "recipient", Situation.WALLET_EMPTY: "balance"}
_NOT_PERFORMED = frozenset({Situation.LATER_FAILURE, Situation.FOREVER})
_LATE = frozenset({Situation.LATER_SUCCESS, Situation.LATER_FAILURE})


@dataclass(frozen=True, slots=True)
class _Wish:
    """An order that is well formed and allowed."""

    card: GiftCard
    quantity: int
    unit_price: Decimal
    identifier: str | None
    email: str | None
    phone: str
    pre_order: bool


class Orders:
    """Takes orders, keeps the wallet, answers enquiries."""

    def __init__(self, book: Book, settings: Settings, shelf: Shelf) -> None:
        self._book = book
        self._settings = settings
        self._shelf = shelf

    async def place(self, request: Request, fault: str | None) -> Order:
        """Raises: Refused."""
        wish = self._wish(_content(request))
        situation = situation_of(wish.phone)
        if situation in _REFUSED:
            raise Refused(_REFUSED[situation])
        if fault == "decline":
            raise Refused("balance")
        return await self._book.write(partial(self._file, self._order(wish, situation, fault)))

    def find(self, fits: Callable[[Order], bool], identifier: str | None) -> list[Order]:
        """Orders that fit, newest first."""
        found = self._book.read(lambda page: page.find(identifier)[::-1] if identifier else page.latest())
        return [order for order in found if fits(order)]

    def numbered(self, text: str) -> Order | None:
        return self._book.read(lambda page: page.numbered(int(text)))

    def _wish(self, content: dict[str, Any]) -> _Wish:
        quantity, price = content.get("quantity"), content.get("unitPrice")
        if type(quantity) is not int or not 0 < quantity <= _MOST_CARDS or not content.get("senderName"):
            raise Refused("malformed")
        if isinstance(price, bool) or not isinstance(price, int | Decimal) or not price > 0:
            raise Refused("price")
        card = self._shelf.gift_card(content.get("productId"))
        if card.get("status", "ACTIVE") != "ACTIVE":
            raise Refused("product")
        check_price(card, Decimal(price))
        given = content.get("productAdditionalRequirements")
        if card.get("additionalRequirements", {}).get("userIdRequired", False) and not (
            isinstance(given, dict) and given.get("userId")
        ):
            raise Refused("requirements")
        phone = phone_of(content) or ""
        if phone and len(phone) not in _PHONE_DIGITS:
            raise Refused("recipient")
        identifier, email = content.get("customIdentifier"), content.get("recipientEmail")
        return _Wish(
            card,
            quantity,
            Decimal(price),
            None if identifier is None else str(identifier),
            None if email is None else str(email),
            phone,
            content.get("preOrder") is True,
        )

    def _order(self, wish: _Wish, situation: Situation | None, fault: str | None) -> Order:
        moment, card = now(), wish.card
        price = rounded(wish.unit_price * wish.quantity * rate(card))
        fee, sms_fee = Decimal(card["senderFee"]), _SMS_FEE if wish.phone else Decimal(0)
        return {
            "customIdentifier": wish.identifier,
            "email": wish.email,
            "account": wish.phone or wish.email or "",
            "phone": wish.phone,
            "productId": card["productId"],
            "quantity": wish.quantity,
            "unitPrice": str(wish.unit_price),
            "currency": card["recipientCurrencyCode"],
            "amount": str(price + fee + sms_fee),
            "discount": str(rounded(price * card["discountPercentage"] / 100)),
            "fee": str(fee),
            "smsFee": str(sms_fee),
            "preOrder": wish.pre_order,
            "wrong": fault == "wrong-amount",
            "at": moment,
            "finalAt": self._final_at(moment, situation),
            "fate": "FAILED" if situation is Situation.LATER_FAILURE else "SUCCESSFUL",
        }

    def _final_at(self, moment: float, situation: Situation | None) -> float | None:
        if situation is Situation.FOREVER:
            return None
        if situation is Situation.ENQUIRY_ONLY:
            return moment
        return moment + (self._settings.late_seconds if situation in _LATE else self._settings.processing_seconds)

    def _file(self, order: Order, page: Page) -> Order:
        identifier = order["customIdentifier"] or ""
        if identifier and self._settings.duplicates != "perform" and page.find(identifier):
            raise Refused("duplicate")
        last = page.latest(1)
        balance = Decimal(last[0]["balance"]) if last else OPENING_BALANCE
        performed = situation_of(order["account"]) not in _NOT_PERFORMED
        left = balance - Decimal(order["amount"]) if performed else balance
        if left < 0:
            raise Refused("balance")
        if performed:
            total = major(Decimal(order["unitPrice"]) * order["quantity"])
            page.perform(Performance(identifier, ORDER.plain, order["account"], total, order["currency"]))
        order |= {"before": str(balance), "balance": str(left)}
        return {**order, "number": page.keep(identifier, order)}


def phone_of(content: dict[str, Any]) -> str | None:
    """The recipient's number without plus and, in China, without the country's code; None if there is none."""
    details = content.get("recipientPhoneDetails")
    if not isinstance(details, dict) or details.get("phoneNumber") in (None, ""):
        return None
    digits = "".join(each for each in str(details["phoneNumber"]) if each in "0123456789")
    return digits.removeprefix(_CHINA) if details.get("countryCode") == "CN" else digits


def _content(request: Request) -> dict[str, Any]:
    try:
        content = json.loads(request.body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Refused("malformed") from error
    if not isinstance(content, dict):
        raise Refused("malformed")
    return content
