"""2201 to 2208, 2601 and 5203: visits, what their settlement comes to, and taking it back."""

import re
import secrets
from decimal import ROUND_DOWN, Decimal
from functools import partial
from typing import Any

from sandbox.providers.fsi_institution.codes import (
    AMOUNTS,
    DECLINED,
    DUPLICATE,
    FIELD,
    NO_RECORD,
    NOT_REVERSIBLE,
    TIMEOUT,
    VISIT,
    Refused,
)
from sandbox.providers.fsi_institution.envelope import Envelope
from sandbox.providers.fsi_institution.insured import Insured, balance
from sandbox.providers.fsi_institution.magic import Situation, situation_of
from sandbox.providers.fsi_institution.operations import REVERSE, SETTLE, UNDO
from sandbox.providers.fsi_institution.tokens import Tokens
from sandbox.providers.fsi_institution.words import day_time, demand, yuan
from sandbox.stand.book import Order, Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.operation import Operation
from sandbox.stand.partner import Equipment

_VISIT = (
    "psn_no", "insutype", "begntime", "mdtrt_cert_type", "mdtrt_cert_no", "ipt_otp_no", "atddr_no", "dr_name",
    "dept_code", "dept_name", "caty",
)  # fmt: skip
_SETTLE = (
    "psn_no", "mdtrt_cert_type", "mdtrt_cert_no", "med_type", "psn_setlway", "mdtrt_id", "chrg_bchno", "insutype",
)  # fmt: skip
_COMPONENTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
_SHARE, _SHARE_ELSEWHERE, _ACCOUNT_SHARE = Decimal("0.6"), Decimal("0.5"), Decimal("0.25")
_CENT = Decimal("0.01")
_SETL_ID = re.compile(r"[0-9]{6}S([0-9]{14})")

Fields = dict[str, Any]


class Settlements:
    """Everything that costs money, and the way back."""

    def __init__(self, equipment: Equipment, insured: Insured, tokens: Tokens, area: str) -> None:
        self._book = equipment.book
        self._duplicates = equipment.settings.duplicates
        self._insured = insured
        self._tokens = tokens
        self._area = area

    async def register(self, envelope: Envelope) -> Fields:
        """Raises: Refused."""
        certno, data = self._insured.check(envelope, active=True), envelope.node()
        demand(data, _VISIT)
        self._tokens.check(data, certno)
        visit = {"type": "visit", "certno": certno, "psn_no": data["psn_no"], "insuplc": envelope.insuplc}
        mdtrt_id = f"{self._area}V{secrets.randbelow(10**14):014d}"
        await self._book.write(lambda page: page.keep(f"visit {mdtrt_id}", visit))
        return {"data": {"mdtrt_id": mdtrt_id, "psn_no": data["psn_no"], "ipt_otp_no": data["ipt_otp_no"]}}

    def preview(self, envelope: Envelope) -> Fields:
        """Raises: Refused."""
        certno = self._insured.check(envelope, active=True)
        wish = self._book.read(partial(self._wish, envelope, certno))
        self._tokens.check(envelope.node(), certno)
        return {"setlinfo": shown(wish, None), "setldetail": []}

    async def settle(self, envelope: Envelope, fault: str | None) -> Fields:
        """Raises: Refused."""
        certno = self._insured.check(envelope, active=True)
        situation = situation_of(certno)
        if fault == "decline":
            raise Refused(DECLINED)
        if situation is Situation.TIMEOUT_NOT_PERFORMED:
            raise Refused(TIMEOUT)
        done = await self._book.write(partial(self._settle, envelope, certno, fault))
        if situation is Situation.TIMEOUT_PERFORMED:
            raise Refused(TIMEOUT)
        return {"setlinfo": shown(done, None), "setldetail": []}

    async def undo(self, envelope: Envelope, fault: str | None) -> Fields:
        """Raises: Refused."""
        certno, data = self._insured.check(envelope, active=False), envelope.node()
        demand(data, ("setl_id", "mdtrt_id"))
        found = self.by_id(data["setl_id"])
        if found is None or (found["mdtrt_id"], found["certno"]) != (data["mdtrt_id"], certno):
            raise Refused(NO_RECORD, "setl_id")
        return await self._take_back(UNDO, found, envelope, fault)

    async def reverse(self, envelope: Envelope, fault: str | None) -> Fields:
        """Raises: Refused."""
        certno, data = self._insured.check(envelope, active=False), envelope.node()
        demand(data, ("oinfno", "omsgid"))
        if data["oinfno"] != SETTLE.name:
            raise Refused(FIELD, "oinfno")
        found = self._by_message(data["omsgid"])
        if found is None or found["certno"] != certno:
            raise Refused(NO_RECORD, "omsgid")
        await self._take_back(REVERSE, found, envelope, fault)
        return {}

    def record(self, envelope: Envelope, fault: str | None) -> Fields:
        """By setl_id and mdtrt_id; inferred: by medins_setl_id, or all between begntime and endtime.

        Raises: Refused.
        """
        certno, data = self._insured.check(envelope, active=False), envelope.node()
        if "begntime" in data:
            demand(data, ("begntime", "endtime"))
            rows = self._book.read(Page.latest)
            mine = [row for row in rows if row.get("type") == "settle" and row["certno"] == certno]
            between = [
                row for row in mine if data["begntime"] <= row["setl_time"][: len(data["endtime"])] <= data["endtime"]
            ]
            return {"setlinfo": [shown(self._now(row), fault) for row in between]}
        found = (
            self.by_reference(data["medins_setl_id"]) if data.get("medins_setl_id") else self.by_id(data.get("setl_id"))
        )
        if found is None or found["certno"] != certno or data.get("mdtrt_id", found["mdtrt_id"]) != found["mdtrt_id"]:
            raise Refused(NO_RECORD)
        return {"setlinfo": shown(self._now(found), fault), "setldetail": []}

    def by_reference(self, reference: object) -> Order | None:
        """The latest settlement under medins_setl_id, or what was taken back under it."""
        found = self._book.read(lambda page: page.find(f"setl {reference}"))
        return found[-1] if found else None

    def by_id(self, setl_id: object) -> Order | None:
        """By the number of a settlement or of what took it back."""
        named = _SETL_ID.fullmatch(str(setl_id))
        found = self._book.read(lambda page: page.numbered(int(named[1]))) if named else None
        return found if found and found.get("type") in ("settle", "undo") else None

    def _by_message(self, msgid: str) -> Order | None:
        found = self._book.read(lambda page: page.find(f"msg {msgid}"))
        return self._book.read(lambda page: page.numbered(found[-1]["settled"])) if found else None

    def _now(self, row: Order) -> Order:
        taken_back = self._book.read(lambda page: page.find(f"undone {row['number']}"))
        return {**row, "undone": row["type"] == "undo" or bool(taken_back)}

    def _wish(self, envelope: Envelope, certno: str, page: Page) -> Order:
        data = envelope.node()
        demand(data, _SETTLE)
        visits = page.find(f"visit {data['mdtrt_id']}")
        if not visits or visits[0]["certno"] != certno:
            raise Refused(VISIT, "mdtrt_id")
        if str(data.get("acct_used_flag")) not in ("0", "1"):
            raise Refused(FIELD, "acct_used_flag")
        total = yuan(data.get("medfee_sumamt"), "medfee_sumamt")
        components = [yuan(data[name], name) for name in _COMPONENTS if data.get(name) not in (None, "")]
        if not total or (components and sum(components) != total):
            raise Refused(AMOUNTS, "medfee_sumamt")
        covered = yuan(data.get("inscp_scp_amt"), "inscp_scp_amt") if components else total
        share = _SHARE if envelope.insuplc[:4] == self._area[:4] else _SHARE_ELSEWHERE
        fund = (covered * share).quantize(_CENT, ROUND_DOWN)
        account = Decimal(0)
        if str(data["acct_used_flag"]) == "1":
            account = min((total * _ACCOUNT_SHARE).quantize(_CENT, ROUND_DOWN), total - fund, balance(certno))
        same = ("psn_no", "mdtrt_id", "insutype", "med_type", "mdtrt_cert_type", "chrg_bchno")
        amounts = {"total": str(total), "fund": str(fund), "account": str(account), "more": 0}
        reference = str(data.get("medins_setl_id") or envelope.msgid)
        return {
            "type": "settle", "certno": certno, "reference": reference, "setl_time": day_time(now()),
            **{name: data[name] for name in same}, **amounts,
        }  # fmt: skip

    def _settle(self, envelope: Envelope, certno: str, fault: str | None, page: Page) -> Order:
        wish = self._wish(envelope, certno, page)
        if self._duplicates != "perform":
            known = page.find(f"msg {envelope.msgid}")
            if known and (first := page.numbered(known[0]["settled"])):
                return first
            if page.find(f"setl {wish['reference']}"):
                raise Refused(DUPLICATE, "medins_setl_id")
        self._tokens.spend(envelope.node(), certno)
        wish |= {"more": int(fault == "wrong-amount"), "area": self._area}
        page.perform(Performance(wish["reference"], SETTLE.plain, certno, f"{Decimal(wish['total']):.2f}", "CNY"))
        number = page.keep(f"setl {wish['reference']}", wish)
        page.keep(f"msg {envelope.msgid}", {"settled": number})
        return {**wish, "number": number}

    async def _take_back(self, how: Operation, found: Order, envelope: Envelope, fault: str | None) -> Fields:
        if situation_of(found["certno"]) is Situation.FINAL:
            raise Refused(NOT_REVERSIBLE)
        if fault == "decline":
            raise Refused(DECLINED)
        reference = str(envelope.node().get("medins_setl_id") or envelope.msgid)
        done = await self._book.write(partial(_undo, how, found, reference))
        return {"setlinfo": {**shown({**done, "undone": True, "more": 0}, None), "init_setl_id": setl_id_of(found)}}


def setl_id_of(row: Order) -> str | None:
    return f"{row['area']}S{row['number']:014d}" if "number" in row else None


def shown(row: Order, fault: str | None) -> Fields:
    """Units: yuan as JSON numbers, as the platform has them."""
    more = row["more"] or int(fault == "wrong-amount")
    total, fund, account = (Decimal(row[name]) for name in ("total", "fund", "account"))
    return {
        "setl_id": setl_id_of(row),
        **{name: row[name] for name in ("psn_no", "mdtrt_id", "insutype", "med_type", "mdtrt_cert_type", "chrg_bchno")},
        "setl_time": row["setl_time"],
        "medfee_sumamt": float(total + more),
        "fund_pay_sumamt": float(fund),
        "acct_pay": float(account),
        "psn_cash_pay": float(total - fund - account + more),
        "balc": float(balance(row["certno"])),
        "medins_setl_id": row["reference"],
        "refd_setl_flag": "WAIT" if fault == "unmapped-code" else str(int(row.get("undone", False))),
    }


def _undo(how: Operation, found: Order, reference: str, page: Page) -> Order:
    if known := page.find(f"undone {found['number']}"):
        again = page.numbered(known[0]["by"])
        if again is None or again["reference"] != reference:
            raise Refused(NOT_REVERSIBLE)
        return again
    amount = f"{Decimal(found['total']):.2f}"
    page.perform(Performance(reference, how.plain, found["certno"], amount, "CNY"))
    kept = {name: value for name, value in found.items() if name != "number"}
    undo = {**kept, "type": "undo", "reference": reference, "setl_time": day_time(now())}
    number = page.keep(f"setl {reference}", undo)
    page.keep(f"undone {found['number']}", {"by": number})
    return {**undo, "number": number}
