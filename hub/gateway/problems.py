"""The one table that joins what went wrong to what HTTP says, as RFC 9457 problems."""

from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException

from hub import errors
from hub.errors import FieldError, HubError
from hub.identity.refusals import Unauthenticated
from hub.store import StoreUnavailable
from hub.trace import trace_id
from schemas.struct import Canonical

log = structlog.get_logger("hub.problems")

TYPE = "urn:scenario-hub:problem:"


class Problem(Canonical):
    """RFC 9457, and the trace id under which the hub remembers more."""

    type: str
    title: str
    status: int
    detail: str
    trace_id: str
    errors: list[FieldError] = msgspec.field(default_factory=list)


class Row(msgspec.Struct, frozen=True):
    """One line of the table."""

    status: int
    slug: str
    title: str


TABLE: dict[type[Exception], Row] = {
    errors.Malformed: Row(400, "malformed", "The request cannot be read"),
    errors.KeyMissing: Row(400, "key-missing", "This call needs an Idempotency-Key"),
    Unauthenticated: Row(401, "unauthenticated", "No valid access token"),
    errors.ScopeMissing: Row(403, "scope-missing", "The token does not allow this"),
    errors.ConsentMissing: Row(403, "consent-missing", "The customer has not agreed to this"),
    errors.NotFound: Row(404, "not-found", "There is no such thing here"),
    errors.MethodNotAllowed: Row(405, "method-not-allowed", "This path has no such method"),
    errors.NotAcceptable: Row(406, "not-acceptable", "The hub answers in JSON only"),
    errors.TooLarge: Row(413, "too-large", "The body is too long"),
    errors.WrongMediaType: Row(415, "wrong-media-type", "The body must be JSON"),
    errors.Invalid: Row(422, "invalid", "The request breaks a rule"),
    errors.KeyReused: Row(422, "key-reused", "The Idempotency-Key belongs to another request"),
    errors.TooMany: Row(429, "too-many", "Too many calls"),
    errors.RefusedByPartner: Row(422, "refused", "The partner does not take this request"),
    errors.PartnerDown: Row(503, "partner-down", "The partner cannot be reached"),
    errors.PartnerGarbled: Row(502, "partner-garbled", "The partner gave no answer that can be used"),
    errors.PartnerSlow: Row(504, "partner-slow", "The partner did not answer in time"),
    errors.Misconfigured: Row(500, "misconfigured", "The hub is not set up for this"),
    errors.NotOffered: Row(501, "not-offered", "No partner of this bank offers it"),
    StoreUnavailable: Row(503, "unavailable", "The hub cannot write down what it does"),
}
"""No other place in the hub names an HTTP status of a problem."""

UNEXPECTED = Row(500, "unexpected", "The hub failed")
RETRY_AFTER = {429: "1", 503: "2"}

_ROUTES_TOLD = "every path and its methods: /docs, or /openapi.json for programs"
_BY_STATUS = {row.status: row for row in reversed(TABLE.values())}
_encode = msgspec.json.Encoder().encode


def row_of(error: Exception) -> Row:
    """The nearest line of the table, by the error's class."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    return UNEXPECTED


def problem_of(error: Exception) -> Problem:
    """What a bank may know of an error."""
    row = _of_litestar(error) if isinstance(error, HTTPException) else row_of(error)
    return Problem(
        type=TYPE + row.slug,
        title=row.title,
        status=row.status,
        detail=_detail(error) or row.title,
        trace_id=trace_id.get(),
        errors=list(error.errors) if isinstance(error, HubError) else [],
    )


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything. Strangers are counted, not recorded one by one."""
    problem = problem_of(error)
    if problem.status == UNEXPECTED.status:
        log.error("unexpected", error=type(error).__name__, trace_id=problem.trace_id, exc_info=error)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    headers = {name: value for name, value in headers.items() if name.lower() == "allow"}
    if isinstance(error, Unauthenticated):
        request.app.state.refusals.count(request.client.host if request.client else "", error.error or "no-token")
        headers["WWW-Authenticate"] = error.www_authenticate
    return response(problem, headers)


def response(problem: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A problem as it goes out, now or from a kept question."""
    headers = dict(headers or {})
    if problem.status in RETRY_AFTER:
        headers["Retry-After"] = RETRY_AFTER[problem.status]
    return Response(
        _encode(problem), status_code=problem.status, media_type="application/problem+json", headers=headers
    )


def _of_litestar(error: HTTPException) -> Row:
    """Litestar's own refusals (no such route, no such method, unreadable path) by their status."""
    return _BY_STATUS.get(error.status_code, Row(error.status_code, "refused", "The request was refused"))


def _detail(error: Exception) -> str:
    """What may be told of an error; nothing of one that nobody expected."""
    if isinstance(error, HubError):
        return error.detail
    if isinstance(error, Unauthenticated):
        return error.description
    return _ROUTES_TOLD if isinstance(error, NotFoundException | MethodNotAllowedException) else ""
