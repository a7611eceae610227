"""Borrowers that are not ordinary: their primaryId is one of these mobile numbers."""

from enum import StrEnum

from sandbox.stand.operation import Magic
from sandbox.stand.people import magic_mobile


class Situation(StrEnum):
    """What only the lenders know about a borrower."""

    OFFERS_LATE = "offers-late"
    OFFERS_PARTIAL = "offers-partial"
    OFFERS_EXPIRED = "offers-expired"
    REJECTED = "rejected"
    ACTION_REQUIRED = "action-required"
    DISBURSEMENT_FAILS = "disbursement-fails"
    UNKNOWN_STATE = "unknown-state"
    OFFERS_WITHDRAWN = "offers-withdrawn"
    REPAYMENT_LATE = "repayment-late"
    REPAYMENT_FAILS = "repayment-fails"


_FAULTS = (
    (1, "refuse", "the protocol port closes for 2 seconds after a createLoanRequest, which is dropped"),
    (2, "drop", "what performs is dropped: connection reset, not performed"),
    (3, "hang-before", "neither performed nor acknowledged"),
    (4, "hang-after", "performed, never acknowledged, no response; a repeat or a status request knows it"),
    (5, "error-before", "HTTP 500, not performed"),
    (6, "error-after", "performed, then HTTP 500; the response comes"),
    (7, "half-reply", "performed, then half an acknowledgement; the response comes"),
    (8, "garbage", "performed, then bytes that are no HTTP; the response comes"),
    (9, "slow", "performed, acknowledged after --slow-seconds"),
    (10, "bad-signature", "performed, acknowledged; the response has a bad Signature, a repeated one a good one"),
    (11, "wrong-amount", "performed, but response and status report 1 more"),
    (12, "unmapped-code", "performed; the response says UNDER_REVIEW, a repeated one the truth"),
    (13, "duplicate-callback", "the response comes twice"),
    (14, "early-callback", "the response comes before the acknowledgement"),
    (15, "late-callback", "the response comes --late-seconds late"),
    (16, "no-callback", "the response never comes by itself"),
    (17, "decline", "acknowledged, then refused: REJECTED, or payment FAILURE; not performed"),
)
_SITUATIONS = (
    (25, Situation.OFFERS_LATE, "all offers come after --late-seconds"),
    (26, Situation.OFFERS_PARTIAL, "the first lender's offer comes in time, the others' after --late-seconds"),
    (27, Situation.OFFERS_EXPIRED, "offers come with a validTill that has passed; setOffers is refused"),
    (28, Situation.REJECTED, "createLoan is answered REJECTED, LOW_CREDIT_SCORE; not performed"),
    (29, Situation.ACTION_REQUIRED, "after --late-seconds a second createLoanResponse wants a document"),
    (30, Situation.DISBURSEMENT_FAILS, "the payout ends in FAILURE and DISBURSED_FAILED"),
    (31, Situation.UNKNOWN_STATE, "the application is UNDER_REVIEW, a state that the network does not know, for ever"),
    (32, Situation.OFFERS_WITHDRAWN, "offers look valid, but setOffers is refused: expired at the lender"),
    (33, Situation.REPAYMENT_LATE, "PENDING_AUTH, SUCCESS after --late-seconds, then confirmRepaymentRequest"),
    (34, Situation.REPAYMENT_FAILS, "PENDING_AUTH, FAILURE after --late-seconds; not in the ledger"),
)

MAGIC = (
    *(Magic(magic_mobile(tail), does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(magic_mobile(tail), does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(primary_id: str) -> Situation | None:
    return _SITUATION_OF.get(primary_id)
