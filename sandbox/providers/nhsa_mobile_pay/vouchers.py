"""E-vouchers: activation, authorisation, QR texts and the tokens that are good once, for one business."""

import secrets
from functools import partial
from typing import Any

from sandbox.providers.nhsa_mobile_pay.codes import (
    AUTHORISATION,
    DECLINED,
    DUPLICATE,
    FIELD,
    INACTIVE,
    NO_ORDER,
    TOKEN,
    Refused,
)
from sandbox.providers.nhsa_mobile_pay.insured import insured, person
from sandbox.providers.nhsa_mobile_pay.keys import ORG_CODG
from sandbox.providers.nhsa_mobile_pay.magic import Situation, situation_of
from sandbox.providers.nhsa_mobile_pay.operations import ACTIVATE, AUTHORISE
from sandbox.providers.nhsa_mobile_pay.words import demand, mark_of, stamp
from sandbox.stand.book import Book, Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.partner import Equipment

BUSINESSES = frozenset(
    ("01101", "01102", "01103", "01104", "01201", "01202", "01203", "01204", "01301", "01302", "02121", "02122")
)
_MOST_SECONDS = 60.0
_PERSON = ("idNo", "userName", "idType")
_KEPT = 20_000

Fields = dict[str, Any]


class Vouchers:
    """QR texts and tokens live in memory and are gone after a restart; the rest is in the book."""

    def __init__(self, equipment: Equipment) -> None:
        self._book: Book = equipment.book
        self._settings = equipment.settings
        self._life = min(_MOST_SECONDS, equipment.settings.token_seconds)
        self._once: dict[str, Fields] = {}

    async def activate(self, data: Fields, fault: str | None) -> Fields:
        """Raises: Refused."""
        demand(data, ("orgBizSer", *_PERSON))
        return await self._do(ACTIVATE.plain, data, fault, {})

    async def authorise(self, data: Fields, fault: str | None) -> Fields:
        """Under an orgBizSer it is a performance of its own; without one it is a step of a payment.

        Raises: Refused.
        """
        demand(data, (*_PERSON, "businessType"))
        _check_business(data)
        self._check_active(data)
        until = now() + self._settings.session_seconds
        return await self._do(AUTHORISE.plain, data, fault, {"until": until, "mark": secrets.token_hex(6).upper()})

    def qrcode(self, data: Fields) -> Fields:
        """Raises: Refused."""
        demand(data, _PERSON)
        self._check_active(data)
        code = self._keep("QR", {each: data[each] for each in _PERSON})
        return {"ecQrCode": code, "validSeconds": str(round(self._life))}

    def token(self, data: Fields) -> Fields:
        """The decoded person, and a token for the business that is stated.

        Raises: Refused.
        """
        demand(data, ("orgId", "businessType", "operatorId", "operatorName", "officeId", "officeName"))
        _check_business(data)
        if data["orgId"] != ORG_CODG:
            raise Refused(FIELD, "orgId")
        holder = self._spend(data["ecQrCode"]) if data.get("ecQrCode") else data
        demand(holder, _PERSON)
        self._check_active(holder)
        kept = {**{each: holder[each] for each in _PERSON}, "businessType": data["businessType"]}
        return {
            **{each: holder[each] for each in _PERSON},
            "ecToken": self._keep("EC", kept),
            "ecIndexNo": index_no(holder["idNo"]),
            "insuOrg": person(holder["idNo"]).relations[0][1],
            "validSeconds": str(round(self._life)),
        }

    def status(self, data: Fields) -> Fields:
        """By orgBizSer what became of it; by idNo whether the voucher is active.

        Raises: Refused.
        """
        if serial := data.get("orgBizSer"):
            found = self._book.read(lambda page: page.find(_key(serial)))
            if not found:
                raise Refused(NO_ORDER, "orgBizSer")
            return self._shown(found[0])
        demand(data, _PERSON)
        insured(data)
        return self._voucher(data["idNo"])

    def holder_of(self, once: object) -> str | None:
        """Whose QR text or token this is, if it is good."""
        kept = self._once.get(str(once))
        return kept["idNo"] if kept else None

    def account_of(self, serial: str) -> str | None:
        found = self._book.read(lambda page: page.find(_key(serial)))
        return found[0]["idNo"] if found else None

    def spend_token(self, token: object, id_no: str, businesses: frozenset[str] = BUSINESSES) -> None:
        """Raises: Refused; whatever is wrong with it, the token is gone then."""
        kept = self._spend(token)
        if kept.get("businessType") not in businesses or kept["idNo"] != id_no:
            raise Refused(TOKEN)

    def check_authorisation(self, number: object, id_no: str) -> None:
        """Raises: Refused."""
        text = str(number)
        found = self._book.read(lambda page: page.numbered(int(text[4:16]) if text[4:16].isdecimal() else 0))
        if found is None or found.get("type") != AUTHORISE.plain or _auth_no(found) != text:
            raise Refused(AUTHORISATION)
        if found["idNo"] != id_no or found["until"] <= now():
            raise Refused(AUTHORISATION)

    async def _do(self, what: str, data: Fields, fault: str | None, more: Fields) -> Fields:
        insured(data)
        if fault == "decline":
            raise Refused(DECLINED)
        asked = {"type": what, **{each: data.get(each, "") for each in (*_PERSON, "businessType")}}
        serial = str(data.get("orgBizSer") or "")
        return self._shown(await self._book.write(partial(_file, serial, asked, {**more, "at": now()})))

    def _shown(self, done: Fields) -> Fields:
        shown = {**self._voucher(done["idNo"]), "orgBizSer": done["serial"], "bizTime": stamp(done["at"])}
        if done["type"] != AUTHORISE.plain:
            return shown
        return {**shown, "payAuthNo": _auth_no(done), "validTime": stamp(done["until"])}

    def _voucher(self, id_no: str) -> Fields:
        return {"idNo": id_no, "ecStatus": "1" if self._active(id_no) else "0", "ecIndexNo": index_no(id_no)}

    def _active(self, id_no: str) -> bool:
        if situation_of(id_no) is not Situation.NOT_ACTIVATED:
            return True
        return bool(self._book.read(lambda page: page.find(f"active {id_no}")))

    def _check_active(self, data: Fields) -> None:
        insured(data)
        if not self._active(data["idNo"]):
            raise Refused(INACTIVE)

    def _keep(self, prefix: str, what: Fields) -> str:
        while len(self._once) >= _KEPT:
            del self._once[next(iter(self._once))]
        text = prefix + secrets.token_urlsafe(30)
        life = 0.0 if situation_of(what["idNo"]) is Situation.EXPIRED else self._life
        self._once[text] = {**what, "until": now() + life}
        return text

    def _spend(self, text: object) -> Fields:
        kept = self._once.pop(str(text), None)
        if kept is None or kept["until"] <= now():
            raise Refused(TOKEN)
        return kept


def index_no(id_no: str) -> str:
    """The voucher's own number, the same for ever."""
    return f"EC{mark_of('voucher ' + id_no) % 10**24:024d}"


def _file(serial: str, asked: Fields, more: Fields, page: Page) -> Fields:
    if serial and (known := page.find(_key(serial))):
        if any(known[0][name] != value for name, value in asked.items()):
            raise Refused(DUPLICATE, "orgBizSer")
        return known[0]
    done = {**asked, **more, "serial": serial}
    if serial:
        page.perform(Performance(serial, asked["type"], asked["idNo"]))
    if asked["type"] == ACTIVATE.plain:
        page.keep(f"active {asked['idNo']}", {})
    return {**done, "number": page.keep(_key(serial), done)}


def _key(serial: str) -> str:
    return f"business {serial}"


def _auth_no(done: Fields) -> str:
    return f"AUTH{done['number']:012d}{done['mark']}"


def _check_business(data: Fields) -> None:
    if data.get("businessType") not in BUSINESSES:
        raise Refused(FIELD, "businessType")
