"""The channel at work: one endpoint, ten transaction codes."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.providers.ceb_channel import keys
from sandbox.providers.ceb_channel.bills import Fetches
from sandbox.providers.ceb_channel.catalogue import MOBILE, Catalogue, Item
from sandbox.providers.ceb_channel.codes import MALFORMED, MESSAGES, SUCCESS, UNMAPPED, Refused
from sandbox.providers.ceb_channel.envelope import Envelope, Seal, opened
from sandbox.providers.ceb_channel.magic import MAGIC
from sandbox.providers.ceb_channel.operations import (
    BILL,
    CATEGORIES,
    CITIES,
    CREATE,
    ITEMS,
    LOGIN,
    MOBILE_BILL,
    NAMED,
    OPERATIONS,
    ORDER,
    ORDERS,
)
from sandbox.providers.ceb_channel.orders import Orders, answered, described, detailed, unsure
from sandbox.providers.ceb_channel.results import Results
from sandbox.providers.ceb_channel.rules import check_fields
from sandbox.providers.ceb_channel.sessions import Sessions
from sandbox.stand import credentials
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.operation import Operation
from sandbox.stand.partner import Ask, Equipment, Provider

PATH = "/channel/gateway.do"
_PAGE = 20

Handler = Callable[[Envelope, dict[str, Any], str | None], Awaitable[dict[str, Any]]]


class CebChannel:
    """Opens envelopes, does what they ask and seals the answers."""

    def __init__(self, equipment: Equipment) -> None:
        self._seal = Seal(keys.load(equipment.var))
        self._catalogue = Catalogue()
        self._sessions = Sessions(equipment.settings.session_seconds)
        self._fetches = Fetches(equipment.settings.bill_seconds)
        self._orders = Orders(equipment.book, equipment.settings)
        self._results = Results(equipment, self._seal)
        self._handlers: dict[str, Handler] = {
            LOGIN.name: self._login,
            CITIES.name: self._cities,
            CATEGORIES.name: self._categories,
            ITEMS.name: self._items,
            BILL.name: self._bill,
            MOBILE_BILL.name: self._mobile_bill,
            CREATE.name: self._create,
            ORDER.name: self._order,
            ORDERS.name: self._order_list,
        }

    def recognise(self, request: Request) -> Ask:
        if (request.method, request.path) != ("POST", PATH):
            return Ask(request, None)
        envelope = opened(request)
        content = envelope.content or {}
        reference = _text(content.get("merOrderNo") or content.get("orderNo"))
        account = _text(content.get("billKey"))
        if account is None and reference is not None:
            account = self._orders.account_of(reference)
        return Ask(request, NAMED.get(envelope.transac_code), reference, account, envelope)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        envelope = ask.content
        if not isinstance(envelope, Envelope):
            return json_reply(404, {"error": "Not Found"})
        forged = fault == "bad-signature"
        try:
            data = await self._do(ask.operation, envelope, fault)
        except Refused as refused:
            return self._seal.reply(refused.code, refused.message, {}, forged=forged)
        if fault == "unmapped-code" and ask.operation not in (ORDER, ORDERS):
            return self._seal.reply(UNMAPPED, MESSAGES[UNMAPPED], {}, forged=False)
        return self._seal.reply(SUCCESS, MESSAGES[SUCCESS], data, forged=forged)

    async def control(self, request: Request) -> Reply | None:
        """Nothing of its own."""

    async def _do(self, operation: Operation | None, envelope: Envelope, fault: str | None) -> dict[str, Any]:
        content = self._seal.check(envelope)
        if operation is None:
            raise Refused(MALFORMED, "transacCode")
        return await self._handlers[operation.name](envelope, content, fault)

    async def _login(self, envelope: Envelope, content: dict[str, Any], _: str | None) -> dict[str, Any]:
        return self._sessions.open(envelope.site_code, content)

    async def _cities(self, _: Envelope, __: dict[str, Any], ___: str | None) -> dict[str, Any]:
        return {"cityList": self._catalogue.cities()}

    async def _categories(self, _: Envelope, content: dict[str, Any], __: str | None) -> dict[str, Any]:
        return {"categoryList": self._catalogue.categories(str(content.get("cityCode", "")))}

    async def _items(self, _: Envelope, content: dict[str, Any], __: str | None) -> dict[str, Any]:
        city, category = str(content.get("cityCode", "")), str(content.get("categoryType") or "")
        return {"payItemList": self._catalogue.items(city, category)}

    async def _bill(self, envelope: Envelope, content: dict[str, Any], _: str | None) -> dict[str, Any]:
        self._sessions.check(envelope.site_code, content)
        item = self._item(content)
        if not item.rule.queried_first:
            raise Refused("DEF0006", "无需查询")
        return self._fetched(item, content)

    async def _mobile_bill(self, envelope: Envelope, content: dict[str, Any], _: str | None) -> dict[str, Any]:
        self._sessions.check(envelope.site_code, content)
        item = self._item(content)
        if item.rule.category != MOBILE:
            raise Refused("NPP0004")
        return self._fetched(item, content)

    async def _create(self, envelope: Envelope, content: dict[str, Any], fault: str | None) -> dict[str, Any]:
        self._sessions.check(envelope.site_code, content)
        order = await self._orders.create(envelope.site_code, content, self._item(content), fault)
        await self._results.announce(order, fault)
        if (code := unsure(order)) is not None:
            raise Refused(code)
        return answered(order, fault)

    async def _order(self, envelope: Envelope, content: dict[str, Any], fault: str | None) -> dict[str, Any]:
        self._sessions.check(envelope.site_code, content)
        return detailed(self._orders.one(envelope.site_code, content), fault)

    async def _order_list(self, envelope: Envelope, content: dict[str, Any], fault: str | None) -> dict[str, Any]:
        found = self._orders.several(envelope.site_code, content)
        page, size = _number(content, "pageNum", 1), _number(content, "pageSize", _PAGE)
        shown = [described(order, fault) for order in found[(page - 1) * size : page * size]]
        return {"totalNum": str(len(found)), "orderList": shown}

    def _item(self, content: dict[str, Any]) -> Item:
        item_id, code = str(content.get("paymentItemId", "")), str(content.get("paymentItemCode", ""))
        item = self._catalogue.item(item_id, code)
        if item is None:
            raise Refused("NPP0004")
        return item

    def _fetched(self, item: Item, content: dict[str, Any]) -> dict[str, Any]:
        bill_key, serial = content.get("billKey"), content.get("qryAcqSsn", "")
        if not isinstance(bill_key, str) or not isinstance(serial, str):
            raise Refused(MALFORMED, "billKey, qryAcqSsn")
        _number(content, "pollingTimes", 0)
        check_fields(item, content)
        return self._fetches.query(item, bill_key, serial)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value and value.isprintable() else None


def _number(content: dict[str, Any], name: str, default: int) -> int:
    """A positive whole number, with or without quotes.

    Raises: Refused, if it is none, or missing without a default.
    """
    text = str(content.get(name, default))
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise Refused(MALFORMED, name)
    return int(text)


PROVIDER = Provider(
    name="ceb_channel",
    shaped_after=(
        "the HTTP channel of 光大云缴费 (YAOYAOAPP_INTERFACE_*, TMRI_ORDER_*), as its integrators' code shows it",
        "partners/utility-bills.md, sections A1 (codes) and A2 (messages), and what README.md beside the code infers",
    ),
    protocol_path=PATH,
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are billKeys, good at every item. All of them owe 128.50 yuan unless they say otherwise.",
        "A bill that is paid is still owed afterwards, so that one account serves many tests.",
        "An order whose merOrderNo is known is performed again, unless --duplicates refuse.",
        "notifyUrl is given in the create order; the acknowledgement is the literal `success`.",
    ),
    callbacks=True,
    refuses_after=BILL,
    open=CebChannel,
    prepare=keys.prepare,
    prepared=credentials.handed_out,
)
