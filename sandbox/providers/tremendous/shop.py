"""The partner at work: checks the key, does what is asked, answers in JSON."""

import hmac
import re
from dataclasses import replace

from sandbox.providers.tremendous import access, catalogue
from sandbox.providers.tremendous.errors import Refused, refusal
from sandbox.providers.tremendous.magic import MAGIC
from sandbox.providers.tremendous.operations import (
    CAMPAIGNS,
    CREATE,
    FUNDING_SOURCES,
    OPERATIONS,
    ORDER,
    ORDERS,
    PRODUCTS,
    REWARD,
)
from sandbox.providers.tremendous.orders import Orders
from sandbox.providers.tremendous.shown import answered, described, reward
from sandbox.providers.tremendous.webhooks import Webhooks
from sandbox.providers.tremendous.wishes import account_of
from sandbox.stand import credentials
from sandbox.stand.book import Order
from sandbox.stand.message import Reply, Request, json_object, json_reply
from sandbox.stand.operation import Kind
from sandbox.stand.partner import Ask, Equipment, Provider

_ONE_ORDER = re.compile(r"/orders/ORD([0-9]{9})")
_ONE_REWARD = re.compile(r"/rewards/RWD([0-9]{9})([0-9]{2})")
_ROUTES = {
    ("GET", "/products"): PRODUCTS,
    ("GET", "/campaigns"): CAMPAIGNS,
    ("GET", "/funding_sources"): FUNDING_SOURCES,
    ("POST", "/orders"): CREATE,
    ("GET", "/orders"): ORDERS,
}
_PAGE = 100


class Tremendous:
    """Rewards by API key."""

    def __init__(self, equipment: Equipment) -> None:
        self._access = access.load(equipment.var)
        self._orders = Orders(equipment, self._access.funding_source_id)
        self._webhooks = Webhooks(equipment, self._access.webhook_secret)

    def recognise(self, request: Request) -> Ask:
        operation = _ROUTES.get((request.method, request.path))
        if operation is CREATE:
            content = json_object(request.body) or {}
            rewards = content.get("rewards")
            first = rewards[0] if isinstance(rewards, list) and rewards and isinstance(rewards[0], dict) else {}
            return Ask(request, operation, _text(content.get("external_id")), account_of(first.get("recipient")))
        if operation is ORDERS:
            external_id = request.parameters().get("external_id")
            found = self._orders.find(external_id) if external_id else []
            return Ask(request, operation, external_id, found[0]["account"] if found else None)
        if request.method == "GET" and (one := _ONE_ORDER.fullmatch(request.path)):
            return _about(request, self._orders.numbered(int(one[1])), None)
        if request.method == "GET" and (one := _ONE_REWARD.fullmatch(request.path)):
            return _about(request, self._orders.numbered(int(one[1])), int(one[2]))
        return Ask(request, operation)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        try:
            reply = await self._done(ask, fault)
        except Refused as refused:
            reply = refusal(refused)
        if fault == "unmapped-code" and ask.operation is not None and ask.operation.kind is Kind.QUERY:
            return refusal(Refused("UNHEARD_OF"))
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def control(self, request: Request) -> Reply | None:
        if (request.method, request.path) == ("POST", "/_sandbox/approve"):
            return await self._approve((json_object(request.body) or {}).get("external_id"))
        return None

    async def _done(self, ask: Ask, fault: str | None) -> Reply:
        self._check_key(ask.request)
        parameters = ask.request.parameters()
        if ask.operation is PRODUCTS:
            return json_reply(200, {"products": catalogue.products(parameters)})
        if ask.operation is CAMPAIGNS:
            return json_reply(200, {"campaigns": catalogue.CAMPAIGNS})
        if ask.operation is FUNDING_SOURCES:
            source = {"id": self._access.funding_source_id, "method": "balance"}
            return json_reply(200, {"funding_sources": [source]})
        if ask.operation is CREATE:
            return await self._create(ask.request, fault)
        if ask.operation is ORDERS:
            return self._several(parameters, fault)
        if ask.content is None:
            raise Refused("NOT_FOUND")
        order, index = ask.content
        if index is None:
            return json_reply(200, {"order": described(order, fault)})
        return json_reply(200, {"reward": reward(order, index, fault)})

    async def _create(self, request: Request, fault: str | None) -> Reply:
        order, new = await self._orders.create(request.body, fault)
        if new:
            await self._webhooks.announce(order, fault)
        return json_reply(201, {"order": answered(order, fault)})

    def _several(self, parameters: dict[str, str], fault: str | None) -> Reply:
        found = self._orders.find(parameters.get("external_id"))
        begin, size = _whole(parameters.get("offset"), 0), _whole(parameters.get("limit"), _PAGE)
        shown = [described(order, fault) for order in found[begin : begin + size]]
        return json_reply(200, {"orders": shown, "total_count": len(found)})

    def _check_key(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(key.strip().encode(), self._access.api_key.encode()):
            raise Refused("UNAUTHORIZED")

    async def _approve(self, external_id: object) -> Reply:
        order = await self._orders.approve(external_id) if isinstance(external_id, str) and external_id else None
        if order is None:
            return json_reply(404, {"field": "external_id", "error": "no order under it waits for a person"})
        self._webhooks.released(order)
        return json_reply(200, {"order": described(order, None)})


def _about(request: Request, order: Order | None, index: int | None) -> Ask:
    operation = ORDER if index is None else REWARD
    if order is None or (index is not None and index >= len(order["rewards"])):
        return Ask(request, operation)
    return Ask(request, operation, order["external_id"], order["account"], (order, index))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.isprintable() else None


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() else default


PROVIDER = Provider(
    name="tremendous",
    shaped_after=(
        "Tremendous: its public reference of orders and webhooks",
        "partners/rights.md, section E4, and what README.md beside the code infers",
    ),
    protocol_path="",
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are recipients' mobile numbers, with or without +86; the first reward's recipient counts.",
        "A known external_id is answered 201 with the original order as it stands now, whatever else the body says.",
        "A webhook to the registered URL is signed with `webhook_secret`; any 2xx acknowledges it.",
        'POST /_sandbox/approve {"external_id"} releases an order that stands in PENDING APPROVAL for a person.',
        "This partner does not sign answers: `bad-signature` answers JSON that is broken at its end.",
        "Webhooks carry no amount, so `wrong-amount` changes nothing in them.",
    ),
    callbacks=True,
    refuses_after=CREATE,
    open=Tremendous,
    prepare=access.prepare,
    prepared=credentials.handed_out,
    notified=True,
)
