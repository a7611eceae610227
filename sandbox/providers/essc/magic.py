"""Identity numbers (aac002) that are not ordinary."""

from enum import StrEnum

from sandbox.stand.operation import Magic
from sandbox.stand.people import magic_id


class Situation(StrEnum):
    """What only the platform knows about a person."""

    NO_SUCH_PERSON = "no-such-person"
    LATER_SUCCESS = "later-success"
    LATER_FAILURE = "later-failure"
    FOREVER = "forever"
    ENQUIRY_ONLY = "enquiry-only"
    NAME_MISMATCH = "name-mismatch"
    NO_PHYSICAL_CARD = "no-physical-card"
    ISSUED_ELSEWHERE = "issued-elsewhere"
    QR_EXPIRED = "qr-expired"


_FAULTS = (
    (1, "refuse", "an issue is dropped, and the protocol port is closed for 2 seconds"),
    (2, "drop", "dropped: connection reset, not performed"),
    (3, "hang-before", "neither performed nor answered"),
    (4, "hang-after", "performed, never answered, never called back; QUERY_BUSISEQ knows it"),
    (5, "error-before", "HTTP 500, not performed"),
    (6, "error-after", "performed, then HTTP 500"),
    (7, "half-reply", "performed, then half an answer"),
    (8, "garbage", "performed, then bytes that are no HTTP"),
    (9, "slow", "performed, answered after --slow-seconds"),
    (10, "bad-signature", "performed, answered with a wrong signature; enquiry and callback are signed well"),
    (11, "wrong-amount", "performed; nothing here has an amount, so nothing is misreported"),
    (12, "unmapped-code", "performed, answered with E7777; QUERY_BUSISEQ knows it"),
    (13, "duplicate-callback", "answered 0001, called back twice"),
    (14, "early-callback", "final at once and called back before the answer, which still says 0001"),
    (15, "late-callback", "answered 0001, called back --late-seconds after it is final"),
    (16, "no-callback", "answered 0001, never called back"),
    (17, "decline", "refused with E3007, not performed"),
)
_SITUATIONS = (
    (25, Situation.NO_SUCH_PERSON, "issue and status are refused with E3001"),
    (26, Situation.LATER_SUCCESS, "the issue is accepted (0001) and succeeds after --late-seconds, with callback 001"),
    (27, Situation.LATER_FAILURE, "the issue is accepted (0001) and fails with E3007 after --late-seconds"),
    (28, Situation.FOREVER, "the issue is accepted (0001) and never decided; not in the ledger"),
    (29, Situation.ENQUIRY_ONLY, "the issue is accepted (0001), never called back; QUERY_BUSISEQ says success at once"),
    (30, Situation.NAME_MISMATCH, "the issue is refused with E3002"),
    (31, Situation.NO_PHYSICAL_CARD, "the issue is refused with E3006"),
    (32, Situation.ISSUED_ELSEWHERE, "holds a card of 110000; an issue in any other area is refused with E3005"),
    (33, Situation.QR_EXPIRED, "a QR token of this person has expired when it arrives"),
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
    """Whoever carries a fault holds a card from before, so that unlinking and QR tokens meet the fault too."""
    return aac002 in _FAULTY
