"""The centre's messages, in the centre's own names. Fields that we do not read are allowed and ignored."""
# ruff: noqa: N815 - the partner's own field names

from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

UPLOAD = "uldFeeInfo"
PAY = "pay_order"
QUERY = "query_order_info"
REFUND = "refund_Order"
REVOKE = "revoke_order"
INSURED = "queryInsu"
VOUCHER = "ec"

Maybe = str | UnsetType


class Person(msgspec.Struct, kw_only=True):
    """Whom a message is about. Alone: the request of queryInsu."""

    idNo: str
    userName: str
    idType: str


class FeeDetail(msgspec.Struct):
    """One line of an upload. Units: the amount is 元."""

    medListCodg: str
    medinsListName: str
    cnt: str
    detItemFeeSumamt: str


class Upload(Person, kw_only=True):
    """6201. Units: amounts are 元 with two decimals, and their details sum to them."""

    ecToken: str
    orgCodg: str
    psnNo: str
    insutype: str
    insuCode: str
    medOrgOrd: str
    begntime: str
    iptOtpNo: str
    chrgBchno: str
    medType: str
    medfeeSumamt: str
    feedetailList: list[FeeDetail]
    deptName: str = "综合门诊"
    deptCode: str = "A99"
    caty: str = "A99"
    feeType: str = "01"
    psnSetlway: str = "01"
    pubHospRfomFlag: str = "0"


class Pay(msgspec.Struct, kw_only=True):
    """6202."""

    payAuthNo: str
    payOrdId: str
    payToken: str
    orgCodg: str
    orgBizSer: str
    chrgBchno: str
    acctUsedFlag: str
    mdtrtId: Maybe = UNSET
    feeType: str = "01"


class Query(Person, kw_only=True):
    """6301: by payOrdId and payToken, by medOrgOrd, or about a refund by appRefdSn."""

    orgCodg: str
    payOrdId: Maybe = UNSET
    payToken: Maybe = UNSET
    medOrgOrd: Maybe = UNSET
    appRefdSn: Maybe = UNSET


class Refund(msgspec.Struct, kw_only=True):
    """6203. Units: 元 with two decimals."""

    payOrdId: str
    appRefdSn: str
    appRefdTime: str
    totlRefdAmt: str
    cashRefdAmt: str
    psnAcctRefdAmt: str
    fundRefdAmt: str
    refdType: str
    payAuthNo: str


class Revoke(Person, kw_only=True):
    """6401: with the right to pay, and beside it the right to reverse where there is one."""

    payOrdId: str
    orgCodg: str
    orgBizSer: str
    payToken: str
    revsToken: Maybe = UNSET


class ExtData(msgspec.Struct):
    """Where the number of the visit may be."""

    mdtrtId: str | None = None


class Uploaded(msgspec.Struct):
    """The answer to 6201."""

    payOrdId: str
    payToken: str
    mdtrtId: str | None = None
    extData: ExtData | None = None


class State(msgspec.Struct):
    """An order as 6202 and 6301 tell it. Units: 元. Amounts are there once it has settled."""

    payOrdId: str
    ordStas: str | int
    medOrgOrd: str | None = None
    feeSumamt: Decimal | None = None
    ownPayAmt: Decimal | None = None
    psnAcctPay: Decimal | None = None
    fundPay: Decimal | None = None
    setlType: str | None = None
    ownPayStas: str | None = None
    hiPayStas: str | None = None
    traceTime: str | None = None
    payToken: str | None = None
    revsToken: str | None = None
    extData: ExtData | None = None


class Settlement(msgspec.Struct):
    """SeltSucCallback: no ordStas, and `ownpayAmt` in another spelling than in answers. Units: 元."""

    payOrdId: str
    medOrgOrd: str
    callType: str | None = None
    feeSumamt: Decimal | None = None
    ownpayAmt: Decimal | None = None
    psnAcctPay: Decimal | None = None
    fundPay: Decimal | None = None
    setlType: str | None = None
    traceTime: str | None = None
    revsToken: str | None = None


class Refunded(msgspec.Struct):
    """The answer to 6203, and to 6301 about a refund. Units: 元."""

    refStatus: str
    appRefdSn: str | None = None
    totlRefdAmt: Decimal | None = None
    cashRefdAmt: Decimal | None = None
    psnAcctRefdAmt: Decimal | None = None
    fundRefdAmt: Decimal | None = None


class Revoked(msgspec.Struct):
    """The answer to 6401: a bare success in the facts, a state beside it in practice."""

    payOrdId: str | None = None
    ordStas: str | int | None = None


class Relation(msgspec.Struct):
    """One insurance relation. Units: 元."""

    insutype: str
    insuCode: str
    psnInsuStas: str | int
    balc: Decimal | None = None


class Insured(msgspec.Struct):
    """The answer of queryInsu."""

    psnNo: str
    insuInfo: list[Relation] = []


class Ec(msgspec.Struct):
    """A request about the e-voucher."""

    transType: str
    orgId: str
    data: Person


class TokenOf(Person, kw_only=True):
    """ec.query by identity: a token for a stated business."""

    orgId: str
    businessType: str
    operatorId: str = "hub"
    operatorName: str = "hub"
    officeId: str = "A99"
    officeName: str = "综合门诊"


class Authorise(Person, kw_only=True):
    """ec.auth: as a step of a payment it has no number of its own."""

    businessType: str


class Serial(Person, kw_only=True):
    """ec.activate, and ec.status about it."""

    orgBizSer: str


class Token(msgspec.Struct):
    """The answer of ec.query."""

    ecToken: str
    validSeconds: str | int


class Authorisation(msgspec.Struct):
    """The answer of ec.auth."""

    payAuthNo: str


class Voucher(msgspec.Struct):
    """The answer of ec.activate and ec.status."""

    ecStatus: str | int
    orgBizSer: str | None = None
    bizTime: str | None = None
