"""The manifest, read once, and what follows from it."""

from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.kit.codes import Codes
from connectors.kit.manifest import Manifest

MANIFEST = Manifest.read(Path(__file__).parent)
ZONE = ZoneInfo(MANIFEST.zone)

STRIKE = Codes(MANIFEST, "strike")
ASK = Codes(MANIFEST, "ask")
SUBMIT = Codes(MANIFEST, "submit")
ENQUIRY = Codes(MANIFEST, "enquiry")
STATUS = Codes(MANIFEST, "status")
LOAN = Codes(MANIFEST, "loan")
