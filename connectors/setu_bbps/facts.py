"""The manifest, read once, and what follows from it."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.kit.codes import Codes
from connectors.kit.manifest import Manifest
from schemas.errors import Garbled
from schemas.money import Money

MANIFEST = Manifest.read(Path(__file__).parent)
ZONE = ZoneInfo(MANIFEST.zone)
CURRENCY = "INR"
MODE = "Internet Banking"
"""How the customer pays the bank: the contract's customers pay from their account there."""

FETCH = Codes(MANIFEST, "fetch")
FETCH_STATUS = Codes(MANIFEST, "fetch-status")
PAY = Codes(MANIFEST, "pay")
ENQUIRY = Codes(MANIFEST, "enquiry")
FAILURE = Codes(MANIFEST, "failure")
STATUS = Codes(MANIFEST, "status")
LIST = Codes(MANIFEST, "list")


def means(codes: Codes, code: str) -> str | None:
    """The bare meaning of a code; None, and an alert, where nobody mapped it."""
    meaning = codes.meaning(code)
    return meaning.means if meaning else None


def rupees(paise: int) -> Money:
    """Raises: Garbled."""
    try:
        return Money.of_minor(paise, CURRENCY)
    except ValueError as error:
        raise Garbled("what should be an amount in paise is none") from error


def day_of(moment: datetime) -> date:
    """The business day of a moment."""
    return moment.astimezone(ZONE).date()
