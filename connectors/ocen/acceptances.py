"""Accepting an offer: three requests go out one after the other, and what the last one did is what counts."""

from uuid import UUID, uuid5

from connectors.ocen import answers, exchange, loans, wire
from connectors.ocen.facts import ACCEPTANCE
from connectors.ocen.offers import OfferId
from schemas.call import Attempt
from schemas.errors import Garbled
from schemas.lending.loans import Loan
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Reason, Succeeded, Unknown

GRANT = "grant"
ACKNOWLEDGED = "grant_acknowledged"


def step_id(reference: str, step: str) -> str:
    """The requestId of a step that leads to what performs: the same whenever it is sent."""
    return str(uuid5(UUID(reference), step))


async def accept(offer: OfferId, attempt: Attempt) -> Outcome[Loan]:
    """Chooses, agrees and asks for the grant, each acknowledged before the next leaves. The answers come later."""
    application = offer.application_id
    way = (
        ("choose", wire.CHOOSE, {"loanApplicationId": application, "offer": {"id": offer.offer_id}}),
        ("agree", wire.AGREE, {"loanApplicationIds": [application]}),
        (GRANT, wire.GRANT, {"loanApplicationId": application}),
    )
    for step, operation, content in way:
        request_id = attempt.reference if step == GRANT else step_id(attempt.reference, step)
        refused = await exchange.submit(attempt, step, operation, content, request_id)
        if refused:
            return refused
    await attempt.remember(**{ACKNOWLEDGED: "yes"})
    return Pending(stage="grant asked for")


async def found(offer: OfferId, attempt: Attempt) -> Found[Loan]:
    """What became of the grant. Without it there is no loan, whatever was chosen."""
    if GRANT not in attempt.steps:
        return Declined(reason=Reason(code="not-sent", message="the loan was chosen, and its grant never asked for"))
    if decided := _granted(attempt):
        return decided
    answer = await answers.news_of(attempt, wire.LOAN)
    if answer is None:
        await answers.ask(attempt, wire.LOAN, {"loanApplicationId": offer.application_id})
        return Unknown(why=answers.ASKED)
    return _standing(answer, offer, attempt)


def _granted(attempt: Attempt) -> Succeeded[Loan] | Declined | None:
    """What the response to the grant says; a refused choice explains a refused grant better than itself."""
    response = answers.latest(attempt.handles, wire.GRANT)
    if response is None or response.metadata.request_id != attempt.reference:
        return None
    if not answers.errs(response):
        return _told(response, attempt)
    outcome = answers.failed(response)
    if not isinstance(outcome, Declined):
        return None
    chosen = answers.latest(attempt.handles, wire.CHOOSE)
    better = answers.failed(chosen) if chosen and answers.errs(chosen) else None
    return better if isinstance(better, Declined) else outcome


def _told(response: wire.Response, attempt: Attempt) -> Succeeded[Loan] | Declined | None:
    """The loan, where the response to the grant brings one that is not lost already."""
    if not answers.succeeded(response):
        return None
    state = response.loan_application_status or ""
    meaning = ACCEPTANCE.meaning(state)
    if meaning and meaning.means == "declined":
        outcome = ACCEPTANCE.outcome(state, acknowledged=True)
        return outcome if isinstance(outcome, Declined) else None
    try:
        return Succeeded(result=loans.loan(response, attempt))
    except Garbled:
        return None


def _standing(answer: wire.Response, offer: OfferId, attempt: Attempt) -> Found[Loan]:
    """What getloan says. Raises: Garbled where it is about another application, or tells of a loan without telling."""
    if not answers.errs(answer) and not answers.succeeded(answer):
        return Pending(stage=answer.response.status[:64], unmapped=True)
    if answers.errs(answer):
        return (
            Absent(why="the network knows no such application") if answers.missing(answer) else answers.failed(answer)
        )
    if answer.loan_application_id != offer.application_id:
        raise Garbled("the response is about another application")
    state = answer.loan_application_status or ""
    meaning = ACCEPTANCE.meaning(state)
    if meaning and meaning.means == "succeeded":
        return Succeeded(result=loans.loan(answer, attempt))
    outcome = ACCEPTANCE.outcome(state, acknowledged=True)
    if isinstance(outcome, Absent) and ACKNOWLEDGED in attempt.handles:
        return Pending(stage=state)  # taken, and not yet done
    return outcome
