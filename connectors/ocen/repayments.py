"""Repayments by mandate: each response tells how far the collection is."""

from connectors.ocen import answers, wire
from connectors.ocen.facts import PAYMENT
from connectors.ocen.offers import moment, money
from schemas.call import Attempt
from schemas.errors import Garbled
from schemas.lending.loans import Repaid
from schemas.outcome import Absent, Declined, Found, Pending, Succeeded, Unknown


def judged(response: wire.Response) -> Succeeded[Repaid] | Declined | Pending[Repaid] | None:
    """What one response says about our repayment; None where it says nothing that decides."""
    payment = response.payment
    if answers.errs(response):
        failed = None if answers.missing(response) else answers.failed(response)
        return None if isinstance(failed, Unknown) else failed
    if not answers.succeeded(response) or payment is None or payment.id != response.metadata.trace_id:
        return None
    meaning = PAYMENT.meaning(payment.status)
    if meaning and meaning.means == "succeeded":
        return _repaid(payment)
    outcome = PAYMENT.outcome(payment.status, acknowledged=True)
    return outcome if isinstance(outcome, Declined | Pending) else None


async def found(attempt: Attempt) -> Found[Repaid]:
    """What became of a repayment. A final response counts whenever it came, one that is not only while it is news."""
    responses = answers.told(attempt.handles, wire.REPAY, wire.REPAYMENT, wire.CONFIRMED)
    final = [one for one in map(judged, responses) if isinstance(one, Succeeded | Declined)]
    if len({type(one) for one in final}) > 1:
        return Unknown(why="the network reports the repayment both ways")
    if final:
        return final[-1]
    answer = await answers.news_of(attempt, wire.REPAYMENT)
    if answer is None:
        await answers.ask(attempt, wire.REPAYMENT, {"payment": {"id": attempt.reference}})
        return Unknown(why=answers.ASKED)
    if answers.missing(answer):
        return Absent(why="the network knows no such payment")
    return judged(answer) or Unknown(why=f"the network answered {answer.response.status[:32]!r}")


def _repaid(payment: wire.Payment) -> Succeeded[Repaid] | None:
    """None where a success names no amount: it is asked for then."""
    try:
        if payment.total_amount is None:
            return None
        paid_at = moment(payment.date) if payment.date else None
        return Succeeded(result=Repaid(paid=money(payment.total_amount), paid_at=paid_at))
    except Garbled:
        return None
