"""What the audit is told of an order."""

from datetime import datetime

from hub.audit.record import Kind, Record, new_record
from hub.orders.rows import OrderRow


def record_of(
    kind: Kind, row: OrderRow, now: datetime, *, facts: dict[str, str] | None = None, digest: bytes | None = None
) -> Record:
    return new_record(
        tenant=row.tenant,
        at=now,
        kind=kind,
        trace_id=row.trace_id,
        actor=row.client_id if kind == "order.journalled" else "hub",
        operation=row.operation,
        order_id=row.order_id,
        partner=row.partner,
        facts={"reference": row.reference, **(facts or {})},
        digests={"request": digest.hex()} if digest else None,
    )
