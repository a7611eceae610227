"""The centre at work: headers, envelope, then what the path or the transType asks for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.providers.nhsa_mobile_pay import keys
from sandbox.providers.nhsa_mobile_pay.callbacks import Callbacks
from sandbox.providers.nhsa_mobile_pay.codes import (
    BAD_HEADERS,
    DECLINED,
    FIELD,
    NO_ORDER,
    NO_REFUND,
    SUCCESS,
    UNHEARD_OF,
    Refused,
    Unverified,
)
from sandbox.providers.nhsa_mobile_pay.envelope import Envelope, Seal
from sandbox.providers.nhsa_mobile_pay.fees import check_organisation
from sandbox.providers.nhsa_mobile_pay.insured import insured
from sandbox.providers.nhsa_mobile_pay.magic import MAGIC, Situation, situation_of
from sandbox.providers.nhsa_mobile_pay.operations import (
    ACTIVATE,
    AUTHORISE,
    AUTHORISED,
    BY_PATH,
    BY_TYPE,
    CODE,
    OPERATIONS,
    ORDER,
    PAY,
    PERSON,
    REFUND,
    REVOKE,
    ROOT,
    TOKEN,
    UPLOAD,
    VOUCHER,
    VOUCHER_PATH,
)
from sandbox.providers.nhsa_mobile_pay.orders import Orders, Trade
from sandbox.providers.nhsa_mobile_pay.refunds import Refunds, shown
from sandbox.providers.nhsa_mobile_pay.statements import answered, described, uploaded
from sandbox.providers.nhsa_mobile_pay.vouchers import Vouchers
from sandbox.providers.nhsa_mobile_pay.words import demand
from sandbox.stand import credentials, tif
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.operation import Operation
from sandbox.stand.partner import Ask, Equipment, Provider

Fields = dict[str, Any]
Handler = Callable[[Fields, str | None], Awaitable[Fields]]

_MINDS_UNMAPPED = (PAY, REFUND, ORDER)


class NhsaMobilePay:
    """Opens envelopes, does what they ask and seals the answers."""

    def __init__(self, equipment: Equipment) -> None:
        self._keys = keys.load(equipment.var)
        self._headers = tif.Headers(self._keys.tif_paasid, self._keys.tif_token)
        self._seal = Seal(self._keys)
        self._vouchers = Vouchers(equipment)
        self._orders = Orders(equipment, self._vouchers)
        self._refunds = Refunds(equipment, self._orders, self._vouchers)
        self._callbacks = Callbacks(equipment, self._seal)
        self._handlers: dict[Operation, Handler] = {
            UPLOAD: self._upload,
            PAY: self._pay,
            REFUND: self._refunds.refund,
            REVOKE: self._revoke,
            ORDER: self._order,
            PERSON: self._person,
            ACTIVATE: self._vouchers.activate,
            AUTHORISE: self._vouchers.authorise,
            AUTHORISED: self._vouchers.authorise,
            CODE: _at_once(self._vouchers.qrcode),
            TOKEN: _at_once(self._vouchers.token),
            VOUCHER: _at_once(self._vouchers.status),
        }

    def recognise(self, request: Request) -> Ask:
        if request.method != "POST" or not request.path.startswith(ROOT):
            return Ask(request, None)
        envelope = self._seal.opened(request)
        content = envelope.content or {}
        if request.path == VOUCHER_PATH:
            data = _data(content)
            serial = _text(data.get("orgBizSer"))
            account = data.get("idNo") or self._vouchers.holder_of(data.get("ecQrCode"))
            if account is None and serial:
                account = self._vouchers.account_of(serial)
            operation = BY_TYPE.get(str(content.get("transType")))
            if operation is AUTHORISE and not serial:
                operation = AUTHORISED
            return Ask(request, operation, serial, _text(account), envelope)
        operation = BY_PATH.get(request.path)
        reference, account = self._about(operation, content)
        return Ask(request, operation, reference, account, envelope)

    async def answer(self, ask: Ask, fault: str | None) -> Reply:
        envelope = ask.content
        if not isinstance(envelope, Envelope) or (ask.operation is None and ask.request.path != VOUCHER_PATH):
            return json_reply(404, {"code": 404, "message": "Not Found", "data": None})
        try:
            await self._check(ask.request, envelope)
            content = await self._done(ask.operation, envelope.content or {}, fault)
        except Unverified as no:
            return json_reply(200, {"code": no.code, "message": str(no), "data": None})
        sealed = await asyncio.to_thread(self._seal.sealed, content, forged=fault == "bad-signature")
        document = {"code": 0, "message": SUCCESS, "data": sealed}
        relayed = ask.request.path != VOUCHER_PATH and situation_of(ask.account) is Situation.RELAYED
        return json_reply(200, {"output": {"body": document}} if relayed else document)

    async def control(self, request: Request) -> Reply | None:
        """Nothing of its own."""

    async def _check(self, request: Request, envelope: Envelope) -> None:
        """Raises: Unverified."""
        if not self._headers.good(request):
            raise Unverified(BAD_HEADERS)
        await asyncio.to_thread(self._seal.check, envelope)

    async def _done(self, operation: Operation | None, content: Fields, fault: str | None) -> Fields:
        """The sealed part of an answer: the e-voucher's shape for its transTypes, the orders' for the rest."""
        voucher = operation is None or operation in BY_TYPE.values() or operation is AUTHORISED
        try:
            result = await self._result(operation, _data(content) if voucher else content, fault)
        except Refused as no:
            if voucher:
                return {"code": int(no.code), "message": str(no), "data": None}
            return {"success": False, "errCode": no.code, "message": str(no)}
        if voucher:
            return {"code": 0, "message": SUCCESS, "data": result}
        return {"success": True, "message": SUCCESS, **result}

    async def _result(self, operation: Operation | None, content: Fields, fault: str | None) -> Fields:
        if operation is None:
            raise Refused(FIELD, "transType")
        result = await self._handlers[operation](content, fault)
        if fault == "unmapped-code" and operation not in _MINDS_UNMAPPED:
            raise Refused(UNHEARD_OF)
        return result

    def _about(self, operation: Operation | None, content: Fields) -> tuple[str | None, str | None]:
        """The reference that the ledger will have, and whom it is about."""
        trade = self._orders.numbered(content["payOrdId"]) if content.get("payOrdId") else None
        reference, serial = _text(content.get("medOrgOrd")), _text(content.get("appRefdSn"))
        if operation is REVOKE:
            reference = _text(content.get("orgBizSer"))
        if serial and operation in (REFUND, ORDER):
            reference = serial
            found = self._refunds.find(serial)
            trade = trade or (found[1] if found else None)
        if trade is None and operation is ORDER:
            trade = self._orders.by_reference(reference)
        if trade is not None:
            return reference or str(trade.order["medOrgOrd"]), trade.id_no
        return reference, _text(content.get("idNo")) or self._vouchers.holder_of(content.get("ecToken"))

    async def _upload(self, content: Fields, _: str | None) -> Fields:
        return uploaded(await self._orders.upload(content))

    async def _pay(self, content: Fields, fault: str | None) -> Fields:
        trade = await self._orders.pay(content, fault)
        await self._callbacks.announce(trade, fault)
        return answered(trade, fault)

    async def _revoke(self, content: Fields, fault: str | None) -> Fields:
        if fault == "decline":
            raise Refused(DECLINED)
        trade = await self._orders.revoke(content)
        return {"payOrdId": trade.pay_ord_id, "ordStas": trade.status}

    async def _order(self, content: Fields, fault: str | None) -> Fields:
        """By payOrdId and payToken; inferred: by medOrgOrd, or a refund by appRefdSn."""
        demand(content, ("idNo", "userName", "idType"))
        check_organisation(content)
        if serial := content.get("appRefdSn"):
            found = self._refunds.find(serial)
            if found is None or found[1].id_no != content["idNo"]:
                raise Refused(NO_REFUND)
            return {"payOrdId": found[1].pay_ord_id, "ordStas": found[1].status, **shown(found[0], fault)}
        if content.get("payOrdId"):
            return described(self._orders.find(content), fault)
        trade: Trade | None = self._orders.by_reference(content.get("medOrgOrd"))
        if trade is None or trade.id_no != content["idNo"]:
            raise Refused(NO_ORDER, "medOrgOrd")
        # Whoever lost the answer to the upload needs what it said.
        return {**uploaded(trade), **described(trade, fault)}

    async def _person(self, content: Fields, _: str | None) -> Fields:
        demand(content, ("idNo", "userName", "idType"))
        who = insured(content)
        if content.get("ecToken"):
            self._vouchers.spend_token(content["ecToken"], content["idNo"])
        relations = [each for each in who.shown() if content.get("insuCode") in (None, "", each["insuCode"])]
        return {
            "psnNo": who.psn_no,
            "psnName": content["userName"],
            "idNo": content["idNo"],
            "insuInfo": relations,
        }


def _at_once(handler: Callable[[Fields], Fields]) -> Handler:
    async def answer(content: Fields, _: str | None) -> Fields:
        return handler(content)

    return answer


def _data(content: Fields) -> Fields:
    data = content.get("data")
    return data if isinstance(data, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


PROVIDER = Provider(
    name="nhsa_mobile_pay",
    shaped_after=(
        "the mobile payment centre and e-voucher of medical insurance, as integrators' public code shows them",
        "partners/social-security-and-medical.md, section B3, and what README.md beside the code infers",
    ),
    protocol_path=ROOT.rstrip("/"),
    operations=OPERATIONS,
    magic=MAGIC,
    notes=(
        "Magic accounts are identity numbers; names are taken as they come.",
        "A settlement is pushed to the registered URL; the acknowledgement is `success`.",
        "The ledger's reference is medOrgOrd for pay, appRefdSn for refund, orgBizSer for revoke, activate, authorise.",
        "An upload and a step authorisation move nothing and are not in the ledger.",
        "A known medOrgOrd, payOrdId or appRefdSn is answered again and not performed, unless --duplicates perform.",
    ),
    callbacks=True,
    refuses_after=PAY,
    open=NhsaMobilePay,
    prepare=keys.prepare,
    prepared=credentials.handed_out,
    notified=True,
)
