"""Member banks."""

from datetime import UTC, datetime

import pytest

from hub.store import Sealer, Store
from hub.tenants import banks, rows
from hub.tenants.banks import BankError
from hub.tenants.data_keys import DataKeys

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SEALER = Sealer(b"m" * 32)


async def add(store: Store, name: str) -> rows.BankRow:
    return await store.write(lambda tx: banks.add(tx, SEALER, name, now=NOW))


async def test_added_bank_is_found(store: Store):
    """A bank that was added is found by name and by id, and listed by name."""
    second, first = await add(store, "second-bank"), await add(store, "first-bank")
    assert first.tenant_id.startswith("bnk_")
    assert await store.read(lambda tx: banks.find(tx, "first-bank")) == first
    assert await store.read(lambda tx: rows.find_bank(tx, second.tenant_id)) == second
    assert await store.read(rows.list_banks) == [first, second]


async def test_name_is_used_once(store: Store):
    """Two banks cannot have one name."""
    await add(store, "first-bank")
    with pytest.raises(BankError, match="already a bank named first-bank"):
        await add(store, "first-bank")


@pytest.mark.parametrize("name", ["", "a", "A-bank", "-bank", "bank_1", "bank\n", "银行", "b" * 42, "a b"])
async def test_unfit_names_are_refused(store: Store, name: str):
    """A name is lower-case letters, digits and hyphens."""
    with pytest.raises(BankError, match="no name for a bank"):
        await add(store, name)


@pytest.mark.parametrize("name", ["ab", "0-9", "b" * 41])
async def test_short_and_long_names_fit(store: Store, name: str):
    """A name has 2 to 41 characters."""
    assert (await add(store, name)).name == name


async def test_unknown_bank_is_an_error_that_helps(store: Store):
    """Whoever misspells a bank is told which there are."""
    await add(store, "first-bank")
    with pytest.raises(BankError, match="banks: first-bank"):
        await store.read(lambda tx: banks.find(tx, "frist-bank"))


async def test_suspended_bank_can_come_back(store: Store):
    """A bank is suspended and resumed, and each is audited."""
    await add(store, "first-bank")
    await store.write(lambda tx: banks.suspend(tx, "first-bank", now=NOW))
    assert not (await store.read(lambda tx: banks.find(tx, "first-bank"))).active
    await store.write(lambda tx: banks.resume(tx, "first-bank", now=NOW))
    assert (await store.read(lambda tx: banks.find(tx, "first-bank"))).active
    records = await store.read(lambda tx: len(tx.exec_driver_sql("select 1 from audit_records").all()))
    assert records == 3


async def test_each_bank_seals_under_its_own_key(store: Store):
    """What one bank's key sealed, another's does not open."""
    first, second = await add(store, "first-bank"), await add(store, "second-bank")
    data_keys = DataKeys(store, SEALER)
    sealed = (await data_keys.of(first.tenant_id)).seal(b"secret", context="test")
    assert (await data_keys.of(first.tenant_id)).unseal(sealed, context="test") == b"secret"
    with pytest.raises(Exception, match="sealed for something else"):
        (await data_keys.of(second.tenant_id)).unseal(sealed, context="test")


async def test_unknown_tenant_has_no_key(store: Store):
    """There is no data key for a bank that does not exist."""
    with pytest.raises(KeyError):
        await DataKeys(store, SEALER).of("bnk_nobody")
