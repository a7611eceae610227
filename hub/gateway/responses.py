"""Answers in the OpenAPI document: what a call returns, and which problems it can end in."""

from collections.abc import Iterable
from http import HTTPStatus

from hub import errors
from hub.gateway.components import Json, Schemas, ref
from hub.gateway.parameters import headers
from hub.gateway.problems import RETRY_AFTER, TABLE, TYPE, UNEXPECTED, Problem, Row
from hub.identity.refusals import Unauthenticated
from hub.store import StoreUnavailable
from schemas.contract import Operation

JSON = "application/json"
PROBLEM = "application/problem+json"

Failures = tuple[type[Exception], ...]

CALLER: Failures = (Unauthenticated, errors.ScopeMissing, errors.NotAcceptable, StoreUnavailable)
"""What every call with a token can meet."""
PARTNER: Failures = (errors.RefusedByPartner, errors.PartnerGarbled, errors.PartnerDown, errors.PartnerSlow)
KEY: Failures = (errors.KeyMissing, errors.Malformed, errors.KeyReused)
LIST: Failures = (errors.Malformed, errors.Invalid)
_READ: Failures = (errors.Malformed, errors.Invalid)
_BODY: Failures = (errors.WrongMediaType, errors.TooLarge)
_ROUTED: Failures = (errors.NotOffered, errors.Misconfigured)


def failures(operation: Operation) -> Failures:
    """Everything that a call of an operation can end in, read off its declaration."""
    found = [*CALLER, *_READ, *_ROUTED]
    if operation.method != "GET":
        found += _BODY
    if operation.kind == "order":
        found += KEY
    if operation.takes_consent:
        found.append(errors.ConsentMissing)
    if operation.check or (operation.kind == "query" and operation.routing != "everyone"):
        found += PARTNER
    return tuple(found)


def answers(operation: Operation, schemas: Schemas) -> Json:
    """Every answer to a call of an operation."""
    usual = _order(operation, schemas) if operation.kind == "order" else _question(operation, schemas)
    return usual | problems(*failures(operation))


def answer(description: str, schema: Json, *names: str) -> Json:
    return {"description": description, "headers": headers(*names), "content": {JSON: {"schema": schema}}}


def later() -> Json:
    """The answer to a question that the partner needs longer for."""
    body = answer("The partner needs longer; ask at the location", ref("QueryState"), "Location", "Retry-After")
    return body | {"links": {"query": _link("queries.see", "query_id", "/query_id")}}


def problems(*kinds: type[Exception]) -> Json:
    """A response for each status that the failures have in the gateway's table, naming each kind."""
    by_status: dict[int, dict[str, Row]] = {}
    for row in sorted([*(TABLE[kind] for kind in kinds), UNEXPECTED], key=lambda row: row.status):
        by_status.setdefault(row.status, {})[row.slug] = row
    return {str(status): _problem(status, rows.values()) for status, rows in by_status.items()}


def _problem(status: int, rows: Iterable[Row]) -> Json:
    kinds = list(rows)
    names = ["WWW-Authenticate"] if status == HTTPStatus.UNAUTHORIZED else []
    names += ["Retry-After"] if status in RETRY_AFTER else []
    of_this_kind = {"properties": {"type": {"enum": [TYPE + row.slug for row in kinds]}, "status": {"const": status}}}
    return {
        "description": "; ".join(row.title for row in kinds),
        "headers": headers(*names),
        "content": {PROBLEM: {"schema": {"allOf": [ref(Problem.__name__), of_this_kind]}}},
    }


def _question(operation: Operation, schemas: Schemas) -> Json:
    found = {"200": answer("The answer", schemas.answer(operation))}
    return found if operation.routing == "everyone" else found | {"202": later()}


def _order(operation: Operation, schemas: Schemas) -> Json:
    names = ("Location", "Idempotency-Replayed", "Preference-Applied")
    links = {"order": _link("orders.see", "order_id", "/order_id")}
    return {
        "200": answer("The order is final: it succeeded, or it was declined", schemas.answer(operation), *names)
        | {"links": links | _releases(operation)},
        "202": answer("The order stands and is not final; do not send it anew", schemas.answer(operation), *names)
        | {"links": links},
    }


def _releases(operation: Operation) -> Json:
    if operation.secret_field is None:
        return {}
    return {"deliverable": _link("deliverables.release", "deliverable_id", "/result/deliverable_id")}


def _link(operation_id: str, parameter: str, pointer: str) -> Json:
    return {"operationId": operation_id, "parameters": {parameter: f"$response.body#{pointer}"}}
