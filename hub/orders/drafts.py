"""An order that is about to be journalled, and the row it becomes."""

from datetime import datetime, timedelta

import msgspec

from connectors.kit.manifest import Manifest
from hub.consents import consents
from hub.consents.parties import Parties, consent_of
from hub.errors import ConsentMissing
from hub.orders.rows import Key, OrderRow
from hub.store import Connection
from schemas.contract import Operation
from schemas.order import OrderRequest, Reversal, TimelineEntry


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is about to be journalled: checked, routed, and not yet sent."""

    key: Key
    client_id: str
    operation: Operation
    request: OrderRequest
    parties: Parties | None = None
    reversals: int = 0
    """Of a reversal: how many others of the same order there were when it was checked."""
    manifest: Manifest
    account_id: str
    reference: str
    handles: dict[str, str]
    trace_id: str
    lease: timedelta
    """How long the first attempt may hold the order before somebody else asks what became of it."""


def disagreed(tx: Connection, draft: Draft, now: datetime) -> ConsentMissing | None:
    """Whether the consent that the order rests on stands no longer."""
    consent_id = consent_of(draft.parties)
    found = consents.standing(tx, draft.key.tenant, consent_id, now) if consent_id else None
    return found if isinstance(found, ConsentMissing) else None


def new_row(draft: Draft, order_id: str, now: datetime, request: bytes, handles: bytes | None) -> OrderRow:
    """Shape: `request` and `handles` are sealed."""
    return OrderRow(
        order_id=order_id,
        tenant=draft.key.tenant,
        client_id=draft.client_id,
        operation=draft.operation.key,
        partner=draft.manifest.name,
        partner_id=draft.manifest.id,
        account_id=draft.account_id,
        reference=draft.reference,
        state="submitting",
        review=False,
        version=0,
        trace_id=draft.trace_id,
        reverses=draft.request.reverses if isinstance(draft.request, Reversal) else None,
        request=request,
        handles=handles,
        created_at=now,
        sent_at=now,
        next_check_at=now + draft.lease,
        timeline=[TimelineEntry(at=now, what="journalled")],
    )
