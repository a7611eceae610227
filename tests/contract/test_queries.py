"""Every question of every connector, while everything that only asks is spoilt in every way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from schemas.contract import Operation
from tests.contract import crowd
from tests.contract.asking import how_to_ask, offered
from tests.contract.asking.words import Body, Customer, customer
from tests.contract.conftest import Stages, staged
from tests.running import Running

ASKED = offered("query")
PARTNERS = sorted({partner for partner, _ in ASKED})
DOCUMENTED = {200, 202, 422, 502, 503, 504}
PATIENCE = {
    "HUB_PARTNER_PATIENCE": "200ms",
    "HUB_QUERY_LIMIT": "300ms",
    "HUB_QUERY_WAIT": "2s",
    "HUB_MERGE_WAIT": "400ms",
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
def test_spoilt_question_is_a_documented_problem(cold_hubs: Stages, partner: str) -> None:
    """Whatever the partner does to a question, the bank gets an answer or a documented problem with a trace id."""
    questions = [operation for name, operation in ASKED if name == partner]
    cold_hub = cold_hubs(partner, questions[0].scenario)
    crowd.calm(cold_hub, cold_hub.partners.stands)
    who = customer()
    asked = [(operation, how_to_ask(operation)(cold_hub, partner, who), who) for operation in questions]
    door = crowd.door(cold_hub, partner)
    told = {where for where, _ in crowd.meaningful(cold_hub, partner)}
    about = door.call("GET", "/_sandbox/")[1]
    for where in sorted(about["plain_names"].keys() - told):
        cold_hub.stop()
        cold_hub.start()  # sessions and catalogues are forgotten, so that they are asked for
        for fault in sorted(about["faults"].keys() - {"slow", "refuse"}):
            if door.call("POST", "/_sandbox/faults", {"operation": where, "fault": fault, "times": 1000})[0] == 200:
                _ask_everything(cold_hub, asked, f"{fault} at {where}")
                door.clear()
    door.fault("refuse", "*", times=30)
    _ask_everything(cold_hub, asked, "refuse")
    crowd.calm(cold_hub, cold_hub.partners.stands)


def _ask_everything(hub: Running, asked: list[tuple[Operation, Body, Customer]], while_there_is: str) -> None:
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda question: ask(hub, *question), asked))
    for (operation, _, _), answer in zip(asked, answers, strict=True):
        assert answer.status_code in DOCUMENTED, f"{operation.key}, {while_there_is}: {answer.text}"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["trace_id"] == answer.headers["trace-id"]
