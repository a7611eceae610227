"""What a connector may spend, what is repeated, and what is known to have left."""

import asyncio
import contextlib
from datetime import timedelta

import msgspec
import pytest

from connectors.kit.attempt import PartnerCall
from schemas.call import Http, Kept, Reply
from schemas.errors import Garbled, MaybeSent, NotSent
from schemas.refs import PartnerRef
from tests.connectors.kit.bench import Answer, Bench, in_turn

ASK = Http(method="GET", url="https://partner.example/ask")
PAY = Http(method="POST", url="https://partner.example/pay")
FINE = Reply(status=200, body=b"fine")
LOST = MaybeSent("lost")
HELD = NotSent("held")


def bench(*answers: Answer) -> Bench:
    return Bench(in_turn(*answers))


async def test_question_is_repeated_after_any_failure() -> None:
    """A question whose answer was lost, or that never left, is asked again."""
    for failure in (LOST, HELD, Garbled("what?")):
        partner = bench(failure, FINE)
        assert await partner.call().send(ASK) == FINE
        assert len(partner.channel.seen) == 2


async def test_budget_is_shared_by_the_whole_call() -> None:
    """Two exchanges for a first question leave one for the second, and none for a third."""
    partner = bench(LOST, FINE, LOST)
    call = partner.call()
    await call.send(ASK)
    with pytest.raises(MaybeSent):
        await call.send(ASK)
    with pytest.raises(NotSent, match="spent"):
        await call.send(ASK)
    assert len(partner.channel.seen) == 3


async def test_retries_never_nest() -> None:
    """A login inside a question inside a budget of three: three exchanges, not nine."""
    partner = bench(*[LOST] * 9)
    call = partner.call()

    async def login() -> Kept[Reply]:
        return Kept(await call.send(ASK), partner.watch() + timedelta(hours=1))

    async def question(call: PartnerCall) -> Reply:
        await call.session("login", login)
        return await call.send(ASK)

    for _ in range(3):
        with pytest.raises((MaybeSent, NotSent)):
            await question(call)
    assert len(partner.channel.seen) == 3


async def test_budget_is_shared_between_questions_and_submissions() -> None:
    """What a question spent before, a submission cannot spend again."""
    partner = bench(FINE, FINE, HELD)
    attempt = partner.attempt()
    await attempt.send(ASK)
    await attempt.send(ASK)
    with pytest.raises(NotSent):
        await attempt.submit("pay", PAY)
    assert len(partner.channel.seen) == 3
    assert attempt.submitted is False


async def test_submission_is_repeated_only_while_certainly_not_sent() -> None:
    """What was certainly not received is sent again; the first exchange that may have arrived ends it."""
    partner = bench(HELD, HELD, FINE)
    assert await partner.attempt().submit("pay", PAY) == FINE
    assert len(partner.channel.seen) == 3

    for failure in (LOST, Garbled("what?")):
        partner = bench(failure, FINE)
        with pytest.raises(MaybeSent):
            await partner.attempt().submit("pay", PAY)
        assert len(partner.channel.seen) == 1

    partner = bench(HELD, LOST, FINE)
    with pytest.raises(MaybeSent):
        await partner.attempt().submit("pay", PAY)
    assert len(partner.channel.seen) == 2


@pytest.mark.parametrize(
    ("answers", "submitted"),
    [((FINE,), True), ((LOST,), True), ((RuntimeError("a bug"),), True), ((HELD,) * 3, False), ((HELD, LOST), True)],
)
async def test_submitted_tells_what_may_have_arrived(answers: tuple[Answer, ...], submitted: bool) -> None:
    """`submitted` is false only while every exchange was proven not sent."""
    attempt = bench(*answers).attempt()
    assert attempt.submitted is False
    with contextlib.suppress(MaybeSent, NotSent, RuntimeError):
        await attempt.submit("pay", PAY)
    assert attempt.submitted is submitted


async def test_submitted_survives_cancellation() -> None:
    """A submission cancelled in mid-flight may have arrived."""
    under_way = asyncio.Event()

    async def never(_: Http) -> Reply:
        under_way.set()
        return await asyncio.Future()

    attempt = Bench(never).attempt()
    task = asyncio.create_task(attempt.submit("pay", PAY))
    await under_way.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert attempt.submitted is True


async def test_questions_submit_nothing() -> None:
    """A question before the first submission leaves `submitted` false, answered or lost."""
    partner = bench(FINE, LOST, LOST)
    attempt = partner.attempt()
    await attempt.send(ASK)
    with pytest.raises(MaybeSent):
        await attempt.send(ASK)
    assert attempt.submitted is False


async def test_later_steps_are_committed_before_they_leave() -> None:
    """The first step rides in the journal's commit; the second is committed when its message leaves, not after."""
    committed: list[list[str]] = []

    async def watch(_: Http) -> Reply:
        committed.append(list(partner.steps))
        return FINE

    partner = Bench(watch)
    attempt = partner.attempt()
    await attempt.submit("create", PAY)
    await attempt.submit("confirm", PAY)
    assert committed == [[], ["confirm"]]


async def test_step_that_cannot_be_committed_does_not_leave() -> None:
    """Where the commit of a step fails, its message stays."""
    partner = bench(FINE, FINE)

    async def broken(step: str) -> None:
        raise OSError(step)

    attempt = partner.attempt()
    attempt._commit_step = broken
    await attempt.submit("create", PAY)
    with pytest.raises(OSError, match="confirm"):
        await attempt.submit("confirm", PAY)
    assert len(partner.channel.seen) == 1


async def test_enquiry_may_not_submit() -> None:
    """An enquiry asks; a connector that would change something in one is stopped before anything leaves."""
    partner = bench(FINE)
    enquiry = partner.enquiry()
    with pytest.raises(TypeError, match="enquiry"):
        await enquiry.submit("pay", PAY)
    assert partner.channel.seen == []
    assert await enquiry.send(ASK) == FINE


async def test_nothing_leaves_after_the_deadline() -> None:
    """Past its deadline a call sends nothing, and repeats nothing."""
    partner = bench(FINE)
    call = partner.call(seconds=10)
    partner.watch.forward(seconds=10)
    with pytest.raises(NotSent, match="deadline"):
        await call.send(ASK)
    assert partner.channel.seen == []

    async def late(_: Http) -> MaybeSent:
        partner.watch.forward(seconds=60)
        return LOST

    partner = Bench(late)
    with pytest.raises(MaybeSent):
        await partner.call().send(ASK)
    assert len(partner.channel.seen) == 1


@pytest.mark.parametrize(("left", "says", "waits"), [(30, None, 5), (3, None, 3), (30, 20, 20), (3, 20, 3), (30, 1, 1)])
async def test_patience_is_bounded_by_the_deadline(left: float, says: float | None, waits: float) -> None:
    """An answer may take what the message says, or what the manifest says, and never longer than the call has."""
    waited: list[timedelta] = []
    partner = bench()

    async def exchange(_: Http, patience: timedelta) -> Reply:
        waited.append(patience)
        return FINE

    partner.channel.exchange = exchange  # type: ignore[method-assign]
    timeout = None if says is None else timedelta(seconds=says)
    await partner.call(seconds=left).send(msgspec.structs.replace(ASK, timeout=timeout))
    assert waited == [timedelta(seconds=waits)]


async def test_gate_is_entered_once_per_exchange() -> None:
    """Repeats go through the partner's gate like everything else."""
    partner = bench(HELD, HELD, FINE)
    await partner.attempt().submit("pay", PAY)
    assert partner.gate.entered == 3


async def test_shut_gate_holds_everything() -> None:
    """What the gate refuses was certainly not sent."""
    partner = bench()
    partner.gate.shut = True
    attempt = partner.attempt()
    with pytest.raises(NotSent, match="gate"):
        await attempt.submit("pay", PAY)
    assert attempt.submitted is False
    assert partner.channel.seen == []


async def test_gate_sees_how_an_exchange_ended() -> None:
    """The gate learns from what is raised inside it."""
    ended: list[type[BaseException] | None] = []

    class Curious:
        def enter(self, deadline: object) -> "Curious":
            return self

        async def __aenter__(self) -> None:
            """Lets everybody in."""

        async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
            ended.append(kind)

    partner = Bench(in_turn(HELD, FINE), gate=Curious())  # type: ignore[arg-type]
    await partner.attempt().submit("pay", PAY)
    assert ended == [NotSent, None]


async def test_handles_are_kept_together() -> None:
    """What is remembered is committed, that alone, and read at once beside what was remembered before."""
    partner = bench()
    attempt = partner.attempt(cursor="1")
    await attempt.remember(serial="2")
    await attempt.remember(cursor="3")
    assert partner.kept == [{"serial": "2"}, {"cursor": "3"}]
    assert dict(attempt.handles) == {"cursor": "3", "serial": "2"}


def test_account_is_of_the_declared_kind() -> None:
    """A connector that asks for another partner's account is stopped."""

    class Other(msgspec.Struct):
        """Somebody else's account."""

    with pytest.raises(TypeError, match="Other"):
        bench().call().account(Other)


def test_references_carry_the_partners_number() -> None:
    """A reference is made with the manifest's immutable number."""
    assert bench().call().ref("7") == PartnerRef(1, "7")
