"""What the office knows about a person: derived from the identity number, so that anybody can be asked about."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Any

from sandbox.providers.hrss_province.china import month, months, this_month
from sandbox.providers.hrss_province.codes import NAME_MISMATCH, NO_SUCH_PERSON, NOT_INSURED, Refused
from sandbox.providers.hrss_province.fields import KINDS
from sandbox.providers.hrss_province.magic import Situation, situation_of
from sandbox.stand.moment import now

PERSONAL_RATE = Decimal("0.08")
_INTEREST = Decimal("0.02")
_ACCOUNTS_SINCE = months("199601")
_CONTRIBUTING, _SUSPENDED = "1", "2"
_SECOND_AREA = "330200"


@dataclass(frozen=True, slots=True)
class Record:
    """A person's contributions. Units: yuan; months as counted by `china.months`."""

    aac001: str
    aac002: str
    unit: str
    begin: int
    end: int
    paid_months: int
    base: Decimal

    @property
    def personal(self) -> Decimal:
        return yuan(self.base * PERSONAL_RATE * self.paid_months)

    @property
    def interest(self) -> Decimal:
        return yuan(self.personal * _INTEREST * self.paid_months / 24)

    @property
    def balance(self) -> Decimal:
        return self.personal + self.interest


def record_of(aac002: str) -> Record:
    """Contributing since the early twenties, but at least for two years, with a gap of up to eight months.

    Raises: Refused, if there is no such person under this name.
    """
    situation = situation_of(aac002)
    if situation is Situation.NO_SUCH_PERSON:
        raise Refused(NO_SUCH_PERSON)
    if situation is Situation.NAME_MISMATCH:
        raise Refused(NAME_MISMATCH)
    mark = int.from_bytes(sha256(f"person {aac002}".encode()).digest())
    end = this_month(now()) - 1
    begin = min(max(months(aac002[6:12]) + 12 * 20 + mark % 60, _ACCOUNTS_SINCE), end - 23)
    return Record(
        aac001=f"33{mark % 10**12:012d}",
        aac002=aac002,
        unit=f"{mark % 10**8:08d}",
        begin=begin,
        end=end,
        paid_months=end - begin + 1 - mark % 9,
        base=Decimal(4500 + mark % 80 * 100),
    )


def contributor(aac002: str) -> Record:
    """Raises: Refused, if the person has never contributed."""
    record = record_of(aac002)
    if situation_of(aac002) is Situation.NOT_INSURED:
        raise Refused(NOT_INSURED)
    return record


def insured(record: Record, area: str) -> list[dict[str, Any]]:
    """What a person is insured for; AAE042 is empty while contributions run. Nothing at all is an empty list."""
    situation = situation_of(record.aac002)
    if situation is Situation.NOT_INSURED:
        return []
    relations = [_relation(record, kind, area, "") for kind in KINDS]
    if situation is Situation.TWO_RELATIONS:
        relations.append(_relation(record, "110", _SECOND_AREA, month(record.begin + 11)))
    return relations


def account(record: Record) -> dict[str, Any]:
    return {
        "AAE140": "110",
        "AAE041": month(record.begin),
        "AAE042": month(record.end),
        "paidMonths": record.paid_months,
        "monthlyBase": str(yuan(record.base)),
        "personalPaid": str(record.personal),
        "interest": str(record.interest),
        "balance": str(record.balance),
    }


def yuan(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _relation(record: Record, kind: str, area: str, end: str) -> dict[str, Any]:
    return {
        "AAE140": kind,
        "AAB301": area,
        "AAB001": record.unit,
        "AAB004": f"示例单位{record.unit[:4]}",
        "AAC031": _SUSPENDED if end else _CONTRIBUTING,
        "AAE041": month(record.begin),
        "AAE042": end,
    }
