"""The platform's messages, in the platform's own names. Fields that we do not read are allowed and ignored."""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

SIGN_IN = "9001"
PERSON = "1101"
INSTITUTIONS = "1201"
REGISTER = "2201"
PREVIEW = "2206"
SETTLE = "2207"
UNDO = "2208"
REVERSE = "2601"
FIND = "5203"

HOSPITAL, PHARMACY = "1", "2"
VOUCHER, ID_CARD = "01", "02"
"""What a person shows."""


class Envelope(msgspec.Struct, kw_only=True):
    """What every request travels in. The two areas are spelled differently."""

    infno: str
    msgid: str
    mdtrtarea_admvs: str
    insuplc_admdvs: str
    recer_sys_code: str
    dev_no: str = ""
    dev_safe_info: str = ""
    cainfo: str = ""
    signtype: str = "SM3"
    infver: str = "V1.0"
    opter_type: str = "3"
    opter: str
    opter_name: str
    inf_time: str
    fixmedins_code: str
    fixmedins_name: str
    sign_no: str
    input: dict[str, Any]


class Reply(msgspec.Struct):
    """What every answer arrives in."""

    infcode: str | int
    output: msgspec.Raw = msgspec.Raw(b"{}")


class SignedIn(msgspec.Struct):
    """The number that every other message carries."""

    sign_no: str


class SignInOut(msgspec.Struct):
    """The answer to 9001."""

    signinoutb: SignedIn


class PersonOf(msgspec.Struct, kw_only=True):
    """The request of 1101."""

    mdtrt_cert_type: str
    mdtrt_cert_no: str
    psn_cert_type: str
    certno: str
    psn_name: str


class BaseInfo(msgspec.Struct):
    """The person's number."""

    psn_no: str
    certno: str | None = None


class Relation(msgspec.Struct):
    """One insurance relation. Units: 元."""

    insutype: str
    insuplc_admdvs: str
    psn_insu_stas: str | int
    balc: Decimal | None = None


class Insured(msgspec.Struct):
    """The answer to 1101."""

    baseinfo: BaseInfo
    insuinfo: list[Relation] = []


class Registration(msgspec.Struct, kw_only=True):
    """The request of 2201: a visit, and no money."""

    psn_no: str
    insutype: str
    begntime: str
    mdtrt_cert_no: str
    ipt_otp_no: str
    mdtrt_cert_type: str = VOUCHER
    atddr_no: str = "D99"
    dr_name: str = "值班医师"
    dept_code: str = "A99"
    dept_name: str = "综合门诊"
    caty: str = "A99"


class Visit(msgspec.Struct):
    """A visit's number."""

    mdtrt_id: str


class Visited(msgspec.Struct):
    """The answer to 2201."""

    data: Visit


class Bill(msgspec.Struct, kw_only=True):
    """The request of 2206 and 2207. Units: 元, as an exact number with two decimals."""

    psn_no: str
    insutype: str
    mdtrt_cert_no: str
    med_type: str
    mdtrt_id: str
    chrg_bchno: str
    acct_used_flag: str
    medfee_sumamt: Decimal
    medins_setl_id: str | UnsetType = UNSET
    mdtrt_cert_type: str = VOUCHER
    psn_setlway: str = "01"


class Undo(msgspec.Struct):
    """The request of 2208: by the settlement's number."""

    psn_no: str
    mdtrt_id: str
    setl_id: str
    medins_setl_id: str


class Reverse(msgspec.Struct):
    """The request of 2601: by the number of the message that settled, whether it was answered or not."""

    psn_no: str
    oinfno: str
    omsgid: str
    medins_setl_id: str


class SettledUnder(msgspec.Struct):
    """The request of 5203, by the visit and by our reference."""

    psn_no: str
    medins_setl_id: str
    mdtrt_id: str | UnsetType = UNSET


class SettledBetween(msgspec.Struct):
    """The request of 5203, by time."""

    psn_no: str
    begntime: str
    endtime: str


class SetlInfo(msgspec.Struct):
    """A settlement, a preview of one, or its taking back. Units: 元."""

    psn_no: str
    medfee_sumamt: Decimal
    fund_pay_sumamt: Decimal
    acct_pay: Decimal
    psn_cash_pay: Decimal
    setl_id: str | None = None
    mdtrt_id: str | None = None
    setl_time: str | None = None
    medins_setl_id: str | None = None
    refd_setl_flag: str | int = "0"
    init_setl_id: str | None = None


class Settled(msgspec.Struct):
    """The answer to 2206, 2207, 2208, and to 5203 about one."""

    setlinfo: SetlInfo


class Settlements(msgspec.Struct):
    """The answer to 5203 about a time."""

    setlinfo: list[SetlInfo] = []


class MedinsOf(msgspec.Struct, kw_only=True):
    """The request of 1201."""

    admdvs: str
    page_num: int
    page_size: int
    fixmedins_type: str | UnsetType = UNSET


class Medins(msgspec.Struct):
    """One institution."""

    fixmedins_code: str
    fixmedins_name: str
    fixmedins_type: str
    admdvs: str
    hosp_lv: str | None = None
    addr: str | None = None


class Catalogue(msgspec.Struct):
    """The answer to 1201."""

    medinsinfo: list[Medins]
    recordCounts: int  # noqa: N815 - the partner's own field name
