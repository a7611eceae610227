"""One entry of the OpenAPI document for every route: the contract's are derived, the standing ones listed."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from hub import errors
from hub.gateway import responses
from hub.gateway.components import Json, Schemas, ref
from hub.gateway.parameters import headers, in_path, in_query, parameter
from hub.gateway.responses import CALLER, KEY, LIST, PARTNER, Failures, answer
from hub.orders.desk import OrderSearch
from hub.store import StoreUnavailable
from schemas.contract import SCENARIOS, Operation
from schemas.examples import example

SCHEME = "oauth"
TRACE = parameter("traceparent")
NEVER_AGAIN = (
    "A `200` or `202` means that the order stands. Until it is `succeeded` or `declined`, never pay again: the hub "
    "finds out, and the order tells. A `4xx` means that no order exists, and that the key is free. After a `5xx`, "
    "repeat the call with the same key: it makes one order at most. "
    "订单在 `succeeded` 或 `declined` 之前，切勿重新支付；遇到 `5xx`，请用同一键重试。"
)
MAY_TAKE_LONGER = "Where the partner needs longer, the answer is `202` and a query to ask at."


class Standing(NamedTuple):
    """A route that no operation declares. Shape: `asks` picks the operations, any one of whose scopes will do."""

    operation_id: str
    method: str
    path: str
    tag: str
    summary: str
    failures: Failures
    parameters: list[Json]
    answers: Callable[[Schemas, list[Operation]], Json]
    body: str | None = None
    """The struct of the request, where there is one."""
    asks: Callable[[Operation], object] | None = None


def entry(operation: Operation, schemas: Schemas) -> Json:
    """The entry of one operation of the contract."""
    summary, _, more = operation.summary.partition("\n\n")
    description = "\n\n".join(filter(None, (more.strip(), _advice(operation), _needs([operation.scope]))))
    return {
        "operationId": operation.key,
        "summary": " ".join(summary.split()),
        "description": description,
        "tags": [operation.scenario],
        "security": [{SCHEME: [operation.scope]}],
        "x-level": operation.level,
        "parameters": _parameters(operation),
        **_body(operation, schemas),
        "responses": responses.answers(operation, schemas),
    }


def standing_entry(route: Standing, schemas: Schemas, operations: Iterable[Operation]) -> Json:
    """The entry of one route that no operation declares."""
    concerned = [operation for operation in operations if route.asks and route.asks(operation)]
    scopes = dict.fromkeys(operation.scope for operation in concerned)
    return {
        "operationId": route.operation_id,
        "summary": route.summary,
        "description": _needs(scopes),
        "tags": [route.tag],
        "security": [{SCHEME: [scope]} for scope in scopes] or [{}],
        "parameters": [*route.parameters, TRACE],
        **(_json_body(ref(route.body)) if route.body else {}),
        "responses": route.answers(schemas, concerned) | responses.problems(*route.failures),
    }


def _needs(scopes: Iterable[str]) -> str:
    names = " or ".join(f"`{scope}`" for scope in scopes)
    return f"Scope: {names}" if names else "Needs no token."


def _advice(operation: Operation) -> str:
    if operation.kind == "order":
        return NEVER_AGAIN
    return "" if operation.routing == "everyone" else MAY_TAKE_LONGER


def _parameters(operation: Operation) -> list[Json]:
    found = in_query(operation.request) if operation.method == "GET" else []
    if operation.kind == "order":
        found += [parameter("Idempotency-Key"), parameter("Prefer")]
    if operation.takes_consent:
        found.append(parameter("Consent-Id"))
    return [*found, TRACE]


def _body(operation: Operation, schemas: Schemas) -> Json:
    if operation.method == "GET":
        return {}
    return _json_body(schemas.of(operation.request), example=example(operation))


def _json_body(schema: Json, **shown: Json) -> Json:
    return {"requestBody": {"required": True, "content": {responses.JSON: {"schema": schema, **shown}}}}


def _beside_an_order(operation: Operation) -> bool:
    """Orders may be seen with any scope of their scenario."""
    return any(other.kind == "order" for other in SCENARIOS[operation.scenario].operations.values())


def _may_be_kept(operation: Operation) -> bool:
    return operation.kind == "query"


def _concerns_a_person(operation: Operation) -> bool:
    return operation.takes_consent


def _file() -> Json:
    answered = {"description": "The file", "headers": headers("Content-Disposition", "Repr-Digest")}
    return answered | {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}


def _kept_answers(schemas: Schemas, operations: list[Operation]) -> Json:
    kinds = [schemas.answer(operation) for operation in operations]
    schema = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return {"200": answer("The answer to the question", schema), "202": responses.later()}


ROUTES = (
    Standing(
        operation_id="orders.list",
        method="GET",
        path="/v1/orders",
        tag="orders",
        summary="The bank's orders, newest first",
        failures=(*CALLER, *LIST),
        parameters=in_query(OrderSearch),
        answers=lambda *_: {"200": answer("A page of orders", ref("OrderPage"))},
        asks=_beside_an_order,
    ),
    Standing(
        operation_id="orders.see",
        method="GET",
        path="/v1/orders/{order_id}",
        tag="orders",
        summary="One order, refreshed from the partner while it is open",
        failures=(*CALLER, errors.NotFound),
        parameters=[in_path("order_id", "As the order said")],
        answers=lambda *_: {"200": answer("The order as it stands", ref("Order"), "Location")},
        asks=_beside_an_order,
    ),
    Standing(
        operation_id="queries.see",
        method="GET",
        path="/v1/queries/{query_id}",
        tag="queries",
        summary="The answer to a question that took the partner longer, or 202 while it still does",
        failures=(*CALLER, errors.NotFound, errors.ConsentMissing, *PARTNER),
        parameters=[in_path("query_id", "As the 202 said")],
        answers=_kept_answers,
        asks=_may_be_kept,
    ),
    Standing(
        operation_id="consents.give",
        method="POST",
        path="/v1/consents",
        tag="consents",
        summary="Writes down what a customer agreed to, as the bank asserts it",
        failures=(*CALLER, *LIST, errors.WrongMediaType, errors.TooLarge),
        parameters=[],
        answers=lambda *_: {"201": answer("The consent", ref("Consent"), "Location")},
        body="ConsentRequest",
        asks=_concerns_a_person,
    ),
    Standing(
        operation_id="consents.see",
        method="GET",
        path="/v1/consents/{consent_id}",
        tag="consents",
        summary="A consent as it stands, with names and numbers masked",
        failures=(*CALLER, errors.NotFound),
        parameters=[in_path("consent_id", "As the consent said")],
        answers=lambda *_: {"200": answer("The consent", ref("Consent"))},
        asks=_concerns_a_person,
    ),
    Standing(
        operation_id="consents.revoke",
        method="POST",
        path="/v1/consents/{consent_id}/revoke",
        tag="consents",
        summary="Ends a consent at once: what was not sent yet never will be, what was sent is found out all the same",
        failures=(*CALLER, errors.NotFound),
        parameters=[in_path("consent_id", "As the consent said")],
        answers=lambda *_: {"200": answer("The consent, revoked", ref("Consent"))},
        asks=_concerns_a_person,
    ),
    Standing(
        operation_id="documents.fetch",
        method="GET",
        path="/v1/documents/{document_id}",
        tag="documents",
        summary="The bytes of a document that an answer linked to, until the link expires",
        failures=(*CALLER, errors.NotFound, errors.ConsentMissing),
        parameters=[in_path("document_id", "As the link said")],
        answers=lambda *_: {"200": _file()},
        asks=lambda operation: operation.document_field,
    ),
    Standing(
        operation_id="deliverables.release",
        method="POST",
        path="/v1/deliverables/{deliverable_id}/release",
        tag="deliverables",
        summary="Hands over what an order delivered: once, and to the same key again for a short while",
        failures=(*CALLER, *KEY, errors.NotFound),
        parameters=[in_path("deliverable_id", "As the order's result said"), parameter("Idempotency-Key")],
        answers=lambda *_: {"200": answer("What was delivered; do not store it", ref("Deliverable"))},
        asks=lambda operation: operation.secret_field,
    ),
    Standing(
        operation_id="health.live",
        method="GET",
        path="/health/live",
        tag="health",
        summary="The process runs",
        failures=(),
        parameters=[],
        answers=lambda *_: {"200": answer("It does", ref("Health"))},
    ),
    Standing(
        operation_id="health.ready",
        method="GET",
        path="/health/ready",
        tag="health",
        summary="The hub can write down what it does",
        failures=(StoreUnavailable,),
        parameters=[],
        answers=lambda *_: {"200": answer("It can", ref("Health"))},
    ),
)
