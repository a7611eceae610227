"""The manifest, read once, and what follows from it."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.kit.codes import Codes
from connectors.kit.manifest import Manifest
from schemas.medical_insurance.vouchers import Business

MANIFEST = Manifest.read(Path(__file__).parent)
ZONE = ZoneInfo(MANIFEST.zone)

PERSON = Codes(MANIFEST, "person")
ACTIVATE = Codes(MANIFEST, "activate")
ACTIVATION_ENQUIRY = Codes(MANIFEST, "activation_enquiry")
UPLOAD = Codes(MANIFEST, "upload")
PAY = Codes(MANIFEST, "pay")
ENQUIRY = Codes(MANIFEST, "enquiry")
REVOKE = Codes(MANIFEST, "revoke")
REFUND = Codes(MANIFEST, "refund")
STATUS = Codes(MANIFEST, "status")
REFUND_STATUS = Codes(MANIFEST, "refund_status")
VOUCHER_STATUS = Codes(MANIFEST, "voucher_status")

BUSINESS: dict[Business, str] = {
    "registration": "01101",
    "admission": "01103",
    "consultation": "01201",
    "examination": "01203",
    "treatment": "01204",
    "outpatient-settlement": "01301",
    "dispensing": "01302",
    "pharmacy-purchase": "02121",
    "prescription-download": "02122",
}
"""What a token is for. Source: B3, businessType."""

MED_TYPE: dict[Business, str] = {"outpatient-settlement": "11", "registration": "12", "pharmacy-purchase": "41"}
"""What can be settled on the phone, and the kind of treatment that it is."""


def means(family: str, code: str) -> str | None:
    """The bare meaning of a code, where an unmapped one is somebody else's alert."""
    found = MANIFEST.codes[family].get(code)
    return found.means if found else None


def local(moment: datetime, form: str = "%Y%m%d%H%M%S") -> str:
    return moment.astimezone(ZONE).strftime(form)


def instant(text: str | None) -> datetime | None:
    """A local yyyyMMddHHmmss in UTC; None where it is none, for no payment fails over its date."""
    try:
        return datetime.strptime(text or "", "%Y%m%d%H%M%S").replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError:
        return None
