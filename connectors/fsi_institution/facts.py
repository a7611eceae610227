"""The manifest, read once, and what follows from it."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.kit.codes import Codes
from connectors.kit.manifest import Manifest
from schemas.medical_insurance.vouchers import Business

MANIFEST = Manifest.read(Path(__file__).parent)
ZONE = ZoneInfo(MANIFEST.zone)

SIGN_IN = Codes(MANIFEST, "sign_in")
PERSON = Codes(MANIFEST, "person")
CATALOGUE = Codes(MANIFEST, "catalogue")
VISIT = Codes(MANIFEST, "visit")
SETTLE = Codes(MANIFEST, "settle")
ENQUIRY = Codes(MANIFEST, "enquiry")
REVOKE = Codes(MANIFEST, "revoke")

MED_TYPE: dict[Business, str] = {"outpatient-settlement": "11", "registration": "12", "pharmacy-purchase": "41"}
"""What can be settled, and the kind of treatment that it is."""


def means(codes: Codes, code: str) -> str | None:
    """The bare meaning of a code, where an unmapped one is somebody else's alert."""
    found = MANIFEST.codes[codes.operation].get(code)
    return found.means if found else None


def local(moment: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return moment.astimezone(ZONE).strftime(form)


def instant(text: str | None) -> datetime | None:
    """A local yyyy-MM-dd HH:mm:ss in UTC; None where it is none, for no settlement fails over its date."""
    try:
        return datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError:
        return None
