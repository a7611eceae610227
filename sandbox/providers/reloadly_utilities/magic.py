"""Subscriber account numbers that are not ordinary."""

from enum import StrEnum

from sandbox.stand.operation import Magic


class Situation(StrEnum):
    """What only the partner knows about an account."""

    NO_SUCH_SUBSCRIBER = "no-such-subscriber"
    LATER_SUCCESS = "later-success"
    LATER_FAILURE = "later-failure"
    LATER_REFUND = "later-refund"
    FOREVER = "forever"
    ENQUIRY_ONLY = "enquiry-only"
    WALLET_EMPTY = "wallet-empty"
    PIN_LATE = "pin-late"
    PIN_NEVER = "pin-never"


_PREFIX = "99000000"
_FAULTS = (
    ("01", "refuse", "the payment is dropped, and the protocol port is closed for 2 seconds"),
    ("02", "drop", "the payment is dropped: connection reset, not performed"),
    ("03", "hang-before", "the payment is neither performed nor answered"),
    ("04", "hang-after", "the payment is performed and never answered; an enquiry knows it"),
    ("05", "error-before", "HTTP 500, not performed"),
    ("06", "error-after", "performed, then HTTP 500"),
    ("07", "half-reply", "performed, then half an answer"),
    ("08", "garbage", "performed, then bytes that are no HTTP"),
    ("09", "slow", "performed, answered after --slow-seconds"),
    ("10", "bad-signature", "performed, answered with broken JSON; an enquiry knows it"),
    ("11", "wrong-amount", "performed, but every enquiry reports an amount that is 1 higher"),
    ("12", "unmapped-code", "performed, answered with status ON_HOLD; an enquiry knows it"),
    ("17", "decline", "refused with INSUFFICIENT_BALANCE, not performed"),
)
_SITUATIONS = (
    ("25", Situation.NO_SUCH_SUBSCRIBER, "refused with SUBSCRIBER_NOT_FOUND"),
    ("26", Situation.LATER_SUCCESS, "PROCESSING for --late-seconds, then SUCCESSFUL"),
    ("27", Situation.LATER_FAILURE, "PROCESSING for --late-seconds, then FAILED; not in the ledger, costs nothing"),
    ("28", Situation.FOREVER, "PROCESSING forever, also past finalStatusAvailabilityAt; not in the ledger"),
    ("29", Situation.ENQUIRY_ONLY, "the answer says PROCESSING, an enquiry says SUCCESSFUL at once"),
    ("37", Situation.WALLET_EMPTY, "refused with INSUFFICIENT_BALANCE"),
    ("38", Situation.LATER_REFUND, "PROCESSING for --late-seconds, then REFUNDED; not in the ledger, costs nothing"),
    ("39", Situation.PIN_LATE, "prepaid: SUCCESSFUL without a token, which follows after --late-seconds"),
    ("40", Situation.PIN_NEVER, "prepaid: SUCCESSFUL, and a token never comes"),
)

MAGIC = (
    *(Magic(_PREFIX + tail, does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(_PREFIX + tail, does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(account: str) -> Situation | None:
    return _SITUATION_OF.get(account)
