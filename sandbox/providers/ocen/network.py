"""The network at work: what comes is acknowledged, and answered later by a response of its own."""

import json
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from sandbox.providers.ocen import keys
from sandbox.providers.ocen.case import Case, Document, invalid, text
from sandbox.providers.ocen.handlers import HANDLERS
from sandbox.providers.ocen.lenders import PRODUCTS as SHELF
from sandbox.providers.ocen.lenders import shown
from sandbox.providers.ocen.magic import MAGIC
from sandbox.providers.ocen.operations import CREATE, OPERATIONS, PRODUCTS, REPEAT, ROUTES, TOKEN
from sandbox.providers.ocen.plan import stamp
from sandbox.providers.ocen.responses import Responses, skewed
from sandbox.providers.ocen.seal import Seal
from sandbox.providers.ocen.states import Refused, Turned
from sandbox.providers.ocen.subject import about, request_id
from sandbox.stand import credentials
from sandbox.stand.book import Page
from sandbox.stand.message import Reply, Request, json_object, json_reply
from sandbox.stand.moment import now
from sandbox.stand.operation import Kind, Operation
from sandbox.stand.partner import Ask, Equipment, Provider

VERSION = "4.0.0alpha"


@dataclass(frozen=True, slots=True)
class _Content:
    """The operation whose path was asked, a repeat or not, and the message as far as it could be read."""

    asked: Operation
    message: Document


class Network:
    """Checks token and signature, acknowledges, and leaves the answer to `Responses`."""

    def __init__(self, equipment: Equipment) -> None:
        self._book = equipment.book
        self._settings = equipment.settings
        self._keys = keys.load(equipment.var)
        self._seal = Seal(self._keys, equipment.settings.token_seconds)
        self._responses = Responses(equipment, self._seal)

    def recognise(self, request: Request) -> Ask:
        asked = ROUTES.get((request.method, request.path))
        if asked is None or asked in (TOKEN, PRODUCTS):
            return Ask(request, asked)
        message = json_object(request.body) or {}
        given = request_id(message)
        subject = self._book.read(partial(about, message))
        known = self._book.read(lambda page: page.find(f"request:{given}"))
        operation = REPEAT if known and asked.kind is Kind.PAYMENT else asked
        reference = given if asked.kind is Kind.PAYMENT else subject.get("requestId", given)
        return Ask(request, operation, reference, subject.get("account"), _Content(asked, message))

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        if ask.operation is None:
            return _ack(404, "NOT_FOUND", None)
        try:
            if isinstance(ask.content, _Content):
                return await self._acknowledged(ask, ask.content, fault)
            return self._answered(ask, fault)
        except Turned as turned:
            return _ack(turned.status, turned.error, ask.content)

    async def control(self, request: Request) -> Reply | None:
        """Nothing of its own."""

    def _answered(self, ask: Ask, fault: str | None) -> Reply:
        """What is answered at once: a token, or the registry."""
        if ask.operation is TOKEN:
            reply = json_reply(200, self._seal.issue(ask.request))
        else:
            self._seal.check(ask.request)
            network = self._keys.product_network_id
            reply = json_reply(200, {"products": [shown(product, network) for product in SHELF]})
        if fault == "unmapped-code":
            raise Turned(400, "UNHEARD_OF")
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def _acknowledged(self, ask: Ask, content: _Content, fault: str | None) -> Reply:
        self._seal.check(ask.request)
        self._check(content.message)
        filed = await self._book.write(partial(self._file, content, fault))
        # What a performance misreports is filed so; only an enquiry's answer is bent on its way out.
        misfiled = fault == "wrong-amount" and ask.operation is content.asked and content.asked.kind is Kind.PAYMENT
        await self._responses.announce(filed["answers"], ask.account or "", None if misfiled else fault)
        return _ack(200, "0", content)

    def _check(self, message: Document) -> None:
        """Raises: Turned, if the metadata are not this loan agent's."""
        metadata = message.get("metadata")
        for name in ("timestamp", "traceId"):
            text(metadata, name)
        expected = {
            "version": VERSION,
            "originatorOrgId": self._keys.org_id,
            "originatorParticipantId": self._keys.participant_id,
        }
        for name, value in expected.items():
            if text(metadata, name) != value:
                raise invalid(f"metadata.{name}")
        if request_id(message) is None:
            raise invalid("metadata.requestId")

    def _file(self, content: _Content, fault: str | None, page: Page) -> Document:
        """The answers to a request: those of old if its requestId is known, else new ones.

        Raises: Turned, if the requestId was another request's.
        """
        key = f"request:{request_id(content.message)}"
        digest = _digest(content)
        if known := page.find(key):
            if known[0]["digest"] != digest:
                raise Turned(409, "REQUEST_ID_REUSED")
            return known[0]
        case = Case(content.asked, content.message, fault, page, self._settings)
        try:
            HANDLERS[content.asked.name](case)
        except Refused as refused:
            case.refuse(refused)
        answers = [{"at": each["at"], "body": self._body(case, each)} for each in case.answers]
        filed = {"digest": digest, "answers": answers}
        page.keep(key, filed)
        return filed

    def _body(self, case: Case, answer: Document) -> Document:
        asked = case.message["metadata"]
        metadata = {
            "version": VERSION,
            "originatorOrgId": "OCEN-SANDBOX",
            "originatorParticipantId": "ocen-sandbox-network",
            "timestamp": stamp(answer["at"]),
            "traceId": asked["traceId"],
            "requestId": asked["requestId"],
            "operation": answer["path"],
        }
        body = {"metadata": metadata, **answer["body"]}
        return skewed(body) if case.skewed else body


def _ack(status: int, error: str, content: object) -> Reply:
    metadata = content.message.get("metadata") if isinstance(content, _Content) else None
    trace_id = metadata.get("traceId") if isinstance(metadata, dict) else None
    return json_reply(status, {"error": error, "traceId": trace_id or "", "timestamp": stamp(now())})


def _digest(content: _Content) -> str:
    """The same for a repeat, whose metadata may have another timestamp."""
    said = {name: value for name, value in content.message.items() if name != "metadata"}
    return sha256(f"{content.asked.name} {json.dumps(said, sort_keys=True)}".encode()).hexdigest()


PROVIDER = Provider(
    name="ocen",
    shaped_after=(
        "OCEN 4.0, the loan agent's side: its public OpenAPI document and its design principles at commit ff9d0e1",
        "partners/lending.md, section C1, and what README.md beside the code infers",
    ),
    protocol_path="/v4.0.0alpha",
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are borrowers: loanApplications[].borrower.primaryId with primaryIdType MOBILE.",
        "Responses are posted to the registered URL; without one they are lost.",
        "A reference in the ledger is the metadata.requestId of createLoan, grantLoan or triggerRepayment.",
        "A performing request whose requestId is known counts as the operation `repeat`, and performs nothing.",
        "Every borrower has an old loan LN<primaryId>, so that repaying can be tried without a journey.",
        "What answers at once is not signed: there `bad-signature` is broken JSON.",
    ),
    callbacks=True,
    refuses_after=CREATE,
    open=Network,
    prepare=keys.prepare,
    prepared=credentials.handed_out,
    notified=True,
)
