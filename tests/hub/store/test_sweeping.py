"""Deleting what is over, a little at a time."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select

from hub.orders.rows import KEYS_KEPT, forget_keys, order_keys
from hub.store import AT_ONCE, Store

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


async def test_a_sweep_is_bounded(store: Store):
    """One sweep takes no more than its share, says how much it took, and leaves what is not over."""
    old, young = NOW - KEYS_KEPT - timedelta(seconds=1), NOW - KEYS_KEPT

    def fill(tx):
        mark = {"tenant": "t", "operation": "o", "fingerprint": b"f", "order_id": "ord_1"}
        keys = [mark | {"key": f"k{number}", "created_at": old} for number in range(AT_ONCE + 5)]
        tx.execute(insert(order_keys), [*keys, mark | {"key": "young", "created_at": young}])

    await store.write(fill)
    swept = [await store.write(lambda tx: forget_keys(tx, NOW)) for _ in range(3)]
    assert swept == [AT_ONCE, 5, 0]
    left = await store.read(lambda tx: tx.execute(select(func.count()).select_from(order_keys)).scalar_one())
    assert left == 1
