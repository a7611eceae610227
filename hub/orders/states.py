"""The life of an order, as a pure function: a state and a piece of news make the next state.

submitting → pending | unknown → succeeded | declined; NotSent moves it to received, from where it is sent again.
"""

from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec

from schemas.order import FINAL, OrderState
from schemas.outcome import Absent, Declined, Pending, Reason, Succeeded, Unknown

Source = Literal["answer", "enquiry", "callback", "hub"]


class NotSent(msgspec.Struct, frozen=True):
    """Nothing reached the partner; the order is due again."""

    why: str


News: TypeAlias = Succeeded[Any] | Declined | Pending[Any] | Unknown | Absent | NotSent


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What news does to an order.

    Shape: `state` is the next state; `what` and `detail` go into the timeline. `alert`: a person should look.
    """

    state: OrderState
    what: str
    detail: str = ""
    result: Any = None
    contradicting: Any = None
    """What a success brought that comes too late: nothing of it moves the order, and a person will want to see it."""
    reason: Reason | None = None
    check_after: datetime | None = None
    alert: bool = False


def step(state: OrderState, news: News, source: Source, *, absence_is_final: bool = False) -> Step:
    """The next state. A final state never moves; what contradicts it is recorded and raises an alert."""
    if source == "hub" and state != "received":  # the hub gives up only what certainly never left
        return Step(state=state, what="hub-late", detail="it was sent, or settled, meanwhile")
    if state in FINAL:
        return _after_final(state, news, source)
    match news:
        case Succeeded(result=result):
            unsent = state == "received"  # it proved otherwise: somebody should see why
            return Step(state="succeeded", what="succeeded", detail=f"by {source}", result=result, alert=unsent)
        case Declined(reason=reason):
            return Step(state="declined", what="declined", detail=f"{reason.code}, by {source}", reason=reason)
        case Pending():
            return _pending(state, news, source)
        case Absent(why=why):
            return _absent(state, why, final=absence_is_final and source == "enquiry")
        case NotSent(why=why):
            return _not_sent(state, why, source)
        case Unknown(why=why, unmapped=unmapped):
            # An enquiry that learns nothing takes nothing away from a verified acknowledgement.
            kept: OrderState = "pending" if state == "pending" else "unknown"
            what = kept if kept != state else f"{source}-unclear"
            return Step(state=kept, what=what, detail=why, alert=unmapped)


def _pending(state: OrderState, news: Pending[Any], source: Source) -> Step:
    return Step(
        state="pending",
        what="pending",
        detail=f"{news.stage}, by {source}",
        result=news.so_far,
        check_after=news.check_after,
        alert=news.unmapped or state == "received",
    )


def _absent(state: OrderState, why: str, *, final: bool) -> Step:
    if state == "pending":
        detail = "the partner acknowledged this order and now does not know it"
        return Step(state="pending", what="absent", detail=detail, alert=True)
    if final:
        reason = Reason(code="absent", message=why or "the partner does not know this order")
        return Step(state="declined", what="declined", detail="absent, by enquiry", reason=reason)
    what = "absent" if state == "unknown" else "unknown"
    return Step(state="unknown", what=what, detail="the partner does not know it; it may still arrive")


def _not_sent(state: OrderState, why: str, source: Source) -> Step:
    """A submission that certainly did not leave is due again; an enquiry that did not leave says nothing.

    Who knows more than that it is being submitted knows that it left.
    """
    if source != "answer":
        return Step(state="unknown" if state == "submitting" else state, what=f"{source}-not-sent", detail=why)
    if state in ("pending", "unknown"):
        return Step(state=state, what="contradiction", detail=f"not sent: {why}", alert=True)
    return Step(state="received", what="received", detail=f"not sent: {why}")


def _after_final(state: OrderState, news: News, source: Source) -> Step:
    says = "succeeded" if isinstance(news, Succeeded) else "declined" if isinstance(news, Declined) else None
    if says is None:
        return Step(state=state, what=f"{source}-late", detail="nothing new")
    if says == state:
        return Step(state=state, what=f"{source}-repeated", detail=says)
    brought = news.result if isinstance(news, Succeeded) else None
    return Step(state=state, what="contradiction", detail=f"{source} says {says}", alert=True, contradicting=brought)
