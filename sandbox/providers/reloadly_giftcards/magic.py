"""Recipients' phone numbers that are not ordinary."""

from enum import StrEnum

from sandbox.stand.operation import Magic
from sandbox.stand.people import magic_mobile


class Situation(StrEnum):
    """What only the partner knows about a recipient."""

    NO_SUCH_RECIPIENT = "no-such-recipient"
    LATER_SUCCESS = "later-success"
    LATER_FAILURE = "later-failure"
    FOREVER = "forever"
    ENQUIRY_ONLY = "enquiry-only"
    WALLET_EMPTY = "wallet-empty"
    CARDS_LATE = "cards-late"
    CARDS_NEVER = "cards-never"
    OTHER_WORD = "other-word"
    LONG_NUMBERS = "long-numbers"
    ZEROS_LOST = "zeros-lost"
    BARE_CARD = "bare-card"


_FAULTS = (
    (1, "refuse", "the order is dropped, and the protocol port is closed for 2 seconds"),
    (2, "drop", "the order is dropped: connection reset, not performed"),
    (3, "hang-before", "the order is neither performed nor answered"),
    (4, "hang-after", "the order is performed and never answered; an enquiry knows it"),
    (5, "error-before", "HTTP 500, not performed"),
    (6, "error-after", "performed, then HTTP 500"),
    (7, "half-reply", "performed, then half an answer"),
    (8, "garbage", "performed, then bytes that are no HTTP"),
    (9, "slow", "performed, answered after --slow-seconds"),
    (10, "bad-signature", "performed, answered with broken JSON; an enquiry knows it"),
    (11, "wrong-amount", "performed, but every enquiry reports an amount and a totalPrice that are 1 higher"),
    (12, "unmapped-code", "performed, answered with status ON_HOLD; an enquiry knows it"),
    (17, "decline", "refused with INSUFFICIENT_BALANCE, not performed"),
)
_SITUATIONS = (
    (25, Situation.NO_SUCH_RECIPIENT, "refused with INVALID_RECIPIENT_PHONE"),
    (26, Situation.LATER_SUCCESS, "PENDING for --late-seconds, then SUCCESSFUL"),
    (27, Situation.LATER_FAILURE, "PENDING for --late-seconds, then FAILED; not in the ledger, costs nothing"),
    (28, Situation.FOREVER, "PENDING forever; not in the ledger"),
    (29, Situation.ENQUIRY_ONLY, "the answer says PENDING, an enquiry says SUCCESSFUL at once"),
    (37, Situation.WALLET_EMPTY, "refused with INSUFFICIENT_BALANCE"),
    (39, Situation.CARDS_LATE, "SUCCESSFUL, but the cards are there only --late-seconds afterwards"),
    (40, Situation.CARDS_NEVER, "SUCCESSFUL, and there are never any cards"),
    (41, Situation.OTHER_WORD, "answer and enquiries say SUCCESS where others read SUCCESSFUL"),
    (42, Situation.LONG_NUMBERS, "cardNumber is a JSON number of 19 digits"),
    (43, Situation.ZEROS_LOST, "cards begin with zeros, which a JSON number cannot: 12 digits are left of 16"),
    (44, Situation.BARE_CARD, "the cards are answered as one bare object, as in the document's sample"),
)

MAGIC = (
    *(Magic(magic_mobile(tail), does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(magic_mobile(tail), does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(account: str) -> Situation | None:
    return _SITUATION_OF.get(account)
