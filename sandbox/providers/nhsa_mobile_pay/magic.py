"""Identity numbers that are not ordinary."""

from enum import StrEnum

from sandbox.stand.operation import Magic
from sandbox.stand.people import magic_id


class Situation(StrEnum):
    """What only the centre knows about a person."""

    CASH_FAILED = "cash-failed"
    LATER_SUCCESS = "later-success"
    LATER_FAILURE = "later-failure"
    FOREVER = "forever"
    ENQUIRY_ONLY = "enquiry-only"
    UNHEARD_OF = "unheard-of"
    REFUND_UNSURE = "refund-unsure"
    REFUND_FAILS = "refund-fails"
    NOT_ACTIVATED = "not-activated"
    RELAYED = "relayed"
    TWO_RELATIONS = "two-relations"
    EXPIRED = "expired"
    LATER_CONFIRMED = "later-confirmed"
    NEVER_CONFIRMED = "never-confirmed"


_FAULTS = (
    (1, "refuse", "the payment is dropped, and the protocol port is closed for 2 seconds"),
    (2, "drop", "what performs is dropped: connection reset, not performed"),
    (3, "hang-before", "what performs is neither performed nor answered"),
    (4, "hang-after", "performed, never answered, never pushed; an enquiry knows it"),
    (5, "error-before", "HTTP 500, not performed"),
    (6, "error-after", "performed, then HTTP 500"),
    (7, "half-reply", "performed, then half an answer"),
    (8, "garbage", "performed, then bytes that are no HTTP"),
    (9, "slow", "performed, answered after --slow-seconds"),
    (10, "bad-signature", "performed, answered with a wrong signData; enquiry and push are signed well"),
    (11, "wrong-amount", "performed, but enquiry and push report a total and a cash leg of one yuan more"),
    (12, "unmapped-code", "performed, answered with ordStas 99 (refund: refStatus WAIT); an enquiry knows it"),
    (13, "duplicate-callback", "pushed twice"),
    (14, "early-callback", "settled at once and pushed before the answer, which still says processing"),
    (15, "late-callback", "pushed --late-seconds after it has settled"),
    (16, "no-callback", "never pushed"),
    (17, "decline", "refused with 2011, not performed"),
)
_SITUATIONS = (
    (25, Situation.CASH_FAILED, "fund and account settle, the cash leg fails: ordStas 4, setlType HI; to be revoked"),
    (26, Situation.LATER_SUCCESS, "ordStas 1 for about --late-seconds, then 6"),
    (27, Situation.LATER_FAILURE, "ordStas 1 for --late-seconds, then 14; not in the ledger, no push"),
    (28, Situation.FOREVER, "ordStas 2 forever; not in the ledger"),
    (29, Situation.ENQUIRY_ONLY, "the answer says processing and nothing is pushed; an enquiry says 6 at once"),
    (30, Situation.UNHEARD_OF, "performed, but answer and every enquiry say ordStas 99; never pushed"),
    (31, Situation.REFUND_UNSURE, "a refund is performed and answered with refStatus EXP; an enquiry says SUCC"),
    (32, Situation.REFUND_FAILS, "a refund is answered with refStatus FAIL, not performed"),
    (33, Situation.NOT_ACTIVATED, "has no active e-voucher until ec.activate: no QR, token or authorisation"),
    (34, Situation.RELAYED, "a relay wraps every answer about an order as {output: {body: …}}"),
    (35, Situation.TWO_RELATIONS, "has two active insurance relations, in two areas"),
    (36, Situation.EXPIRED, "a QR text or token of this person has expired when it arrives"),
    (37, Situation.LATER_CONFIRMED, "ordStas 3 with setlType ALL, not paid yet, for --late-seconds, then 6"),
    (38, Situation.NEVER_CONFIRMED, "ordStas 3 with setlType ALL, never confirmed, never pushed; to be revoked"),
)

MAGIC = (
    *(Magic(magic_id(tail), does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(magic_id(tail), does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(id_no: str | None) -> Situation | None:
    return _SITUATION_OF.get(id_no or "")
