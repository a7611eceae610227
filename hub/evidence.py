"""What partners sent that nobody could read: kept for people under the trace id, and never shown to a bank."""

from hub import ids
from hub.events import rows
from hub.store import Store, StoreUnavailable
from hub.tenants.data_keys import DataKeys
from schemas.call import Clock

CONTEXT = "evidence.sealed"
KEPT = 64 * 1024


class Evidence:
    """Keeps garbage, sealed and cut to a bearable length."""

    def __init__(self, store: Store, data_keys: DataKeys, clock: Clock) -> None:
        self._store = store
        self._data_keys = data_keys
        self._clock = clock

    async def keep(self, tenant: str, partner: str, trace_id: str, found: bytes) -> None:
        """Keeps it if that is possible: evidence is no reason to fail a call."""
        sealer = await self._data_keys.of(tenant)
        now = self._clock()
        row = {
            "evidence_id": ids.new("evi", now),
            "tenant": tenant,
            "partner": partner,
            "trace_id": trace_id,
            "at": now,
            "sealed": sealer.seal(found[:KEPT], context=CONTEXT),
        }
        try:
            await self._store.write(lambda tx: rows.keep_evidence(tx, row))
        except StoreUnavailable:
            return
