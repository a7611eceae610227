"""Routes that no operation declares: orders, kept questions, consents, deliverables, documents, callbacks, health."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import msgspec
import structlog
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from hub.consents.consents import ConsentRequest
from hub.errors import TooLarge
from hub.gateway import problems, reading
from hub.gateway.calls import Call
from hub.gateway.problems import Problem
from hub.gateway.routes import JSON, flat, kept, shown, written
from hub.gateway.site import Site
from hub.identity.guard import Caller
from hub.orders.desk import OrderPage, OrderSearch
from schemas.contract import operation_named

log = structlog.get_logger("hub.gateway")

_problem = msgspec.json.Decoder(Problem)


def standing(site: Site) -> list[HTTPRouteHandler]:
    """Handlers over the rooms of this hub."""
    return [
        *_orders(site),
        _queries(site),
        *_consents(site),
        _deliverables(site),
        _documents(site),
        _callbacks(site),
        *_health(site),
    ]


@asynccontextmanager
async def _called(site: Site, request: Request[Any, Any, Any], operation: str) -> AsyncIterator[tuple[Caller, Call]]:
    """Who calls, and the record of the call."""
    caller = await site.identity.authenticate(*reading.authorization(request))
    async with site.calls.recorded(caller, operation) as call:
        reading.must_accept_json(request)
        yield caller, call


def _orders(site: Site) -> list[HTTPRouteHandler]:
    @get("/v1/orders/{order_id:str}", operation_id="orders.see")
    async def see(request: Request[Any, Any, Any], order_id: FromPath[str]) -> Response[bytes]:
        """One order, refreshed from the partner while it is open."""
        async with _called(site, request, "orders.see") as (caller, call):
            row = await site.desk.see(caller, order_id)
            call.order_id = row.order_id
            answer = await shown(site, operation_named(row.operation), row, {})
            return Response(answer.content, media_type=JSON, headers=answer.headers)

    @get("/v1/orders", operation_id="orders.list")
    async def find(request: Request[Any, Any, Any]) -> Response[bytes]:
        """The bank's orders, newest first."""
        async with _called(site, request, "orders.list") as (caller, call):
            search = call.request = flat(request, OrderSearch, site.tokens.codec)
            page = await _page(site, caller, search)
            return Response(msgspec.json.encode(page), media_type=JSON)

    return [see, find]


async def _page(site: Site, caller: Caller, search: OrderSearch) -> OrderPage:
    bound_to = caller.tenant.encode() + msgspec.json.encode(msgspec.structs.replace(search, cursor=None, limit=1))
    before = site.tokens.read_cursor(search.cursor, bound_to).decode() if search.cursor is not None else None
    rows = await site.desk.find(caller, search, before)
    shown_rows = rows[: search.limit]
    more = len(rows) > search.limit
    return OrderPage(
        items=[msgspec.Raw(await written(site, operation_named(row.operation), row)) for row in shown_rows],
        next=site.tokens.write_cursor(shown_rows[-1].order_id.encode(), bound_to) if more else None,
    )


def _queries(site: Site) -> HTTPRouteHandler:
    @get("/v1/queries/{query_id:str}", operation_id="queries.see")
    async def see(request: Request[Any, Any, Any], query_id: FromPath[str]) -> Response[bytes]:
        """The answer of a question that took the partner longer, or 202 while it still does."""
        async with _called(site, request, "queries.see") as (caller, call):
            row, answer = await site.questions.find(query_id, caller.tenant)
            call.query_id, call.how, call.answer = query_id, row.state, answer or b""
            site.pipeline.may(caller, operation_named(row.operation))
            if answer is None:
                return kept(row, site.questions.pause(row))
            if row.state == "failed":
                return problems.response(_problem.decode(answer))
            return Response(answer, media_type=JSON)

    return see


def _consents(site: Site) -> list[HTTPRouteHandler]:
    decoder = msgspec.json.Decoder(ConsentRequest)

    @post("/v1/consents", status_code=201, operation_id="consents.give")
    async def give(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Writes down what a customer agreed to."""
        async with _called(site, request, "consents.give") as (caller, call):
            asked = await reading.read_json(request, decoder)
            consent = await site.consents.give(caller, asked)
            call.consent_id, call.covered = consent.consent_id, True  # by the record of the consent, in the same unit
            headers = {"Location": f"/v1/consents/{consent.consent_id}"}
            return Response(msgspec.json.encode(consent), media_type=JSON, headers=headers)

    @get("/v1/consents/{consent_id:str}", operation_id="consents.see")
    async def see(request: Request[Any, Any, Any], consent_id: FromPath[str]) -> Response[bytes]:
        """A consent as it stands."""
        async with _called(site, request, "consents.see") as (caller, call):
            consent = await site.consents.see(caller, consent_id)
            call.consent_id = consent.consent_id
            return Response(msgspec.json.encode(consent), media_type=JSON)

    @post("/v1/consents/{consent_id:str}/revoke", status_code=200, operation_id="consents.revoke")
    async def revoke(request: Request[Any, Any, Any], consent_id: FromPath[str]) -> Response[bytes]:
        """Ends a consent at once."""
        async with _called(site, request, "consents.revoke") as (caller, call):
            consent = await site.consents.revoke(caller, consent_id)
            call.consent_id = consent.consent_id
            return Response(msgspec.json.encode(consent), media_type=JSON)

    return [give, see, revoke]


def _documents(site: Site) -> HTTPRouteHandler:
    @get("/v1/documents/{document_id:str}", operation_id="documents.fetch")
    async def fetch(request: Request[Any, Any, Any], document_id: FromPath[str]) -> Response[bytes]:
        """The bytes of a document that an answer linked to, until the link expires."""
        caller = await site.identity.authenticate(*reading.authorization(request))
        async with site.calls.recorded(caller, "documents.fetch") as call:
            row, content = await site.documents.fetch(caller, document_id)
            site.pipeline.may(caller, operation_named(row.operation))
            call.answer = content
            headers = {
                "Content-Disposition": f'attachment; filename="{row.file_name}"',
                "Repr-Digest": f"sha-256=:{b64encode(sha256(content).digest()).decode()}:",
            }
            return Response(content, media_type=row.media_type, headers=headers)

    return fetch


def _deliverables(site: Site) -> HTTPRouteHandler:
    @post(
        "/v1/deliverables/{deliverable_id:str}/release",
        status_code=200,
        operation_id="deliverables.release",
    )
    async def release(request: Request[Any, Any, Any], deliverable_id: FromPath[str]) -> Response[bytes]:
        """Hands over what an order delivered: once, and to the same key again for a short while."""
        async with _called(site, request, "deliverables.release") as (caller, call):
            key = reading.idempotency_key(request)
            order = await site.journal.find(await site.deliverables.order_of(caller, deliverable_id))
            if order is not None:
                call.order_id = order.order_id
                site.pipeline.may(caller, operation_named(order.operation))
            handed = await site.deliverables.release(caller, deliverable_id, key)
            call.covered = True  # by the record of the release, in the same unit
            return Response(msgspec.json.encode(handed), media_type=JSON)

    return release


def _callbacks(site: Site) -> HTTPRouteHandler:
    @post("/callbacks/{partner:str}/{account_id:str}", status_code=200, include_in_schema=False)
    async def take(
        request: Request[Any, Any, Any], partner: FromPath[str], account_id: FromPath[str]
    ) -> Response[bytes]:
        try:
            body = await reading.body_of(request, reading.MAX_CALLBACK)
        except TooLarge:
            log.warning("callback-too-large", partner=partner[:41], account=account_id[:40])
            raise
        headers = {name: value for name, value in request.headers.items() if name not in ("authorization", "cookie")}
        said = await site.callbacks.take(partner, account_id, headers, body)
        return Response(said.body, media_type=said.content_type, status_code=said.status)

    return take


def _health(site: Site) -> list[HTTPRouteHandler]:
    @get("/health/live", operation_id="health.live")
    async def live() -> Response[bytes]:
        """The process runs."""
        return Response(b'{"status":"live"}', media_type=JSON)

    @get("/health/ready", operation_id="health.ready")
    async def ready() -> Response[bytes]:
        """The hub can write down what it does."""
        await site.store.ping()
        return Response(b'{"status":"ready"}', media_type=JSON)

    return [live, ready]
