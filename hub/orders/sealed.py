"""The sealed parts of an order: what was asked, what is remembered between steps, what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from hub import ids
from hub.evidence.rows import evidence_context, keep_evidence
from hub.orders import rows
from hub.orders.rows import OrderRow
from hub.orders.states import Step
from hub.store import Connection, TenantSealer
from schemas.codec import PLAIN
from schemas.contract import Operation
from schemas.order import OrderRequest
from schemas.secret import Secret

REQUEST, PARTIES, HANDLES = "orders.request", "orders.parties", "orders.handles"
RESULT, DELIVERABLE = "orders.result", "deliverables.sealed"

_handles = msgspec.json.Decoder(dict[str, str])


def fingerprint(sealer: TenantSealer, request: OrderRequest, consent_id: str = "") -> bytes:
    """What makes two requests the same: a keyed digest of the canonical request, for there are few to guess among."""
    return sealer.blind_index(PLAIN.encode(request).decode() + consent_id, field=REQUEST)


def keep_result(
    tx: Connection, row: OrderRow, taken: Step, operation: Operation, sealer: TenantSealer, now: datetime
) -> None:
    """Lifts the legs out of a result, takes the deliverable out, and seals both. Only success hands over."""
    result, field = taken.result, operation.secret_field
    secret = getattr(result, field) if field else None
    if operation.legs_field:
        row.legs = list(getattr(result, operation.legs_field))
    if field and isinstance(secret, Secret):
        result = msgspec.structs.replace(result, **{field: None})
        if taken.state == "succeeded":
            row.deliverable_id = ids.new("dlv", now)
            context = deliverable_context(row.order_id, row.deliverable_id)
            sealed = sealer.seal(PLAIN.encode(secret.reveal()), context=context)
            rows.keep_deliverable(tx, row, sealed, now)
    row.result = sealer.seal(PLAIN.encode(result), context=f"{RESULT}:{row.order_id}")


def keep_contradicting(
    tx: Connection, row: OrderRow, result: Any, operation: Operation, sealer: TenantSealer, now: datetime
) -> None:
    """Seals what a late success brought, deliverable and all, as evidence under the order's trace."""
    field = operation.secret_field
    secret = getattr(result, field) if field else None
    told = {"result": msgspec.structs.replace(result, **{field: None}) if field else result}
    if isinstance(secret, Secret):
        told["secret"] = secret.reveal()
    evidence_id = ids.new("evi", now)
    content = sealer.seal(PLAIN.encode(told), context=evidence_context(evidence_id))
    keep_evidence(
        tx, evidence_id, tenant=row.tenant, partner=row.partner, trace_id=row.trace_id, at=now, sealed=content
    )


def deliverable_context(order_id: str, deliverable_id: str) -> str:
    """What a deliverable is sealed for: this order's, under this name."""
    return f"{DELIVERABLE}:{order_id}:{deliverable_id}"


def add_handles(row: OrderRow, more: Mapping[str, str], sealer: TenantSealer) -> None:
    """A callback and the attempt may both bring some at once: neither takes the other's away."""
    if more:
        row.handles = seal_handles(sealer, row.order_id, {**open_handles(row, sealer), **more})


def open_handles(row: OrderRow, sealer: TenantSealer) -> dict[str, str]:
    if not row.handles:
        return {}
    return _handles.decode(sealer.unseal(row.handles, context=f"{HANDLES}:{row.order_id}"))


def seal_handles(sealer: TenantSealer, order_id: str, handles: dict[str, str]) -> bytes | None:
    return sealer.seal(msgspec.json.encode(handles), context=f"{HANDLES}:{order_id}") if handles else None
