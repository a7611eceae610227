"""The office at work: nine paths, JSON in and out."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.providers.hrss_province import cards
from sandbox.providers.hrss_province.applications import Applications, described
from sandbox.providers.hrss_province.certificate import certificate
from sandbox.providers.hrss_province.codes import MALFORMED, SUCCESS, UNMAPPED, Refused
from sandbox.providers.hrss_province.envelope import Gate, reply
from sandbox.providers.hrss_province.estimate import estimate
from sandbox.providers.hrss_province.fields import PROVINCE, check_province, taken
from sandbox.providers.hrss_province.magic import MAGIC
from sandbox.providers.hrss_province.operations import (
    ACCOUNT,
    CERTIFICATE,
    ENQUIRY,
    ESTIMATE,
    INSURED,
    ISSUE,
    NAMED,
    OPERATIONS,
    STATUS,
    TRANSFER,
    UNLINK,
)
from sandbox.providers.hrss_province.record import Record, account, contributor, insured, record_of
from sandbox.stand import credentials
from sandbox.stand.message import Reply, Request, json_object, json_reply
from sandbox.stand.partner import Ask, Equipment, Provider

Content = dict[str, Any]
Handler = Callable[[Content, str | None], Awaitable[Content]]
_PERSON = ("AAC002", "AAC003", "AAB301")


class HrssProvince:
    """Checks the signature, does what is asked, answers in its envelope."""

    def __init__(self, equipment: Equipment) -> None:
        application = credentials.read(equipment.var)
        self._gate = Gate(application["app_key"], application["app_secret"])
        self._book = equipment.book
        self._valid_seconds = equipment.settings.final_seconds
        self._applications = Applications(equipment.book, equipment.settings)
        self._handlers: dict[str, Handler] = {
            INSURED.name: self._insured,
            ACCOUNT.name: self._account,
            ESTIMATE.name: self._estimate,
            CERTIFICATE.name: self._certificate,
            TRANSFER.name: self._transfer,
            ISSUE.name: self._issue,
            UNLINK.name: self._unlink,
            STATUS.name: self._status,
            ENQUIRY.name: self._enquiry,
        }

    def recognise(self, request: Request) -> Ask:
        operation = NAMED.get(request.path) if request.method == "POST" else None
        content = json_object(request.body)
        lenient = content or {}
        reference, account = _text(lenient.get("ywlsh")), _text(lenient.get("AAC002"))
        if operation is ENQUIRY and (order := self._applications.found(reference or "")):
            account = order["AAC002"]
        return Ask(request, operation, reference, account, content)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        if ask.operation is None:
            return json_reply(404, {"code": "404", "message": "Not Found", "data": {}})
        try:
            answer = reply(SUCCESS, await self._done(ask, self._handlers[ask.operation.name], fault))
        except Refused as refused:
            answer = reply(refused.code, {}, refused.message)
        if fault == "unmapped-code" and ask.operation is not ENQUIRY:
            answer = reply(UNMAPPED, {})
        # Answers carry no signature: what cannot be verified is JSON that is broken at its end.
        return replace(answer, body=answer.body[:-1] + b",") if fault == "bad-signature" else answer

    async def control(self, request: Request) -> Reply | None:
        """Nothing of its own."""

    async def _done(self, ask: Ask, handler: Handler, fault: str | None) -> Content:
        self._gate.check(ask.request)
        if ask.content is None:
            raise Refused(MALFORMED, "JSON")
        return await handler(ask.content, fault)

    async def _insured(self, content: Content, _: str | None) -> Content:
        fields = _of_province(content, *_PERSON)
        record = record_of(fields["AAC002"])
        return {**_head(record, "AAC002", fields), "insured": insured(record, fields["AAB301"])}

    async def _account(self, content: Content, _: str | None) -> Content:
        fields = _of_province(content, *_PERSON)
        record = contributor(fields["AAC002"])
        return {**_head(record, "AAE135", fields), "AAB301": fields["AAB301"], **account(record)}

    async def _estimate(self, content: Content, _: str | None) -> Content:
        fields = _of_province(content, *_PERSON, "retireMonth?", "wageGrowth?")
        record = contributor(fields["AAC002"])
        return {
            **_head(record, "AAE135", fields),
            **estimate(record, fields["retireMonth"], fields["wageGrowth"]),
        }

    async def _certificate(self, content: Content, _: str | None) -> Content:
        fields = _of_province(content, *_PERSON, "AAE140", "AAE041", "AAE042")
        record = contributor(fields["AAC002"])
        return {**_head(record, "AAC002", fields), **certificate(record, fields, self._valid_seconds)}

    async def _transfer(self, content: Content, fault: str | None) -> Content:
        fields = taken(content, *_PERSON, "outAAB301", "AAE140", "ywlsh")
        check_province(fields["AAB301"], fields["outAAB301"])
        if fields["AAB301"] == fields["outAAB301"]:
            raise Refused(MALFORMED, "outAAB301")
        record = contributor(fields["AAC002"])
        return await self._applications.travel(TRANSFER, fields, fault, transferAmount=str(record.balance))

    async def _issue(self, content: Content, fault: str | None) -> Content:
        fields = _of_province(content, *_PERSON, "AAE005", "ywlsh")
        record = record_of(fields["AAC002"])
        order = await self._applications.file(ISSUE, fields, fault, cards.issued)
        return {"ywlsh": order["ywlsh"], **_head(record, "AAC002", fields), **cards.shown(order)}

    async def _unlink(self, content: Content, fault: str | None) -> Content:
        fields = _of_province(content, *_PERSON, "ywlsh")
        record = record_of(fields["AAC002"])
        order = await self._applications.file(UNLINK, fields, fault, cards.unlinked)
        return {"ywlsh": order["ywlsh"], **_head(record, "AAC002", fields), **cards.shown(order), "AAZ502": "0"}

    async def _status(self, content: Content, _: str | None) -> Content:
        fields = _of_province(content, *_PERSON)
        record = record_of(fields["AAC002"])
        return {**_head(record, "AAC002", fields), **cards.status(self._book, record.aac002, fields["AAB301"])}

    async def _enquiry(self, content: Content, fault: str | None) -> Content:
        return described(self._applications.one(taken(content, "ywlsh")["ywlsh"]), fault)


def _of_province(content: Content, *names: str) -> dict[str, str]:
    """Raises: Refused."""
    fields = taken(content, *names)
    check_province(fields["AAB301"])
    return fields


def _head(record: Record, identity: str, fields: dict[str, str]) -> Content:
    """Whom the answer is about; in account tables the identity number is AAE135."""
    return {"AAC001": record.aac001, identity: record.aac002, "AAC003": fields["AAC003"]}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value and value.isprintable() else None


def _prepare(var: Path) -> None:
    credentials.hand_out(
        var,
        {
            "app_key": "HRSS" + secrets.token_hex(8),
            "app_secret": secrets.token_hex(32),
            "province_area": PROVINCE,
        },
    )


PROVIDER = Provider(
    name="hrss_province",
    shaped_after=(
        "a province's social-security office that speaks the public data elements (AAC…, AAB…, AAE…)",
        "partners/social-security-and-medical.md, section B1, and what README.md beside the code infers",
    ),
    protocol_path="",
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are identity numbers (AAC002). Those with a fault hold a card already, in any area asked for.",
        "The province is 330000: an AAB301 elsewhere is refused with 2004; a transfer needs one end here.",
        "A transfer takes --processing-seconds for each of its four steps. A certificate is valid for --final-seconds.",
        "A known ywlsh is refused with 2002, unless --duplicates perform.",
        "Answers are not signed: `bad-signature` answers JSON that is broken at its end.",
        "This partner does not call back, so callback faults are not offered.",
    ),
    callbacks=False,
    refuses_after=TRANSFER,
    open=HrssProvince,
    prepare=_prepare,
    prepared=credentials.handed_out,
)
