"""The hub keeps to its own OpenAPI document: whatever it is sent, and wherever a customer's day leads.

Which of schemathesis' checks apply, and why the others do not, stands in CHECKS and LEFT_OUT.
"""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import CHECKS as EVERY_CHECK
from schemathesis.checks import CheckContext
from schemathesis.checks import not_a_server_error as server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from hub.gateway.documents import document
from schemas.contract import Operation
from tests.reaching import Reached, operation_of
from tests.running import BILLS, CEB, RELOADLY, Hubs, Running


def not_a_server_error(context: CheckContext, response: Response, case: Case) -> bool | None:
    """Partners are healthy here, so even 502, 503 and 504 are faults of the hub; only a region may be nobody's."""
    operation = operation_of(case)
    by_region = operation is not None and operation.routing == "region"
    if by_region and response.status_code == httpx.codes.NOT_IMPLEMENTED and not _is_positive(case):
        return None
    return server_error(context, response, case)


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    missing_required_header,
    unsupported_method,
    allow_header_conformance,
    ignored_auth,
]
LEFT_OUT = {
    "positive_data_acceptance": "references and cursors are the hub's own: not all that the schema allows was given",
    "object_level_authorization": "needs two banks; that another bank's order is a 404 is a test of its own",
    "use_after_free": "nothing can be deleted",
    "ensure_resource_availability": "an order is no 201; the walk below follows its Location",
}
SCHEMA = schemathesis.openapi.from_dict(document())
BOUNDED = settings(max_examples=10, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
SLOW_ACCOUNT = "9900000024"
"""Its bill is ready at the partner's third poll."""


STANDING = "utility-bills"
"""Whose hub is asked for what no operation declares."""


@pytest.fixture(scope="session")
def reached(hub_of: Hubs) -> Callable[[Operation], Reached]:
    """Every operation, asked at each of its partners when first wanted."""
    known: dict[str, Reached] = {}

    def reach(operation: Operation) -> Reached:
        return known.setdefault(operation.key, Reached(hub_of(operation.scenario), operation))

    return reach


@SCHEMA.parametrize()
@BOUNDED
def test_keeps_to_its_document(case: Case, hub_of: Hubs, reached: Callable[[Operation], Reached]) -> None:
    """Examples, bounds and their neighbours, random good and bad requests: no 500 and nothing undocumented.

    A good one is a real one but for a field, at any of the partners that offer the operation.
    """
    operation = operation_of(case)
    hub = hub_of(operation.scenario if operation else STANDING)
    if operation is not None and _is_positive(case):
        real = reached(operation)
        real.make_real(case)
        while real.fresh:
            case.operation.validate_response(real.fresh.pop())
    headers = {"Authorization": f"Bearer {hub.token()}"}
    case.call_and_validate(base_url=hub.base_url, headers=headers, checks=CHECKS)


def _is_positive(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


def test_every_check_is_judged() -> None:
    """A check that a new schemathesis brings is used, or left out for a reason."""
    used = {check.__name__ for check in CHECKS}
    assert used | LEFT_OUT.keys() == set(EVERY_CHECK.get_all_names())


def test_a_day_keeps_to_the_document(hub_of: Hubs) -> None:
    """Lists, bills now and later, an order refused, declined, paid and replayed, and a meter token."""
    statuses = set()
    for path, method, answer in _day(hub_of(STANDING)):
        SCHEMA[path][method].validate_response(answer)
        statuses.add((path, answer.status_code))
    assert statuses >= {
        (f"{BILLS}/billers", 200),
        (f"{BILLS}/bill-searches", 200),
        (f"{BILLS}/bill-searches", 202),
        (f"{BILLS}/payments", 200),
        (f"{BILLS}/payments", 422),
        ("/v1/orders/{order_id}", 200),
        ("/v1/orders", 200),
        ("/v1/queries/{query_id}", 200),
        ("/v1/deliverables/{deliverable_id}/release", 200),
    }


def _day(hub: Running) -> Iterator[tuple[str, str, httpx.Response]]:
    yield f"{BILLS}/billers", "GET", hub.app.get(f"{BILLS}/billers", limit="2")
    yield from _bills(hub)
    yield from _orders(hub)
    yield "/v1/orders", "GET", hub.app.get("/v1/orders", limit="200")
    yield "/v1/orders/{order_id}", "GET", hub.app.get("/v1/orders/ord_none")


def _bills(hub: Running) -> Iterator[tuple[str, str, httpx.Response]]:
    biller = hub.biller(CEB, bill="required", against_bill="exact")
    for account in ("3300112277", SLOW_ACCOUNT):
        answer = hub.app.post(f"{BILLS}/bill-searches", {"biller_id": biller["biller_id"], "account": account})
        yield f"{BILLS}/bill-searches", "POST", answer
        while answer.status_code == 202:
            answer = hub.app.get(answer.headers["location"])
            yield "/v1/queries/{query_id}", "GET", answer


def _orders(hub: Running) -> Iterator[tuple[str, str, httpx.Response]]:
    meter = hub.biller(RELOADLY, prepaid=True, choices=[])
    paid = {"biller_id": meter["biller_id"], "account": "4200112233", "amount": meter["rule"]["minimum"]}
    declined = hub.payment(RELOADLY, "9900000017")
    refused = paid | {"amount": {"amount": "0.01", "currency": meter["currency"]}}
    for body in (paid, declined, refused):
        key = secrets.token_hex(16)
        answer = hub.pay(body, key)
        yield f"{BILLS}/payments", "POST", answer
        if answer.is_success:
            hub.settled(answer.json()["order_id"])
            yield f"{BILLS}/payments", "POST", hub.pay(body, key)
            yield "/v1/orders/{order_id}", "GET", hub.app.get(answer.headers["location"])
            yield from _released(hub, hub.order(answer.json()["order_id"]))


def _released(hub: Running, order: dict[str, Any]) -> Iterator[tuple[str, str, httpx.Response]]:
    deliverable_id = order["result"] and order["result"]["deliverable_id"]
    if deliverable_id:
        path = f"/v1/deliverables/{deliverable_id}/release"
        yield "/v1/deliverables/{deliverable_id}/release", "POST", hub.app.post(path, {}, secrets.token_hex(16))
        yield "/v1/deliverables/{deliverable_id}/release", "POST", hub.app.post(path, {}, secrets.token_hex(16))
