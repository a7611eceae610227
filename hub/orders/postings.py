"""Money that moved after an order was final: written beside its state, which it never moves."""

from collections.abc import Sequence
from datetime import datetime

from connectors.kit.partner import Moved
from hub.audit import rows as audit
from hub.events import rows as events
from hub.orders import rows
from hub.orders.recording import record_of
from hub.orders.rows import OrderRow
from hub.store import Connection
from schemas.order import Posting


def append(tx: Connection, row: OrderRow, posting: Posting, by: str, now: datetime) -> None:
    """One posting, with the audit and the bank told of it. `by` is what brought it."""
    row.postings.append(posting)
    facts = {"by": by, "amount": f"{posting.amount.amount} {posting.amount.currency}"}
    audit.append(tx, record_of("order.posting", row, now, facts=facts))
    events.publish(tx, row.tenant, "order.posted", row.order_id, now)


def tell(tx: Connection, order_id: str, told: Sequence[Moved], now: datetime) -> None:
    """What the partner says by itself, each once. Of an order that did not succeed a person must find out more."""
    row = rows.find(tx, order_id, for_update=True)
    if row is None:
        return
    for moved in told:
        if any(posting.number == moved.number for posting in row.postings):
            continue
        if row.state == "succeeded":
            posting = Posting(at=now, cause=moved.cause, amount=moved.amount, number=moved.number)
            append(tx, row, posting, "callback", now)
            continue
        words = f"{moved.cause} {moved.number}: money moved, and the order is {row.state}"
        if not row.noted("contradiction", words):
            row.note(now, "contradiction", words)
            row.review = True
            facts = {"state": row.state, "what": "contradiction", "by": "callback"}
            audit.append(tx, record_of("order.outcome", row, now, facts=facts))
    rows.update_order(tx, row)
