"""Medical insurance at one institution: a sign-in, and one transaction number after the other."""

from functools import partial

from msgspec import UNSET

from connectors.fsi_institution import people, settlements, wire
from connectors.fsi_institution.envelope import FsiAccount, ask, exchange, new_msgid
from connectors.fsi_institution.facts import ENQUIRY, REVOKE, SETTLE, VISIT, means
from connectors.kit.partner import Partner
from schemas.call import Attempt, Call
from schemas.medical_insurance import MedicalInsurance
from schemas.medical_insurance.settlements import (
    MedicalBill,
    RecordSearch,
    Revocation,
    Revoked,
    Settled,
    Settlement,
    SettlementPreview,
    SettlementRecord,
)
from schemas.medical_insurance.vouchers import Institution, InstitutionSearch, InsuranceRelation, PersonSearch
from schemas.order import Original
from schemas.outcome import Declined, Found, Outcome, Reason
from schemas.page import Merged


class FsiInstitution(MedicalInsurance):
    """Bills of one designated institution, settled by the fund at once."""

    async def find_person(self, search: PersonSearch, call: Call) -> list[InsuranceRelation]:
        people.refuse_elsewhere(call, search.treatment_region)
        return people.relations(await people.insured(call))

    async def list_institutions(self, search: InstitutionSearch, call: Call) -> Merged[Institution]:
        return await people.institutions(search, call)

    async def preview(self, bill: MedicalBill, call: Call) -> SettlementPreview:
        kept = await _checked(bill, call)
        message = settlements.registration(bill, call, call.clock(), kept)
        answer = await ask(call, VISIT, wire.REGISTER, {"data": message}, bill.insured_region)
        people.refuse(VISIT, answer)
        visit = answer.read(wire.Visited).data.mdtrt_id
        asked = settlements.bill_of(bill, call, kept, visit)
        answer = await ask(call, VISIT, wire.PREVIEW, {"data": asked}, bill.insured_region)
        people.refuse(VISIT, answer)
        return settlements.preview(answer.read(wire.Settled).setlinfo)

    async def check_settlement(self, settlement: Settlement, call: Call) -> None:
        await call.remember(**await _checked(settlement, call))

    async def settle(self, settlement: Settlement, attempt: Attempt) -> Outcome[Settled]:
        if "psn_no" not in attempt.handles:
            await self.check_settlement(settlement, attempt)
        area, psn_no = settlement.insured_region, attempt.handles["psn_no"]
        message = settlements.registration(settlement, attempt, attempt.sent_at, attempt.handles)
        answer = await ask(attempt, VISIT, wire.REGISTER, {"data": message}, area)
        if means(VISIT, answer.code) != "ok":
            return settlements.refused_before(VISIT, answer.code)
        visit = answer.read(wire.Visited).data.mdtrt_id
        bill = settlements.bill_of(settlement, attempt, attempt.handles, visit)
        bill.medins_setl_id = attempt.reference
        msgid = new_msgid(attempt.account(FsiAccount), attempt.clock())
        await attempt.remember(msgid=msgid, mdtrt_id=visit)  # 2601 needs the msgid where the answer is lost
        send = partial(attempt.submit, "settle")
        answer = await exchange(attempt, send, SETTLE, wire.SETTLE, {"data": bill}, area, msgid)
        if means(SETTLE, answer.code) != "ok":
            return settlements.refused(SETTLE, answer.code)
        return await _settled(answer.read(wire.Settled).setlinfo, attempt, psn_no)

    async def find_settlement(self, settlement: Settlement, attempt: Attempt) -> Found[Settled]:
        psn_no = attempt.handles["psn_no"]
        message = wire.SettledUnder(psn_no, attempt.reference, attempt.handles.get("mdtrt_id", UNSET))
        answer = await ask(attempt, ENQUIRY, wire.FIND, {"data": message}, settlement.insured_region)
        if means(ENQUIRY, answer.code) != "ok":
            return ENQUIRY.outcome(answer.code, acknowledged=False)
        return await _settled(answer.read(wire.Settled).setlinfo, attempt, psn_no)

    async def revoke(self, revocation: Revocation, attempt: Attempt) -> Outcome[Revoked]:  # noqa: ARG002 - the original says it all
        original = _original(attempt)
        if "msgid" not in original.handles:
            return Declined(reason=Reason(code="not-eligible", message="the settlement was never sent"))
        infno, message = settlements.way_back(original.handles, attempt.reference)
        area, msgid = _area(original), new_msgid(attempt.account(FsiAccount), attempt.clock())
        send = partial(attempt.submit, "revoke")
        answer = await exchange(attempt, send, REVOKE, infno, {"data": message}, area, msgid)
        return settlements.revoked(answer, original)

    async def find_revocation(self, revocation: Revocation, attempt: Attempt) -> Found[Revoked]:  # noqa: ARG002 - likewise
        original = _original(attempt)
        kept = original.handles
        message = wire.SettledUnder(kept["psn_no"], attempt.reference, kept.get("mdtrt_id", UNSET))
        answer = await ask(attempt, ENQUIRY, wire.FIND, {"data": message}, _area(original))
        return settlements.revocation_found(answer, original, attempt.reference)

    async def find_records(self, search: RecordSearch, call: Call) -> list[SettlementRecord]:
        people.refuse_elsewhere(call, search.treatment_region)
        found = await people.insured(call)
        if found is None or not found.insuinfo:
            return []
        area = next(filter(people.is_active, found.insuinfo), found.insuinfo[0]).insuplc_admdvs
        message = settlements.between(search, found.baseinfo.psn_no)
        answer = await ask(call, ENQUIRY, wire.FIND, {"data": message}, area)
        if means(ENQUIRY, answer.code) == "absent":
            return []
        people.refuse(ENQUIRY, answer)
        name = call.account(FsiAccount).fixmedins_name
        rows = answer.read(wire.Settlements).setlinfo
        return [settlements.record(row, name) for row in rows if not settlements.is_taken_back(row)]


async def _checked(bill: MedicalBill, call: Call) -> dict[str, str]:
    """The person's number and insurance, as 1101 tells them. Raises: Refused, naming the field."""
    settlements.refuse_bill(bill, call.account(FsiAccount))
    people.refuse_elsewhere(call, bill.treatment_region)
    found = await people.insured(call)
    relation = people.relation_in(found, bill.insured_region)
    return {"psn_no": found.baseinfo.psn_no if found else "", "insutype": relation.insutype}


async def _settled(found: wire.SetlInfo, attempt: Attempt, psn_no: str) -> Outcome[Settled]:
    """A settlement, once its number is kept: 2208 needs it."""
    outcome = settlements.settled(found, attempt.reference, psn_no)
    if found.setl_id and attempt.handles.get("setl_id") != found.setl_id:
        await attempt.remember(setl_id=found.setl_id)
    return outcome


def _original(attempt: Attempt) -> Original:
    if attempt.original is None:
        raise TypeError("this order follows another, and none is named")
    return attempt.original


def _area(original: Original) -> str:
    if not isinstance(original.request, Settlement):
        raise TypeError("this order follows a settlement, and names another order")
    return original.request.insured_region


PARTNER = Partner(account=FsiAccount, scenarios=(FsiInstitution,))
