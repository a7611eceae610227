"""Orders: what the platform took, and what `progress` says about it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from connectors.kit.phones import chinese_mobile
from connectors.wanlitong import wire
from connectors.wanlitong.envelope import Answer, ask
from connectors.wanlitong.facts import ENQUIRY, STATUS, SUBMIT
from connectors.wanlitong.units import CURRENCY, yuan
from schemas.call import Attempt, Call
from schemas.errors import Garbled, Refused
from schemas.money import Money
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Reason, ReasonCode, Succeeded, Unknown

T = TypeVar("T")

AMOUNT = {"1009": "amount.amount"}
LEAD = AMOUNT | {"1004": "pre_check_id", "1005": "pre_check_id", "2004": "pre_check_id", "2007": "pre_check_id"}
OFFER = AMOUNT | {"1004": "offer_id", "2005": "offer_id", "2006": "offer_id"}
LOAN = AMOUNT | {"1008": "loan_id"}
"""The part of our request that a code of the platform means, by what was ordered."""


def mobile_of(call: Call) -> str:
    """The customer's number as the platform knows it: eleven digits. Raises: Refused."""
    if call.subject is None or call.subject.mobile is None:
        raise Refused("the consent names no mobile number, by which the platform knows a customer", "Consent-Id")
    mobile = chinese_mobile(call.subject.mobile)
    if mobile is None:
        raise Refused("the consent's number is no Chinese mobile, by which the platform knows a customer", "Consent-Id")
    return mobile


def taken(answer: Answer, attempt: Attempt, fields: Mapping[str, str]) -> Outcome[T]:
    """What the answer to an order says. It names no amount: even a success waits for the enquiry. Raises: Garbled."""
    if not accepted(answer):
        return refused(answer, fields)
    order = answer.read(wire.Taken)
    if order.order_no != attempt.reference:
        raise Garbled("the answer is about another order", answer.data)
    meaning = STATUS.meaning(order.status)
    if meaning and meaning.means == "succeeded":
        return Pending(stage="done, to be confirmed", check_after=attempt.clock())
    outcome = STATUS.outcome(order.status, acknowledged=True)
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome


def accepted(answer: Answer) -> bool:
    return (meaning := SUBMIT.meaning(answer.code)) is not None and meaning.means == "ok"


def refused(answer: Answer, fields: Mapping[str, str]) -> Declined | Unknown:
    """A code of a submission that is no success, with the field at fault."""
    outcome = SUBMIT.outcome(answer.code, acknowledged=False)
    if isinstance(outcome, Declined):
        return Declined(reason=replace(outcome.reason, field=fields.get(answer.code)))
    return outcome if isinstance(outcome, Unknown) else Unknown(why="the platform did not say whether it took it")


async def found(attempt: Attempt, kind: str, amount: Money, make: Callable[[wire.Order], T]) -> Found[T]:
    """What the platform says about our order. Raises: Garbled where it speaks of another."""
    answer = await ask(attempt, wire.PROGRESS, {"orderNo": attempt.reference})
    meaning = ENQUIRY.meaning(answer.code)
    if meaning is None or meaning.means != "ok":
        return ENQUIRY.outcome(answer.code, acknowledged=False)
    order = answer.read(wire.Order)
    if (order.order_no, order.type) != (attempt.reference, kind):
        raise Garbled("the answer is about another order", answer.data)
    status = STATUS.meaning(order.status)
    if status is None or status.means != "succeeded":
        return STATUS.outcome(order.status, acknowledged=True)
    if kind == wire.APPLY and (order.amount is None or not yuan(order.amount).equals(amount)):
        return Unknown(why="the platform reports an application for another amount")
    return Succeeded(result=make(order))


def not_sent(what: str) -> Declined:
    return Declined(reason=Reason(code="not-sent", message=f"{what} never left"))


def denied(error: Refused, code: ReasonCode = "not-eligible") -> Declined:
    """A refusal of ours, for whoever needs an outcome."""
    return Declined(reason=Reason(code=code, message=error.message, field=error.field))


def in_another_currency(amount: Money) -> Declined | None:
    if amount.currency == CURRENCY:
        return None
    reason = Reason(code="amount-refused", message=f"must be {CURRENCY}", field="amount.currency")
    return Declined(reason=reason)
