"""What callbacks have brought: kept as handles, under the name of what was asked, and asked for where it is missing."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import msgspec

from connectors.ocen import exchange, wire
from connectors.ocen.exchange import Content
from connectors.ocen.facts import DETAIL, VERDICT
from schemas.call import Call
from schemas.errors import Late, MaybeSent, NotReady, Refused
from schemas.outcome import Absent, Declined, Pending, Unknown

ASK_AGAIN = timedelta(seconds=3)
"""So long is one answer waited for before the same question is asked again."""
PATIENCE = timedelta(minutes=10)
"""So long after the first question nobody waits any more: lenders answer in seconds, or by hand on another day."""
LONGEST_PAUSE = timedelta(minutes=1)
ASKED = "asked; the answer comes by callback"
FIELDS = {"OFFER_NOT_FOUND": "offer_id", "OFFER_EXPIRED": "offer_id", "AMOUNT_EXCEEDS_OUTSTANDING": "amount.amount"}
"""The part of our request that a detail means."""


def kept_as(response: wire.Response) -> dict[str, str]:
    """The handle that a response becomes. Parts of one answer, which are offers, stand side by side."""
    topic = wire.topic(response.metadata.operation)
    if offers := response.application.offers:
        topic += "." + sha256(" ".join(offer.id for offer in offers).encode()).hexdigest()[:16]
    return {topic: msgspec.json.encode(response).decode()}


def told(handles: Mapping[str, str], *operations: str) -> list[wire.Response]:
    """What is known in answer to these requests, oldest first."""
    topics = {wire.topic(operation) for operation in operations}
    found = [wire.RESPONSE.decode(text) for name, text in handles.items() if name.partition(".")[0] in topics]
    return sorted(found, key=lambda response: response.metadata.timestamp)


def latest(handles: Mapping[str, str], operation: str) -> wire.Response | None:
    return next(reversed(told(handles, operation)), None)


def answer_to(call: Call, operation: str) -> wire.Response | None:
    """The answer to the last question of this kind: an older one may tell what was true then."""
    asked, _, _ = call.handles.get(_asked(operation), "").partition(" ")
    answer = latest(call.handles, operation)
    return answer if answer and answer.metadata.request_id == asked else None


async def news_of(call: Call, operation: str) -> wire.Response | None:
    """The answer to the last question of this kind, once: whoever comes later asks again."""
    answer = answer_to(call, operation)
    if answer is not None:
        _, _, at = call.handles[_asked(operation)].partition(" ")
        await call.remember(**{_asked(operation): f" {at}"})
    return answer


async def ask(call: Call, operation: str, content: Content, request_id: str | None = None) -> None:
    """Asks, unless that was done a moment ago: then the answer is on its way. Raises: NotSent, MaybeSent, Refused."""
    _, _, at = call.handles.get(_asked(operation), "").partition(" ")
    now = call.clock()
    if at and now - datetime.fromisoformat(at) < ASK_AGAIN:
        return
    request_id = request_id or str(uuid4())
    await exchange.ask(call, operation, content, request_id)
    await call.remember(**{_asked(operation): f"{request_id} {now.isoformat()}"})


async def answer(call: Call, operation: str, content: Content, field: str | None = None) -> wire.Response:
    """The answer to a question that is kept until a callback brings it.

    Raises: NotReady; Refused, with the `field` at fault; MaybeSent where there was none in time, or none of use.
    """
    found = answer_to(call, operation)
    if found is None:
        waited = await waiting(call)
        give_up_after(waited)
        await ask(call, operation, content)
        raise NotReady(pause(waited))
    detail = found.response.response_detail
    if succeeded(found):
        return found
    meaning = DETAIL.meaning(detail) if errs(found) else None
    if meaning and meaning.means in ("absent", "declined"):
        raise Refused(meaning.text, field)
    raise MaybeSent(f"the question was answered {found.response.status[:32]!r} {detail[:64]!r}")


async def waiting(call: Call) -> timedelta:
    """How long ago a kept question was first asked."""
    if "since" not in call.handles:
        await call.remember(since=call.clock().isoformat())
    return call.clock() - datetime.fromisoformat(call.handles["since"])


def give_up_after(waited: timedelta) -> None:
    """Raises: Late once nobody waits any more."""
    if waited >= PATIENCE:
        raise Late("the network acknowledged the question, and never answered it")


def pause(waited: timedelta) -> timedelta:
    """Callbacks come by themselves; whoever waits for a lost one waits longer every time."""
    return min(max(waited, ASK_AGAIN), LONGEST_PAUSE)


def succeeded(response: wire.Response) -> bool:
    meaning = VERDICT.meaning(response.response.status)
    return meaning is not None and meaning.means == "ok"


def errs(response: wire.Response) -> bool:
    """Whether its detail says what went wrong: a status that nobody mapped decides nothing."""
    return response.response.status == "ERROR"


def missing(response: wire.Response) -> bool:
    """Whether the network says that it does not know what was asked about."""
    meaning = DETAIL.meaning(response.response.response_detail) if errs(response) else None
    return meaning is not None and meaning.means == "absent"


def failed(response: wire.Response) -> Declined | Pending[Any] | Unknown:
    """What an ERROR says about the request that performs, and was acknowledged."""
    outcome = DETAIL.outcome(response.response.response_detail, acknowledged=True)
    if isinstance(outcome, Declined):
        detail = response.response.response_detail
        return Declined(reason=msgspec.structs.replace(outcome.reason, field=FIELDS.get(detail)))
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome


def applications(handles: Mapping[str, str]) -> Iterator[wire.Response]:
    """Whatever tells of the application, oldest first. That there are no offers to be had says nothing of it."""
    for response in told(handles, wire.CREATE, wire.OFFERS, wire.LOAN):
        if (
            wire.topic(response.metadata.operation) != wire.topic(wire.OFFERS)
            or not errs(response)
            or missing(response)
        ):
            yield response


def _asked(operation: str) -> str:
    return "asked:" + wire.topic(operation)
