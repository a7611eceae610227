"""The composition root: puts the rooms of one running hub together, starts them, and takes them down in order."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol, TypeAlias

import structlog
from litestar import Litestar
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from connectors.kit import registry
from connectors.kit.registry import Connector
from hub import trace
from hub.audit.log_key import open_log_key
from hub.audit.notary import Notary
from hub.audit.refusals import Refusals
from hub.clock import utc_now
from hub.consents.consents import Consents
from hub.documents.documents import Documents
from hub.documents.rows import forget_documents
from hub.events.callbacks import Callbacks
from hub.events.rows import KIND as CALLBACK
from hub.events.rows import forget_callbacks, forget_events
from hub.evidence.evidence import Exhibits
from hub.evidence.rows import forget_evidence
from hub.gateway import problems, reading
from hub.gateway.calls import Calls
from hub.gateway.docs_pages import docs_routes
from hub.gateway.merging import Merger
from hub.gateway.pipeline import Pipeline
from hub.gateway.routes import derived
from hub.gateway.site import Site
from hub.gateway.standing import standing
from hub.gateway.tokens import Tokens
from hub.identity.controllers import ROUTES
from hub.identity.identity import Identity
from hub.orders.attempts import Attempts
from hub.orders.deliverables import Deliverables
from hub.orders.desk import Desk
from hub.orders.journal import KIND as ORDER
from hub.orders.journal import Journal
from hub.orders.originals import Originals
from hub.orders.rows import forget_keys
from hub.queries.questions import KIND as QUERY
from hub.queries.questions import Limits, Questions
from hub.queries.rows import forget_expired
from hub.routing.lines import Lines
from hub.settings import SettingError, Settings
from hub.store import Hooks, Sealer, Store, open_store
from hub.store.schema import check_is_head
from hub.tenants.data_keys import DataKeys
from hub.tenants.master_key import check_master_key
from hub.work.housekeeping import Housekeeping
from hub.work.worker import Worker
from schemas.call import Clock

log = structlog.get_logger("hub")

SWEEPS = (forget_keys, forget_expired, forget_documents, forget_callbacks, forget_events, forget_evidence)
"""What each room forgets once its time is over."""
Headers: TypeAlias = list[tuple[bytes, bytes]]


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """What runs beside the requests, and what they share."""

    site: Site
    store: Store
    sealer: Sealer
    clock: Clock
    worker: Worker
    refusals: Refusals
    housekeeping: Housekeeping
    attempts: Attempts
    questions: Questions
    lines: Lines


def furnish(settings: Settings, store: Store, clock: Clock) -> Rooms:
    """Every room of a hub over an open store. Raises: SettingError, ManifestError."""
    owner = f"hub-{secrets.token_hex(8)}"
    sealer = Sealer(settings.key())
    data_keys = DataKeys(store, sealer)
    tokens = Tokens(settings.key())
    installed = registry.find()
    connectors = _enabled(settings, installed)
    for connector in connectors.values():
        connector.scenarios  # noqa: B018 - an enabled partner whose code and manifest disagree stops the start
    lines = Lines(store, data_keys, connectors, clock, public_url=lambda: settings.issuer, patience=settings.patience)
    exhibits = Exhibits(store, data_keys, clock)
    journal = Journal(store, data_keys, clock, owner=owner, schedule=settings.schedule)
    originals = Originals(store, journal)
    consents = Consents(store, data_keys, clock)
    documents = Documents(store, data_keys, consents, clock, kept=settings.duration("query_kept"))
    attempts = Attempts(
        journal, originals, consents, lines, exhibits, clock, not_sent_limit=settings.duration("not_sent_limit")
    )
    questions = Questions(
        store,
        data_keys,
        lines,
        exhibits,
        originals,
        documents,
        clock,
        consents=consents,
        tokens=tokens,
        owner=owner,
        limits=Limits(
            wait=settings.duration("query_wait"),
            call=settings.duration("query_limit"),
            kept=settings.duration("query_kept"),
        ),
    )
    bell = asyncio.Event()
    callbacks = Callbacks(store, data_keys, lines, journal, questions, clock, ring=bell.set)
    handlers = {ORDER: attempts.work, QUERY: questions.work, CALLBACK: callbacks.work}
    worker = Worker(store, clock, owner, handlers, bell=bell)
    identity = Identity(store, sealer, settings.issuer, clock)
    pipeline = Pipeline(
        journal=journal,
        originals=originals,
        consents=consents,
        attempts=attempts,
        lines=lines,
        questions=questions,
        merger=Merger(questions, tokens, wait=settings.duration("merge_wait")),
        clock=clock,
        order_wait=settings.duration("order_wait"),
    )
    site = Site(
        store=store,
        calls=Calls(store, clock),
        identity=identity,
        consents=consents,
        documents=documents,
        pipeline=pipeline,
        journal=journal,
        desk=Desk(store, journal, attempts, worker, clock, partners=installed),
        questions=questions,
        deliverables=Deliverables(store, data_keys, clock, again=settings.duration("release_again")),
        callbacks=callbacks,
        tokens=tokens,
    )
    return Rooms(
        site=site,
        store=store,
        sealer=sealer,
        clock=clock,
        worker=worker,
        refusals=Refusals(store, clock),
        housekeeping=Housekeeping(store, clock, SWEEPS),
        attempts=attempts,
        questions=questions,
        lines=lines,
    )


def _enabled(settings: Settings, found: dict[str, Connector]) -> dict[str, Connector]:
    """Raises: SettingError."""
    if missing := [name for name in settings.enabled or () if name not in found]:
        raise SettingError(f"HUB_CONNECTORS: no connector named {', '.join(missing)}; there are: {', '.join(found)}")
    return {name: found[name] for name in settings.enabled or found}


def create_app(settings: Settings, *, clock: Clock = utc_now, hooks: Hooks | None = None) -> ASGIApp:
    """The hub as an ASGI application. It starts its worker and notary with the server, and stops them with it.

    Raises: SettingError, ManifestError, StoreUnavailable, ValueError.
    """
    furnished = furnish(settings, open_store(settings.database_url, hooks=hooks), clock)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with open_house(furnished, settings):
            yield

    site = furnished.site
    app = Litestar(
        route_handlers=[*derived(site), *standing(site), *docs_routes(), *ROUTES],
        state=State({"identity": site.identity, "refusals": furnished.refusals}),
        lifespan=[lifespan],
        before_request=reading.refuse_nul,
        exception_handlers={Exception: problems.answer},
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    return traced(app)


@asynccontextmanager
async def open_house(rooms: Rooms, settings: Settings) -> AsyncIterator[None]:
    """Everything that runs beside the requests, from start to drained stop."""
    await check_is_head(rooms.store)
    await check_master_key(rooms.store, rooms.sealer)
    await rooms.site.identity.start()
    file = Path(settings.checkpoint_file) if settings.checkpoint_file else None
    key = await open_log_key(rooms.store, rooms.sealer, rooms.clock)
    notary = Notary(rooms.store, key, rooms.clock, checkpoint_file=file)
    patience = settings.duration("drain")
    working = Beside((rooms.worker, rooms.refusals, rooms.housekeeping), patience)
    sealing = Beside((notary,), patience)
    try:
        yield
    finally:
        working.tell()  # first, so that nothing is claimed that then could not be finished
        await asyncio.gather(working.stop(), rooms.attempts.drain(patience))
        await rooms.questions.close()
        await rooms.worker.give_back()  # not before: whoever takes over must not ask while an order is being sent
        await sealing.stop()  # last, so that it seals what the others wrote at their end
        await rooms.site.identity.close()
        await rooms.lines.close()
        await rooms.store.close()
        log.info("stopped")


class Runs(Protocol):
    """Something that runs beside the requests until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None: ...


class Beside:
    """Tasks that must not end before they are told to: one that fails is logged and started again."""

    def __init__(self, running: Sequence[Runs], patience: timedelta) -> None:
        self._stop = asyncio.Event()
        self._patience = patience
        self._tasks = [asyncio.create_task(self._keep_running(each)) for each in running]

    def tell(self) -> None:
        self._stop.set()

    async def stop(self) -> None:
        """Tells them, waits for a while, and cancels whoever still runs."""
        self.tell()
        _, late = await asyncio.wait(self._tasks, timeout=self._patience.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _keep_running(self, what: Runs) -> None:
        while not self._stop.is_set():
            try:
                await what.run(self._stop)
            except Exception:
                log.exception("started-again", what=type(what).__name__)
                await asyncio.sleep(1)


def traced(app: ASGIApp) -> ASGIApp:
    """Gives every request its trace, every answer the trace's id, and what is a bank's own to no cache."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        trace_id = trace.begin(_header(scope["headers"], b"traceparent")).encode()

        async def tell(message: Mapping[str, object]) -> None:
            if message["type"] == "http.response.start":
                headers: Headers = message["headers"]  # type: ignore[assignment]
                headers.append((b"trace-id", trace_id))
                if _is_private(scope["path"], headers):
                    headers.append((b"cache-control", b"no-store"))
            await send(message)  # type: ignore[arg-type]

        await app(scope, receive, tell)

    return middleware


def _is_private(path: str, headers: Headers) -> bool:
    """Whether no cache may keep an answer: customers are spoken of, or what is wrong now is right later."""
    if _header(headers, b"cache-control") is not None:
        return False
    return path.startswith("/v1/") or (_header(headers, b"content-type") or "").startswith("application/problem+json")


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    for key, value in headers:
        if key == name:
            return str(value, "latin-1")
    return None
