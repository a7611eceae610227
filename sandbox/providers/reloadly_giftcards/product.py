"""The product at work: a token first, then gift cards, orders, cards and reports."""

import re
from dataclasses import replace
from typing import Any

from sandbox.providers.reloadly_giftcards.audience import AUDIENCE
from sandbox.providers.reloadly_giftcards.cards import cards_of
from sandbox.providers.reloadly_giftcards.errors import Refused, plain, refusal
from sandbox.providers.reloadly_giftcards.magic import MAGIC
from sandbox.providers.reloadly_giftcards.operations import (
    CARDS,
    COUNTRY,
    DISCOUNTS,
    FX_RATE,
    OPERATIONS,
    ORDER,
    PRODUCT,
    PRODUCTS,
    TOKEN,
    TRANSACTION,
    TRANSACTIONS,
)
from sandbox.providers.reloadly_giftcards.orders import Orders, phone_of
from sandbox.providers.reloadly_giftcards.shelf import Shelf
from sandbox.providers.reloadly_giftcards.transactions import entry, receipt, status_of
from sandbox.providers.reloadly_giftcards.words import stamp, window
from sandbox.stand.book import Order
from sandbox.stand.credentials import handed_out
from sandbox.stand.message import Reply, Request, json_object, json_reply
from sandbox.stand.oauth import BadClient, BadToken, Tokens
from sandbox.stand.operation import Kind
from sandbox.stand.partner import Ask, Equipment, Provider

_ROUTES = tuple(
    (method, re.compile(path), operation)
    for method, path, operation in (
        ("POST", r"/oauth/token", TOKEN),
        ("GET", r"/products", PRODUCTS),
        ("GET", r"/products/([0-9]{1,15})", PRODUCT),
        ("GET", r"/countries/([A-Za-z]{2,3})/products", COUNTRY),
        ("GET", r"/discounts", DISCOUNTS),
        ("GET", r"/fx-rate", FX_RATE),
        ("POST", r"/orders", ORDER),
        ("GET", r"/orders/transactions/([0-9]{1,15})/cards", CARDS),
        ("GET", r"/reports/transactions", TRANSACTIONS),
        ("GET", r"/reports/transactions/([0-9]{1,15})", TRANSACTION),
    )
)
_VENDOR = "application/com.reloadly."
_MEDIA = _VENDOR + "giftcards-v1+json"


class ReloadlyGiftcards:
    """Checks the token, does what is asked, answers in JSON."""

    def __init__(self, equipment: Equipment) -> None:
        self._late_seconds = equipment.settings.late_seconds
        self._tokens = Tokens(equipment.var, AUDIENCE, equipment.settings.token_seconds)
        self._shelf = Shelf()
        self._orders = Orders(equipment.book, equipment.settings, self._shelf)

    def recognise(self, request: Request) -> Ask:
        for method, path, operation in _ROUTES:
            if method == request.method and (found := path.fullmatch(request.path)):
                return self._recognised(Ask(request, operation, content=found[1] if path.groups else None))
        return Ask(request, None)

    def _recognised(self, ask: Ask) -> Ask:
        if ask.operation is ORDER:
            content = json_object(ask.request.body) or {}
            account = phone_of(content) or _text(content.get("recipientEmail"))
            return replace(ask, reference=_text(content.get("customIdentifier")), account=account)
        if ask.operation in (CARDS, TRANSACTION):
            return _about(ask, self._orders.numbered(ask.content))
        if ask.operation is TRANSACTIONS and (identifier := ask.request.parameters().get("customIdentifier")):
            found = self._orders.find(lambda _: True, identifier)
            return replace(_about(ask, found[0] if found else None), reference=identifier)
        return ask

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        reply = await self._answer(ask, fault)
        if fault == "unmapped-code" and ask.operation is not None and ask.operation.kind is Kind.QUERY:
            return refusal(ask.request, "unheard-of")
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def control(self, request: Request) -> Reply | None:
        if (request.method, request.path) == ("POST", "/_sandbox/expire-tokens"):
            return json_reply(200, {"expired": self._tokens.expire()})
        return None

    async def _answer(self, ask: Ask, fault: str | None) -> Reply:
        request = ask.request
        accepted = request.headers.get("accept", "*/*")
        if _VENDOR in accepted and _MEDIA not in accepted:
            return plain(request, 406, "Not Acceptable")
        if request.method == "POST" and "json" not in request.headers.get("content-type", ""):
            return plain(request, 415, "Unsupported Media Type")
        if ask.operation is None:
            return plain(request, 404, "Not Found")
        try:
            return json_reply(200, await self._done(ask, fault))
        except BadClient:
            return refusal(request, "client")
        except BadToken:
            return refusal(request, "token")
        except Refused as refused:
            return refusal(request, refused.reason)

    async def _done(self, ask: Ask, fault: str | None) -> Any:
        if ask.operation is TOKEN:
            return self._tokens.issue(ask.request)
        self._tokens.check(ask.request)
        if ask.operation is ORDER:
            order = await self._orders.place(ask.request, fault)
            return receipt(order, self._shelf.gift_card(order["productId"]), fault)
        if ask.operation is CARDS:
            return cards_of(ask.content, self._late_seconds)
        if ask.operation is TRANSACTIONS:
            return self._report(ask.request.parameters(), fault)
        if ask.operation is TRANSACTION:
            if ask.content is None:
                raise Refused("transaction")
            return [self._entry(ask.content, fault)]
        return self._looked_up(ask)

    def _looked_up(self, ask: Ask) -> Any:
        parameters = ask.request.parameters()
        if ask.operation is PRODUCT:
            return self._shelf.shown(ask.content)
        if ask.operation is COUNTRY:
            return self._shelf.of_country(ask.content)
        if ask.operation is DISCOUNTS:
            return self._shelf.discounts(parameters)
        return self._shelf.converted(parameters) if ask.operation is FX_RATE else self._shelf.page(parameters)

    def _report(self, parameters: dict[str, str], fault: str | None) -> list[dict[str, Any]]:
        found = self._orders.find(lambda order: _fits(order, parameters), parameters.get("customIdentifier"))
        return [self._entry(order, fault) for order in found[window(parameters)]]

    def _entry(self, order: Order, fault: str | None) -> dict[str, Any]:
        return entry(order, self._shelf.gift_card(order["productId"]), fault)


def _fits(order: Order, parameters: dict[str, str]) -> bool:
    """Dates are compared as text, whole days or to the second, in UTC."""
    created = stamp(order["at"])
    first, last = parameters.get("startDate", ""), parameters.get("endDate", "9")
    return first <= created and created[: len(last)] <= last and parameters.get("status", "") in ("", status_of(order))


def _about(ask: Ask, order: Order | None) -> Ask:
    if order is None:
        return replace(ask, content=None)
    return replace(ask, reference=order["customIdentifier"], account=order["account"], content=order)


def _text(value: object) -> str | None:
    return str(value) if value is not None and str(value).isprintable() else None


PROVIDER = Provider(
    name="reloadly_giftcards",
    shaped_after=(
        "Reloadly Giftcards: its public OpenAPI document at commit c774a73 and its examples",
        "partners/rights.md, section E3, and what README.md beside the code infers",
    ),
    protocol_path="",
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are phone numbers of recipients (recipientPhoneDetails), good for every gift card.",
        "The token endpoint is served here too: POST /oauth/token. POST /_sandbox/expire-tokens revokes all tokens.",
        "This partner does not sign: `bad-signature` answers JSON that is broken at its end.",
        "This partner does not call back, so callback faults are not offered.",
        "A known customIdentifier is refused with DUPLICATE_IDENTIFIER, unless --duplicates perform.",
        "The wallet is kept in NGN, as in the document's example; the ledger has face values, unitPrice × quantity.",
    ),
    callbacks=False,
    refuses_after=ORDER,
    open=ReloadlyGiftcards,
    prepare=AUDIENCE.prepare,
    prepared=handed_out,
)
