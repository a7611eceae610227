"""Orders that undo orders: one at a time, and what their success means for the other."""

from datetime import datetime

from hub.errors import FieldError, Invalid
from hub.orders import postings, rows
from hub.orders.rows import Key, OrderRow
from hub.store import Connection
from hub.work import rows as work
from schemas.money import Money
from schemas.order import OrderRequest, Posting, Reversal


def overlapping(tx: Connection, key: Key, request: OrderRequest, known: int) -> Invalid | None:
    """Whether another reversal of the same order came in between: what was checked no longer holds."""
    if not isinstance(request, Reversal):
        return None
    rows.find(tx, request.reverses, for_update=True)  # before the key: a twin may be writing this very order
    if rows.find_key(tx, key) or len(rows.reversals_of(tx, request.reverses)) == known:
        return None
    flaw = FieldError(field="reverses", message="is being undone by another order")
    return Invalid("another reversal of this order came in between; look at the order", flaw)


def was_undone(tx: Connection, order_id: str) -> bool:
    """Whether a reversal of this order has succeeded."""
    return any(row.state == "succeeded" for row in rows.reversals_of(tx, order_id))


def undo(tx: Connection, reversal: OrderRow, returned: Money | None, now: datetime) -> None:
    """What a reversal that succeeded means for its original: money back, or a reason to ask what it is now.

    A declined one learnt already that it was undone: it took nothing, so nothing comes back.
    """
    work.hurry(tx, str(reversal.reverses), now)  # before the row: whoever settles takes them in this order
    original = rows.find(tx, str(reversal.reverses), for_update=True)
    if original is None:
        return
    original.note(now, "undone", f"by {reversal.order_id}")
    if original.state == "succeeded" and returned is not None:
        posting = Posting(at=now, cause=reversal.operation, amount=returned)
        postings.append(tx, original, posting, reversal.order_id, now)
    rows.update_order(tx, original)
