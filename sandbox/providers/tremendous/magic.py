"""Recipients, by mobile number, who are not ordinary."""

from enum import StrEnum

from sandbox.stand.operation import Magic
from sandbox.stand.people import magic_mobile


class Situation(StrEnum):
    """What only the partner knows about a recipient."""

    RECIPIENT_REJECTED = "recipient-rejected"
    LATER_SUCCESS = "later-success"
    LATER_FAILURE = "later-failure"
    AWAITS_APPROVAL = "awaits-approval"
    ENQUIRY_ONLY = "enquiry-only"
    LATER_CANCEL = "later-cancel"
    INTERNAL_APPROVAL = "internal-approval"
    CART = "cart"
    DELIVERY_FAILS = "delivery-fails"
    DELIVERY_LATE = "delivery-late"
    PARTLY_DELIVERED = "partly-delivered"
    FUNDS_SPENT = "funds-spent"


_FAULTS = (
    (1, "refuse", "the order is dropped, and the protocol port is closed for 2 seconds"),
    (2, "drop", "the order is dropped: connection reset, not performed"),
    (3, "hang-before", "the order is neither performed nor answered"),
    (4, "hang-after", "the order is performed, never answered, never pushed; an enquiry knows it"),
    (5, "error-before", "HTTP 500, not performed"),
    (6, "error-after", "performed, then HTTP 500"),
    (7, "half-reply", "performed, then half an answer"),
    (8, "garbage", "performed, then bytes that are no HTTP"),
    (9, "slow", "performed, answered after --slow-seconds"),
    (10, "bad-signature", "performed, answered with broken JSON; an enquiry knows it"),
    (11, "wrong-amount", "performed, but the answer and every enquiry report a payment that is 1 higher"),
    (12, "unmapped-code", "performed, answered with status ON HOLD; an enquiry knows it"),
    (13, "duplicate-callback", "every webhook of the order is sent twice"),
    (14, "early-callback", "delivered at once, and all webhooks are sent before the answer"),
    (15, "late-callback", "webhooks are sent --late-seconds after the last reward is delivered"),
    (16, "no-callback", "no webhook is ever sent"),
    (17, "decline", "refused with INSUFFICIENT_FUNDS, not performed"),
)
_SITUATIONS = (
    (25, Situation.RECIPIENT_REJECTED, "refused with RECIPIENT_REJECTED"),
    (26, Situation.LATER_SUCCESS, "PENDING APPROVAL for --late-seconds, then approved and EXECUTED"),
    (27, Situation.LATER_FAILURE, "PENDING APPROVAL for --late-seconds, then FAILED; not in the ledger"),
    (28, Situation.AWAITS_APPROVAL, "PENDING APPROVAL until POST /_sandbox/approve; then it enters the ledger"),
    (29, Situation.ENQUIRY_ONLY, "the answer says PENDING APPROVAL, an enquiry says EXECUTED at once; no webhook"),
    (30, Situation.LATER_CANCEL, "PENDING APPROVAL for --late-seconds, then CANCELED; not in the ledger"),
    (31, Situation.INTERNAL_APPROVAL, "PENDING INTERNAL PAYMENT APPROVAL for --late-seconds, then EXECUTED"),
    (32, Situation.CART, "CART for ever; not in the ledger"),
    (33, Situation.DELIVERY_FAILS, "EXECUTED and in the ledger, but no reward is delivered: delivery status FAILED"),
    (34, Situation.DELIVERY_LATE, "EXECUTED, and the rewards are delivered after --late-seconds"),
    (35, Situation.PARTLY_DELIVERED, "EXECUTED, and of several rewards the last is not delivered"),
    (37, Situation.FUNDS_SPENT, "refused with INSUFFICIENT_FUNDS"),
)

MAGIC = (
    *(Magic(magic_mobile(tail), does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(magic_mobile(tail), does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(account: str) -> Situation | None:
    return _SITUATION_OF.get(account)
