"""Charged accounts (mobile numbers) that are not ordinary."""

from enum import StrEnum

from sandbox.stand.operation import Magic
from sandbox.stand.people import magic_mobile


class Situation(StrEnum):
    """What only the platform knows about an account or a card good."""

    NO_SUCH_ACCOUNT = "no-such-account"
    LATER_SUCCESS = "later-success"
    LATER_FAILURE = "later-failure"
    FOREVER = "forever"
    ENQUIRY_ONLY = "enquiry-only"
    OUT_OF_STOCK = "out-of-stock"
    PARTIAL = "partial"
    UNSURE_PERFORMED = "unsure-performed"
    PRICE_ROSE = "price-rose"
    UNSURE_NOT_PERFORMED = "unsure-not-performed"
    OFF_SALE = "off-sale"
    NO_BALANCE = "no-balance"
    CARDS_LATE = "cards-late"
    CARDS_NEVER = "cards-never"


_FAULTS = (
    (1, "refuse", "a direct order is dropped, and the protocol port is closed for 2 seconds"),
    (2, "drop", "the order is dropped: connection reset, not performed"),
    (3, "hang-before", "the order is neither performed nor answered"),
    (4, "hang-after", "the order is performed, never answered, never pushed; an enquiry knows it"),
    (5, "error-before", "HTTP 500, not performed"),
    (6, "error-after", "performed, then HTTP 500"),
    (7, "half-reply", "performed, then half an answer"),
    (8, "garbage", "performed, then bytes that are no HTTP"),
    (9, "slow", "performed, answered after --slow-seconds"),
    (10, "bad-signature", "performed, answered with a wrong sign; enquiry and push are signed well"),
    (11, "wrong-amount", "performed, but answer, enquiry and push report one yuan more"),
    (12, "unmapped-code", "performed, answered with code 7777; an enquiry knows it"),
    (13, "duplicate-callback", "pushed twice"),
    (14, "early-callback", "final at once and pushed before the answer, which still says processing"),
    (15, "late-callback", "pushed --late-seconds after it is final"),
    (16, "no-callback", "never pushed"),
    (17, "decline", "refused with 3004, not performed"),
)
_SITUATIONS = (
    (25, Situation.NO_SUCH_ACCOUNT, "refused with 3004: no such account"),
    (26, Situation.LATER_SUCCESS, "processing for --late-seconds, then success"),
    (27, Situation.LATER_FAILURE, "processing for --late-seconds, then failed; not in the ledger, costs nothing"),
    (28, Situation.FOREVER, "processing forever, never pushed; not in the ledger"),
    (29, Situation.ENQUIRY_ONLY, "the answer says processing and nothing is pushed; an enquiry says success at once"),
    (30, Situation.OUT_OF_STOCK, "refused with 3003: sold out meanwhile"),
    (31, Situation.PARTIAL, "several cards: success, and one card fewer than ordered for ever"),
    (33, Situation.UNSURE_PERFORMED, "performed, but answered with 3007: outcome unknown"),
    (34, Situation.PRICE_ROSE, "refused with 3005 if customer_price is given, however high"),
    (35, Situation.UNSURE_NOT_PERFORMED, "answered with 3007 and not performed; an enquiry answers 2001"),
    (36, Situation.OFF_SALE, "refused with 3002: not for sale at the moment"),
    (37, Situation.NO_BALANCE, "refused with 3008: balance insufficient"),
    (39, Situation.CARDS_LATE, "success without cards, which follow after --late-seconds"),
    (40, Situation.CARDS_NEVER, "success, and cards never come"),
)

MAGIC = (
    *(Magic(magic_mobile(tail), does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(magic_mobile(tail), does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(account: str) -> Situation | None:
    return _SITUATION_OF.get(account)
