"""What the platform's codes and states say about a question or an order."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, TypeVar

from msgspec.structs import replace

from connectors.essc import wire
from connectors.essc.envelope import Answer
from connectors.essc.facts import ENQUIRY, STATE, SUBMIT, ZONE, means
from connectors.kit.codes import Codes
from schemas.errors import Garbled, Refused
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Reason, Succeeded, Unknown
from schemas.social_security import Card, Purpose, QrVerified

T = TypeVar("T")

FIELDS = {"aab301": "region", "qrCode": "token", "qrPurpose": "purpose"}
"""The platform's names for what a request of ours names; E2001 tells one of them in its message."""
AT_FAULT = {
    "E3004": "region",
    "E3005": "region",
    "E4001": "token",
    "E4002": "token",
    "E4003": "token",
    "E4004": "purpose",
}
"""What a code means in itself; elsewhere the fault is the person's, whom a request does not name."""


class Denied(Refused):
    """A refusal with the contract's word for it, for whoever needs an outcome."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message, reason.field)
        self.reason = reason


def answered(codes: Codes, answer: Answer) -> bool:
    """Whether a question was answered with something. Raises: Denied; Garbled for what is no answer at all."""
    meaning = codes.meaning(answer.code)
    if meaning and meaning.means == "refused":
        reason = Reason(code=meaning.reason or "declined", message=meaning.text, partner_code=answer.code)
        raise Denied(replace(reason, field=field_of(answer.code, answer.message)))
    if meaning is None or meaning.means not in ("ok", "nothing"):
        raise Garbled(f"a question was answered {answer.code[:16]!r}", answer.data)
    return meaning.means == "ok"


def taken(answer: Answer, reference: str, make: Callable[[Answer], T]) -> Outcome[T]:
    """What a verified answer to a submission says. Raises: Garbled."""
    if means("submit", answer.code) == "ok":
        return Succeeded(result=make(_about(reference, answer)))
    return declined_or_open(answer.code, answer.message, acknowledged=False)


def found(answer: Answer, reference: str, make: Callable[[Answer], T]) -> Found[T]:
    """What a verified answer to an enquiry says. A failure is only as final as its error code. Raises: Garbled."""
    if means("enquiry", answer.code) != "ok":
        return ENQUIRY.outcome(answer.code, acknowledged=False)
    order = _about(reference, answer).read(wire.State)
    meaning = means("state", order.state)
    if meaning == "succeeded":
        return Succeeded(result=make(answer))
    if meaning == "declined" and order.errCode:
        return declined_or_open(order.errCode, acknowledged=True)
    return STATE.outcome(order.state, acknowledged=True)


def declined_or_open(code: str, message: str = "", *, acknowledged: bool) -> Declined | Pending[T] | Unknown:
    """A code of a submission that is no success, with the field at fault."""
    outcome = SUBMIT.outcome(code, acknowledged=acknowledged)
    if isinstance(outcome, Declined):
        return Declined(reason=replace(outcome.reason, field=field_of(code, message)))
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome


def field_of(code: str, message: str) -> str | None:
    named = (ours for theirs, ours in FIELDS.items() if message.endswith(theirs))
    return AT_FAULT.get(code) or next(named, None)


def issued(answer: Answer) -> Card:
    return card_of("issued", answer.read(wire.Signed))


def unlinked(answer: Answer) -> Card:
    return card_of("unlinked", answer.read(wire.Signed))


def card_of(state: Literal["issued", "unlinked"], card: wire.Signed) -> Card:
    """Without a date of issue: a card that is confirmed anew is answered like one that is new."""
    return Card(state=state, region=card.aab301, sign_number=card.signNo)


def verified(answer: Answer, purpose: Purpose) -> QrVerified:
    """Without a holder: the platform tells numbers, and no name."""
    return QrVerified(purpose=purpose, verified_at=moment(answer.read(wire.Scanned).finishTime))


def moment(text: str) -> datetime:
    """A local yyyyMMddHHmmss in UTC. Raises: Garbled."""
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError as error:
        raise Garbled("what should be a time is none") from error


def _about(reference: str, answer: Answer) -> Answer:
    if answer.read(wire.Named).busiSeq != reference:
        raise Garbled("the answer is about another order", answer.data)
    return answer
