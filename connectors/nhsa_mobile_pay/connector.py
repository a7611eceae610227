"""Medical insurance through the mobile payment centre: what is asked when, and what is kept in between."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from connectors.kit.partner import Acknowledgement, News, Partner
from connectors.kit.signing import sm2
from connectors.nhsa_mobile_pay import refunds, settlements, vouchers, wire
from connectors.nhsa_mobile_pay.envelope import OK, Answer, NhsaAccount, Opened, open_envelope, unwrapped
from connectors.nhsa_mobile_pay.exchange import ask, fields_of, person, submit
from connectors.nhsa_mobile_pay.facts import (
    ACTIVATE,
    ACTIVATION_ENQUIRY,
    BUSINESS,
    ENQUIRY,
    PAY,
    REFUND,
    REVOKE,
    UPLOAD,
    means,
)
from schemas.call import Attempt, Call
from schemas.errors import Garbled, NotSent
from schemas.medical_insurance import MedicalInsurance
from schemas.medical_insurance.settlements import Refund, Refunded, Revocation, Revoked, Settled, Settlement
from schemas.medical_insurance.vouchers import (
    InsuranceRelation,
    PersonSearch,
    Voucher,
    VoucherActivation,
    VoucherToken,
    VoucherTokenRequest,
)
from schemas.order import Original
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Reason, Unknown

KNOWN = {"pay_ord_id", "pay_token"}
"""What 6301 and 6401 demand: the centre's number of an order, and the right to pay it."""


class NhsaMobilePay(MedicalInsurance):
    """The e-voucher, and bills settled on the phone."""

    async def check_activation(self, activation: VoucherActivation, call: Call) -> None:
        vouchers.known_in(await vouchers.insured(call, person(call)), activation.insured_region)

    async def activate_voucher(self, activation: VoucherActivation, attempt: Attempt) -> Outcome[Voucher]:
        data = wire.Serial(orgBizSer=attempt.reference, **fields_of(attempt.subject))
        answer = await submit(attempt, "activate", wire.VOUCHER, vouchers.about(attempt, "ec.activate", data))
        found = vouchers.activated(answer, ACTIVATE, activation, attempt.reference)
        return Unknown(why=found.why) if isinstance(found, Absent) else found

    async def find_activation(self, activation: VoucherActivation, attempt: Attempt) -> Found[Voucher]:
        data = wire.Serial(orgBizSer=attempt.reference, **fields_of(attempt.subject))
        answer = await ask(attempt, wire.VOUCHER, vouchers.about(attempt, "ec.status", data))
        return vouchers.activated(answer, ACTIVATION_ENQUIRY, activation, attempt.reference)

    async def issue_token(self, request: VoucherTokenRequest, call: Call) -> VoucherToken:
        return await vouchers.token(request, call)

    async def find_person(self, search: PersonSearch, call: Call) -> list[InsuranceRelation]:  # noqa: ARG002 - relations are the same everywhere
        return vouchers.relations(await vouchers.insured(call, person(call)))

    async def check_settlement(self, settlement: Settlement, call: Call) -> None:
        settlements.refuse_bill(settlement, call.account(NhsaAccount))
        found = await vouchers.insured(call, person(call))
        relation = vouchers.relation_in(found, settlement.insured_region)
        await vouchers.refuse_inactive(call, person(call))
        await call.remember(psn_no=found.psnNo if found else "", insutype=relation.insutype)

    async def settle(self, settlement: Settlement, attempt: Attempt) -> Outcome[Settled]:
        if "psn_no" not in attempt.handles:
            await self.check_settlement(settlement, attempt)
        leave = await vouchers.authorise(attempt, BUSINESS[settlement.business])
        if leave.code != OK:
            return settlements.refused_before(UPLOAD, leave.code, settlements.FIELDS)
        pay_auth_no = leave.read(wire.Authorisation).payAuthNo
        answer = await submit(attempt, "upload", wire.UPLOAD, settlements.upload(settlement, attempt))
        if answer.code != OK:
            return settlements.refused(UPLOAD, answer.code, settlements.FIELDS)
        await attempt.remember(**settlements.uploaded(answer.read(wire.Uploaded)))
        return await _pay(settlement, attempt, pay_auth_no)

    async def find_settlement(self, settlement: Settlement, attempt: Attempt) -> Found[Settled]:  # noqa: ARG002 - found by number
        may_be_paid = "pay" in attempt.steps and attempt.handles.get("payment") != "not-sent"
        answer = await _state(attempt, attempt.reference, attempt.handles)
        if answer.code != OK:
            absent = means("enquiry", answer.code) == "absent"
            return settlements.never_paid() if absent and not may_be_paid else _not_told(answer, attempt.handles)
        state = answer.read(wire.State)
        settlements.refuse_other(state, attempt.reference, attempt.handles)
        await _keep(attempt, settlements.learnt(state))
        if not may_be_paid and means("status", str(state.ordStas)) == "pending":
            return settlements.never_paid()
        return settlements.judged(state, attempt.clock())

    async def revoke(self, revocation: Revocation, attempt: Attempt) -> Outcome[Revoked]:  # noqa: ARG002 - the original says it all
        original = _original(attempt)
        if isinstance(known := await _known(attempt, original, KNOWN), Answer):
            return settlements.refused_before(REVOKE, known.code)
        message = wire.Revoke(
            **fields_of(attempt.subject),
            orgCodg=attempt.account(NhsaAccount).org_codg,
            orgBizSer=attempt.reference,
            payOrdId=known["pay_ord_id"],
            payToken=known["pay_token"],
            revsToken=known.get("revs_token", UNSET),
        )
        answer = await submit(attempt, "revoke", wire.REVOKE, message)
        if answer.code != OK:
            return settlements.refused(REVOKE, answer.code)
        return refunds.revocation(answer.read(wire.Revoked), original)

    async def find_revocation(self, revocation: Revocation, attempt: Attempt) -> Found[Revoked]:  # noqa: ARG002 - likewise
        original = _original(attempt)
        kept = {**original.handles, **attempt.handles}
        answer = await _state(attempt, original.reference, kept)
        if answer.code != OK:
            return _not_told(answer, kept)
        state = answer.read(wire.State)
        settlements.refuse_other(state, original.reference, kept)
        return refunds.revocation_found(state, original)

    async def refund(self, refund: Refund, attempt: Attempt) -> Outcome[Refunded]:
        original = _original(attempt)
        kind = refunds.refund_type(refund, original)
        if kind is None:
            words = "cash and insurance go back together only where all of both does"
            return Declined(reason=Reason(code="not-eligible", message=words, field="legs"))
        if isinstance(known := await _known(attempt, original, {"pay_ord_id"}), Answer):
            return settlements.refused_before(REFUND, known.code)
        leave = await vouchers.authorise(attempt, _business(original))
        if leave.code != OK:
            return settlements.refused_before(REFUND, leave.code)
        pay_auth_no = leave.read(wire.Authorisation).payAuthNo
        message = refunds.refund_request(refund, attempt, known["pay_ord_id"], kind, pay_auth_no)
        answer = await submit(attempt, "refund", wire.REFUND, message)
        if answer.code != OK:
            return settlements.refused(REFUND, answer.code)
        return refunds.refunded(answer.read(wire.Refunded), refund, attempt.reference)

    async def find_refund(self, refund: Refund, attempt: Attempt) -> Found[Refunded]:
        org = attempt.account(NhsaAccount).org_codg
        message = wire.Query(**fields_of(attempt.subject), orgCodg=org, appRefdSn=attempt.reference)
        answer = await ask(attempt, wire.QUERY, message)
        if answer.code != OK:
            return ENQUIRY.outcome(answer.code, acknowledged=False)
        return refunds.refunded(answer.read(wire.Refunded), refund, attempt.reference)


def read_callback(raw: bytes, _headers: Mapping[str, str], account: NhsaAccount) -> News:
    """SeltSucCallback: it names no ordStas, so it makes the hub ask, and brings the right to reverse.

    One that cannot be believed is not thanked for, so that a true one comes again.
    """
    opened = open_envelope(account, unwrapped(raw))
    pushed = Answer(OK, opened.content).read(wire.Settlement)
    if not _signed(opened, account):
        words = Acknowledgement(body=b"fail")
        return News(reference=pushed.medOrgOrd, outcome=None, trusted=False, acknowledgement=words)
    return News(
        reference=pushed.medOrgOrd,
        outcome=None,
        trusted=True,
        acknowledgement=Acknowledgement(body=b"success"),
        remember=settlements.learnt(pushed),
    )


def _signed(opened: Opened, account: NhsaAccount) -> bool:
    return sm2.verify_now(account.platform_public_key, opened.signed, opened.signature, account.user_id)


async def _pay(settlement: Settlement, attempt: Attempt, pay_auth_no: str) -> Outcome[Settled]:
    try:
        answer = await submit(attempt, "pay", wire.PAY, settlements.payment(settlement, attempt, pay_auth_no))
    except NotSent:
        await attempt.remember(payment="not-sent")  # the step is written down, and yet it certainly never left
        raise
    if answer.code != OK:
        return settlements.refused(PAY, answer.code)
    state = answer.read(wire.State)
    settlements.refuse_other(state, attempt.reference, attempt.handles)
    await _keep(attempt, settlements.learnt(state))
    return settlements.judged(state, attempt.clock())


async def _state(call: Call, reference: str, kept: Mapping[str, str]) -> Answer:
    """6301: by the centre's number and the right to pay; where the answer that told them was lost, by ours."""
    by = {"medOrgOrd": reference}
    if kept.keys() >= KNOWN:
        by = {"payOrdId": kept["pay_ord_id"], "payToken": kept["pay_token"]}
    message = wire.Query(**fields_of(call.subject), orgCodg=call.account(NhsaAccount).org_codg, **by)
    return await ask(call, wire.QUERY, message)


def _not_told(answer: Answer, kept: Mapping[str, str]) -> Declined | Pending[Any] | Unknown | Absent:
    """Why 6301 tells no state. Asked by the centre's own number, "no such order" may mean "no right to it"."""
    found = ENQUIRY.outcome(answer.code, acknowledged=False)
    return (
        Unknown(why="no such order, or no right to it") if isinstance(found, Absent) and "pay_ord_id" in kept else found
    )


async def _known(attempt: Attempt, original: Original, needed: set[str]) -> dict[str, str] | Answer:
    """What is known of a settlement, asked for where that is too little; the centre's refusal where it tells nothing.

    Raises: Garbled.
    """
    kept = dict(original.handles)
    if kept.keys() >= needed:
        return kept
    answer = await _state(attempt, original.reference, kept)
    if answer.code != OK:
        return answer
    state = answer.read(wire.State)
    settlements.refuse_other(state, original.reference, kept)
    learnt = settlements.learnt(state)
    if not (kept | learnt).keys() >= needed:
        raise Garbled("the centre tells no right to the order")
    await attempt.remember(**learnt)
    return kept | learnt


async def _keep(attempt: Attempt, learnt: dict[str, str]) -> None:
    if any(attempt.handles.get(name) != value for name, value in learnt.items()):
        await attempt.remember(**learnt)


def _original(attempt: Attempt) -> Original:
    if attempt.original is None:
        raise TypeError("this order follows another, and none is named")
    return attempt.original


def _business(original: Original) -> str:
    if not isinstance(original.request, Settlement):
        raise TypeError("this order follows a settlement, and names another order")
    return BUSINESS[original.request.business]


PARTNER = Partner(account=NhsaAccount, scenarios=(NhsaMobilePay,), read_callback=read_callback)
