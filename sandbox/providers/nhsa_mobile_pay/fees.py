"""6201: what an upload of fees must hold, and whether its sums agree."""

import json
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sandbox.providers.nhsa_mobile_pay.codes import AMOUNTS, FIELD, PERSON, Refused
from sandbox.providers.nhsa_mobile_pay.insured import insured
from sandbox.providers.nhsa_mobile_pay.keys import ORG_CODG
from sandbox.providers.nhsa_mobile_pay.words import demand, yuan

_DEMANDED = (
    "orgCodg", "psnNo", "insutype", "medOrgOrd", "begntime", "idNo", "userName", "idType", "insuCode", "iptOtpNo",
    "deptName", "deptCode", "caty", "medType", "feeType", "psnSetlway", "chrgBchno", "pubHospRfomFlag",
)  # fmt: skip
_COMPONENTS = ("fulamtOwnpayAmt", "preselfpayAmt", "inscpScpAmt")
_ONCE = ("ecToken", "payAuthNo")
_PHARMACY, _AT_PHARMACY, _AT_HOSPITAL = "41", frozenset({"02121"}), frozenset({"01101", "01301"})


def check_fees(content: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """The total, and the part of it within the insurance's scope, in yuan.

    Raises: Refused.
    """
    demand(content, _DEMANDED)
    check_organisation(content)
    who = insured(content)
    if content["psnNo"] != who.psn_no or (content["insutype"], content["insuCode"]) not in who.relations:
        raise Refused(PERSON, "psnNo, insutype, insuCode")
    total = yuan(content.get("medfeeSumamt"))
    details = content.get("feedetailList")
    if not isinstance(details, list) or not all(isinstance(each, dict) for each in details):
        raise Refused(FIELD, "feedetailList")
    if not total or sum(yuan(each.get("detItemFeeSumamt")) for each in details) != total:
        raise Refused(AMOUNTS, "feedetailList")
    if not any(content.get(name) for name in _COMPONENTS):
        return total, total
    components = [yuan(content.get(name)) for name in _COMPONENTS]
    if sum(components) != total:
        raise Refused(AMOUNTS, ", ".join(_COMPONENTS))
    return total, components[-1]


def check_organisation(content: dict[str, Any]) -> None:
    """Raises: Refused."""
    if content.get("orgCodg") != ORG_CODG:
        raise Refused(FIELD, "orgCodg")


def businesses(content: dict[str, Any]) -> frozenset[str]:
    """The businesses whose token pays for such fees."""
    return _AT_PHARMACY if content["medType"] == _PHARMACY else _AT_HOSPITAL


def digest(content: dict[str, Any]) -> str:
    """What makes a repeated request the same: all of it but the proof of consent, which is new each time."""
    same = {name: value for name, value in content.items() if name not in _ONCE}
    return sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()
