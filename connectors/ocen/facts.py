"""The manifest, read once, and what follows from it."""

from pathlib import Path

from connectors.kit.codes import Codes
from connectors.kit.manifest import Manifest

MANIFEST = Manifest.read(Path(__file__).parent)

ACK = Codes(MANIFEST, "ack")
VERDICT = Codes(MANIFEST, "verdict")
DETAIL = Codes(MANIFEST, "detail")
APPLICATION = Codes(MANIFEST, "application")
ACCEPTANCE = Codes(MANIFEST, "acceptance")
PAYOUT = Codes(MANIFEST, "payout")
REJECTION = Codes(MANIFEST, "rejection")
LOAN = Codes(MANIFEST, "loan")
INSTALMENT = Codes(MANIFEST, "instalment")
PAYMENT = Codes(MANIFEST, "payment")
