"""Where the hub remembers: one writer that commits in groups, readers beside it, and sealed personal fields.

Only this room and each room's `rows.py` import SQLAlchemy; what others need for their signatures is named here.
"""

from sqlalchemy import Connection

from hub.store.conflict import insert_if_absent
from hub.store.hooks import CRASH_POINTS, Hooks
from hub.store.metadata import Serial, UtcMicros, metadata
from hub.store.sealing import Sealer, TenantSealer, Unsealable
from hub.store.store import Store, open_store
from hub.store.sweeping import AT_ONCE, delete_some
from hub.store.unavailable import StoreUnavailable

__all__ = [
    "AT_ONCE",
    "CRASH_POINTS",
    "Connection",
    "Hooks",
    "Sealer",
    "Serial",
    "Store",
    "StoreUnavailable",
    "TenantSealer",
    "Unsealable",
    "UtcMicros",
    "delete_some",
    "insert_if_absent",
    "metadata",
    "open_store",
]
