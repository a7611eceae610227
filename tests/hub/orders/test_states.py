"""The life of an order as a pure state machine."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from hub.orders.states import News, NotSent, Source, Step, step
from schemas.order import FINAL, OrderState
from schemas.outcome import Absent, Declined, Pending, Reason, Succeeded, Unknown

SUCCEEDED = Succeeded(result="receipt")
DECLINED = Declined(reason=Reason(code="declined"))
PENDING: Pending[Any] = Pending(stage="processing")
UNMAPPED: Pending[Any] = Pending(stage="77", unmapped=True)
UNHEARD = Unknown(why="77", unmapped=True)
UNKNOWN = Unknown(why="silence")
ABSENT = Absent()
NOT_SENT = NotSent("no connection")

OPEN: tuple[OrderState, ...] = ("received", "submitting", "pending", "unknown")
STATES: tuple[OrderState, ...] = (*OPEN, "succeeded", "declined")
SOURCES: tuple[Source, ...] = ("answer", "enquiry", "callback", "hub")
NEWS: tuple[News, ...] = (SUCCEEDED, DECLINED, PENDING, UNMAPPED, UNKNOWN, UNHEARD, ABSENT, NOT_SENT)

news = st.sampled_from(NEWS)


class Life(RuleBasedStateMachine):
    """An order to which anything happens, in any order, from anybody."""

    def __init__(self) -> None:
        super().__init__()
        self.state: OrderState = "submitting"
        self.left = False
        """Some attempt ended with anything but the proof that nothing left."""

    @rule(news=news)
    def answered(self, news: News) -> None:
        """The attempt under way ends."""
        self.left = self.left or news is not NOT_SENT
        self._take(news, "answer")

    @rule(news=news.filter(lambda one: one is not NOT_SENT), final=st.booleans())
    def enquired(self, news: News, final: bool) -> None:
        before = self.state
        taken = self._take(news, "enquiry", absence_is_final=final)
        if before in OPEN and news is ABSENT and not final:
            assert taken.state in ("unknown", "pending"), "not found is no decline before its time"

    @rule()
    def enquiry_not_sent(self) -> None:
        before = self.state
        assert self._take(NOT_SENT, "enquiry").state in (before, "unknown")

    @rule(news=news.filter(lambda one: one not in (ABSENT, NOT_SENT)))
    def called_back(self, news: News) -> None:
        self.left = True
        self._take(news, "callback")

    @rule()
    def given_up(self) -> None:
        """The hub's own decline, which may come too late."""
        before = self.state
        after = self._take(Declined(reason=Reason(code="not-sent")), "hub").state
        assert after == ("declined" if before == "received" else before)

    @precondition(lambda self: self.state == "received")
    @rule()
    def sent_again(self) -> None:
        self.state = "submitting"

    def _take(self, news: News, source: Source, *, absence_is_final: bool = False) -> Step:
        before = self.state
        taken = step(before, news, source, absence_is_final=absence_is_final)
        _holds(before, news, source, taken, absence_is_final=absence_is_final)
        self.state = taken.state
        return taken


def _holds(before: OrderState, news: News, source: Source, taken: Step, *, absence_is_final: bool) -> None:
    """What is true of every step."""
    moved = taken.state != before
    if before in FINAL:
        assert not moved, "final never moves"
        assert taken.result is None
        assert taken.reason is None
    if taken.state == "succeeded" and moved:
        assert news is SUCCEEDED
    if taken.state == "declined" and moved:
        absent = news is ABSENT and absence_is_final and source == "enquiry" and before != "pending"
        assert isinstance(news, Declined) or absent, "only a verified decline, or final absence"
    if taken.state == "received" and moved:
        assert (before, news, source) == ("submitting", NOT_SENT, "answer"), "only the proof that nothing left"
    if taken.state == "unknown" and moved:
        assert before in ("submitting", "received"), "an acknowledgement is never taken back"
    if before in FINAL or source == "hub":
        return
    if news is UNMAPPED:
        assert (taken.state, taken.alert) == ("pending", True)
    if isinstance(news, Unknown):
        assert taken.state == ("pending" if before == "pending" else "unknown")
        assert taken.alert == (news is UNHEARD), "a code that nobody has mapped is for a person"


TestLife = pytest.mark.filterwarnings("default")(Life.TestCase)
Life.TestCase.settings = settings(max_examples=200, stateful_step_count=20, derandomize=True, deadline=None)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("said", NEWS, ids=lambda one: type(one).__name__)
def test_every_step_holds(state: OrderState, source: Source, said: News) -> None:
    """Every state under every news from everybody, with absence final or not, keeps every rule."""
    for final in (False, True):
        taken = step(state, said, source, absence_is_final=final)
        _holds(state, said, source, taken, absence_is_final=final)


@pytest.mark.parametrize(("state", "said"), [("succeeded", DECLINED), ("declined", SUCCEEDED)])
def test_contradiction_is_noted_and_alerts(state: OrderState, said: News) -> None:
    """What contradicts a final state leaves it as it is, and calls for a person."""
    taken = step(state, said, "callback")
    assert (taken.state, taken.what, taken.alert) == (state, "contradiction", True)


@pytest.mark.parametrize(("state", "said"), [("succeeded", SUCCEEDED), ("declined", DECLINED)])
def test_repetition_of_a_final_state_is_quiet(state: OrderState, said: News) -> None:
    """The same final news again alerts nobody."""
    taken = step(state, said, "callback")
    assert (taken.state, taken.alert) == (state, False)


@pytest.mark.parametrize("state", ["pending", "unknown"])
def test_not_sent_takes_nothing_back(state: OrderState) -> None:
    """An order that is known to have left is never due again, whatever an attempt claims; a person should look."""
    taken = step(state, NOT_SENT, "answer")
    assert (taken.state, taken.alert) == (state, True)


@pytest.mark.parametrize("said", [SUCCEEDED, PENDING])
def test_proof_against_not_sent_alerts(said: News) -> None:
    """News that an order was taken which certainly was not sent is believed, and somebody should see why."""
    taken = step("received", said, "callback")
    assert taken.state in ("succeeded", "pending")
    assert taken.alert


def test_absence_after_an_acknowledgement_alerts() -> None:
    """A partner that acknowledged an order and then does not know it declines nothing, even after the time."""
    taken = step("pending", ABSENT, "enquiry", absence_is_final=True)
    assert (taken.state, taken.alert) == ("pending", True)


@pytest.mark.parametrize("source", ["answer", "callback"])
def test_absence_is_an_enquirys_word(source: Source) -> None:
    """No such order, said in an answer to its submission, or pushed, never declines it."""
    assert step("submitting", ABSENT, source, absence_is_final=True).state == "unknown"
