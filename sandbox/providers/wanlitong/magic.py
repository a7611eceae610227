"""Customers that are not ordinary, by their mobile number."""

from enum import StrEnum

from sandbox.stand.operation import Magic
from sandbox.stand.people import magic_mobile


class Situation(StrEnum):
    """What only the platform knows about a customer."""

    SLOW_PRECHECK = "slow-precheck"
    DUPLICATE = "duplicate"
    NOT_ADMITTED = "not-admitted"
    CREDIT_REFUSED = "credit-refused"
    FOREVER = "forever"
    LESS_CREDIT = "less-credit"
    CREDIT_EXPIRED = "credit-expired"
    PAYOUT_FAILS = "payout-fails"
    REPAYMENT_FAILS = "repayment-fails"
    QUOTA_SPENT = "quota-spent"
    LATE = "late"


_FAULTS = (
    (1, "refuse", "the precheck is answered, then the protocol port is closed for 2 seconds"),
    (2, "drop", "what performs is dropped: connection reset, not performed"),
    (3, "hang-before", "neither performed nor answered"),
    (4, "hang-after", "performed, never answered, never pushed; the progress query knows it"),
    (5, "error-before", "HTTP 500, not performed"),
    (6, "error-after", "performed, then HTTP 500"),
    (7, "half-reply", "performed, then half an answer"),
    (8, "garbage", "performed, then bytes that are no HTTP"),
    (9, "slow", "performed, answered after --slow-seconds"),
    (10, "bad-signature", "performed, answered with broken JSON; the progress query knows it"),
    (11, "wrong-amount", "performed, but progress query and push report one yuan more"),
    (12, "unmapped-code", "performed, answered with code 7777; the progress query knows it"),
    (13, "duplicate-callback", "pushed twice"),
    (14, "early-callback", "final at once and pushed before the answer, which still says in progress"),
    (15, "late-callback", "pushed --late-seconds after it is final"),
    (16, "no-callback", "never pushed"),
    (17, "decline", "refused with 2008, not performed"),
)
_SITUATIONS = (
    (25, Situation.SLOW_PRECHECK, "the precheck is answered after 1.2 times --late-seconds (3.6 s by default)"),
    (26, Situation.DUPLICATE, "the precheck answers 2001: the customer is known already"),
    (27, Situation.NOT_ADMITTED, "the precheck answers 2002: not admitted"),
    (28, Situation.CREDIT_REFUSED, "the application ends in 30, credit refused; not in the ledger"),
    (29, Situation.FOREVER, "application, loan and repayment stay in progress for ever; not in the ledger"),
    (30, Situation.LESS_CREDIT, "credit is granted for half of what was asked"),
    (31, Situation.CREDIT_EXPIRED, "credit is granted with a validTo that has passed; a loan answers 2006"),
    (32, Situation.PAYOUT_FAILS, "the loan ends in 60, payout failed; not in the ledger"),
    (33, Situation.REPAYMENT_FAILS, "the repayment ends in 90, failed; not in the ledger"),
    (34, Situation.QUOTA_SPENT, "the precheck answers 2003: the day's quota is spent"),
    (37, Situation.LATE, "whatever performs is in progress for --late-seconds, then succeeds"),
)

MAGIC = (
    *(Magic(magic_mobile(tail), does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(magic_mobile(tail), does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(mobile: str) -> Situation | None:
    return _SITUATION_OF.get(mobile)
