"""The e-voucher and the person: tokens, authorisations, activation, insurance relations."""

from datetime import timedelta
from typing import Literal

from connectors.kit.codes import Codes
from connectors.kit.units import from_major
from connectors.nhsa_mobile_pay import wire
from connectors.nhsa_mobile_pay.envelope import OK, Answer, NhsaAccount
from connectors.nhsa_mobile_pay.exchange import ask, fields_of
from connectors.nhsa_mobile_pay.facts import BUSINESS, PERSON, VOUCHER_STATUS, instant, means
from schemas.call import Attempt, Call
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.medical_insurance.vouchers import (
    InsuranceRelation,
    Voucher,
    VoucherActivation,
    VoucherToken,
    VoucherTokenRequest,
)
from schemas.outcome import Found, Succeeded

KINDS: dict[str, Literal["employee", "resident"]] = {"310": "employee", "390": "resident"}
"""insutype. Anything else is some other insurance."""
ACTIVE = "1"


def about(call: Call, trans_type: str, data: wire.Person) -> wire.Ec:
    return wire.Ec(transType=trans_type, orgId=call.account(NhsaAccount).org_codg, data=data)


async def token(request: VoucherTokenRequest, call: Call) -> VoucherToken:
    org = call.account(NhsaAccount).org_codg
    data = wire.TokenOf(orgId=org, businessType=BUSINESS[request.business], **fields_of(call.subject))
    answer = await ask(call, wire.VOUCHER, about(call, "ec.query", data))
    refuse(answer)
    given = answer.read(wire.Token)
    if not str(given.validSeconds).isdecimal():
        raise Garbled("the token says not how long it lives")
    expires_at = call.clock() + timedelta(seconds=int(given.validSeconds))
    return VoucherToken(token=given.ecToken, business=request.business, expires_at=expires_at)


async def authorise(attempt: Attempt, business_type: str) -> Answer:
    """Leave to pay or to refund. It moves nothing, has no number of its own, and may be asked for again."""
    data = wire.Authorise(businessType=business_type, **fields_of(attempt.subject))
    return await ask(attempt, wire.VOUCHER, about(attempt, "ec.auth", data))


async def insured(call: Call, message: wire.Person) -> wire.Insured | None:
    """What the person is insured for; None where nobody is known. Raises: Refused."""
    answer = await ask(call, wire.INSURED, message)
    if means("person", answer.code) == "nothing":
        return None
    refuse(answer)
    return answer.read(wire.Insured)


async def refuse_inactive(call: Call, message: wire.Person) -> None:
    """Raises: Refused for a token of a voucher that is not active."""
    answer = await ask(call, wire.VOUCHER, about(call, "ec.status", message))
    refuse(answer)
    if str(answer.read(wire.Voucher).ecStatus) != ACTIVE:
        raise Refused("is of an e-voucher that is not active", field="voucher_token")


def refuse(answer: Answer) -> None:
    """Raises: Refused where the partner says no to a question; MaybeSent where it says nothing that can be used."""
    if answer.code == OK:
        return
    meaning = PERSON.meaning(answer.code)
    if meaning is None or meaning.means == "unknown":
        raise MaybeSent(f"the centre answered {answer.code[:16]!r} to a question")
    raise Refused(meaning.text)


def relations(found: wire.Insured | None) -> list[InsuranceRelation]:
    if found is None:
        return []
    return [_relation(row, found.psnNo) for row in found.insuInfo]


def _relation(row: wire.Relation, person_number: str) -> InsuranceRelation:
    return InsuranceRelation(
        person_number=person_number,
        insured_region=row.insuCode,
        kind=KINDS.get(row.insutype, "other"),
        active=str(row.psnInsuStas) == ACTIVE,
        account_balance=None if row.balc is None else from_major(row.balc, "CNY"),
    )


def relation_in(found: wire.Insured | None, region: str) -> wire.Relation:
    """The relation that pays. Raises: Refused."""
    row = known_in(found, region)
    if str(row.psnInsuStas) != ACTIVE:
        raise Refused("the customer's insurance there is not active", field="insured_region")
    return row


def known_in(found: wire.Insured | None, region: str) -> wire.Relation:
    """The relation there, active or not. Raises: Refused."""
    row = next((row for row in found.insuInfo if row.insuCode == region), None) if found else None
    if row is None:
        raise Refused("the customer is not insured there", field="insured_region")
    return row


def activated(answer: Answer, codes: Codes, activation: VoucherActivation, reference: str) -> Found[Voucher]:
    """What an activation, or the question about one, was answered. Raises: Garbled."""
    if answer.code != OK:
        return codes.outcome(answer.code, acknowledged=False)
    voucher = answer.read(wire.Voucher)
    if voucher.orgBizSer not in (None, reference):
        raise Garbled("the answer is about another activation")
    status = str(voucher.ecStatus)
    if means("voucher_status", status) != "succeeded":
        return VOUCHER_STATUS.outcome(status, acknowledged=True)
    region, at = activation.insured_region, instant(voucher.bizTime)
    return Succeeded(result=Voucher(state="active", insured_region=region, activated_at=at))
