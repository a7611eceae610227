"""The product at work: a token first, then everything in pairs of a request and its response."""

from dataclasses import replace
from typing import Any

from sandbox.providers.setu_bbps import operations as offers
from sandbox.providers.setu_bbps import tokens
from sandbox.providers.setu_bbps.answers import NOT_FOUND, UNHEARD_OF, Duplicate, Refused, answered, duplicate, refusal
from sandbox.providers.setu_bbps.billers import Billers
from sandbox.providers.setu_bbps.bills import Fetches
from sandbox.providers.setu_bbps.customers import account_of, customer_of
from sandbox.providers.setu_bbps.magic import MAGIC
from sandbox.providers.setu_bbps.payments import Payments, ref_id_of
from sandbox.providers.setu_bbps.transactions import Transactions, described
from sandbox.providers.setu_bbps.webhooks import Webhooks
from sandbox.stand import credentials
from sandbox.stand.message import Reply, Request, json_object, json_reply
from sandbox.stand.operation import Kind
from sandbox.stand.partner import Ask, Equipment, Provider


class SetuBbps:
    """Checks token and partner, does what is asked, answers in JSON."""

    def __init__(self, equipment: Equipment) -> None:
        handed = credentials.read(equipment.var)
        self._agent_id = handed["agent_id"]
        self._tokens = tokens.Tokens(handed, equipment.settings.token_seconds)
        self._billers = Billers()
        self._fetches = Fetches(equipment.settings)
        self._payments = Payments(equipment.book, equipment.settings, self._billers, self._fetches, self._agent_id)
        self._transactions = Transactions(equipment.settings.late_seconds)
        self._webhooks = Webhooks(equipment)

    def recognise(self, request: Request) -> Ask:
        operation = offers.ROUTES.get((request.method, request.path))
        content = json_object(request.body)
        asked = content or {}
        ref_id = asked.get("refId")
        if operation is offers.PAYMENT and (order := self._payments.find(ref_id)):
            return Ask(request, operation, order["paymentRefId"], order["account"], content)
        fetch = self._fetches.find(ref_id)
        account = fetch.customer.account if fetch else account_of(asked, self._billers)
        details = asked.get("paymentDetails")
        reference = details.get("paymentRefId") if isinstance(details, dict) else None
        return Ask(request, operation, _text(reference), _text(account), content)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        try:
            reply = await self._done(ask, fault)
        except Duplicate as known:
            reply = duplicate(known)
        except Refused as refused:
            reply = refusal(refused)
        if fault == "unmapped-code" and ask.operation is not None and ask.operation.kind is not Kind.ENQUIRY:
            return refusal(Refused("Something nobody has heard of", UNHEARD_OF))
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def control(self, request: Request) -> Reply | None:
        if (request.method, request.path) == ("POST", "/_sandbox/expire-tokens"):
            return json_reply(200, {"expired": self._tokens.expire()})
        return None

    async def _done(self, ask: Ask, fault: str | None) -> Reply:
        operation, content = ask.operation, ask.content
        if operation is None:
            raise Refused("Resource not found", NOT_FOUND, 404)
        if ask.request.method == "POST" and content is None:
            raise Refused("the body is no JSON object")
        if operation is offers.TOKEN:
            return json_reply(200, self._tokens.issue(content))
        self._tokens.check(ask.request)
        if operation is offers.PAY:
            order = await self._payments.pay(content, fault)
            await self._webhooks.announce(order, fault)
            return answered({"refId": ref_id_of(order)})
        return answered(self._asked(ask, fault))

    def _asked(self, ask: Ask, fault: str | None) -> dict[str, Any]:
        """`data` of whatever changes nothing."""
        content, query = ask.content, ask.request.query
        if ask.operation is offers.BILLERS:
            return self._billers.page(query)
        if ask.operation is offers.CATEGORIES:
            return self._billers.categories()
        if ask.operation is offers.FETCH:
            return {"refId": self._fetches.open(customer_of(content, self._billers, self._agent_id)).ref_id}
        if ask.operation is offers.BILL:
            return self._fetches.one(content.get("refId")).shown()
        if ask.operation is offers.PAYMENT:
            return described(self._payments.one(content.get("refId")), fault)
        return self._transactions.page(self._payments.all(), query, fault)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.isprintable() else None


PROVIDER = Provider(
    name="setu_bbps",
    shaped_after=(
        "Setu BBPS BillPay v2, customer operating unit: its public OpenAPI document at commit b658bee",
        "partners/utility-bills.md, section A3, and what README.md beside the code infers",
    ),
    protocol_path="",
    operations=offers.OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are values of a biller's first customerParam, good at every biller. All owe 128.50 rupees.",
        "A bill that is paid is still owed afterwards, so that one account serves many tests.",
        'The webhook is acknowledged by the literal {"success":true}.',
        "Nothing is signed: `bad-signature` answers JSON broken at its end, and pushes the opposite of the truth.",
        "A refused payment is accepted and ends in Failure; a known paymentRefId is 409, unless --duplicates perform.",
        "POST /_sandbox/expire-tokens revokes all tokens.",
    ),
    callbacks=True,
    refuses_after=offers.PAY,
    open=SetuBbps,
    prepare=tokens.prepare,
    prepared=credentials.handed_out,
    notified=True,
)
