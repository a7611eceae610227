"""Customer numbers that are not ordinary: the value of a biller's first customerParam."""

from enum import StrEnum

from sandbox.stand.operation import Magic


class Situation(StrEnum):
    """What only the partner knows about a customer."""

    NO_SUCH_CUSTOMER = "no-such-customer"
    LATER_SUCCESS = "later-success"
    LATER_FAILURE = "later-failure"
    FOREVER = "forever"
    NOTHING_DUE = "nothing-due"
    FETCH_FOREVER = "fetch-forever"
    ADJUSTED = "adjusted"
    LATER_ADJUSTED = "later-adjusted"
    FETCHED_YESTERDAY = "fetched-yesterday"
    LYING_WEBHOOK = "lying-webhook"
    EARLY = "early"
    LATE = "late"
    BAD_EARLY_DATE = "bad-early-date"


_PREFIX = "99000000"
_FAULTS = (
    ("01", "refuse", "the payment is dropped, and the protocol port is closed for 2 seconds"),
    ("02", "drop", "the payment is dropped: connection reset, not performed"),
    ("03", "hang-before", "the payment is neither performed nor answered"),
    ("04", "hang-after", "the payment is performed, never answered, never pushed; the transaction list knows it"),
    ("05", "error-before", "HTTP 500, not performed"),
    ("06", "error-after", "performed, then HTTP 500"),
    ("07", "half-reply", "performed, then half an answer"),
    ("08", "garbage", "performed, then bytes that are no HTTP"),
    ("09", "slow", "performed, answered after --slow-seconds"),
    ("10", "bad-signature", "performed, answered with broken JSON; the transaction list knows it"),
    ("11", "wrong-amount", "performed, but every enquiry and the webhook report 100 paise more"),
    ("12", "unmapped-code", "performed, answered 400 with the code unheard-of; the transaction list knows it"),
    ("13", "duplicate-callback", "pushed twice"),
    ("14", "early-callback", "final at once and pushed before the answer"),
    ("15", "late-callback", "pushed --late-seconds after it is final"),
    ("16", "no-callback", "never pushed"),
    ("17", "decline", "accepted, then Failure with ERR001, not performed"),
)
_SITUATIONS = (
    ("25", Situation.NO_SUCH_CUSTOMER, "bill and payment end in Failure with ERR004: customer not found"),
    ("26", Situation.LATER_SUCCESS, "Processing for --late-seconds, then Success"),
    ("27", Situation.LATER_FAILURE, "Processing for --late-seconds, then Failure with BRR005; not in the ledger"),
    ("28", Situation.FOREVER, "Processing forever; not in the ledger"),
    ("30", Situation.NOTHING_DUE, "the bill ends in Failure with BFR004: no bill due; a direct payment works"),
    ("31", Situation.FETCH_FOREVER, "the bill is Processing forever; a direct payment works"),
    (
        "32",
        Situation.ADJUSTED,
        "ends in Credit_Adjustment: not posted, refunded --late-seconds later; not in the ledger",
    ),
    ("33", Situation.LATER_ADJUSTED, "Processing for --late-seconds, then Credit_Adjustment; not in the ledger"),
    ("34", Situation.FETCHED_YESTERDAY, "its bill counts as fetched yesterday: a same-day biller refuses to be paid"),
    ("35", Situation.LYING_WEBHOOK, "a webhook says Success at once; the payment fails after --late-seconds"),
    ("41", Situation.EARLY, "where there are options: the Early Payment Amount holds, the late one does not"),
    ("42", Situation.LATE, "where there are options: past its due date, the Late Payment Amount holds"),
    (
        "43",
        Situation.BAD_EARLY_DATE,
        "where there are options: the Early Payment Date cannot be read, only the base amount holds",
    ),
)

MAGIC = (
    *(Magic(_PREFIX + tail, does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(_PREFIX + tail, does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(account: str) -> Situation | None:
    return _SITUATION_OF.get(account)


def owes_plainly(account: str) -> bool:
    """Magic customers all owe the same, so that a test knows the amount beforehand."""
    return account.startswith(_PREFIX)
