"""Whether the master key is the one that this database was sealed with."""

from hub.audit.log_key import known_keys
from hub.settings import SettingError
from hub.store import Sealer, Store, Unsealable
from hub.tenants import rows
from hub.tenants.rows import BankRow


async def check_master_key(store: Store, sealer: Sealer) -> None:
    """Raises: SettingError where there is something sealed, and the key opens none of it."""
    banks = await store.read(rows.list_banks)
    sealed = bool(banks or await known_keys(store))
    if sealed and not any(_opens(bank, sealer) for bank in banks) and not await known_keys(store, sealer):
        raise SettingError(
            "HUB_MASTER_KEY is not the key that this database was sealed with; nothing stored can be read without that"
        )


def _opens(bank: BankRow, sealer: Sealer) -> bool:
    try:
        sealer.tenant(bank.tenant_id, bank.data_key)
    except Unsealable:
        return False
    return True
