"""Our requests in the office's words. What it has no words for is declined before anything is sent."""

from typing import TypedDict

from msgspec import UNSET

from connectors.hrss_province import wire
from connectors.hrss_province.envelope import HrssAccount
from connectors.hrss_province.verdicts import Denied
from connectors.kit.phones import chinese_mobile
from schemas.call import Attempt, Call
from schemas.outcome import Reason
from schemas.person import Person
from schemas.region import covers
from schemas.social_security import CertificateRequest, EstimateRequest, InsuranceKind, TransferRequest

KINDS: dict[InsuranceKind, str] = {"pension": "110", "unemployment": "210", "medical": "310", "work-injury": "410"}


class Whom(TypedDict):
    """What every request about a person says first."""

    AAC002: str
    AAC003: str
    AAB301: str


def whom(call: Call, region: str) -> Whom:
    """Raises: Denied for whoever has no identity number, and for another province's area: nothing is told then."""
    if not _here(call, region):
        raise Denied(Reason(code="not-eligible", message="is in another province", field="region"))
    person = holder(call)
    return Whom(AAC002=person.id_number, AAC003=person.name, AAB301=region)


def holder(call: Call) -> Person:
    """Raises: Denied."""
    if call.subject is None or call.subject.id_type != "resident-id":
        raise Denied(Reason(code="not-eligible", message="the office knows residents, by their identity number"))
    return call.subject


def mobile(person: Person) -> str:
    """Raises: Denied for whoever has no Chinese mobile number."""
    found = chinese_mobile(person.mobile)
    if found is None:
        message = "the consent names no Chinese mobile number, and a card needs one"
        raise Denied(Reason(code="not-eligible", message=message, field="Consent-Id"))
    return found


def issue(region: str, attempt: Attempt) -> wire.Application:
    """Raises: Denied."""
    telephone = mobile(holder(attempt))
    return wire.Application(**whom(attempt, region), ywlsh=attempt.reference, AAE005=telephone)


def unlinking(region: str, attempt: Attempt) -> wire.Application:
    """Raises: Denied."""
    return wire.Application(**whom(attempt, region), ywlsh=attempt.reference, AAE005=UNSET)


def estimate(request: EstimateRequest, call: Call) -> wire.EstimateRequest:
    """The age as the month in which the person reaches it. Raises: Denied."""
    concerned = whom(call, request.region)
    born = concerned["AAC002"][6:12]  # GB 11643: yyyyMMdd from the seventh character
    return wire.EstimateRequest(
        **concerned,
        retireMonth=f"{int(born[:4]) + request.retires_at_age}{born[4:]}",
        wageGrowth=request.wage_growth,
    )


def certificate(request: CertificateRequest, call: Call) -> wire.CertificateRequest:
    """Raises: Denied."""
    return wire.CertificateRequest(
        **whom(call, request.region),
        AAE140=_kind(request.insurance),
        AAE041=request.begins.replace("-", ""),
        AAE042=request.ends.replace("-", ""),
    )


def transfer(request: TransferRequest, attempt: Attempt) -> wire.TransferRequest:
    """Raises: Denied."""
    if not (_here(attempt, request.to_region) or _here(attempt, request.from_region)):
        message = "neither area is in this province"
        raise Denied(Reason(code="not-eligible", message=message, field="to_region"))
    person = holder(attempt)
    return wire.TransferRequest(
        AAC002=person.id_number,
        AAC003=person.name,
        AAB301=request.to_region,
        outAAB301=request.from_region,
        AAE140=_kind(request.insurance),
        ywlsh=attempt.reference,
    )


def _kind(insurance: InsuranceKind) -> str:
    if insurance not in KINDS:
        raise Denied(Reason(code="not-eligible", message="the office keeps no such insurance", field="insurance"))
    return KINDS[insurance]


def _here(call: Call, region: str) -> bool:
    return covers(call.account(HrssAccount).province_area, region)
