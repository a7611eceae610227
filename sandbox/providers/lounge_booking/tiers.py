"""What a customer's tier at the bank gives: visits a year, and guests each time. Visits are not used up here."""

from typing import Any

from sandbox.providers.lounge_booking.errors import Refused
from sandbox.providers.lounge_booking.magic import Situation, situation_of
from sandbox.providers.lounge_booking.places import HEALTH_CHECK, LOUNGE, TRANSFER, Venue

TIERS = ("STANDARD", "GOLD", "PLATINUM", "PRIVATE")
_RIGHTS = {
    LOUNGE: {"GOLD": (2, 0), "PLATINUM": (6, 1), "PRIVATE": (99, 3)},
    TRANSFER: {"PLATINUM": (2, 3), "PRIVATE": (12, 3)},
    HEALTH_CHECK: {"PLATINUM": (1, 0), "PRIVATE": (2, 1)},
}
_REFUSED = {Situation.NOT_ELIGIBLE: "NOT_ELIGIBLE", Situation.VISITS_USED_UP: "VISITS_USED_UP"}


def eligibility(venue: Venue, account: str, tier: str) -> dict[str, Any]:
    """Shape: `{"eligible", "reason", "visits_left", "guests_allowed"}`."""
    visits, guests = _RIGHTS[venue.kind].get(tier, (0, 0))
    situation = situation_of(account)
    reason = _REFUSED.get(situation) if situation else None
    if reason is None and not visits:
        reason = "NOT_ELIGIBLE"
    if reason is not None:
        return {"eligible": False, "reason": reason, "visits_left": 0, "guests_allowed": 0}
    return {"eligible": True, "reason": None, "visits_left": visits, "guests_allowed": guests}


def check(venue: Venue, account: str, tier: str, guests: int) -> None:
    """Raises: Refused."""
    right = eligibility(venue, account, tier)
    if right["reason"] is not None:
        raise Refused(right["reason"])
    if guests > right["guests_allowed"]:
        raise Refused("NOT_ELIGIBLE", "guests")
