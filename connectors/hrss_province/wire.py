"""The office's messages, in its own names. Fields that we do not read are allowed and ignored."""
# ruff: noqa: N815 - the partner's own field names

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.region import RegionCode

CARD = "queryCard"
ISSUE = "issueCard"
UNLINK = "unlinkCard"
INSURED = "queryInsured"
ACCOUNT = "queryPensionAccount"
ESTIMATE = "estimatePension"
CERTIFICATE = "contributionCertificate"
TRANSFER = "applyTransfer"
APPLICATION = "queryApplication"

PDF = "pdf"

YearMonth = Annotated[str, Meta(pattern=r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])\Z")]
"""yyyyMM"""
YearMonthOrNone = Annotated[str, Meta(pattern=r"^(?:(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2]))?\Z")]
Yuan = Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]{2}\Z")]
LocalTime = Annotated[str, Meta(pattern=r"^[0-9]{14}\Z")]
"""yyyyMMddHHmmss in the office's zone."""


class Answer(msgspec.Struct):
    """What every reply arrives in. It is not signed."""

    code: str
    message: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Concerning(msgspec.Struct, kw_only=True):
    """A request about a person in an area. `AAC002` is the identity number, `AAC003` the name, `AAB301` the area."""

    AAC002: str
    AAC003: str
    AAB301: str


class Application(Concerning, kw_only=True, omit_defaults=True):
    """A card to issue or to unlink. `AAE005` is the telephone, for an issue only; `ywlsh` our reference."""

    ywlsh: str
    AAE005: str | UnsetType = UNSET


class EstimateRequest(Concerning, kw_only=True):
    retireMonth: str
    wageGrowth: str


class CertificateRequest(Concerning, kw_only=True):
    """`AAE041` and `AAE042` are the first and the last month, `AAE140` the insurance."""

    AAE140: str
    AAE041: str
    AAE042: str


class TransferRequest(Concerning, kw_only=True):
    """`AAB301` is the area that receives, `outAAB301` the one it comes from."""

    outAAB301: str
    AAE140: str
    ywlsh: str


class ApplicationRequest(msgspec.Struct):
    ywlsh: str


class About(msgspec.Struct):
    """Whom an answer is about; the account's table calls the identity number AAE135."""

    AAC002: str | None = None
    AAE135: str | None = None


class CardState(msgspec.Struct):
    """Whether a card is in use; without one, the rest is empty."""

    AAZ502: str


class Card(msgspec.Struct):
    """A card, by its area and number."""

    AAB301: RegionCode
    AAZ500: Annotated[str, Meta(min_length=1)]


class Insured(msgspec.Struct):
    """Relations stay raw, so that one that cannot be read hides no other."""

    insured: list[msgspec.Raw]


class Relation(msgspec.Struct):
    """One insurance. `AAE042` is empty while contributions run; `AAB004` is the employer, `AAC031` the state."""

    AAE140: str
    AAB301: RegionCode
    AAC031: str
    AAE041: YearMonth
    AAE042: YearMonthOrNone = ""
    AAB004: str = ""


class Account(msgspec.Struct):
    """A pension account. `AAE042` is the last month that is counted."""

    AAB301: RegionCode
    AAE042: YearMonth
    paidMonths: Annotated[int, Meta(ge=0)]
    balance: Yuan


class Retirement(msgspec.Struct):
    retireMonth: YearMonth


class Assumed(msgspec.Struct):
    """The one assumption that is read."""

    assumptions: Retirement


class Estimate(msgspec.Struct):
    """Shape: `assumptions` are strings and whole numbers by name; all are shown."""

    monthlyPension: Yuan
    assumptions: dict[str, str | int]


class Certificate(msgspec.Struct):
    """Shape: `fileContent` is Base64."""

    certNo: str
    verifyCode: str
    validUntil: LocalTime
    fileType: str
    fileContent: bytes


class State(msgspec.Struct):
    """How far an application has come."""

    ywlsh: str
    busiState: str
    transferAmount: Yuan | None = None
    returnReason: str | None = None


class Named(msgspec.Struct):
    """Which application an answer is about."""

    ywlsh: str
