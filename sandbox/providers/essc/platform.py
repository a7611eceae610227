"""The platform at work: one signed URL, six API names."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.providers.essc import keys
from sandbox.providers.essc.callbacks import UNLINKED, USER_INFO, Callbacks
from sandbox.providers.essc.cards import Cards
from sandbox.providers.essc.codes import NO_SUCH_API, SUCCESS, UNMAPPED, Refused
from sandbox.providers.essc.envelope import Envelope, Seal
from sandbox.providers.essc.fields import Fields
from sandbox.providers.essc.magic import MAGIC
from sandbox.providers.essc.operations import ENQUIRY, ISSUE, NAMED, OPERATIONS, QR, SCAN, STATUS, UNLINK
from sandbox.providers.essc.qr import QrTokens
from sandbox.providers.essc.requests import Requests, answered, described
from sandbox.stand import credentials
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.operation import Operation
from sandbox.stand.partner import Ask, Equipment, Provider

PATH = "/gateway"

Content = dict[str, Any]
Handler = Callable[[Content, str | None], Awaitable[tuple[str, Content]]]


class Essc:
    """Opens what arrives, does what it asks and signs the answer."""

    def __init__(self, equipment: Equipment) -> None:
        known = keys.load(equipment.var)
        self._seal = Seal(known)
        self._fields = Fields(known.channel_no)
        self._requests = Requests(equipment.book, equipment.settings)
        self._cards = Cards(equipment.book, self._requests)
        self._qr = QrTokens(equipment.book, self._requests, equipment.settings)
        self._callbacks = Callbacks(equipment, self._seal)
        self._handlers: dict[str, Handler] = {
            ISSUE.name: self._issue,
            UNLINK.name: self._unlink,
            STATUS.name: self._status,
            QR.name: self._qr_token,
            SCAN.name: self._scan,
            ENQUIRY.name: self._enquiry,
        }

    def recognise(self, request: Request) -> Ask:
        if request.path != PATH or request.method not in ("GET", "POST"):
            return Ask(request, None)
        envelope = self._seal.open(request)
        operation, content = NAMED.get(envelope.api_name), envelope.content or {}
        reference, account = _text(content.get("busiSeq")), _text(content.get("aac002"))
        if operation is SCAN:
            account = self._qr.owner(_text(content.get("qrCode")) or "")
        elif operation is ENQUIRY and (order := self._requests.found(reference or "")):
            account = order["aac002"]
        return Ask(request, operation, reference, account, envelope)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        envelope = ask.content
        if not isinstance(envelope, Envelope):
            return json_reply(404, {"error": "Not Found"})
        forged = fault == "bad-signature"
        try:
            code, data = await self._do(ask.operation, envelope, fault)
        except Refused as refused:
            return self._seal.reply(refused.code, {}, message=refused.message, forged=forged)
        if fault == "unmapped-code" and ask.operation is not ENQUIRY:
            code, data = UNMAPPED, {}
        return self._seal.reply(code, data, forged=forged)

    async def control(self, request: Request) -> Reply | None:
        """`POST /_sandbox/unlink {"aac002"}`: the person unlinks the card in the card's own app."""
        if (request.method, request.path) != ("POST", "/_sandbox/unlink"):
            return None
        try:
            card = self._cards.issued_here(json.loads(request.body)["aac002"])
        except (ValueError, TypeError, KeyError):
            card = None
        if card is None:
            return json_reply(404, {"field": "aac002", "error": "holds no card that was issued here"})
        await self._cards.give_up(card)
        self._callbacks.tell(card, UNLINKED)
        return json_reply(200, {"busiSeq": card["busiSeq"]})

    async def _do(self, operation: Operation | None, envelope: Envelope, fault: str | None) -> tuple[str, Content]:
        content = self._seal.check(envelope)
        if operation is None:
            raise Refused(NO_SUCH_API)
        return await self._handlers[operation.name](content, fault)

    async def _issue(self, content: Content, fault: str | None) -> tuple[str, Content]:
        names = ("aac002", "aac003", "aab301", "phone", "busiSeq", "notifyUrl")
        order = await self._cards.issue(self._fields.taken(content, *names), fault)
        await self._callbacks.announce(order, fault)
        return answered(order)

    async def _unlink(self, content: Content, fault: str | None) -> tuple[str, Content]:
        names = ("aac002", "aab301", "signNo", "busiSeq", "notifyUrl")
        order = await self._cards.unlink(self._fields.taken(content, *names), fault)
        await self._callbacks.announce(order, fault)
        return answered(order)

    async def _status(self, content: Content, _: str | None) -> tuple[str, Content]:
        fields = self._fields.taken(content, "aac002", "notifyUrl")
        card = self._cards.issued_here(fields["aac002"])
        if card is not None:
            self._callbacks.tell({**card, "notifyUrl": fields["notifyUrl"]}, USER_INFO)
        return SUCCESS, self._cards.status(fields["aac002"])

    async def _qr_token(self, content: Content, _: str | None) -> tuple[str, Content]:
        return SUCCESS, await self._qr.issue(self._fields.taken(content, "aac002", "aab301", "signNo", "qrPurpose"))

    async def _scan(self, content: Content, fault: str | None) -> tuple[str, Content]:
        return answered(await self._qr.use(self._fields.taken(content, "busiSeq", "qrCode", "qrPurpose"), fault))

    async def _enquiry(self, content: Content, fault: str | None) -> tuple[str, Content]:
        order = self._requests.one(self._fields.taken(content, "busiSeq")["busiSeq"])
        return SUCCESS, described(order, fault)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value and value.isprintable() else None


PROVIDER = Provider(
    name="essc",
    shaped_after=(
        "the platform of 电子社保卡, the electronic social-security card, as a paper and integrators' code show it",
        "partners/social-security-and-medical.md, section B1, and what README.md beside the code infers",
    ),
    protocol_path=PATH,
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are identity numbers (aac002). Those with a fault hold a card already, in any area asked for.",
        "A QR token lives --token-seconds, but 60 seconds at most. It is a question: it is not in the ledger.",
        "A known busiSeq is refused with E2002, unless --duplicates perform.",
        "notifyUrl is given in each request; the acknowledgement is the literal `success`.",
        'POST /_sandbox/unlink {"aac002"}: the person unlinks the card in its own app, and callback 003 follows.',
        "Nothing here has an amount: `wrong-amount` performs and misreports nothing.",
    ),
    callbacks=True,
    refuses_after=ISSUE,
    open=Essc,
    prepare=keys.prepare,
    prepared=credentials.handed_out,
)
