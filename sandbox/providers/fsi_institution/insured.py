"""1101: a person, and every insurance relation under the identity number it is derived from."""

from decimal import Decimal
from functools import partial
from typing import Any

from sandbox.providers.fsi_institution.codes import FIELD, INSUPLC, PERSON, SUSPENDED, Refused
from sandbox.providers.fsi_institution.envelope import Envelope
from sandbox.providers.fsi_institution.magic import Situation, situation_of
from sandbox.providers.fsi_institution.words import demand, mark_of
from sandbox.stand.book import Book, Page
from sandbox.stand.people import check_digit

ACTIVE, PAUSED = "1", "2"
_AREAS = ("210100", "210200", "330100", "370200", "440300", "510100")
_POOL = "219900"
_CERT_TYPES = frozenset({"01", "02", "03"})
_LENGTH = 18
_THIRD = 3

Fields = dict[str, Any]


class Insured:
    """Persons are known from their first 1101 on; psn_no leads back to the identity number."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def find(self, data: Fields) -> Fields:
        """Raises: Refused."""
        demand(data, ("mdtrt_cert_type", "mdtrt_cert_no"))
        if data["mdtrt_cert_type"] not in _CERT_TYPES:
            raise Refused(FIELD, "mdtrt_cert_type")
        certno = str(data.get("certno") or data["mdtrt_cert_no"])
        if not _is_id(certno) or situation_of(certno) is Situation.UNKNOWN:
            raise Refused(PERSON)
        psn_no = f"{mark_of('psn_no ' + certno) % 10**24:030d}"
        name = str(data.get("psn_name") or f"模拟参保人{mark_of(certno) % 1000:03d}")
        await self._book.write(partial(_know, psn_no, certno))
        male, born = int(certno[16]) % 2 == 1, f"{certno[6:10]}-{certno[10:12]}-{certno[12:14]}"
        return {
            "baseinfo": {
                "psn_no": psn_no,
                "psn_cert_type": "01",
                "certno": certno,
                "psn_name": name,
                "gend": "1" if male else "2",
                "brdy": born,
            },
            "insuinfo": relations(certno),
            "idetinfo": [],
        }

    def certno_of(self, psn_no: object) -> str | None:
        """None for a psn_no that no 1101 has told."""
        found = self._book.read(lambda page: page.find(f"psn {psn_no}"))
        return str(found[0]["certno"]) if found else None

    def check(self, envelope: Envelope, *, active: bool) -> str:
        """The identity number behind psn_no, if insuplc_admdvs is one of the person's areas.

        Raises: Refused.
        """
        data = envelope.node()
        demand(data, ("psn_no",))
        certno = self.certno_of(data["psn_no"])
        if certno is None:
            raise Refused(PERSON, "psn_no")
        there = [each for each in relations(certno) if each["insuplc_admdvs"] == envelope.insuplc]
        if not there:
            raise Refused(INSUPLC, "insuplc_admdvs")
        if active and there[0]["psn_insu_stas"] != ACTIVE:
            raise Refused(SUSPENDED)
        if data.get("insutype", there[0]["insutype"]) != there[0]["insutype"]:
            raise Refused(INSUPLC, "insutype")
        return certno


def relations(certno: str) -> list[Fields]:
    """A third of all people were insured somewhere else before; that relation is paused, and comes first."""
    mark, situation = mark_of(certno), situation_of(certno)
    area, other = (_AREAS[(mark + step) % len(_AREAS)] for step in (0, 1))
    if situation is Situation.PROVINCIAL_POOL:
        area = _POOL
    current = _relation("310" if mark % 4 else "390", area, ACTIVE, balance(certno))
    if situation is Situation.SUSPENDED:
        return [{**current, "psn_insu_stas": PAUSED}]
    if situation is Situation.TWO_RELATIONS:
        return [_relation("390", other, ACTIVE, Decimal(0)), current]
    return [_relation("390", other, PAUSED, Decimal(0)), current] if mark % _THIRD == 0 else [current]


def balance(certno: str) -> Decimal:
    """Of the personal account. Units: yuan; settling does not lower it here."""
    return Decimal(30_000 + mark_of("balance " + certno) % 400_000) / 100


def _relation(insutype: str, area: str, status: str, left: Decimal) -> Fields:
    return {
        "insutype": insutype,
        "insuplc_admdvs": area,
        "psn_insu_stas": status,
        "psn_insu_date": "2015-01-01",
        "paus_insu_date": "2023-06-30" if status == PAUSED else None,
        "balc": float(left),
    }


def _know(psn_no: str, certno: str, page: Page) -> None:
    if not page.find(f"psn {psn_no}"):
        page.keep(f"psn {psn_no}", {"certno": certno})


def _is_id(number: str) -> bool:
    body = number[:-1]
    return len(number) == _LENGTH and body.isascii() and body.isdecimal() and check_digit(body) == number[-1]
