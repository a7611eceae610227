"""The journal: an order is written down before anything leaves, and every piece of news moves it in one unit."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import structlog

from connectors.kit.manifest import Manifest
from connectors.kit.partner import Happening
from hub import ids
from hub.audit import rows as audit
from hub.consents.parties import Parties, open_parties, seal_parties
from hub.errors import FieldError, HubError, KeyReused
from hub.events import rows as events
from hub.evidence.rows import count_unmapped
from hub.orders import reversals, rows, sealed
from hub.orders.drafts import Draft, disagreed, new_row
from hub.orders.recording import record_of
from hub.orders.rows import SENT_AGAIN, Key, OrderRow
from hub.orders.states import News, Source, Step, step
from hub.store import Connection, Store, TenantSealer
from hub.tenants.data_keys import DataKeys
from hub.work import rows as work
from hub.work.rows import Work
from schemas.call import Clock
from schemas.codec import PLAIN
from schemas.contract import Operation
from schemas.order import OrderRequest, Reversal
from schemas.outcome import Pending, Succeeded, Unknown

log = structlog.get_logger("hub.orders")

KIND = "order"
STUCK_PAUSE = timedelta(minutes=10)
"""Between two looks at an order whose partner cannot be asked at all."""


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """News about an order, on its way into the journal.

    Shape: `fence` is that of the claim under which the news was got; None for news that came by itself. `remember` is
    what the news brought along for later steps, and is kept whatever the news does to the order.
    """

    order_id: str
    tenant: str
    operation: Operation
    request: OrderRequest
    manifest: Manifest
    news: News
    source: Source
    fence: int | None = None
    remember: Mapping[str, str] = {}


class Opened(NamedTuple):
    """The sealed parts of a stored order."""

    request: OrderRequest
    handles: dict[str, str]
    parties: Parties | None


class ClaimLost(Exception):
    """Somebody else looks after this order now: nothing more may be sent under the old claim."""


class Journal:
    """Every order of every bank."""

    def __init__(
        self, store: Store, data_keys: DataKeys, clock: Clock, *, owner: str, schedule: Sequence[timedelta]
    ) -> None:
        self._store = store
        self._data_keys = data_keys
        self._clock = clock
        self._owner = owner
        self._schedule = schedule

    async def fingerprint(self, tenant: str, request: OrderRequest, consent_id: str = "") -> bytes:
        """What makes two requests of this bank the same: the request, and on whose behalf."""
        return sealed.fingerprint(await self._data_keys.of(tenant), request, consent_id)

    async def replay(self, key: Key) -> OrderRow | None:
        """The order that stands under this key. Raises: KeyReused where it was another request."""
        standing = await self._store.read(lambda tx: _standing(tx, key))
        if isinstance(standing, KeyReused):
            raise standing
        return standing

    async def begin(self, draft: Draft) -> tuple[OrderRow, bool]:
        """Journals an order: row, key, reference, due work and audit, in one commit.

        Returns the order and True; or the one that already stands under the key, and False.
        Raises: KeyReused, Invalid; ConsentMissing where the consent has ended while the order was checked.
        """
        sealer = await self._data_keys.of(draft.key.tenant)
        now = self._clock()
        order_id = ids.new("ord", now)
        request = sealer.seal(PLAIN.encode(draft.request), context=f"{sealed.REQUEST}:{order_id}")
        handles = sealed.seal_handles(sealer, order_id, draft.handles)
        parties = seal_parties(sealer, draft.parties, f"{sealed.PARTIES}:{order_id}")

        def unit(tx: Connection) -> tuple[OrderRow | HubError, bool]:
            if overlapping := reversals.overlapping(tx, draft.key, draft.request, draft.reversals):
                return overlapping, False
            if missing := disagreed(tx, draft, now):
                return _standing(tx, draft.key) or missing, False
            if not rows.claim_key(tx, draft.key, order_id, now):
                standing = _standing(tx, draft.key)
                if standing is None:
                    raise RuntimeError("a key without its order")
                return standing, False
            row = new_row(draft, order_id, now, request, handles)
            row.parties = parties
            rows.insert_order(tx, row)
            held = Work(order_id, KIND, row.tenant, fence=1, tries=0)
            work.start(tx, held, owner=self._owner, leased_until=now + draft.lease)
            facts = draft.parties.facts if draft.parties else {}
            audit.append(tx, record_of("order.journalled", row, now, digest=draft.key.fingerprint, facts=facts))
            return row, True

        row, is_new = await self._store.write(unit)
        if not isinstance(row, OrderRow):
            raise row
        return row, is_new

    async def resume(self, order_id: str, fence: int) -> bool:
        """Marks a received order as being sent again, before it is. False: the claim no longer stands."""
        now = self._clock()

        def unit(tx: Connection) -> bool:
            if not work.held(tx, order_id, fence):
                return False
            row = rows.find(tx, order_id, for_update=True)
            if row is None or row.state != "received":
                return False
            row.state = "submitting"
            row.note(now, SENT_AGAIN)
            audit.append(tx, record_of("order.attempt", row, now, facts={"step": SENT_AGAIN}))
            rows.update_order(tx, row)
            return True

        return await self._store.write(unit)

    async def remember(self, order_id: str, tenant: str, handles: Mapping[str, str], fence: int | None) -> None:
        """Keeps what later steps need beside what was kept before, committed on return.

        Nothing is kept where the claim no longer stands; news that came by itself needs none.
        """
        sealer = await self._data_keys.of(tenant)

        def unit(tx: Connection) -> None:
            lost = fence is not None and not work.held(tx, order_id, fence)
            row = rows.find(tx, order_id, for_update=True)
            if row is not None and not lost:
                sealed.add_handles(row, handles, sealer)
                rows.update_order(tx, row)

        await self._store.write(unit)

    async def step_taken(self, order_id: str, name: str, fence: int) -> None:
        """Commits that a further step is about to leave. Raises: ClaimLost, and then it must not."""
        now = self._clock()

        def unit(tx: Connection) -> bool:
            stands = work.held(tx, order_id, fence)
            row = rows.find(tx, order_id, for_update=True)
            if row is None or not stands:
                return False
            row.note(now, rows.STEP, name)
            rows.update_order(tx, row)
            audit.append(tx, record_of("order.attempt", row, now, facts={"step": name}))
            return True

        if not await self._store.write(unit):
            raise ClaimLost(order_id)

    async def settle(self, settlement: Settlement) -> OrderRow | None:
        """Applies news: state, audit, event and next step in one unit, and only if the claim still stands.

        Returns the order as it then is; None where a fence was lost, and nothing was written.
        """
        now = self._clock()
        tenant_sealer = await self._data_keys.of(settlement.tenant)
        news, doubt = _doubted(settlement)

        def unit(tx: Connection) -> OrderRow | None:
            claim = work.standing(tx, settlement.order_id)
            row = rows.find(tx, settlement.order_id, for_update=True)
            if row is None or _lost(settlement.fence, claim, row):
                return None
            absent_for_good = now - row.may_have_left_at >= settlement.manifest.absence_final_after
            before = row.state
            taken = step(row.state, news, settlement.source, absence_is_final=absent_for_good)
            self._apply(tx, row, taken, settlement, tenant_sealer, now)
            if isinstance(news, Pending | Unknown) and news.unmapped:
                said = news.stage if isinstance(news, Pending) else news.why
                count_unmapped(tx, row.partner, row.operation, said, now)
            if row.final and row.settled_fence is None and claim:
                row.settled_fence = claim.fence
            sealed.add_handles(row, settlement.remember, tenant_sealer)
            if doubt or (row.state == "succeeded" != before and reversals.was_undone(tx, row.order_id)):
                row.review = True  # the partner took it back before it told that it had done it: a person should look
            if row.state == "succeeded" != before and isinstance(settlement.request, Reversal):
                reversals.undo(tx, row, settlement.request.returned(taken.result), now)
            self._plan(tx, row, taken, claim.tries if claim else 0, settlement, now)
            rows.update_order(tx, row)
            return row

        settled = await self._store.write(unit)
        if settled is None:
            log.warning("answer-dropped", order_id=settlement.order_id, news=type(news).__name__, why="claim lost")
        if settled and settled.review:
            log.warning("order-needs-review", order_id=settled.order_id, partner=settled.partner)
        return settled

    def _apply(
        self, tx: Connection, row: OrderRow, taken: Step, settlement: Settlement, sealer: TenantSealer, now: datetime
    ) -> None:
        """Moves the row as the step says, and writes audit and event beside it."""
        moved = taken.state != row.state
        if taken.contradicting is not None and not row.noted(taken.what, taken.detail):
            sealed.keep_contradicting(tx, row, taken.contradicting, settlement.operation, sealer, now)
        row.note(now, taken.what, taken.detail)
        row.review = row.review or taken.alert
        if taken.result is not None:
            sealed.keep_result(tx, row, taken, settlement.operation, sealer, now)
        row.reason = taken.reason or row.reason
        row.state = taken.state
        if row.state == "declined":
            row.result = None  # what there was so far is no result
        if moved and row.final:
            row.settled_at = now
        facts = {"state": row.state, "what": taken.what, "by": settlement.source}
        audit.append(tx, record_of("order.outcome", row, now, facts=facts))
        if moved:
            events.publish(tx, row.tenant, f"order.{row.state}", row.order_id, now)

    def _plan(
        self, tx: Connection, row: OrderRow, taken: Step, tries: int, settlement: Settlement, now: datetime
    ) -> None:
        """What happens next: nothing for a final order, a person past the partner's window, else another look.

        News that came by itself leaves a claim that stands alone: whoever holds it still has something to say.
        """
        if row.final:
            row.next_check_at = None
            work.finish(tx, row.order_id)
            return
        window_ends = row.sent_at + timedelta(seconds=settlement.manifest.enquiry.window)
        if now >= window_ends:
            row.review = True
            row.next_check_at = None
            row.note(now, "window-over", "the partner no longer answers about this order; a person must find out")
            work.finish(tx, row.order_id)
            return
        pause = self._schedule[min(tries, len(self._schedule) - 1)]
        due_at = min(max(now + pause, taken.check_after or now), max(now + pause, window_ends))
        if settlement.fence is None:
            work.hurry(tx, row.order_id, due_at)
            row.next_check_at = min(due_at, row.next_check_at or due_at)
        else:
            work.again(tx, row.order_id, due_at)
            row.next_check_at = due_at

    async def flag(self, order_id: str, fence: int, why: str) -> None:
        """Hands an open order that nobody can ask about to a person, and looks again in a while."""
        now = self._clock()

        def unit(tx: Connection) -> None:
            row = rows.find(tx, order_id, for_update=True)
            if row is None or row.final or not work.held(tx, order_id, fence):
                return
            row.review = True
            row.next_check_at = now + STUCK_PAUSE
            row.note(now, "stuck", why)
            rows.update_order(tx, row)
            work.again(tx, order_id, row.next_check_at)
            audit.append(tx, record_of("order.outcome", row, now, facts={"state": row.state, "what": "stuck"}))

        await self._store.write(unit)
        log.error("order-stuck", order_id=order_id, why=why)

    async def note(self, order_id: str, happened: Sequence[Happening]) -> None:
        """Writes down what happened beside an order's state, and tells the bank; once, however often it comes."""
        now = self._clock()

        def unit(tx: Connection) -> None:
            row = rows.find(tx, order_id, for_update=True)
            for each in happened:
                if row is None or row.noted(each.what, each.detail):
                    continue
                row.note(now, each.what, each.detail)
                facts = {"state": row.state, "what": each.what, "by": "callback"}
                audit.append(tx, record_of("order.outcome", row, now, facts=facts))
                events.publish(tx, row.tenant, f"order.{each.what}", row.order_id, now)
            if row is not None:
                rows.update_order(tx, row)

        await self._store.write(unit)

    async def find(self, order_id: str) -> OrderRow | None:
        return await self._store.read(lambda tx: rows.find(tx, order_id))

    async def opened(self, row: OrderRow, operation: Operation) -> Opened:
        """The request, the handles and the parties of a stored order, unsealed."""
        sealer = await self._data_keys.of(row.tenant)
        plain = sealer.unseal(row.request, context=f"{sealed.REQUEST}:{row.order_id}")
        request: OrderRequest = PLAIN.decoder(operation.request).decode(plain)
        parties = open_parties(sealer, row.parties, f"{sealed.PARTIES}:{row.order_id}")
        return Opened(request, sealed.open_handles(row, sealer), parties)

    async def result(self, row: OrderRow, operation: Operation) -> Any:
        """The result of a stored order, without its deliverable; None where it has none."""
        if row.result is None:
            return None
        sealer = await self._data_keys.of(row.tenant)
        plain = sealer.unseal(row.result, context=f"{sealed.RESULT}:{row.order_id}")
        return PLAIN.decoder(operation.result).decode(plain)


def _standing(tx: Connection, key: Key) -> OrderRow | KeyReused | None:
    """What stands under a key. The refusal is returned: a unit that raises would spoil its whole batch."""
    found = rows.find_key(tx, key)
    if found is None:
        return None
    if found[0] != key.fingerprint:
        flaw = FieldError(field="Idempotency-Key", message="belongs to another request")
        return KeyReused("this Idempotency-Key was used for another request; use a new key for a new order", flaw)
    return rows.find(tx, found[1])


def _lost(fence: int | None, claim: work.Standing | None, row: OrderRow) -> bool:
    """Whether somebody else claimed the order since this claim; news that came by itself (no fence) needs none."""
    return fence is not None and fence != (row.settled_fence if row.final else claim and claim.fence)


def _doubted(settlement: Settlement) -> tuple[News, bool]:
    """A success that the request contradicts (another amount, say) is no success, and a person should look."""
    news = settlement.news
    if isinstance(news, Succeeded):
        contradiction = settlement.request.contradicts(news.result)
        if contradiction:
            return Unknown(why=contradiction), True
    if isinstance(news, Pending) and news.so_far is not None:
        contradiction = settlement.request.contradicts(news.so_far)
        if contradiction:
            return Pending(stage=contradiction, check_after=news.check_after), True
    return news, False
