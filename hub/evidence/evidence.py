"""What partners sent that nobody could read: kept for people under the trace id, and never shown to a bank."""

from collections.abc import Iterable
from itertools import islice

import structlog

from hub import ids
from hub.evidence import rows
from hub.store import Connection, Store
from hub.tenants.data_keys import DataKeys
from schemas.call import Clock

log = structlog.get_logger("hub.evidence")

LONGEST = 64 * 1024
MOST_CODES = 20
"""Of one answer: a partner that makes them up fills no table at once."""


class Exhibits:
    """Keeps garbage, sealed and cut to a bearable length."""

    def __init__(self, store: Store, data_keys: DataKeys, clock: Clock) -> None:
        self._store = store
        self._data_keys = data_keys
        self._clock = clock

    async def keep(self, tenant: str, partner: str, trace_id: str, found: bytes) -> None:
        """Keeps it if that is possible: evidence is no reason to fail a call."""
        try:
            await self._keep(tenant, partner, trace_id, found)
        except Exception as error:  # noqa: BLE001 - whatever it is, the call goes on without
            log.warning("evidence-lost", partner=partner, trace_id=trace_id, error=type(error).__name__)

    async def count(self, partner: str, operation: str, codes: Iterable[str]) -> None:
        """Counts codes that nobody mapped, if that is possible."""
        now = self._clock()

        def unit(tx: Connection) -> None:
            for code in islice(codes, MOST_CODES):
                rows.count_unmapped(tx, partner, operation, code, now)

        try:
            await self._store.write(unit)
        except Exception as error:  # noqa: BLE001 - whatever it is, the call goes on without
            log.warning("unmapped-uncounted", partner=partner, operation=operation, error=type(error).__name__)

    async def _keep(self, tenant: str, partner: str, trace_id: str, found: bytes) -> None:
        sealer = await self._data_keys.of(tenant)
        now = self._clock()
        evidence_id = ids.new("evi", now)
        sealed = sealer.seal(found[:LONGEST], context=rows.evidence_context(evidence_id))

        def unit(tx: Connection) -> None:
            rows.keep_evidence(
                tx, evidence_id, tenant=tenant, partner=partner, trace_id=trace_id, at=now, sealed=sealed
            )

        await self._store.write(unit)
