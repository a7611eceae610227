"""The platform at work: one address, one POST per transaction, sign-in first."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from sandbox.providers.fsi_institution.codes import ENVELOPE, HEADERS, UNHEARD_OF, Refused
from sandbox.providers.fsi_institution.credentials import load, prepare
from sandbox.providers.fsi_institution.envelope import Envelope, Sessions, answered, opened
from sandbox.providers.fsi_institution.institutions import Institutions
from sandbox.providers.fsi_institution.insured import Insured
from sandbox.providers.fsi_institution.magic import MAGIC
from sandbox.providers.fsi_institution.operations import (
    BY_NUMBER,
    INSTITUTIONS,
    OPERATIONS,
    PERSON,
    PREVIEW,
    RECORD,
    REGISTER,
    REVERSE,
    SETTLE,
    SIGN_IN,
    UNDO,
)
from sandbox.providers.fsi_institution.settlements import Settlements
from sandbox.providers.fsi_institution.tokens import Tokens
from sandbox.stand import credentials, tif
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.operation import Kind, Operation
from sandbox.stand.partner import Ask, Equipment, Provider

PATH = "/fsi/api"
_MOST_SECONDS = 60.0
Fields = dict[str, Any]
Handler = Callable[[Envelope, str | None], Awaitable[Fields]]


class FsiInstitution:
    """Checks headers, envelope and sign-in, does what is asked, answers in the envelope."""

    def __init__(self, equipment: Equipment) -> None:
        self._given = load(equipment.var)
        self._headers = tif.Headers(self._given.tif_paasid, self._given.tif_token)
        self._sessions = Sessions(self._given, equipment.settings.session_seconds)
        self._insured = Insured(equipment.book)
        self._institutions = Institutions()
        taken = self._given.voucher_cert_no == "token"
        self._tokens = Tokens(min(_MOST_SECONDS, equipment.settings.token_seconds), taken=taken)
        self._settlements = Settlements(equipment, self._insured, self._tokens, self._given.mdtrtarea_admvs)
        self._handlers: dict[Operation, Handler] = {
            SETTLE: self._settlements.settle,
            UNDO: self._settlements.undo,
            REVERSE: self._settlements.reverse,
            RECORD: _at_once(self._settlements.record),
            SIGN_IN: _at_once(lambda envelope, _: self._sessions.sign_in(envelope)),
            PERSON: lambda envelope, _: self._insured.find(envelope.node()),
            REGISTER: lambda envelope, _: self._settlements.register(envelope),
            PREVIEW: _at_once(lambda envelope, _: self._settlements.preview(envelope)),
            INSTITUTIONS: _at_once(lambda envelope, _: self._institutions.near(envelope.node("medinsinfo"))),
        }

    def recognise(self, request: Request) -> Ask:
        if (request.method, request.path) != ("POST", PATH):
            return Ask(request, None)
        envelope = opened(request.body)
        operation, data = BY_NUMBER.get(envelope.infno), envelope.node()
        account = self._insured.certno_of(data["psn_no"]) if "psn_no" in data else data.get("certno")
        reference = data.get("medins_setl_id")
        if operation is RECORD and not reference and (found := self._settlements.by_id(data.get("setl_id"))):
            reference = found["reference"]
        elif operation is not None and operation.kind is Kind.PAYMENT:
            reference = reference or envelope.msgid
        return Ask(request, operation, _text(reference), _text(account or data.get("mdtrt_cert_no")), envelope)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        envelope = ask.content
        if not isinstance(envelope, Envelope):
            return json_reply(404, {"error": "Not Found"})
        code, message, output = 0, "", {}
        try:
            output = await self._output(ask, envelope, fault)
        except Refused as no:
            code, message = no.code, str(no)
        reply = json_reply(200, answered(envelope, self._given.mdtrtarea_admvs, code, message, output))
        return replace(reply, body=reply.body[:-1] + b",") if fault == "bad-signature" else reply

    async def control(self, request: Request) -> Reply | None:
        if (request.method, request.path) == ("POST", "/_sandbox/expire-sessions"):
            return json_reply(200, {"expired": self._sessions.expire()})
        if (request.method, request.path) == ("POST", "/_sandbox/voucher-tokens"):
            return json_reply(200, {"token": self._tokens.give(str(_object(request.body).get("certno")))})
        return None

    async def _output(self, ask: Ask, envelope: Envelope, fault: str | None) -> Fields:
        if not self._headers.good(ask.request):
            raise Refused(HEADERS)
        operation = ask.operation
        if operation is None:
            raise Refused(ENVELOPE, "infno")
        self._sessions.check(envelope)
        output = await self._handlers[operation](envelope, fault)
        if fault == "unmapped-code" and operation is not RECORD:
            raise Refused(UNHEARD_OF)
        return output


def _at_once(handler: Callable[[Envelope, str | None], Fields]) -> Handler:
    async def answer(envelope: Envelope, fault: str | None) -> Fields:
        return handler(envelope, fault)

    return answer


def _object(body: bytes) -> Fields:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


PROVIDER = Provider(
    name="fsi_institution",
    shaped_after=(
        "the interface of designated institutions of medical insurance, as integrators' public code shows it",
        "partners/social-security-and-medical.md, section B2, and what README.md beside the code infers",
    ),
    protocol_path=PATH,
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are identity numbers (certno, or mdtrt_cert_no where certno is left out).",
        "The ledger's reference is input.data.medins_setl_id, or the msgid where it is left out.",
        "POST /_sandbox/expire-sessions ends all sign-ins.",
        "POST /_sandbox/voucher-tokens {certno} gives a token, for a province that takes them (voucher_cert_no).",
        "Answers are not signed: `bad-signature` answers JSON that is broken at its end.",
        "A known msgid is answered again, a known medins_setl_id refused, unless --duplicates perform.",
    ),
    callbacks=False,
    refuses_after=SETTLE,
    open=FsiInstitution,
    prepare=prepare,
    prepared=credentials.handed_out,
)
