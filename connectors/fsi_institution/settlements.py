"""Bills in the platform's words, and its settlements in ours."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from connectors.fsi_institution import wire
from connectors.fsi_institution.envelope import Answer, FsiAccount
from connectors.fsi_institution.facts import ENQUIRY, MED_TYPE, REVOKE, instant, local, means
from connectors.fsi_institution.people import FIELDS, subject
from connectors.kit.codes import Codes
from connectors.kit.units import from_major, to_yuan
from schemas.call import Call
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.medical_insurance.settlements import (
    MedicalBill,
    RecordSearch,
    Revoked,
    Settled,
    SettlementPreview,
    SettlementRecord,
)
from schemas.money import Money
from schemas.order import Leg, Original
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Reason, Succeeded, Unknown

TAKEN_BACK = "1"


def refuse_bill(bill: MedicalBill, account: FsiAccount) -> None:
    """Raises: Refused where nobody need be asked to see that this account cannot settle it."""
    if bill.business not in MED_TYPE:
        raise Refused(f"must be one of {', '.join(MED_TYPE)} to be settled", field="business")
    if bill.institution != account.fixmedins_code:
        raise Refused("is not the institution that this account settles for", field="institution")
    if bill.total.currency != "CNY":
        raise Refused("must be in CNY", field="total.currency")


def shown(bill: MedicalBill, call: Call) -> str:
    """What stands for the e-voucher in mdtrt_cert_no: its token, or the identity number."""
    takes_token = call.account(FsiAccount).voucher_cert_no == "token"
    return bill.voucher_token if takes_token else subject(call).id_number


def registration(bill: MedicalBill, call: Call, now: datetime, kept: Mapping[str, str]) -> wire.Registration:
    return wire.Registration(
        psn_no=kept["psn_no"],
        insutype=kept["insutype"],
        begntime=local(now),
        mdtrt_cert_no=shown(bill, call),
        ipt_otp_no=call.reference,
    )


def bill_of(bill: MedicalBill, call: Call, kept: Mapping[str, str], mdtrt_id: str) -> wire.Bill:
    """The amount is an exact decimal all the way: no float comes near it."""
    return wire.Bill(
        psn_no=kept["psn_no"],
        insutype=kept["insutype"],
        mdtrt_cert_no=shown(bill, call),
        med_type=MED_TYPE[bill.business],
        mdtrt_id=mdtrt_id,
        chrg_bchno=call.reference,
        acct_used_flag="1" if bill.use_account else "0",
        medfee_sumamt=Decimal(to_yuan(bill.total)),
    )


def preview(found: wire.SetlInfo) -> SettlementPreview:
    """Raises: Garbled where the legs do not add up."""
    total, fund, account, cash = split(found)
    return SettlementPreview(total=total, fund=fund, account=account, cash=cash)


def refused(codes: Codes, code: str) -> Declined | Pending[Any] | Unknown:
    """What a step was refused with, and the field at fault."""
    outcome = codes.outcome(code, acknowledged=False)
    if isinstance(outcome, Absent):
        return Unknown(why=outcome.why)
    if isinstance(outcome, Declined) and code in FIELDS:
        return Declined(reason=replace(outcome.reason, field=FIELDS[code]))
    return outcome


def refused_before(codes: Codes, code: str) -> Declined:
    """What a step was refused with before anything was submitted.

    Raises: MaybeSent where that decides nothing, so that the order is certainly not sent, and due again.
    """
    outcome = refused(codes, code)
    if not isinstance(outcome, Declined):
        raise MaybeSent(f"the platform answered {code[:16]!r} before anything was submitted")
    return outcome


def settled(found: wire.SetlInfo, reference: str, psn_no: str) -> Outcome[Settled]:
    """A settlement under our reference, or one that was taken back since. Raises: Garbled."""
    refuse_other(found, reference, psn_no)
    if is_taken_back(found):
        return Declined(reason=Reason(code="revoked", message="taken back", partner_code=TAKEN_BACK))
    total, fund, account, cash = split(found)
    legs = [
        Leg(name=name, state="succeeded", amount=amount)
        for name, amount in (("fund", fund), ("account", account), ("cash", cash))
    ]
    return Succeeded(
        result=Settled(total=total, legs=legs, settlement_number=found.setl_id, settled_at=instant(found.setl_time))
    )


def refuse_other(found: wire.SetlInfo, reference: str, psn_no: str) -> None:
    """Raises: Garbled for anybody else's settlement: a msgid that comes round too soon is answered with one."""
    if found.medins_setl_id not in (None, reference) or found.psn_no != psn_no:
        raise Garbled("the answer is about another settlement")


def split(found: wire.SetlInfo) -> tuple[Money, Money, Money, Money]:
    """Total, fund, account, cash. Raises: Garbled where they do not add up."""
    parts = (found.fund_pay_sumamt, found.acct_pay, found.psn_cash_pay)
    if sum(parts) != found.medfee_sumamt:
        raise Garbled("the legs do not add up to the total")
    total, fund, account, cash = (from_major(amount, "CNY") for amount in (found.medfee_sumamt, *parts))
    return total, fund, account, cash


def is_taken_back(found: wire.SetlInfo) -> bool:
    return str(found.refd_setl_flag) == TAKEN_BACK


def way_back(kept: Mapping[str, str], reference: str) -> tuple[str, wire.Undo | wire.Reverse]:
    """By the settlement's number; where the answer of 2207 was lost, by the message that it answered."""
    if "setl_id" in kept:
        return wire.UNDO, wire.Undo(kept["psn_no"], kept["mdtrt_id"], kept["setl_id"], reference)
    return wire.REVERSE, wire.Reverse(kept["psn_no"], wire.SETTLE, kept["msgid"], reference)


def revoked(answer: Answer, original: Original) -> Outcome[Revoked]:
    """2208 answers with a settlement of its own, 2601 with nothing. Raises: Garbled."""
    if means(REVOKE, answer.code) != "ok":
        return refused(REVOKE, answer.code)
    at = None
    if "setl_id" in original.handles:
        found = answer.read(wire.Settled).setlinfo
        if found.init_setl_id not in (None, original.handles["setl_id"]):
            raise Garbled("the answer is about another settlement")
        at = instant(found.setl_time)
    return Succeeded(result=Revoked(returned=_paid(original), revoked_at=at))


def revocation_found(answer: Answer, original: Original, reference: str) -> Found[Revoked]:
    """What 5203 knows under the revocation's own reference. Raises: Garbled."""
    if means(ENQUIRY, answer.code) != "ok":
        return ENQUIRY.outcome(answer.code, acknowledged=False)
    found = answer.read(wire.Settled).setlinfo
    refuse_other(found, reference, original.handles["psn_no"])
    if not is_taken_back(found):
        raise Garbled("what stands under the revocation's reference is none")
    return Succeeded(result=Revoked(returned=_paid(original), revoked_at=instant(found.setl_time)))


def _paid(original: Original) -> Money | None:
    """What comes back is what the legs had paid; nobody knows of any where the settlement was never answered."""
    total = sum((leg.amount.value for leg in original.legs if leg.state == "succeeded"), Decimal(0))
    return Money.of(total, "CNY") if total else None


def between(search: RecordSearch, psn_no: str) -> wire.SettledBetween:
    """From the first month's first second to the last one's last."""
    year, month = map(int, search.ends.split("-"))
    last = monthrange(year, month)[1]
    return wire.SettledBetween(psn_no, f"{search.begins}-01 00:00:00", f"{search.ends}-{last} 23:59:59")


def record(found: wire.SetlInfo, institution: str) -> SettlementRecord:
    """Raises: Garbled."""
    at = instant(found.setl_time)
    if found.setl_id is None or at is None:
        raise Garbled("a settlement without a number or a time")
    total, fund, account, cash = split(found)
    return SettlementRecord(
        settlement_number=found.setl_id,
        settled_at=at,
        institution=institution,
        total=total,
        fund=fund,
        account=account,
        cash=cash,
    )
