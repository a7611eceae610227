"""Identity numbers (AAC002) that are not ordinary."""

from enum import StrEnum

from sandbox.stand.operation import Magic
from sandbox.stand.people import magic_id


class Situation(StrEnum):
    """What only the office knows about a person."""

    NO_SUCH_PERSON = "no-such-person"
    LATER_SUCCESS = "later-success"
    LATER_FAILURE = "later-failure"
    FOREVER = "forever"
    ENQUIRY_ONLY = "enquiry-only"
    NAME_MISMATCH = "name-mismatch"
    NOT_INSURED = "not-insured"
    CARD_ELSEWHERE = "card-elsewhere"
    TWO_RELATIONS = "two-relations"
    RETURNED_LATE = "returned-late"


_FAULTS = (
    (1, "refuse", "a transfer is dropped, and the protocol port is closed for 2 seconds"),
    (2, "drop", "dropped: connection reset, not performed"),
    (3, "hang-before", "neither performed nor answered"),
    (4, "hang-after", "performed and never answered; queryApplication knows it"),
    (5, "error-before", "HTTP 500, not performed"),
    (6, "error-after", "performed, then HTTP 500"),
    (7, "half-reply", "performed, then half an answer"),
    (8, "garbage", "performed, then bytes that are no HTTP"),
    (9, "slow", "performed, answered after --slow-seconds"),
    (10, "bad-signature", "performed, answered with broken JSON; queryApplication knows it"),
    (11, "wrong-amount", "performed, but transferAmount is one yuan higher in every enquiry"),
    (12, "unmapped-code", "performed, answered with 7777; queryApplication knows it"),
    (17, "decline", "refused with 3006, not performed"),
)
_SITUATIONS = (
    (25, Situation.NO_SUCH_PERSON, "everything is refused with 3001"),
    (26, Situation.LATER_SUCCESS, "a transfer stays submitted for --late-seconds, then goes its way"),
    (27, Situation.LATER_FAILURE, "a transfer is returned by the origin after --late-seconds; not in the ledger"),
    (28, Situation.FOREVER, "a transfer stays submitted for ever; not in the ledger"),
    (29, Situation.ENQUIRY_ONLY, "a transfer is answered as submitted, and an enquiry says done at once"),
    (30, Situation.NAME_MISMATCH, "everything is refused with 3002"),
    (
        31,
        Situation.NOT_INSURED,
        "insured for nothing, an empty list; what needs contributions is refused with 3004",
    ),
    (32, Situation.CARD_ELSEWHERE, "holds a card of 330100; an issue in any other area is refused with 3005"),
    (33, Situation.TWO_RELATIONS, "has two pension relations: a second one in 330200, suspended"),
    (34, Situation.RETURNED_LATE, "a transfer is returned after the information was received; not in the ledger"),
)

MAGIC = (
    *(Magic(magic_id(tail), does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(magic_id(tail), does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}
_FAULTY = frozenset(each.account for each in MAGIC if each.fault is not None)


def situation_of(aac002: str) -> Situation | None:
    return _SITUATION_OF.get(aac002)


def holds_already(aac002: str) -> bool:
    """Whoever carries a fault holds a card from before, so that unlinking meets the fault too."""
    return aac002 in _FAULTY
