"""A bill as an upload and a payment, and what the centre says of it as legs."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from connectors.kit.codes import Codes
from connectors.kit.units import from_major, to_yuan
from connectors.nhsa_mobile_pay import wire
from connectors.nhsa_mobile_pay.envelope import NhsaAccount
from connectors.nhsa_mobile_pay.exchange import fields_of
from connectors.nhsa_mobile_pay.facts import MED_TYPE, STATUS, instant, local, means
from schemas.call import Attempt
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.medical_insurance.settlements import Settled, Settlement
from schemas.order import Leg, OrderState
from schemas.outcome import Absent, Declined, Outcome, Pending, Reason, Succeeded, Unknown

FIELDS = {"2002": "items", "2003": "insured_region", "2004": "voucher_token", "2010": "voucher_token"}
"""The part of the request that an upload's refusal is about."""


def refuse_bill(settlement: Settlement, account: NhsaAccount) -> None:
    """Raises: Refused where nobody need be asked to see that this account cannot settle it."""
    if settlement.business not in MED_TYPE:
        raise Refused(f"must be one of {', '.join(MED_TYPE)} to be settled on the phone", field="business")
    if settlement.institution != account.org_codg:
        raise Refused("is not the institution that this account settles for", field="institution")
    if settlement.total.currency != "CNY":
        raise Refused("must be in CNY", field="total.currency")


def upload(settlement: Settlement, attempt: Attempt) -> wire.Upload:
    """6201. Every amount is text with two decimals, and the details sum to the total, as the contract's do."""
    kept, reference = attempt.handles, attempt.reference
    return wire.Upload(
        **fields_of(attempt.subject),
        ecToken=settlement.voucher_token,
        orgCodg=attempt.account(NhsaAccount).org_codg,
        psnNo=kept["psn_no"],
        insutype=kept["insutype"],
        insuCode=settlement.insured_region,
        medOrgOrd=reference,
        begntime=local(attempt.sent_at, "%Y-%m-%d %H:%M:%S"),
        iptOtpNo=reference,
        chrgBchno=reference,
        medType=MED_TYPE[settlement.business],
        medfeeSumamt=to_yuan(settlement.total),
        feedetailList=[
            wire.FeeDetail(item.code, item.name, item.quantity, to_yuan(item.amount)) for item in settlement.items
        ],
    )


def payment(settlement: Settlement, attempt: Attempt, pay_auth_no: str) -> wire.Pay:
    """6202, with what the upload was answered."""
    kept = attempt.handles
    return wire.Pay(
        payAuthNo=pay_auth_no,
        payOrdId=kept["pay_ord_id"],
        payToken=kept["pay_token"],
        orgCodg=attempt.account(NhsaAccount).org_codg,
        orgBizSer=attempt.reference,
        chrgBchno=attempt.reference,
        acctUsedFlag="1" if settlement.use_account else "0",
        mdtrtId=kept.get("mdtrt_id", UNSET),
    )


def uploaded(answer: wire.Uploaded) -> dict[str, str]:
    """What the payment, and every question about it, needs to know."""
    visit = answer.mdtrtId or (answer.extData.mdtrtId if answer.extData else None)
    kept = {"pay_ord_id": answer.payOrdId, "pay_token": answer.payToken, "mdtrt_id": visit}
    return {name: value for name, value in kept.items() if value}


def learnt(state: wire.State | wire.Settlement) -> dict[str, str]:
    """What a state brings along for later: the centre's number, the rights to pay and to reverse, the visit."""
    kept = {"pay_ord_id": state.payOrdId, "revs_token": state.revsToken}
    if isinstance(state, wire.State):
        kept |= {"pay_token": state.payToken, "mdtrt_id": state.extData.mdtrtId if state.extData else None}
    return {name: value for name, value in kept.items() if value}


def refuse_other(state: wire.State, reference: str, kept: Mapping[str, str]) -> None:
    """Raises: Garbled unless the state is of the order that was asked about."""
    if state.payOrdId != kept.get("pay_ord_id", state.payOrdId) or state.medOrgOrd not in (None, reference):
        raise Garbled("the answer is about another order")


def judged(state: wire.State, now: datetime) -> Outcome[Settled]:
    """The third layer. A candidate has legs, and what has settled says by them what is paid. Raises: Garbled."""
    status = str(state.ordStas)
    if means("status", status) in ("ok", "succeeded"):
        return by_legs(state, now)
    outcome = settled_or_unknown(STATUS.outcome(status, acknowledged=True))
    return _of_one_leg(state) or outcome if _is_failed(outcome) else outcome


def _of_one_leg(state: wire.State) -> Pending[Settled] | None:
    """A failure with a leg that is paid is one of the other: it is to be revoked. Raises: Garbled."""
    says_paid = _has_paid(state, state.hiPayStas, ("ALL", "HI")) or _has_paid(state, state.ownPayStas, ("ALL", "CASH"))
    told = split(state) if says_paid else None  # amounts of a plain failure need not add up
    paid = {leg.name for leg in told.legs if leg.state == "succeeded" and leg.amount.value} if told else set()
    if not paid:
        return None
    return Pending(stage="insurance-failed" if paid == {"cash"} else "cash-failed", so_far=told)


def _is_failed(outcome: Outcome[Settled]) -> bool:
    """Declined, and not because it was taken back."""
    return isinstance(outcome, Declined) and outcome.reason.code == "declined"


def by_legs(state: wire.State, now: datetime) -> Outcome[Settled]:
    """Whether no leg is open or failed. A candidate is pending, whatever its legs say. Raises: Garbled."""
    told = split(state)
    if told is None:
        return Pending(stage="amounts-awaited", check_after=now)
    if failed := _side(told, "declined"):
        return Pending(stage=f"{failed}-failed", so_far=told)
    if not _is_settled(state):
        return Pending(stage="candidate", so_far=told)
    if state.setlType is None:  # the answer to a payment tells the amounts, and not which of them are paid
        return Pending(stage="candidate", so_far=told, check_after=now)
    if unpaid := _side(told, "pending"):
        return Pending(stage=f"{unpaid}-open", so_far=told)
    return Succeeded(result=told)


def _is_settled(state: wire.State) -> bool:
    return means("status", str(state.ordStas)) == "succeeded"


def _side(told: Settled, of: OrderState) -> str | None:
    """Whose leg is the first that is so: the insurance's, or the customer's."""
    name = next((leg.name for leg in told.legs if leg.state == of), None)
    return {"cash": "cash", None: None}.get(name, "insurance")


def split(state: wire.State) -> Settled | None:
    """The three legs; None while there are no amounts. Raises: Garbled where they do not add up."""
    parts = (state.fundPay, state.psnAcctPay, state.ownPayAmt)
    if state.feeSumamt is None or None in parts:
        return None
    fund, account, cash = (part or Decimal(0) for part in parts)
    if fund + account + cash != state.feeSumamt:
        raise Garbled("the legs do not add up to the total")
    insurance = _has_paid(state, state.hiPayStas, ("ALL", "HI"))
    person = _has_paid(state, state.ownPayStas, ("ALL", "CASH"))
    return Settled(
        total=from_major(state.feeSumamt, "CNY"),
        legs=[
            _leg("fund", fund, state.hiPayStas, paid=insurance),
            _leg("account", account, state.hiPayStas, paid=insurance),
            _leg("cash", cash, state.ownPayStas, paid=person),
        ],
        settlement_number=state.payOrdId,
        settled_at=instant(state.traceTime),
    )


def _has_paid(state: wire.State, status: str | None, types: tuple[str, ...]) -> bool:
    """Whether a side's part is paid: setlType says so, and of a mere candidate the leg's own status must too."""
    return state.setlType in types and (_is_settled(state) or status == "SUCCESS")


def _leg(name: str, amount: Decimal, status: str | None, *, paid: bool) -> Leg:
    """A leg of nothing is never open. What is said to have failed has, whatever setlType says."""
    money = from_major(amount, "CNY")
    if not amount:
        return Leg(name=name, state="succeeded", amount=money)
    if status == "FAIL":
        reason = Reason(code="declined", message=f"the {name} was not paid", partner_code=status)
        return Leg(name=name, state="declined", amount=money, reason=reason)
    return Leg(name=name, state="succeeded" if paid else "pending", amount=money)


def refused(codes: Codes, code: str, fields: Mapping[str, str] = {}) -> Declined | Pending[Any] | Unknown:
    """What a step was refused with, and the field at fault."""
    outcome = settled_or_unknown(codes.outcome(code, acknowledged=False))
    if isinstance(outcome, Declined) and code in fields:
        return Declined(reason=replace(outcome.reason, field=fields[code]))
    return outcome


def refused_before(codes: Codes, code: str, fields: Mapping[str, str] = {}) -> Declined:
    """What a step was refused with before anything was submitted.

    Raises: MaybeSent where that decides nothing, so that the order is certainly not sent, and due again.
    """
    outcome = refused(codes, code, fields)
    if not isinstance(outcome, Declined):
        raise MaybeSent(f"the centre answered {code[:16]!r} before anything was submitted")
    return outcome


def never_paid() -> Declined:
    return Declined(reason=Reason(code="not-sent", message="the fees were uploaded at most; no payment was sent"))


def settled_or_unknown(found: Declined | Pending[Any] | Unknown | Absent) -> Declined | Pending[Any] | Unknown:
    """Only an enquiry may find nothing; anywhere else that is a contradiction."""
    return Unknown(why="the centre knows no such order") if isinstance(found, Absent) else found
