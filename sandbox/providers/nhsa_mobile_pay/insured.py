"""Who is insured where, and with how much on the personal account: derived from the identity number."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.providers.nhsa_mobile_pay.codes import PERSON, Refused
from sandbox.providers.nhsa_mobile_pay.magic import Situation, situation_of
from sandbox.providers.nhsa_mobile_pay.words import mark_of
from sandbox.stand.people import check_digit

RESIDENT_ID = "01"
# 219900 is a pool run by the province itself: an area of medical insurance that GB/T 2260 does not know.
_AREAS = ("210100", "219900", "330100", "370100", "440300", "510100")
_LENGTH = 18


@dataclass(frozen=True, slots=True)
class Insured:
    """A person as the centre knows them. Units: balance in yuan."""

    psn_no: str
    relations: tuple[tuple[str, str], ...]
    """(insutype, insuCode)"""
    balance: Decimal

    def shown(self) -> list[dict[str, str]]:
        return [
            {
                "insutype": insutype,
                "insuCode": area,
                "psnInsuStas": "1",
                "balc": f"{self.balance if place == 0 else 0:.2f}",
            }
            for place, (insutype, area) in enumerate(self.relations)
        ]


def insured(content: dict[str, Any]) -> Insured:
    """The person that `idNo` and `idType` name.

    Raises: Refused, if the number cannot be anybody's.
    """
    id_no = content.get("idNo")
    if content.get("idType") != RESIDENT_ID or not isinstance(id_no, str) or not _is_id(id_no):
        raise Refused(PERSON, "idNo")
    return person(id_no)


def person(id_no: str) -> Insured:
    mark = mark_of(id_no)
    area, other = (_AREAS[(mark + step) % len(_AREAS)] for step in (0, 1))
    relations = [("310" if mark % 3 else "390", area)]
    if situation_of(id_no) is Situation.TWO_RELATIONS:
        relations.append(("390", other))
    return Insured(
        psn_no=f"{area}{mark % 10**24:024d}",
        relations=tuple(relations),
        balance=Decimal(50_000 + mark % 450_000) / 100,
    )


def _is_id(number: str) -> bool:
    body = number[:-1]
    return len(number) == _LENGTH and body.isascii() and body.isdecimal() and check_digit(body) == number[-1]
