"""The platform at work: one gateway, nine methods, a signature around each."""

import secrets
from pathlib import Path
from typing import Any

from sandbox.providers.fulu.callbacks import Callbacks
from sandbox.providers.fulu.cards import cards_of
from sandbox.providers.fulu.codes import (
    BAD_SIGNATURE,
    BAD_TIMESTAMP,
    MALFORMED,
    MESSAGES,
    MISSING,
    SUCCESS,
    UNKNOWN_CALLER,
    UNKNOWN_METHOD,
    UNMAPPED,
    UNSURE,
    Refused,
)
from sandbox.providers.fulu.fields import whole
from sandbox.providers.fulu.goods import CARD as CARDS
from sandbox.providers.fulu.goods import goods_of, listed, shown, stock_of, template_of
from sandbox.providers.fulu.magic import MAGIC, Situation
from sandbox.providers.fulu.operations import (
    ADDED,
    DIRECT,
    GOOD,
    GOODS,
    NAMED,
    OPERATIONS,
    ORDER,
    STOCK,
    TEMPLATE,
)
from sandbox.providers.fulu.orders import Orders, account_in
from sandbox.providers.fulu.results import PROCESSING, described, state_of
from sandbox.providers.fulu.signature import canonical, forged, sign, text_of
from sandbox.providers.fulu.words import is_stamp, number
from sandbox.stand import credentials
from sandbox.stand.message import Reply, Request, json_object, json_reply
from sandbox.stand.operation import Operation
from sandbox.stand.partner import Ask, Equipment, Provider

PATH = "/api/getway"
_FIXED = {"version": "2.0", "format": "json", "charset": "utf-8", "sign_type": "md5"}
_STRANGERS = frozenset({UNKNOWN_CALLER, BAD_SIGNATURE})


def prepare(var: Path) -> None:
    """An app_key has slashes, which is where a careless canonical form shows."""
    app_key = f"{secrets.token_urlsafe(16)}/{secrets.token_urlsafe(16)}"
    credentials.hand_out(var, {"app_key": app_key, "app_secret": secrets.token_hex(16)})


class Fulu:
    """Checks the signature, does what is asked, signs the result."""

    def __init__(self, equipment: Equipment) -> None:
        document = credentials.read(equipment.var)
        self._app_key, self._secret = document["app_key"], document["app_secret"]
        self._late_seconds = equipment.settings.late_seconds
        self._orders = Orders(equipment.book, equipment.settings)
        self._callbacks = Callbacks(equipment, self._secret)

    def recognise(self, request: Request) -> Ask:
        if (request.method, request.path) != ("POST", PATH):
            return Ask(request, None)
        parameters = json_object(request.body) or {}
        content = json_object(parameters.get("biz_content")) or {}
        reference = str(content.get("customer_order_no") or "") or None
        account = account_in(content)
        if account is None and reference is not None:
            account = self._orders.account_of(reference)
        return Ask(request, NAMED.get(str(parameters.get("method"))), reference, account, (parameters, content))

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        if ask.content is None:
            return json_reply(404, {"error": "Not Found"})
        parameters, content = ask.content
        try:
            self._check(parameters)
            result = await self._done(ask.operation, content, fault)
        except Refused as refused:
            return self._sealed(refused.code, refused.message, "", fault)
        if fault == "unmapped-code" and ask.operation is not ORDER:
            return self._sealed(UNMAPPED, MESSAGES[UNMAPPED], "", None)
        return self._sealed(SUCCESS, MESSAGES[SUCCESS], text_of(result), fault)

    async def control(self, request: Request) -> Reply | None:
        """Nothing of its own."""

    def _check(self, parameters: dict[str, Any]) -> None:
        """Raises: Refused, if the envelope is not whole, not the caller's or not of this time."""
        for name in ("app_key", "method", "timestamp", "biz_content", "sign"):
            if not parameters.get(name):
                raise Refused(MISSING, name)
        if parameters["app_key"] != self._app_key:
            raise Refused(UNKNOWN_CALLER)
        if parameters["sign"] != sign(canonical(parameters), self._secret):
            raise Refused(BAD_SIGNATURE)
        for name, value in _FIXED.items():
            if parameters.get(name) != value:
                raise Refused(MISSING, name)
        if not is_stamp(parameters["timestamp"]):
            raise Refused(BAD_TIMESTAMP)
        if json_object(parameters["biz_content"]) is None:
            raise Refused(MALFORMED, "biz_content")

    async def _done(self, operation: Operation | None, content: dict[str, Any], fault: str | None) -> Any:
        if operation is None:
            raise Refused(UNKNOWN_METHOD)
        if operation in ADDED:
            return await self._added(operation, content, fault)
        if operation is ORDER:
            return self._order(content, fault)
        if operation is GOODS:
            return listed(content)
        if operation is GOOD:
            return shown(goods_of(content))
        if operation is STOCK:
            return stock_of(goods_of(content), whole({"buy_num": 1, **content}, "buy_num"))
        if operation is TEMPLATE:
            return template_of(str(content.get("template_id")))
        return {"name": "沙箱客户", "balance": number(self._orders.balance()), "is_open": 1}

    async def _added(self, operation: Operation, content: dict[str, Any], fault: str | None) -> dict[str, Any]:
        """The order as accepted, whatever has become of it meanwhile."""
        order = await self._orders.add(operation, content, fault)
        await self._callbacks.announce(order, fault)
        if order["situation"] == Situation.UNSURE_PERFORMED:
            raise Refused(UNSURE)
        return described(order, PROCESSING, None)

    def _order(self, content: dict[str, Any], fault: str | None) -> dict[str, Any]:
        order = self._orders.one(content)
        state = state_of(order)
        result = described(order, state, fault)
        if order["kind"] == CARDS and state == "success":
            result["cards"] = cards_of(order, self._secret, self._late_seconds)
        return result

    def _sealed(self, code: int, message: str, result: str, fault: str | None) -> Reply:
        """Whoever is not known to be the caller gets no signature."""
        signature = "" if code in _STRANGERS else sign(result, self._secret)
        if signature and fault == "bad-signature":
            signature = forged(signature)
        return json_reply(200, {"code": code, "message": message, "result": result, "sign": signature})


PROVIDER = Provider(
    name="fulu",
    shaped_after=(
        "the open platform of 福禄, version 2.0, as its integrators' code shows it",
        "partners/rights.md, section E1, and what README.md beside the code infers",
    ),
    protocol_path=PATH,
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are mobile numbers: charge_account, charge_phone, or contact_tel of a card order.",
        "Card goods 10000031 are delivered in part, those of 10000032 late, of 10000033 never, whoever orders.",
        "Goods 10000021 and 10000022 have no stock, 10000023 is off sale, 10000024 costs more than the list says.",
        "The acknowledgement of a push is `success`.",
        "A known customer_order_no is refused with 3006, unless --duplicates perform.",
        "Codes 3001–3005 and 3008 mean: not accepted. 3006 and 3007 do not.",
    ),
    callbacks=True,
    refuses_after=DIRECT,
    open=Fulu,
    prepare=prepare,
    prepared=credentials.handed_out,
    notified=True,
)
