"""One question to one partner: answered now, or kept and answered later."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from connectors.kit.attempt import Errand, Line, PartnerCall
from connectors.kit.codes import meeting_unmapped
from connectors.kit.registry import Connector
from hub import errors, ids
from hub.consents.consents import Consents
from hub.consents.parties import Parties, consent_of, open_parties, seal_parties
from hub.documents.documents import Documents
from hub.events import rows as events
from hub.evidence.evidence import Exhibits
from hub.gateway.places import Places
from hub.gateway.problems import problem_of
from hub.gateway.shapes import PageShape, SourceStatus, item_of
from hub.gateway.tokens import Tokens
from hub.orders.originals import Originals
from hub.queries import rows
from hub.queries.rows import QueryRow
from hub.queries.told import told
from hub.routing.lines import Lines
from hub.store import Connection, Store, TenantSealer
from hub.tenants.data_keys import DataKeys
from hub.trace import trace_id
from hub.work import rows as work
from hub.work.rows import Work
from schemas.call import Clock
from schemas.codec import PLAIN
from schemas.contract import Operation, operation_named, region_of
from schemas.errors import Garbled, NotReady, PartnerFailure
from schemas.order import Original

log = structlog.get_logger("hub.queries")

KIND = "query"
REQUEST, PARTIES = "queries.request", "queries.parties"
HANDLES, ANSWER = "queries.handles", "queries.answer"
TRIES = 3
"""How often in a row a kept question may fail before it has failed."""

_handles = msgspec.json.Decoder(dict[str, str])


class Asked(msgspec.Struct, kw_only=True):
    """A question in hand: who asks what, over which line, and what was remembered on the way."""

    tenant: str
    client_id: str
    operation: Operation
    request: Any
    connector: Connector
    line: Line
    reference: str
    """Ours, for this question: news may name it while the question is kept."""
    handles: dict[str, str] = {}
    remembered: dict[str, str] = {}
    """Of the handles, those that this call brought."""
    parties: Parties | None = None
    original: Original | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a caller waits, how long one call may take, how long an answer is kept."""

    wait: timedelta
    call: timedelta
    kept: timedelta


class Questions:
    """Asks partners on behalf of banks."""

    def __init__(
        self,
        store: Store,
        data_keys: DataKeys,
        lines: Lines,
        exhibits: Exhibits,
        originals: Originals,
        documents: Documents,
        clock: Clock,
        *,
        consents: Consents,
        tokens: Tokens,
        owner: str,
        limits: Limits,
    ) -> None:
        self._store = store
        self._data_keys = data_keys
        self._lines = lines
        self._exhibits = exhibits
        self._originals = originals
        self._consents = consents
        self._documents = documents
        self._clock = clock
        self._codec = tokens.codec
        self._places = Places(tokens)
        self._owner = owner
        self._limits = limits
        self._late: set[asyncio.Task[None]] = set()

    async def call(self, asked: Asked, within: timedelta | None = None) -> Any:
        """Calls the connector once, for as long as a question may take. Raises: NotReady, PartnerError."""
        limit = within or self._limits.call

        async def keep(handles: dict[str, str]) -> None:
            """Handles of a question are kept with the question, if it must be kept at all."""
            asked.remembered.update(handles)

        errand = Errand(
            tenant=asked.tenant,
            trace_id=trace_id.get(),
            deadline=self._clock() + limit,
            keep=keep,
            reference=asked.reference,
            handles=asked.handles,
            region=region_of(asked.operation, asked.request),
            subject=asked.parties.subject if asked.parties else None,
            actor=asked.parties.actor if asked.parties else None,
            authority=asked.parties.authority if asked.parties else None,
            original=asked.original,
        )
        bound = asked.operation.bind(asked.connector.scenarios[asked.operation.scenario])
        with meeting_unmapped() as unmapped:
            try:
                async with asyncio.timeout(limit.total_seconds()):
                    return await bound(asked.request, PartnerCall(asked.line, errand))
            except NotReady:
                raise
            except Exception as error:
                raise await self._told(error, asked) from error
            finally:
                if unmapped:
                    await self._exhibits.count(asked.connector.manifest.name, asked.operation.key, unmapped)

    async def answer(self, asked: Asked) -> bytes | QueryRow:
        """The answer as a bank gets it, or the kept question where the partner needs longer. Raises: PartnerError."""
        task = asyncio.create_task(self.call(asked))
        try:
            await asyncio.wait([task], timeout=self._limits.wait.total_seconds())
        except asyncio.CancelledError:
            _give_up(task)  # a question that nobody waits for any more need not be answered
            raise
        if not task.done():
            return await self._keep_running(asked, task)
        try:
            return await self.written(asked, task.result())
        except NotReady as not_ready:
            return await self.keep(asked, not_ready.check_after)

    async def written(self, asked: Asked, result: Any) -> bytes:
        """A result as a bank gets it: a list becomes a page of one source, a document a link."""
        if asked.operation.item is None:
            links = await self._documents.linked(asked.tenant, asked.operation, result, consent_of(asked.parties))
            fields = {name: getattr(result, name) for name in result.__struct_fields__} if links else {}
            return self._codec.encode(fields | links if links else result)
        items = result if isinstance(result, list) else result.items
        partner = asked.connector.manifest.name
        is_share = asked.operation.routing == "everyone"
        page = PageShape(
            items=[item_of(self._codec, item, partner if is_share else None) for item in items],
            next=self._onward(asked, result.next) if is_share else None,
            sources=[SourceStatus(partner=partner, status="ok")],
        )
        return self._codec.encode(page)

    def _onward(self, asked: Asked, following: str | None) -> str | None:
        """The cursor with which a bank goes on with this partner's share of a merged list, and with nobody else's."""
        places = {asked.connector.manifest.id: following} if following else {}
        return self._places.write(places, asked.request, asked.tenant, asked.parties)

    async def told(self, row: QueryRow, remember: Mapping[str, str]) -> None:
        """Takes down what news brought for a kept question, and has it asked again at once."""
        sealer = await self._data_keys.of(row.tenant)
        now = self._clock()

        def unit(tx: Connection) -> None:
            claim = work.standing(tx, row.query_id)  # first, as whoever finishes it does: neither writes over the other
            standing = rows.find_query(tx, row.query_id)
            if claim is None or standing is None or standing.state != "running":
                return
            standing.handles = self._merged(standing, sealer, remember)
            rows.update_query(tx, standing)
            work.hurry(tx, row.query_id, now)

        await self._store.write(unit)

    async def meant(self, account_id: str, reference: str) -> QueryRow | None:
        """The kept question that a partner means."""
        return await self._store.read(lambda tx: rows.find_by_reference(tx, account_id, reference))

    async def find(self, query_id: str, tenant: str) -> tuple[QueryRow, bytes | None]:
        """A kept question of this bank, and its answer or problem if there is one.

        Raises: NotFound, ConsentMissing where the answer is there and its customer agrees no more.
        """
        row = await self._store.read(lambda tx: rows.find_query(tx, query_id))
        if row is None or row.tenant != tenant or row.expires_at <= self._clock():
            raise errors.NotFound("there is no such query, or its answer is no longer kept")
        if row.answer is None:
            return row, None
        sealer = await self._data_keys.of(tenant)
        if row.state == "done":  # a problem tells nothing of anybody
            parties = open_parties(sealer, row.parties, f"{PARTIES}:{query_id}")
            await self._consents.confirm(tenant, consent_of(parties))
        return row, sealer.unseal(row.answer, context=f"{ANSWER}:{query_id}")

    def pause(self, row: QueryRow) -> timedelta:
        """How long the bank had better wait before it asks for the answer."""
        return max(row.check_at - self._clock(), timedelta(seconds=1))

    async def work(self, piece: Work) -> None:
        """Asks a kept question again, unless its consent has ended."""
        row = await self._store.read(lambda tx: rows.find_query(tx, piece.work_id))
        if row is None or row.state != "running":
            await self._store.write(lambda tx: work.finish(tx, piece.work_id))
            return
        trace_id.set(row.trace_id)
        asked = await self._asked(row)
        try:
            await self._consents.confirm(asked.tenant, consent_of(asked.parties))
            answer = await self.written(asked, await self.call(asked))
        except NotReady as not_ready:
            await self._put_off(row, asked, not_ready.check_after, piece.fence, tries=0)
        except errors.ConsentMissing as error:
            await self._finish(row, "failed", msgspec.json.encode(problem_of(error)), piece.fence)
        except errors.PartnerError as error:
            if piece.tries < TRIES and not isinstance(error, errors.RefusedByPartner):
                await self._put_off(row, asked, timedelta(seconds=2**piece.tries), piece.fence)
            else:
                await self._finish(row, "failed", msgspec.json.encode(problem_of(error)), piece.fence)
        else:
            await self._finish(row, "done", answer, piece.fence)

    async def close(self) -> None:
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _keep_running(self, asked: Asked, task: "asyncio.Task[Any]") -> QueryRow:
        """Keeps a question whose call is still under way, and lets the call finish it."""
        try:
            row = await self._row(asked, self._limits.wait)
            held = Work(row.query_id, KIND, row.tenant, fence=1, tries=1)
            until = row.created_at + self._limits.call * 2

            def unit(tx: Connection) -> None:
                _insert(tx, row)
                work.start(tx, held, owner=self._owner, leased_until=until)

            await self._store.write(unit)
        except BaseException:
            _give_up(task)  # nobody could ever ask for its answer
            raise
        late = asyncio.create_task(self._finish_late(row, asked, task))
        self._late.add(late)
        late.add_done_callback(self._finished_late)
        return row

    def _finished_late(self, late: "asyncio.Task[None]") -> None:
        self._late.discard(late)
        if not late.cancelled() and (error := late.exception()) is not None:  # asked again when the lease is over
            log.error("late-answer-lost", error=type(error).__name__)

    async def _finish_late(self, row: QueryRow, asked: Asked, task: "asyncio.Task[Any]") -> None:
        try:
            await self._finish(row, "done", await self.written(asked, await task), 1)
        except NotReady as not_ready:
            await self._put_off(row, asked, not_ready.check_after, 1, tries=0)
        except errors.PartnerError as error:
            await self._finish(row, "failed", msgspec.json.encode(problem_of(error)), 1)

    async def keep(self, asked: Asked, check_after: timedelta) -> QueryRow:
        """Keeps a question that the partner needs longer for. News that came before it is taken up again."""
        row = await self._row(asked, check_after)

        def unit(tx: Connection) -> None:
            _insert(tx, row)
            work.put(tx, row.query_id, KIND, row.tenant, row.check_at)

        await self._store.write(unit)
        return row

    async def _row(self, asked: Asked, check_after: timedelta) -> QueryRow:
        sealer = await self._data_keys.of(asked.tenant)
        now = self._clock()
        query_id = ids.new("qry", now)
        return QueryRow(
            query_id=query_id,
            tenant=asked.tenant,
            client_id=asked.client_id,
            operation=asked.operation.key,
            account_id=asked.line.account_id,
            reference=asked.reference,
            trace_id=trace_id.get(),
            state="running",
            request=sealer.seal(PLAIN.encode(asked.request), context=f"{REQUEST}:{query_id}"),
            parties=seal_parties(sealer, asked.parties, f"{PARTIES}:{query_id}"),
            handles=sealer.seal(msgspec.json.encode(asked.handles), context=f"{HANDLES}:{query_id}"),
            created_at=now,
            check_at=now + check_after,
            expires_at=now + self._limits.kept,
        )

    async def _asked(self, row: QueryRow) -> Asked:
        """A kept question, taken up again."""
        operation = operation_named(row.operation)
        sealer = await self._data_keys.of(row.tenant)
        account = await self._lines.account(row.account_id)
        connector = self._lines.connector(account.partner_id) if account else None
        if account is None or connector is None:
            raise LookupError(f"query {row.query_id}: the partner is not enabled, or the account is gone")
        request = sealer.unseal(row.request, context=f"{REQUEST}:{row.query_id}")
        opened = PLAIN.decoder(operation.request).decode(request)
        return Asked(
            tenant=row.tenant,
            client_id=row.client_id,
            operation=operation,
            request=opened,
            connector=connector,
            line=await self._lines.line(account),
            reference=row.reference,
            handles=self._handles(row, sealer),
            parties=open_parties(sealer, row.parties, f"{PARTIES}:{row.query_id}"),
            original=await self._originals.behind(operation, opened),
        )

    def _handles(self, row: QueryRow, sealer: TenantSealer) -> dict[str, str]:
        return _handles.decode(sealer.unseal(row.handles, context=f"{HANDLES}:{row.query_id}")) if row.handles else {}

    def _merged(self, row: QueryRow, sealer: TenantSealer, more: Mapping[str, str]) -> bytes:
        """A call and news may both bring some at once: neither takes the other's away."""
        handles = {**self._handles(row, sealer), **more}
        return sealer.seal(msgspec.json.encode(handles), context=f"{HANDLES}:{row.query_id}")

    async def _put_off(
        self, row: QueryRow, asked: Asked, check_after: timedelta, fence: int, *, tries: int | None = None
    ) -> None:
        """A partner that answers, if only to say "later", has not failed: its tries count from 0 again."""
        sealer = await self._data_keys.of(row.tenant)
        check_at = self._clock() + check_after

        def unit(tx: Connection) -> None:
            stands = work.held(tx, row.query_id, fence)
            standing = rows.find_query(tx, row.query_id)
            if standing is None or not stands:
                return
            kept = self._handles(standing, sealer).items()
            came = [name for name, value in kept - asked.handles.items() if name not in asked.remembered]
            standing.handles = self._merged(standing, sealer, asked.remembered)
            standing.check_at = self._clock() if came else check_at  # news came while it was being asked
            rows.update_query(tx, standing)
            work.again(tx, row.query_id, standing.check_at, tries=tries)

        await self._store.write(unit)

    async def _finish(self, row: QueryRow, state: str, answer: bytes, fence: int) -> None:
        sealer = await self._data_keys.of(row.tenant)
        row.state = state
        row.answer = sealer.seal(answer, context=f"{ANSWER}:{row.query_id}")
        row.expires_at = self._clock() + self._limits.kept

        def unit(tx: Connection) -> None:
            if work.held(tx, row.query_id, fence):
                rows.update_query(tx, row)
                work.finish(tx, row.query_id)

        await self._store.write(unit)

    async def _told(self, error: Exception, asked: Asked) -> errors.PartnerError:
        """A connector's trouble in the hub's words; what could not be read is kept as evidence."""
        partner = asked.connector.manifest.name
        if isinstance(error, Garbled) and error.evidence:
            await self._exhibits.keep(asked.tenant, partner, trace_id.get(), error.evidence)
        if not isinstance(error, PartnerFailure | TimeoutError):
            log.error("connector-failed", partner=partner, operation=asked.operation.key, exc_info=error)
        return told(error, partner)


def _insert(tx: Connection, row: QueryRow) -> None:
    """Writes a question down, and has news taken up again that came before it."""
    rows.insert_query(tx, row)
    for callback_id in events.early(tx, row.account_id, row.reference):
        work.put_now(tx, callback_id, events.KIND, row.tenant, row.created_at)


def _give_up(task: "asyncio.Task[Any]") -> None:
    """Cancels a call, and looks at how it ended, so that nobody complains that nobody did."""
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    task.cancel()
