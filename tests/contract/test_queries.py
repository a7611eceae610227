"""Every question of every connector, while everything that only asks is spoilt in every way."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from schemas.contract import Operation
from tests.contract import crowd
from tests.contract.asking import how_to_ask, offered, performed_by, says_unclear
from tests.contract.asking.words import Customer, customer
from tests.contract.conftest import Stages, staged
from tests.running import Running
from tests.sandbox.wire import Door

Leaves = Counter[tuple[tuple[str, ...], str]]
ASKED = offered("query")
PARTNERS = sorted({partner for partner, _ in ASKED})
DOCUMENTED = {200, 202, 422, 502, 503, 504}
PATIENCE = {
    "HUB_PARTNER_PATIENCE": "400ms",
    "HUB_QUERY_LIMIT": "600ms",
    "HUB_QUERY_WAIT": "2s",
    "HUB_MERGE_WAIT": "800ms",
}


@pytest.fixture(scope="module")
def cold_hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    with ExitStack() as stack:
        yield staged(stack, tmp_path_factory, **PATIENCE)


def ask(hub: Running, operation: Operation, body: dict[str, Any], who: Customer) -> httpx.Response:
    if operation.method == "GET":
        return hub.app.get(operation.route, **body)
    consent = who.consent(hub) if operation.takes_consent else None
    return hub.app.post(operation.route, body, consent=consent)


@pytest.mark.parametrize("partner", PARTNERS)
def test_spoilt_question_is_no_false_answer(cold_hubs: Stages, partner: str) -> None:
    """Whatever the partner does to a question, the bank gets the true answer or a documented problem with a trace id.

    Asking performs nothing, but for what is known to.
    """
    asked = [operation for name, operation in ASKED if name == partner]
    cold_hub = cold_hubs(partner, asked[0].scenario)
    crowd.calm(cold_hub, cold_hub.partners.stands)
    questions = [Question(cold_hub, partner, operation) for operation in asked]
    before = len(cold_hub.ledger(partner))
    with ThreadPoolExecutor() as pool:
        list(pool.map(Question.learn, questions))
    door = crowd.door(cold_hub, partner)
    about = door.call("GET", "/_sandbox/")[1]
    told = {about["plain_names"][where] for where, _ in crowd.meaningful(cold_hub, partner)}
    _forget(cold_hub)
    first, always = _asked_for(door, questions), _asked_for(door, questions)
    for where in sorted(word for word, name in about["plain_names"].items() if name in first - told):
        if about["plain_names"][where] not in always:
            _forget(cold_hub)
        for fault in sorted(about["faults"].keys() - {"slow", "refuse"}):
            if door.call("POST", "/_sandbox/faults", {"operation": where, "fault": fault, "times": 1000})[0] == 200:
                _ask_everything(questions, f"{fault} at {where}")
                door.clear()
    door.fault("refuse", "*", times=30)
    _ask_everything(questions, "refuse")
    crowd.calm(cold_hub, cold_hub.partners.stands)
    for question in questions:
        question.check_kept()
    performed = {entry["operation"] for entry in cold_hub.ledger(partner)[before:]}
    assert performed <= {performed_by(partner, operation) for operation in asked}


def _forget(hub: Running) -> None:
    """Sessions and catalogues are asked for anew."""
    hub.stop()
    hub.start()


def _asked_for(door: Door, questions: list["Question"]) -> set[str]:
    """What the partner is asked for all the questions, in its own words."""
    known = len(door.call("GET", "/_sandbox/requests")[1]["requests"])
    _ask_everything(questions, "nothing wrong")
    return {request["operation"] for request in door.call("GET", "/_sandbox/requests")[1]["requests"][known:]}


def _ask_everything(questions: list["Question"], while_there_is: str) -> None:
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda question: question.ask(), questions))
    for question, answer in zip(questions, answers, strict=True):
        question.check(answer, while_there_is)


class Question:
    """One question to a partner, and what it answers when nothing is wrong."""

    def __init__(self, hub: Running, partner: str, operation: Operation) -> None:
        self._hub, self._partner, self._operation, self._who = hub, partner, operation, customer()
        self._body = how_to_ask(operation)(hub, partner, self._who)
        self._true: Leaves = Counter()
        self._changing: set[tuple[str, ...]] = set()
        """Where two true answers differ: tokens and times."""
        self._kept: list[tuple[str, str]] = []

    def ask(self) -> httpx.Response:
        return ask(self._hub, self._operation, self._body, self._who)

    def learn(self) -> None:
        """Asks twice, a second apart."""
        once = Counter(_leaves(self._answer()))
        time.sleep(1.1)
        again = Counter(_leaves(self._answer()))
        self._changing = {path for path, _ in (once - again) + (again - once)}
        self._true = self._lasting(once)

    def check(self, answer: httpx.Response, while_there_is: str) -> None:
        label = f"{self._operation.key}, {while_there_is}"
        assert answer.status_code in DOCUMENTED, f"{label}: {answer.text}"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["trace_id"] == answer.headers["trace-id"]
            return
        told = self._told(answer)
        if isinstance(told, str):
            self._kept.append((told, label))
        elif told is not None and not says_unclear(self._operation, told):
            self._is_true(told, label)

    def check_kept(self) -> None:
        """What became of those that the partner needed longer for. Some of them still wait, or never will be told."""
        for location, label in self._kept:
            answer = self._hub.app.get(location)
            if answer.status_code == httpx.codes.OK:
                self._is_true(_content(answer.json()), f"{label}, in the end")

    def _is_true(self, told: Any, label: str) -> None:
        said = self._lasting(Counter(_leaves(told)))
        assert said == self._true, f"{label}: {said - self._true} instead of {self._true - said}"

    def _lasting(self, leaves: Leaves) -> Leaves:
        return Counter({leaf: count for leaf, count in leaves.items() if leaf[0] not in self._changing})

    def _told(self, answer: httpx.Response) -> Any:
        """What this partner answered, or where it will, or None where it did not."""
        if answer.status_code == httpx.codes.ACCEPTED:
            return answer.headers["location"]
        page = answer.json()
        if self._operation.routing != "everyone":
            return _content(page)
        [source] = [source for source in page["sources"] if source["partner"] == self._partner] or [{"status": "none"}]
        if source["status"] == "pending":
            return f"/v1/queries/{source['query_id']}"
        items = [_share(item) for item in page["items"] if item["partner"] == self._partner]
        return items if source["status"] == "ok" else None

    def _answer(self) -> Any:
        """Asks until it is answered."""
        deadline = time.monotonic() + 30
        while True:
            answer = self.ask()
            told = self._told(answer) if answer.is_success else None
            if isinstance(told, str):
                told = self._waited(told, deadline)
            if told is not None:
                return told
            assert time.monotonic() < deadline, f"{self._operation.key}: {answer.text}"
            time.sleep(0.3)

    def _waited(self, location: str, deadline: float) -> Any:
        answer = self._hub.app.get(location)
        while answer.status_code == httpx.codes.ACCEPTED and time.monotonic() < deadline:
            time.sleep(0.2)
            answer = self._hub.app.get(location)
        return _content(answer.json()) if answer.status_code == httpx.codes.OK else None


def _content(answer: Any) -> Any:
    """An answer without what says how it came about: a page's items are of one partner here."""
    return [_share(item) for item in answer["items"]] if isinstance(answer, dict) and "items" in answer else answer


def _leaves(content: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every value that holds no other, with the way to it; an empty list or object is one.

    Where it stands in a list does not count: lenders answer in any order.
    """
    match content:
        case dict() if content:
            for name, value in content.items():
                yield from _leaves(value, (*path, name))
        case list() if content:
            for value in content:
                yield from _leaves(value, path)
        case _:
            yield path, str(content)


def _share(item: dict[str, Any]) -> dict[str, Any]:
    """An item as its partner gave it."""
    return {name: value for name, value in item.items() if name != "partner"}
