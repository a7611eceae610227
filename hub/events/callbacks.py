"""News from partners: stored as it came, then verified, then applied to the order it means."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec
import structlog

from connectors.kit.partner import Acknowledgement, News
from connectors.kit.registry import Connector
from hub import ids
from hub.audit import rows as audit
from hub.audit.record import new_record
from hub.errors import Malformed, NotFound, TooMany
from hub.events import rows
from hub.orders import postings
from hub.orders import rows as orders
from hub.orders.journal import Journal, Settlement
from hub.orders.rows import OrderRow
from hub.partners.rows import AccountRow
from hub.queries.questions import Questions
from hub.queries.rows import QueryRow
from hub.routing.lines import Lines
from hub.store import Connection, Store, StoreUnavailable
from hub.tenants.data_keys import DataKeys
from hub.trace import trace_id
from hub.work import rows as work
from hub.work.rows import Work
from schemas.call import Clock
from schemas.contract import operation_named
from schemas.errors import Garbled

log = structlog.get_logger("hub.callbacks")

CONTEXT = "callbacks.raw"
UNAPPLIED_AFTER = timedelta(seconds=30)
"""A callback that was stored and is not applied by then lost its process; the worker takes it up."""
ONCE_MORE_AFTER = timedelta(seconds=5)
"""Believable news of what is not there is looked at once more: it may have been written down that very moment."""
TRIES = 10
"""How often the worker takes up one that cannot be applied, before it leaves it to a person."""
LONGEST_REFERENCE = 64
"""No reference of ours is longer."""
DOUBTFUL_AN_HOUR = 100
"""So many that mean nothing are kept of one account; beyond that only believable ones, and hints about what is ours."""
HOUR = timedelta(hours=1)


class Raw(msgspec.Struct, frozen=True):
    """A callback as it came, with the headers that its partner's code reads."""

    headers: dict[str, str]
    body: bytes


_raw = msgspec.msgpack.Decoder(Raw)


class Callbacks:
    """The desk where partners' news arrive."""

    def __init__(
        self,
        store: Store,
        data_keys: DataKeys,
        lines: Lines,
        journal: Journal,
        questions: Questions,
        clock: Clock,
        *,
        ring: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._data_keys = data_keys
        self._lines = lines
        self._journal = journal
        self._questions = questions
        self._clock = clock
        self._ring = ring
        """Tells the worker that there is something to ask about."""
        self._refused: Counter[str] = Counter()

    async def take(self, partner: str, account_id: str, headers: Mapping[str, str], body: bytes) -> Acknowledgement:
        """Stores a callback, reads it, applies it. Raises: NotFound, TooMany, Malformed (it stays stored)."""
        connector = self._lines.named(partner)
        account = await self._lines.account(account_id)
        if connector is None or account is None or account.partner_id != connector.manifest.id:
            raise NotFound("nobody expects callbacks here")
        if connector.partner.read_callback is None:
            raise NotFound("this partner sends no callbacks")
        needed = connector.partner.callback_headers
        raw = Raw({name: headers[name] for name in needed if name in headers}, body)
        await self._refuse_a_flood(connector, account, raw)
        callback_id = await self._store_raw(connector, account, raw)
        return await self._apply(callback_id, connector, account, raw)

    async def work(self, piece: Work) -> None:
        """Applies a callback that was stored and, because the process died, not applied."""
        found = await self._store.read(lambda tx: rows.find_callback(tx, piece.work_id))
        account = await self._lines.account(found[0]) if found else None
        connector = self._lines.connector(account.partner_id) if account else None
        if found is None or account is None or connector is None:
            raise LookupError(f"callback {piece.work_id}: the partner is not enabled, or the account is gone")
        sealer = await self._data_keys.of(account.tenant)
        raw = _raw.decode(sealer.unseal(found[1], context=f"{CONTEXT}:{piece.work_id}"))
        try:
            await self._apply(piece.work_id, connector, account, raw)
        except Malformed:
            return
        except StoreUnavailable:
            raise
        except Exception:
            if piece.tries < TRIES:
                raise
            log.exception("callback-given-up", callback_id=piece.work_id, partner=connector.manifest.name)
            await self._judge(piece.work_id, connector, account, "failed", None, trusted=True)

    async def _refuse_a_flood(self, connector: Connector, account: AccountRow, raw: Raw) -> None:
        """Strangers may not fill the store, nor keep the partner's own news out. Raises: TooMany."""
        since = self._clock() - HOUR
        doubtful = await self._store.read(
            lambda tx: rows.doubtful_since(tx, account.account_id, since, DOUBTFUL_AN_HOUR)
        )
        if doubtful < DOUBTFUL_AN_HOUR:
            return
        news = await self._read(connector, account, raw)
        if news is None or not (news.trusted or await self._means_something(connector, account, news.reference)):
            self._refused[account.account_id] += 1
            count = self._refused[account.account_id]
            if count & (count - 1) == 0:  # the log is told of the 1st, 2nd, 4th, 8th …, lest it be flooded instead
                log.warning(
                    "callbacks-refused", partner=connector.manifest.name, account=account.account_id, count=count
                )
            raise TooMany("too many callbacks came here lately that cannot be believed")

    async def _store_raw(self, connector: Connector, account: AccountRow, raw: Raw) -> str:
        sealer = await self._data_keys.of(account.tenant)
        now = self._clock()
        callback_id = ids.new("cbk", now)
        sealed = sealer.seal(msgspec.msgpack.encode(raw), context=f"{CONTEXT}:{callback_id}")

        def unit(tx: Connection) -> None:
            rows.keep_callback(
                tx,
                callback_id,
                tenant=account.tenant,
                partner_id=connector.manifest.id,
                account_id=account.account_id,
                at=now,
                raw=sealed,
            )
            work.put(tx, callback_id, rows.KIND, account.tenant, now + UNAPPLIED_AFTER)

        await self._store.write(unit)
        return callback_id

    async def _apply(self, callback_id: str, connector: Connector, account: AccountRow, raw: Raw) -> Acknowledgement:
        news = await self._read(connector, account, raw)
        if news is None:
            await self._judge(callback_id, connector, account, rows.UNREADABLE, None, trusted=False)
            raise Malformed("this callback cannot be read")
        what, order_id = await self._tell(connector, account, news)
        await self._judge(
            callback_id, connector, account, what, order_id, trusted=news.trusted, reference=news.reference
        )
        return news.acknowledgement

    async def _read(self, connector: Connector, account: AccountRow, raw: Raw) -> News | None:
        """What a callback says; None where that cannot be read."""
        line = await self._lines.line(account)
        read = connector.partner.read_callback
        if read is None:
            raise NotFound("this partner sends no callbacks")
        try:
            return await asyncio.to_thread(read, raw.body, raw.headers, line.account)
        except Garbled:
            return None
        except Exception:
            log.exception("connector-failed", partner=connector.manifest.name)
            return None

    async def _tell(self, connector: Connector, account: AccountRow, news: News) -> tuple[str, str | None]:
        """Moves the order that the news is about. Returns what became of it, and the order."""
        row = await self._meant(connector, account, news.reference)
        if row is None:
            return await self._tell_question(connector, account, news), None
        trace_id.set(row.trace_id)
        if news.trusted and news.happened:
            await self._journal.note(row.order_id, news.happened)
        what = await self._moved(connector, row, news)
        if news.trusted and news.postings:
            now = self._clock()
            await self._store.write(lambda tx: postings.tell(tx, row.order_id, news.postings, now))
            what = "applied"
        return what, row.order_id

    async def _moved(self, connector: Connector, row: OrderRow, news: News) -> str:
        """Settles the order by what the news says of it, or has it asked about. Returns what became of the news."""
        if not news.trusted or news.outcome is None:
            if news.trusted and news.remember:
                await self._journal.remember(row.order_id, row.tenant, news.remember, fence=None)
            now = self._clock()
            await self._store.write(lambda tx: work.hurry(tx, row.order_id, now))
            self._ring()
            return "hint"
        operation = operation_named(row.operation)
        request = (await self._journal.opened(row, operation)).request
        await self._journal.settle(
            Settlement(
                order_id=row.order_id,
                tenant=row.tenant,
                operation=operation,
                request=request,
                manifest=connector.manifest,
                news=news.outcome,
                source="callback",
                remember=news.remember,
            )
        )
        return "applied"

    async def _tell_question(self, connector: Connector, account: AccountRow, news: News) -> str:
        """Hands news on to the kept question that waits for it. Returns what became of it."""
        row = await self._asked(account, news.reference)
        if row is None:
            log.warning("callback-without-order", partner=connector.manifest.name)
            return rows.EARLY
        trace_id.set(row.trace_id)
        await self._questions.told(row, news.remember if news.trusted else {})
        self._ring()
        return "question"

    async def _meant(self, connector: Connector, account: AccountRow, reference: str) -> OrderRow | None:
        """The order of this account that a partner means. What no reference of ours looks like is not looked up."""
        if not _ours(reference):
            return None
        order_id = await self._store.read(
            lambda tx: orders.find_by_reference(tx, connector.manifest.id, account.account_id, reference)
        )
        return await self._journal.find(order_id) if order_id else None

    async def _asked(self, account: AccountRow, reference: str) -> QueryRow | None:
        """The kept question of this account that a partner means."""
        return await self._questions.meant(account.account_id, reference) if _ours(reference) else None

    async def _means_something(self, connector: Connector, account: AccountRow, reference: str) -> bool:
        """Whether a reference names an order or a kept question of this account."""
        order = await self._meant(connector, account, reference)
        return order is not None or await self._asked(account, reference) is not None

    async def _judge(
        self,
        callback_id: str,
        connector: Connector,
        account: AccountRow,
        what: str,
        order_id: str | None,
        *,
        trusted: bool,
        reference: str = "",
    ) -> None:
        now = self._clock()
        ours = reference if _ours(reference) else None
        may_come = what == rows.EARLY and trusted and ours is not None
        record = new_record(
            tenant=account.tenant,
            at=now,
            kind="callback",
            trace_id=trace_id.get(),
            actor=f"partner:{connector.manifest.name}",
            operation="callback",
            order_id=order_id,
            partner=connector.manifest.name,
            facts={"callback_id": callback_id, "what": what},
        )

        def unit(tx: Connection) -> None:
            is_new = rows.judge_callback(tx, callback_id, what, order_id, trusted=trusted, reference=ours)
            if may_come and is_new:
                work.again(tx, callback_id, now + ONCE_MORE_AFTER)
            else:
                work.finish(tx, callback_id)
            audit.append(tx, record)

        await self._store.write(unit)


def _ours(reference: str) -> bool:
    """Whether it could be a reference of ours at all."""
    return reference.isascii() and reference.isprintable() and 0 < len(reference) <= LONGEST_REFERENCE
