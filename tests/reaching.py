"""Drawn requests that reach a partner: real references and consents, and all but one field as a real request has it."""

import secrets
from collections.abc import Mapping
from typing import Any
from zlib import crc32

import httpx
from schemathesis import Case

from schemas.contract import SCENARIOS, Operation
from tests.contract.asking import how_to_ask, how_to_order, offered, ordered
from tests.contract.asking.words import Body, Customer, customer
from tests.running import Running

ANSWERED = (httpx.codes.OK, httpx.codes.ACCEPTED)
LONGEST_KEY = 255


class Reached:
    """What one operation was asked with at each of its partners, and that each has answered it."""

    def __init__(self, hub: Running, operation: Operation) -> None:
        self._hub = hub
        self._operation = operation
        self._partners = [name for name, other in offered(operation.kind) if other.key == operation.key]
        self._asked: dict[str, tuple[Body, Customer]] = {}
        self.fresh: list[httpx.Response] = []
        """Answers to real requests that nobody has looked at."""

    def make_real(self, case: Case) -> None:
        """Leaves one field as it was drawn; references, the region that is served, and the rest are real ones."""
        drawn: Any = case.query if self._operation.method == "GET" else case.body
        if not isinstance(drawn, Mapping):
            return
        chance = crc32(repr(sorted(drawn.items(), key=str)).encode())
        real, who = self._real(self._partners[chance % len(self._partners)])
        free = sorted(name for name in drawn.keys() - self._given if name != "cursor")
        kept = [free[chance // 7 % len(free)]] if free else []
        made = real | {name: drawn[name] for name in kept}
        if self._operation.method == "GET":
            case.query = made
        else:
            case.body = made
        if self._operation.takes_consent:
            case.headers["Consent-Id"] = who.consent(self._hub)
        if self._operation.kind == "order":
            key = secrets.token_hex(8) + str(case.headers.get("Idempotency-Key", ""))
            case.headers["Idempotency-Key"] = key[:LONGEST_KEY]

    @property
    def _given(self) -> set[str]:
        """What a bank has from the hub, and what decides who is asked."""
        operation = self._operation
        return {*operation.region_fields} | {name for name in (operation.ref_field, operation.order_field) if name}

    def _real(self, partner: str) -> tuple[Body, Customer]:
        """A request that breaks no rule, after it was answered once."""
        if partner not in self._asked:
            who = customer()
            body = self._body(partner, who)
            answer = self._send(body, who)
            assert answer.status_code in ANSWERED, f"{self._operation.key} at {partner}: {answer.text}"
            self.fresh.append(answer)
            self._asked[partner] = body, who
        return self._asked[partner]

    def _body(self, partner: str, who: Customer) -> Body:
        if self._operation.kind == "query":
            return how_to_ask(self._operation)(self._hub, partner, who)
        how = how_to_order(self._operation)
        return how.body(self._hub, partner, who, how.variants(self._hub, partner)[0])

    def _send(self, body: Body, who: Customer) -> httpx.Response:
        operation, hub = self._operation, self._hub
        consent = who.consent(hub) if operation.takes_consent else None
        if operation.method == "GET":
            return hub.app.get(operation.route, **body)
        if operation.kind == "query":
            return hub.app.post(operation.route, body, consent=consent)
        return ordered(hub, operation, body, secrets.token_hex(16), consent)


def operation_of(case: Case) -> Operation | None:
    """What the contract declares behind a case; None for what stands beside it: orders, consents, health."""
    scenario, _, name = str(case.operation.definition.raw["operationId"]).partition(".")
    return SCENARIOS[scenario].operations.get(name) if scenario in SCENARIOS else None
