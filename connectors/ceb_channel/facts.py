"""The manifest, read once, and what follows from it."""

from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.kit.codes import Codes
from connectors.kit.manifest import Manifest

MANIFEST = Manifest.read(Path(__file__).parent)
ZONE = ZoneInfo(MANIFEST.zone)

BILL = Codes(MANIFEST, "bill")
PAY = Codes(MANIFEST, "pay")
ENQUIRY = Codes(MANIFEST, "enquiry")
STATUS = Codes(MANIFEST, "status")


def means(family: str, code: str) -> str | None:
    """The bare meaning of a code, where an unmapped one is somebody else's alert."""
    found = MANIFEST.codes[family].get(code)
    return found.means if found else None
