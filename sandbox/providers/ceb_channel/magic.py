"""Account numbers (billKey) that are not ordinary."""

from enum import StrEnum

from sandbox.stand.operation import Magic


class Situation(StrEnum):
    """What only the partner knows about an account."""

    NOTHING_OWED = "nothing-owed"
    NO_RECORD = "no-record"
    SEVERAL_BILLS = "several-bills"
    SLOW_BILL = "slow-bill"
    THIRD_POLL = "third-poll"
    NO_SUCH_USER = "no-such-user"
    QUERY_UNREACHABLE = "query-unreachable"
    BATCH_DEBIT = "batch-debit"
    LATER_SUCCESS = "later-success"
    LATER_FAILURE = "later-failure"
    FOREVER = "forever"
    ENQUIRY_ONLY = "enquiry-only"
    TIMEOUT_PERFORMED = "timeout-performed"
    ACCEPTED_PERFORMED = "accepted-performed"
    EXCEPTION_NOT_PERFORMED = "exception-not-performed"
    OUTSIDE_WINDOW = "outside-window"
    DEPOSIT_SPENT = "deposit-spent"


_PREFIX = "99000000"
_FAULTS = (
    ("01", "refuse", "answers a bill query, then the protocol port is closed for 2 seconds"),
    ("02", "drop", "the order is dropped: connection reset, not performed"),
    ("03", "hang-before", "the order is neither performed nor answered"),
    ("04", "hang-after", "the order is performed, never answered, never pushed; an enquiry knows it"),
    ("05", "error-before", "HTTP 500, not performed"),
    ("06", "error-after", "performed, then HTTP 500"),
    ("07", "half-reply", "performed, then half an answer"),
    ("08", "garbage", "performed, then bytes that are no HTTP"),
    ("09", "slow", "performed, answered after --slow-seconds"),
    ("10", "bad-signature", "performed, answered with a wrong signature; enquiry and push are signed well"),
    ("11", "wrong-amount", "performed, but answer, enquiry and push report one yuan more"),
    ("12", "unmapped-code", "performed, answered with respCode UNK7777; an enquiry knows it"),
    ("13", "duplicate-callback", "pushed twice"),
    ("14", "early-callback", "final at once and pushed before the answer, which still says processing"),
    ("15", "late-callback", "pushed --late-seconds after it is final"),
    ("16", "no-callback", "never pushed"),
    ("17", "decline", "refused with DEF0006, not performed"),
)
_SITUATIONS = (
    ("21", Situation.NOTHING_OWED, "bill query and order answer DEF0002: nothing owed"),
    ("22", Situation.SEVERAL_BILLS, "owes three bills under three contracts: 35.00, 128.50 and 7.01 yuan"),
    ("23", Situation.SLOW_BILL, "the bill is fetched asynchronously and ready after --bill-seconds"),
    ("24", Situation.THIRD_POLL, "the bill is fetched asynchronously and ready at the third query"),
    ("25", Situation.NO_SUCH_USER, "bill query and order answer DEF0010: no such user"),
    ("26", Situation.LATER_SUCCESS, "the order is processing for --late-seconds, then succeeds"),
    ("27", Situation.LATER_FAILURE, "the order is processing for --late-seconds, then fails with DEF0006"),
    ("28", Situation.FOREVER, "the order is processing forever; not in the ledger"),
    ("29", Situation.ENQUIRY_ONLY, "the answer says processing and nothing is pushed; an enquiry says success"),
    ("30", Situation.NO_RECORD, "bill query and order answer DEF0001: no record"),
    ("31", Situation.QUERY_UNREACHABLE, "bill query answers DEF0003: third party not reached; an order works"),
    ("32", Situation.BATCH_DEBIT, "bill query and order answer DEF0018: batch debit in progress"),
    ("33", Situation.TIMEOUT_PERFORMED, "the order is performed but answered with NPP0005: system timeout"),
    ("34", Situation.ACCEPTED_PERFORMED, "the order is performed but answered with NPP0008: already accepted"),
    ("35", Situation.EXCEPTION_NOT_PERFORMED, "the order is answered with NPP0003 and not performed"),
    ("36", Situation.OUTSIDE_WINDOW, "the order is refused with DEF0005: outside the payment window"),
    ("37", Situation.DEPOSIT_SPENT, "the order is refused with NPP0006: deposit insufficient"),
)

MAGIC = (
    *(Magic(_PREFIX + tail, does, fault=fault) for tail, fault, does in _FAULTS),
    *(Magic(_PREFIX + tail, does, situation=situation) for tail, situation, does in _SITUATIONS),
)
_SITUATION_OF = {each.account: Situation(each.situation) for each in MAGIC if each.situation is not None}


def situation_of(bill_key: str) -> Situation | None:
    return _SITUATION_OF.get(bill_key)


def owes_plainly(bill_key: str) -> bool:
    """Magic accounts all owe the same, so that a test knows the amount beforehand."""
    return bill_key.startswith(_PREFIX)
