"""The data key of each bank, unwrapped once in this process."""

from hub.store import Connection, Sealer, Store, TenantSealer
from hub.tenants import rows


class DataKeys:
    """Hands out the sealer of a tenant."""

    def __init__(self, store: Store, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer
        self._known: dict[str, TenantSealer] = {}

    async def of(self, tenant: str) -> TenantSealer:
        """Raises: KeyError for a bank that does not exist."""
        known = self._known.get(tenant)
        if known is None:

            def query(tx: Connection) -> bytes:
                return rows.data_key(tx, tenant)

            known = self._known[tenant] = self._sealer.tenant(tenant, await self._store.read(query))
        return known
