"""The platform at work: envelopes in, plain JSON with a code out."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from sandbox.providers.wanlitong import keys, loans, orders, prechecks
from sandbox.providers.wanlitong.codes import (
    MESSAGES,
    NO_SUCH_CHANNEL,
    SUCCESS,
    UNMAPPED,
    UNREADABLE,
    Refused,
)
from sandbox.providers.wanlitong.customers import masked
from sandbox.providers.wanlitong.envelope import Envelope, opened
from sandbox.providers.wanlitong.magic import MAGIC, Situation, situation_of
from sandbox.providers.wanlitong.operations import (
    AUTHORISE,
    ESTIMATE,
    LOANS,
    OPERATIONS,
    PLAN,
    PRECHECK,
    PRODUCTS,
    PROGRESS,
    ROUTES,
    TRIAL,
)
from sandbox.providers.wanlitong.results import Results
from sandbox.stand import credentials
from sandbox.stand.book import Page
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.operation import Kind, Operation
from sandbox.stand.partner import Ask, Equipment, Provider

Content = dict[str, Any]

_SLOWNESS = 1.2


class Marketplace:
    """Opens envelopes, does what they ask and answers with a code, always in HTTP 200."""

    def __init__(self, equipment: Equipment) -> None:
        self._book = equipment.book
        self._settings = equipment.settings
        self._keys = keys.load(equipment.var)
        self._results = Results(equipment, self._keys)
        self._handlers: dict[str, Callable[[Content, Page], Content]] = {
            PRODUCTS.name: lambda content, _: prechecks.products(content),
            ESTIMATE.name: lambda content, _: prechecks.estimate(content),
            PRECHECK.name: prechecks.precheck,
            AUTHORISE.name: lambda content, page: prechecks.authorise(content, page, self._settings),
            TRIAL.name: lambda content, _: loans.trial(content),
            PLAN.name: loans.plan,
            LOANS.name: loans.listed,
        }

    def recognise(self, request: Request) -> Ask:
        operation = ROUTES.get((request.method, request.path))
        if operation is None:
            return Ask(request, None)
        envelope = opened(request.body, self._keys.own)
        content = envelope.content or {}
        account = self._book.read(partial(_account, content))
        return Ask(request, operation, _text(content.get("orderNo")), account, envelope)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        envelope, operation = ask.content, ask.operation
        if operation is None or not isinstance(envelope, Envelope):
            return json_reply(404, {"code": 404, "msg": "Not Found", "data": None})
        try:
            data = await self._do(operation, self._check(envelope), fault)
        except Refused as refused:
            return _reply(refused.code, refused.message, None)
        if operation is PRECHECK and situation_of(ask.account or "") is Situation.SLOW_PRECHECK:
            await asyncio.sleep(self._settings.late_seconds * _SLOWNESS)
        if fault == "unmapped-code" and operation is not PROGRESS:
            return _reply(UNMAPPED, MESSAGES[UNMAPPED], None)
        reply = _reply(SUCCESS, MESSAGES[SUCCESS], data)
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def control(self, request: Request) -> Reply | None:
        """Nothing of its own."""

    def _check(self, envelope: Envelope) -> Content:
        """Raises: Refused."""
        if envelope.content is None:
            raise Refused(UNREADABLE)
        if envelope.channel_code != self._keys.channel_code:
            raise Refused(NO_SUCH_CHANNEL)
        return envelope.content

    async def _do(self, operation: Operation, content: Content, fault: str | None) -> Content:
        if operation is PROGRESS:
            order = self._book.read(lambda page: orders.find(page, str(content.get("orderNo"))))
            return orders.described(order, fault)
        if operation.kind is Kind.PAYMENT:
            wish = orders.Wish(operation, content, fault, self._settings)
            order = await self._book.write(partial(orders.place, wish))
            await self._results.announce(order, fault)
            return orders.answered(order, fault)
        handle = partial(self._handlers[operation.name], content)
        return await self._book.write(handle) if operation in (PRECHECK, AUTHORISE) else self._book.read(handle)


def _account(content: Content, page: Page) -> str | None:
    """The mobile number that a request is about, by whatever it names."""
    if (mobile := _text(content.get("mobile"))) is not None:
        return mobile
    if "mobileMd5" in content:
        try:
            return masked(content)
        except Refused:
            return None
    for kind, name in (("order", "orderNo"), ("application", "applyNo"), ("loan", "loanNo")):
        if found := page.find(f"{kind}:{content.get(name)}"):
            return str(found[-1]["account"])
    try:
        return str(loans.find(page, str(content.get("loanNo")))["account"])
    except Refused:
        return None


def _reply(code: int, message: str, data: Content | None) -> Reply:
    return json_reply(200, {"code": code, "msg": message, "data": data})


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value and value.isprintable() else None


PROVIDER = Provider(
    name="wanlitong",
    shaped_after=(
        "the loan supermarkets of mainland China (撞库, 授权, 进件), 万利通's documents among them",
        "partners/lending.md, section C2, and what README.md beside the code infers",
    ),
    protocol_path="/api/platform",
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are mobile numbers; before the application they are meant by mobileMask and mobileMd5.",
        "The precheck, the products and the estimate speak 万元; whatever follows speaks 元.",
        "A reference in the ledger is the orderNo of apply, loan or repay; the same order again performs nothing.",
        'notifyUrl is given in each order; the acknowledgement is the literal {"code":0}.',
        "This partner does not sign: `bad-signature` is broken JSON, in answers and pushes.",
        "Everybody has an old loan WLOLD<mobile>, so that repaying can be tried without a journey.",
    ),
    callbacks=True,
    refuses_after=PRECHECK,
    open=Marketplace,
    prepare=keys.prepare,
    prepared=credentials.handed_out,
)
