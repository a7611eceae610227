"""Routes derived from the contract: one handler per operation, none of them written by hand."""

import re
from collections.abc import Callable
from datetime import timedelta
from math import ceil
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from hub.errors import FieldError, Invalid, Malformed
from hub.gateway import reading
from hub.gateway.parameters import CONSENT
from hub.gateway.shapes import QueryState, order_of, result_of
from hub.gateway.site import Site
from hub.orders.rows import OrderRow
from hub.queries.rows import QueryRow
from schemas.codec import Codec
from schemas.contract import Operation
from schemas.scenarios import operations

JSON = "application/json"
_CONSENT = re.compile(CONSENT)
_WAIT = re.compile(r"wait=([0-9]{1,9})")


def derived(site: Site) -> list[HTTPRouteHandler]:
    """A handler for every operation that banks can call."""
    return [_handler(site, operation) for operation in operations() if operation.path]


def _handler(site: Site, operation: Operation) -> HTTPRouteHandler:
    serve = _order(site, operation) if operation.kind == "order" else _question(site, operation)
    return HTTPRouteHandler(
        operation.route,
        http_method=HttpMethod(operation.method),
        operation_id=operation.key,
        media_type=JSON,
        status_code=200,
    )(serve)


def _question(site: Site, operation: Operation) -> Callable[..., Any]:
    read = _reader(operation, site.tokens.codec)

    async def ask(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller = await site.identity.authenticate(*reading.authorization(request))
        async with site.calls.recorded(caller, operation.key) as call:
            reading.must_accept_json(request)
            site.pipeline.may(caller, operation)
            call.request = await read(request)
            call.consent_id = consent_of(request)
            answer = await site.pipeline.ask(caller, operation, call.request, call.consent_id)
            if isinstance(answer, QueryRow):
                call.how, call.query_id = "kept", answer.query_id
                return kept(answer, site.questions.pause(answer))
            call.answer = answer
            return Response(answer, media_type=JSON)

    return ask


def _order(site: Site, operation: Operation) -> Callable[..., Any]:
    read = _reader(operation, site.tokens.codec)

    async def order(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller = await site.identity.authenticate(*reading.authorization(request))
        async with site.calls.recorded(caller, operation.key) as call:
            reading.must_accept_json(request)
            site.pipeline.may(caller, operation)
            key = reading.idempotency_key(request)
            wait, applied = preference(request, site.pipeline.order_wait)
            call.request = await read(request)
            call.consent_id = consent_of(request)
            row, replayed = await site.pipeline.order(caller, operation, call.request, key, wait, call.consent_id)
            call.how, call.order_id = "replayed", row.order_id
            call.covered = not replayed  # the journal's own record tells of a new order
            headers = {"Preference-Applied": applied} if applied else {}
            if replayed:
                headers["Idempotency-Replayed"] = "true"
            return await shown(site, operation, row, headers)

    return order


def consent_of(request: Request[Any, Any, Any]) -> str | None:
    """The consent that a call names. Raises: Malformed where it names several, or none that could be ours."""
    given = request.headers.getall("consent-id", [])
    if not given:
        return None
    if len(given) > 1 or not _CONSENT.fullmatch(given[0]):
        error = FieldError(field="Consent-Id", message="takes the consent_id of one consent")
        raise Malformed("the Consent-Id cannot be used", error)
    return str(given[0])


def _reader(operation: Operation, codec: Codec) -> Callable[[Request[Any, Any, Any]], Any]:
    if operation.method == "GET":

        async def from_query(request: Request[Any, Any, Any]) -> Any:
            return flat(request, operation.request, codec)

        return from_query
    decoder = codec.decoder(operation.request)

    async def from_body(request: Request[Any, Any, Any]) -> Any:
        return await reading.read_json(request, decoder)

    return from_body


def flat(request: Request[Any, Any, Any], of: Any, codec: Codec) -> Any:
    """The query string as a flat struct. Raises: Malformed for a doubled parameter, Invalid."""
    given = request.query_params
    parameters: dict[str, str] = {}
    for name, value in given.multi_items():
        if name in parameters:
            twice = FieldError(field=name[: reading.LONGEST_PATH], message="stands there twice")
            raise Malformed("a parameter stands there twice", twice)
        parameters[name] = value
    try:
        return codec.convert(parameters, of)
    except msgspec.ValidationError as error:
        flaw = reading.field_error(str(error), of, parameters)
        raise Invalid.at(flaw.field, flaw.message) from None


def preference(request: Request[Any, Any, Any], longest: timedelta) -> tuple[timedelta, str]:
    """How long the caller wants to wait, and which preference that honours. Source: RFC 7240."""
    lines = request.headers.getall("prefer", [])
    wishes = [wish.partition(";")[0].strip().lower() for line in lines for wish in line.split(",")]
    waits = [found for found in map(_WAIT.fullmatch, wishes) if found]
    asynchronous = ["respond-async"] if "respond-async" in wishes else []
    if waits:  # beside `respond-async`: so long, and only then without the result (section 4.3)
        seconds = min(int(waits[0][1]), int(longest.total_seconds()))
        return timedelta(seconds=seconds), ", ".join([*asynchronous, f"wait={seconds}"])
    return (timedelta(0), "respond-async") if asynchronous else (longest, "")


async def shown(site: Site, operation: Operation, row: OrderRow, headers: dict[str, str]) -> Response[bytes]:
    """An order as an answer: 200 once it is final, 202 before."""
    body = await written(site, operation, row)
    status = 200 if row.final else 202
    headers["Location"] = f"/v1/orders/{row.order_id}"
    return Response(body, media_type=JSON, status_code=status, headers=headers)


async def written(site: Site, operation: Operation, row: OrderRow) -> bytes:
    """An order as a bank gets it."""
    result = await site.journal.result(row, operation)
    raw = None if result is None else result_of(site.tokens.codec, operation, result, row.deliverable_id)
    return site.tokens.codec.encode(order_of(row, raw))


def kept(row: QueryRow, pause: timedelta) -> Response[bytes]:
    """A question that is still being answered."""
    body = QueryState(query_id=row.query_id, state="running", check_after=row.check_at)
    headers = {"Location": f"/v1/queries/{row.query_id}", "Retry-After": str(ceil(pause.total_seconds()))}
    return Response(msgspec.json.encode(body), media_type=JSON, status_code=202, headers=headers)
