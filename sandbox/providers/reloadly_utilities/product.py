"""The product at work: a token first, then billers, payments and transactions."""

import re
from dataclasses import replace
from typing import Any

from sandbox.providers.reloadly_utilities.audience import AUDIENCE
from sandbox.providers.reloadly_utilities.billers import Billers, window
from sandbox.providers.reloadly_utilities.errors import Refused, plain, refusal
from sandbox.providers.reloadly_utilities.magic import MAGIC
from sandbox.providers.reloadly_utilities.operations import (
    BILLERS,
    OPERATIONS,
    PAY,
    TOKEN,
    TRANSACTION,
    TRANSACTIONS,
)
from sandbox.providers.reloadly_utilities.payments import Payments
from sandbox.providers.reloadly_utilities.transactions import entry, receipt, status_of, with_pin
from sandbox.providers.reloadly_utilities.words import stamp
from sandbox.stand.book import Order
from sandbox.stand.credentials import handed_out
from sandbox.stand.message import Reply, Request, json_object, json_reply
from sandbox.stand.oauth import BadClient, BadToken, Tokens
from sandbox.stand.operation import Kind
from sandbox.stand.partner import Ask, Equipment, Provider

# The document's path is /transaction/{id}; its examples and code samples say /transactions/{id}.
_ONE = re.compile(r"/transactions?/([0-9]{1,15})")
_ROUTES = {
    ("POST", "/oauth/token"): TOKEN,
    ("GET", "/billers"): BILLERS,
    ("POST", "/pay"): PAY,
    ("GET", "/transactions"): TRANSACTIONS,
}
_VENDOR = "application/com.reloadly."
_MEDIA = _VENDOR + "utilities-v1+json"
_BILLER_FILTERS = {"serviceType": "serviceType", "billerType": "type", "billerCountryCode": "countryIsoCode"}


class ReloadlyUtilities:
    """Checks the token, does what is asked, answers in JSON."""

    def __init__(self, equipment: Equipment) -> None:
        self._settings = equipment.settings
        self._tokens = Tokens(equipment.var, AUDIENCE, equipment.settings.token_seconds)
        self._billers = Billers()
        self._payments = Payments(equipment.book, equipment.settings, self._billers)

    def recognise(self, request: Request) -> Ask:
        operation = _ROUTES.get((request.method, request.path))
        if operation is PAY:
            content = json_object(request.body) or {}
            reference, account = _text(content.get("referenceId")), _text(content.get("subscriberAccountNumber"))
            return Ask(request, operation, reference, account)
        if operation is TRANSACTIONS and (reference := request.parameters().get("referenceId")):
            return Ask(request, operation, reference, _account(self._payments.find(_any, reference)))
        if request.method == "GET" and (one := _ONE.fullmatch(request.path)):
            order = self._payments.numbered(int(one[1]))
            reference = order["referenceId"] if order else None
            return Ask(request, TRANSACTION, reference, order["account"] if order else None, order)
        return Ask(request, operation)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        reply = await self._answer(ask, fault)
        if fault == "unmapped-code" and ask.operation is not None and ask.operation.kind is Kind.QUERY:
            return refusal(ask.request, "UNHEARD_OF")
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
        try:
            return await self._done(ask, fault)
        except BadClient:
            return refusal(request, "INVALID_CREDENTIALS")
        except BadToken:
            return refusal(request, "INVALID_TOKEN")
        except Refused as refused:
            return refusal(request, refused.code)

    async def _done(self, ask: Ask, fault: str | None) -> Reply:
        request = ask.request
        if ask.operation is None:
            return plain(request, 404, "Not Found")
        if ask.operation is TOKEN:
            return json_reply(200, self._tokens.issue(request))
        self._tokens.check(request)
        if ask.operation is BILLERS:
            return json_reply(200, self._billers.page(request.parameters()))
        if ask.operation is PAY:
            return json_reply(200, receipt(await self._payments.pay(request, fault), fault))
        if ask.operation is TRANSACTIONS:
            return json_reply(200, self._transactions(request.parameters(), fault))
        if ask.content is None:
            return plain(request, 404, "Not found", errorCode=None, infoLink=None, details=[])
        return json_reply(200, [self._entry(ask.content, fault)])

    def _transactions(self, parameters: dict[str, str], fault: str | None) -> list[dict[str, Any]]:
        begin, end = window(parameters)
        found = self._payments.find(lambda order: self._fits(order, parameters), parameters.get("referenceId"))
        return [self._entry(order, fault) for order in found[begin:end]]

    def _fits(self, order: Order, parameters: dict[str, str]) -> bool:
        """Dates are compared as text, whole days or to the second, in UTC."""
        if parameters.get("status", status_of(order)) != status_of(order):
            return False
        submitted = stamp(order["at"])
        first, last = parameters.get("startDate", ""), parameters.get("endDate", "9")
        if submitted < first or submitted[: len(last)] > last:
            return False
        biller = self._billers.biller(order["billerId"])
        return all(parameters.get(asked, biller[name]) == biller[name] for asked, name in _BILLER_FILTERS.items())

    def _entry(self, order: Order, fault: str | None) -> dict[str, Any]:
        shown = entry(order, self._billers.biller(order["billerId"]), fault)
        return with_pin(shown, order, self._settings.late_seconds)


def _text(value: object) -> str | None:
    return str(value) if value is not None and str(value).isprintable() else None


def _any(_: Order) -> bool:
    return True


def _account(orders: list[Order]) -> str | None:
    return orders[0]["account"] if orders else None


PROVIDER = Provider(
    name="reloadly_utilities",
    shaped_after=(
        "Reloadly Utilities: its public OpenAPI document at commit c774a73 and its examples",
        "partners/utility-bills.md, section A4, and what README.md beside the code infers",
    ),
    protocol_path="",
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are subscriberAccountNumbers, good at every biller.",
        "The token endpoint is served here too: POST /oauth/token. POST /_sandbox/expire-tokens revokes all tokens.",
        "This partner does not sign: `bad-signature` answers JSON that is broken at its end.",
        "This partner does not call back, so callback faults are not offered.",
        "A known referenceId is refused with DUPLICATE_REFERENCE, unless --duplicates perform.",
        "The wallet is kept in INR, as in the document's biller; times are UTC without a zone.",
    ),
    callbacks=False,
    refuses_after=PAY,
    open=ReloadlyUtilities,
    prepare=AUDIENCE.prepare,
    prepared=handed_out,
)
