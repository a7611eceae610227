"""The person, where they are insured, and the institutions of an area."""

from typing import Literal

from connectors.fsi_institution import wire
from connectors.fsi_institution.envelope import Answer, FsiAccount, ask
from connectors.fsi_institution.facts import CATALOGUE, MANIFEST, PERSON, means
from connectors.kit.codes import Codes
from connectors.kit.feeds import page_within, place_of
from connectors.kit.units import from_major
from schemas.call import Call
from schemas.errors import MaybeSent, Refused
from schemas.medical_insurance.vouchers import Institution, InstitutionSearch, InsuranceRelation
from schemas.page import Merged
from schemas.person import Person
from schemas.region import covers

KINDS: dict[str, Literal["employee", "resident"]] = {"310": "employee", "390": "resident"}
"""insutype. Anything else is some other insurance."""
ACTIVE = "1"
ROWS = 100
"""Institutions on one of the platform's pages, whatever length the bank wants: longer ones are cut to that."""
TYPES = {"hospital": wire.HOSPITAL, "pharmacy": wire.PHARMACY}
FIELDS = {"2002": "insured_region", "2004": "items", "2009": "insured_region", "2010": "voucher_token"}
"""The part of a bill that a refusal is about."""


def subject(call: Call) -> Person:
    """The customer. The platform is not told who acts for them: its messages have no place for it."""
    if call.subject is None:
        raise TypeError("the operation concerns a person, and nobody is named")
    return call.subject


def refuse_elsewhere(call: Call, region: str) -> None:
    """Raises: Refused where the account's institution is not in the treatment region."""
    if not covers(call.account(FsiAccount).mdtrtarea_admvs, region):
        raise Refused("is not where this account's institution is", field="treatment_region")


async def insured(call: Call) -> wire.Insured | None:
    """1101, by the identity card; None where nobody is known. Raises: Refused."""
    person = subject(call)
    message = wire.PersonOf(
        mdtrt_cert_type=wire.ID_CARD,
        mdtrt_cert_no=person.id_number,
        psn_cert_type="01" if person.id_type == "resident-id" else "99",
        certno=person.id_number,
        psn_name=person.name,
    )
    answer = await ask(call, PERSON, wire.PERSON, {"data": message})
    if means(PERSON, answer.code) == "nothing":
        return None
    refuse(PERSON, answer)
    return answer.read(wire.Insured)


def refuse(codes: Codes, answer: Answer) -> None:
    """Raises: Refused where the platform says no to a question; MaybeSent where it says nothing that can be used."""
    meaning = codes.meaning(answer.code)
    if meaning is None or meaning.means == "unknown":
        raise MaybeSent(f"the platform answered {answer.code[:16]!r} to a question")
    if meaning.means != "ok":
        raise Refused(meaning.text, field=FIELDS.get(answer.code))


def relations(found: wire.Insured | None) -> list[InsuranceRelation]:
    if found is None:
        return []
    return [
        InsuranceRelation(
            person_number=found.baseinfo.psn_no,
            insured_region=row.insuplc_admdvs,
            kind=KINDS.get(row.insutype, "other"),
            active=is_active(row),
            account_balance=None if row.balc is None else from_major(row.balc, "CNY"),
        )
        for row in found.insuinfo
    ]


def relation_in(found: wire.Insured | None, region: str) -> wire.Relation:
    """The relation that pays. Raises: Refused."""
    there = [row for row in found.insuinfo if row.insuplc_admdvs == region] if found else []
    if not there:
        raise Refused("the customer is not insured there", field="insured_region")
    row = next(filter(is_active, there), None)
    if row is None:
        raise Refused("the customer's insurance there is not active", field="insured_region")
    return row


def is_active(row: wire.Relation) -> bool:
    return str(row.psn_insu_stas) == ACTIVE


async def institutions(search: InstitutionSearch, call: Call) -> Merged[Institution]:
    """1201. Cursor: a place in the list, of which the platform's pages are always as long."""
    region = MANIFEST.regions[0] if search.region == "CN" else search.region
    if not region.isdigit():
        return Merged(items=[])
    number = place_of(search) // ROWS + 1
    message = wire.MedinsOf(admdvs=region, page_num=number, page_size=ROWS)
    if search.kind:
        message.fixmedins_type = TYPES[search.kind]
    answer = await ask(call, CATALOGUE, wire.INSTITUTIONS, {"medinsinfo": message})
    refuse(CATALOGUE, answer)
    page = answer.read(wire.Catalogue)
    items = [_institution(row) for row in page.medinsinfo if row.fixmedins_type in TYPES.values()]
    more = bool(page.medinsinfo) and number * ROWS < page.recordCounts
    return page_within(items, search, ROWS, more=more)


def _institution(row: wire.Medins) -> Institution:
    return Institution(
        institution=row.fixmedins_code,
        name=row.fixmedins_name,
        kind="pharmacy" if row.fixmedins_type == wire.PHARMACY else "hospital",
        region=row.admdvs,
        grade=row.hosp_lv or None,
        address=row.addr or None,
    )
