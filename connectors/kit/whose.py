"""Whose a thing is, for partners that do not say so when they are asked about it: a mark in its reference.

The gateway encrypts references, so a mark is as it was made, and nobody outside the hub sees it. It is made of the
bank, the partner's thing and the customer's number. Its key is the bank's name and no secret: whoever saw a mark could
try numbers until one fits, so a mark goes nowhere but into a reference.
"""

import hmac

import msgspec

from schemas.call import Call


def mark(call: Call, thing: str) -> str:
    """The mark of the call's customer on one of the partner's things."""
    if call.subject is None:
        raise TypeError(f"{call.partner}: a thing of one customer, and no customer")
    return mark_of(call, thing, call.subject.id_type, call.subject.id_number)


def mark_of(call: Call, thing: str, *who: str) -> str:
    """The mark of somebody of whom no more is known than this, as in a question before any consent."""
    whose = msgspec.json.encode((call.partner, thing, *who))
    return hmac.digest(call.tenant.encode(), whose, "sha256")[:12].hex()


def is_theirs(call: Call, thing: str, marked: str) -> bool:
    """Whether a mark is the call's customer's."""
    return same(marked, mark(call, thing))


def same(marked: str, expected: str) -> bool:
    return hmac.compare_digest(marked.encode(), expected.encode())
