"""Identity numbers that are not ordinary."""

from enum import StrEnum

from sandbox.stand.operation import Magic
from sandbox.stand.people import magic_id


class Situation(StrEnum):
    """What only the platform knows about a person."""

    UNKNOWN = "unknown"
    TWO_RELATIONS = "two-relations"
    PROVINCIAL_POOL = "provincial-pool"
    SUSPENDED = "suspended"
    TIMEOUT_PERFORMED = "timeout-performed"
    TIMEOUT_NOT_PERFORMED = "timeout-not-performed"
    FINAL = "final"


_FAULTS = (
    (1, "refuse", "the settlement is dropped, and the protocol port is closed for 2 seconds"),
    (2, "drop", "what performs is dropped: connection reset, not performed"),
    (3, "hang-before", "what performs is neither performed nor answered"),
    (4, "hang-after", "performed and never answered; an enquiry knows it"),
    (5, "error-before", "HTTP 500, not performed"),
    (6, "error-after", "performed, then HTTP 500"),
    (7, "half-reply", "performed, then half an answer"),
    (8, "garbage", "performed, then bytes that are no HTTP"),
    (9, "slow", "performed, answered after --slow-seconds"),
    (10, "bad-signature", "performed, answered with broken JSON; an enquiry knows it"),
    (11, "wrong-amount", "performed, but answer and enquiry report a total and a cash part of one yuan more"),
    (12, "unmapped-code", "performed, answered with infcode 777; an enquiry knows it"),
    (17, "decline", "refused with 2008, not performed"),
)
_SITUATIONS = (
    (25, Situation.UNKNOWN, "1101 answers 2001: nobody is insured under this number"),
    (26, Situation.TWO_RELATIONS, "has two active insurance relations, in two areas"),
    (27, Situation.PROVINCIAL_POOL, "is insured in 219900, an area that GB/T 2260 does not know"),
    (28, Situation.SUSPENDED, "has one relation, suspended: 2201, 2206 and 2207 answer 2009"),
    (29, Situation.TIMEOUT_PERFORMED, "2207 is performed but answered with infcode 9999; an enquiry knows it"),
    (30, Situation.TIMEOUT_NOT_PERFORMED, "2207 is answered with infcode 9999 and not performed"),
    (31, Situation.FINAL, "2208 and 2601 answer 2006: the area has closed its books, not performed"),
)

MAGIC = (
    *(Magic(magic_id(tail), does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(magic_id(tail), does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(certno: str | None) -> Situation | None:
    return _SITUATION_OF.get(certno or "")
