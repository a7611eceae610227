"""What the office's codes and states say about a question or an order."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from connectors.hrss_province import wire
from connectors.hrss_province.envelope import Answer
from connectors.hrss_province.facts import ENQUIRY, QUESTION, STATE, SUBMIT, means
from schemas.errors import Garbled, Refused
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Reason, Succeeded, Unknown

T = TypeVar("T")

FIELDS = {
    "AAB301": "region",
    "AAE140": "insurance",
    "AAE041": "begins",
    "AAE042": "ends",
    "retireMonth": "retires_at_age",
    "wageGrowth": "wage_growth",
}
"""The office's names for what a request of ours names; codes 2001 and 2004 tell one at the end of their message."""
TRANSFER_FIELDS = {"AAB301": "to_region", "outAAB301": "from_region", "AAE140": "insurance"}
AT_FAULT = {"3005": "region"}
"""What a code means in itself: only a card is another area's."""


class Denied(Refused):
    """A refusal with the contract's word for it, for whoever needs an outcome."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message, reason.field)
        self.reason = reason


def accepted(answer: Answer) -> Answer:
    """The answer to a question, if it is one. Raises: Denied; Garbled for what is no answer at all."""
    meaning = QUESTION.meaning(answer.code)
    if meaning and meaning.means == "refused":
        reason = Reason(code=meaning.reason or "declined", message=meaning.text, partner_code=answer.code)
        raise Denied(replace(reason, field=field_of(answer, FIELDS)))
    if meaning is None or meaning.means != "ok":
        raise Garbled(f"a question was answered {answer.code[:16]!r}", answer.data)
    return answer


def taken(answer: Answer, judge: Callable[[Answer], Outcome[T]], fields: Mapping[str, str] = FIELDS) -> Outcome[T]:
    """What an answer to a submission says; `judge` reads one that was accepted. Raises: Garbled."""
    if means("submit", answer.code) == "ok":
        return judge(answer)
    outcome = SUBMIT.outcome(answer.code, acknowledged=False)
    if isinstance(outcome, Declined):
        return Declined(reason=replace(outcome.reason, field=field_of(answer, fields)))
    return _settled(outcome)


def found(answer: Answer, judge: Callable[[Answer], Outcome[T]]) -> Found[T]:
    """What an answer to an enquiry says. Raises: Garbled."""
    if means("enquiry", answer.code) == "ok":
        return judge(answer)
    return ENQUIRY.outcome(answer.code, acknowledged=False)


def state_of(answer: Answer, reference: str, make: Callable[[], T]) -> Outcome[T]:
    """How far an application has come; `make` makes the result of one that is done. Raises: Garbled."""
    refuse_other(answer, reference)
    state = answer.read(wire.State)
    if means("state", state.busiState) == "succeeded":
        return Succeeded(result=make())
    outcome = STATE.outcome(state.busiState, acknowledged=True)
    if isinstance(outcome, Declined) and state.returnReason:
        return Declined(reason=replace(outcome.reason, message=state.returnReason[:200]))
    return _settled(outcome)


def refuse_other(answer: Answer, reference: str) -> None:
    """Raises: Garbled."""
    if answer.read(wire.Named).ywlsh != reference:
        raise Garbled("the answer is about another application", answer.data)


def field_of(answer: Answer, fields: Mapping[str, str]) -> str | None:
    named = re.search(r"[A-Za-z0-9]+\Z", answer.message)
    return AT_FAULT.get(answer.code) or (fields.get(named[0]) if named else None)


def _settled(outcome: Declined | Pending[T] | Unknown | Absent) -> Declined | Pending[T] | Unknown:
    """Only an enquiry may find nothing; anywhere else that is a contradiction."""
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome
