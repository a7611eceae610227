"""Customers, by identity number, who are not ordinary."""

from enum import StrEnum

from sandbox.stand.operation import Magic
from sandbox.stand.people import magic_id


class Situation(StrEnum):
    """What only the partner knows about a customer."""

    NOT_ELIGIBLE = "not-eligible"
    WAITLISTED_CONFIRMED = "waitlisted-confirmed"
    WAITLISTED_REJECTED = "waitlisted-rejected"
    WAITLISTED_FOREVER = "waitlisted-forever"
    ENQUIRY_ONLY = "enquiry-only"
    SOLD_OUT = "sold-out"
    DEADLINE_PASSED = "deadline-passed"
    REDEEMED = "redeemed"
    VISITS_USED_UP = "visits-used-up"
    CANCEL_LATER = "cancel-later"


_FAULTS = (
    (1, "refuse", "the request is dropped, and the protocol port is closed for 2 seconds"),
    (2, "drop", "dropped: connection reset, not performed"),
    (3, "hang-before", "neither performed nor answered"),
    (4, "hang-after", "performed, never answered, never pushed; an enquiry knows it"),
    (5, "error-before", "HTTP 500, not performed"),
    (6, "error-after", "performed, then HTTP 500"),
    (7, "half-reply", "performed, then half an answer"),
    (8, "garbage", "performed, then bytes that are no HTTP"),
    (9, "slow", "performed, answered after --slow-seconds"),
    (10, "bad-signature", "performed, answered with broken JSON; an enquiry knows it"),
    (11, "wrong-amount", "performed as ever: no message of this partner has an amount"),
    (12, "unmapped-code", "performed, answered with status ON_HOLD; an enquiry knows it"),
    (13, "duplicate-callback", "the event is pushed twice"),
    (14, "early-callback", "the event is pushed before the answer"),
    (15, "late-callback", "the event is pushed --late-seconds late"),
    (16, "no-callback", "the event is never pushed"),
    (17, "decline", "refused with DECLINED, not performed"),
)
_SITUATIONS = (
    (25, Situation.NOT_ELIGIBLE, "not eligible whatever the tier; booking is refused with NOT_ELIGIBLE"),
    (26, Situation.WAITLISTED_CONFIRMED, "WAITLISTED for --late-seconds, then CONFIRMED"),
    (27, Situation.WAITLISTED_REJECTED, "WAITLISTED for --late-seconds, then REJECTED; not in the ledger"),
    (28, Situation.WAITLISTED_FOREVER, "WAITLISTED for ever; not in the ledger"),
    (29, Situation.ENQUIRY_ONLY, "the answer says REQUESTED, an enquiry says CONFIRMED at once; no event"),
    (30, Situation.SOLD_OUT, "booking is refused with SOLD_OUT, whatever the slots say"),
    (31, Situation.DEADLINE_PASSED, "change and cancel are refused: their deadlines have passed"),
    (32, Situation.REDEEMED, "the visit is CONSUMED --late-seconds after the booking, with an event"),
    (33, Situation.VISITS_USED_UP, "not eligible; booking is refused with VISITS_USED_UP"),
    (34, Situation.CANCEL_LATER, "a cancellation is CANCEL_REQUESTED for --late-seconds, then CANCELLED"),
)

MAGIC = (
    *(Magic(magic_id(tail), does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(magic_id(tail), does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(account: str) -> Situation | None:
    return _SITUATION_OF.get(account)
