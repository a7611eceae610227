"""Where a customer or a biller is."""

from typing import Annotated

from schemas.struct import pattern

_PROVINCES = "1[345]|2[123]|3[234567]|4[123456]|5[1234]|6[12345]|71|8[12]"
_MUNICIPALITIES = "11|12|31|50"
_UNDER_A_PROVINCE = "0000|(?:0[1-9]|[1-6][0-9]|70|90)[0-9]{2}|9900"
_UNDER_A_MUNICIPALITY = "0000|0[12][0-9]{2}|9900"
_COUNTRIES = (
    "A[DEFGILMOQRSTUWXZ]|B[ABDEFGHIJLMNOQRSTVWYZ]|C[ACDFGHIKLMNORUVWXYZ]|D[EJKMOZ]|E[CEGHRST]|F[IJKMOR]|"
    "G[ABDEFGHILMNPQRSTUWY]|H[KMNRTU]|I[DELMNOQRST]|J[EMOP]|K[EGHIMNPRWYZ]|L[ABCIKRSTUVY]|M[ACDEFGHKLMNOPQRSTUVWXYZ]|"
    "N[ACEFGILOPRUZ]|OM|P[AEFGHKLMNRSTWY]|QA|R[EOSUW]|S[ABCDEGHIJKLMNORSTVXYZ]|T[CDFGHJKLMNORTVWZ]|U[AGMSYZ]|"
    "V[ACEGINU]|W[FS]|Y[ET]|Z[AMW]"
)
"""Source: ISO 3166-1, the 249 codes that are assigned, by their first letter."""

RegionCode = Annotated[
    str,
    pattern(
        f"(?:{_MUNICIPALITIES})(?:{_UNDER_A_MUNICIPALITY})|(?:{_PROVINCES})(?:{_UNDER_A_PROVINCE})|{_COUNTRIES}",
        "GB/T 2260 division of China (330100), or an ISO 3166-1 country elsewhere (NG)",
    ),
]
"""Source: GB/T 2260: two digits each of province, prefecture and county; zeros mean the level above.

Prefectures are numbered 01 to 70, in a municipality 01 and 02, and counties without one 90. Medical insurance adds
9900 for what a province keeps itself, and 99 where a county would stand for what a city does (330199).
"""


def covers(area: str, region: str) -> bool:
    """Whether a service area contains a region, or lies within it: 330000 and 330106 meet, CN meets both."""
    if "CN" in (area, region):
        return area == region or region.isdigit() or area.isdigit()
    if not (area.isdigit() and region.isdigit()):
        return area == region
    shorter = min(_significant(area), _significant(region), key=len)
    return area.startswith(shorter) and region.startswith(shorter)


def _significant(code: str) -> str:
    if code.endswith("0000"):
        return code[:2]
    return code[:4] if code.endswith("00") else code
