"""The platform's messages, in its own names. Every value is a string. Fields that we do not read are ignored."""
# ruff: noqa: N815 - the partner's own field names

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.region import RegionCode

APPLY = "CARDSIGN_APPLY"
UNLINK = "UNBOXING"
STATUS = "CARDSIGN_VALID"
QR = "GET_QRCODE"
SCAN = "SCAN_VERIFY"
ENQUIRY = "QUERY_BUSISEQ"
CALLBACK = "ESSC_CALLBACK"

ISSUED = "001"
UNLINKED = "003"
"""Values of actionType that are read; any other only says that something happened."""

SignNo = Annotated[str, Meta(min_length=1)]
LocalTime = Annotated[str, Meta(pattern=r"^[0-9]{14}\Z")]
"""yyyyMMddHHmmss in the platform's zone."""


class Answer(msgspec.Struct):
    """What every reply arrives in. Shape: `data` is JSON in a string."""

    code: str
    message: str
    timestamp: str
    data: str
    signature: str


class Business(msgspec.Struct, kw_only=True):
    """What `security` holds."""

    channelNo: str


class StatusRequest(Business):
    aac002: str


class Application(Business):
    """An issue. `aac002` is the identity number, `aac003` the name, `aab301` the issuing area."""

    aac002: str
    aac003: str
    aab301: str
    phone: str
    busiSeq: str
    notifyUrl: str


class Unlinking(Business):
    aac002: str
    aab301: str
    signNo: str
    busiSeq: str
    notifyUrl: str


class QrRequest(Business):
    aac002: str
    aab301: str
    signNo: str
    qrPurpose: str


class Scan(Business):
    busiSeq: str
    qrCode: str
    qrPurpose: str


class Enquiry(Business):
    busiSeq: str


class Status(msgspec.Struct):
    """Whether a card is held; without one, the rest is empty."""

    signStatus: str


class Signed(msgspec.Struct):
    """A card: its area and 签发号, by which the platform knows it."""

    aab301: RegionCode
    signNo: SignNo


class QrCode(msgspec.Struct):
    qrCode: Annotated[str, Meta(min_length=1, max_length=512)]
    qrPurpose: str
    expireTime: LocalTime


class Scanned(msgspec.Struct):
    """A token that was used up. Its holder's numbers come along, and are not read."""

    finishTime: LocalTime


class Named(msgspec.Struct):
    """Which order an answer is about."""

    busiSeq: str


class State(msgspec.Struct):
    """How far an order has come; `errCode` only where it failed."""

    state: str
    errCode: str = ""


class Push(msgspec.Struct):
    """A callback's form, as far as it is read beside the card."""

    busiSeq: Annotated[str, Meta(min_length=1)]
    actionType: str = ""
    code: str = ""
