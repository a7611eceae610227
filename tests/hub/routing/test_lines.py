"""Lines to partners: one per account, rebuilt when its settings change; and what stands on a bank's shelf."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from connectors.kit.manifest import Limits, Manifest
from hub.errors import Misconfigured
from hub.partners import rows
from hub.partners.accounts import sealed_for
from hub.partners.rows import AccountRow
from hub.routing.lines import FRESH, Lines
from hub.store import Sealer, Store, Unsealable
from hub.tenants import banks
from hub.tenants.data_keys import DataKeys
from schemas.call import Http
from schemas.errors import NotSent

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
SEALER = Sealer(b"m" * 32)


class Account(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody's account."""

    secret: str


class House:
    """One bank and two partners, the second of them not enabled."""

    def __init__(self, store: Store, tenant: str, patience: timedelta | None = None) -> None:
        self.store = store
        self.tenant = tenant
        self.now = START
        self.data_keys = DataKeys(store, SEALER)
        connector: Any = SimpleNamespace(
            manifest=Manifest(
                id=7,
                name="some_partner",
                title="Some partner",
                auth="none",
                zone="UTC",
                offers={},
                regions=["NG"],
                limits=Limits(answer_seconds=30),
            ),
            partner=SimpleNamespace(account=Account),
        )
        self.lines = Lines(
            store,
            self.data_keys,
            {"some_partner": connector},
            lambda: self.now,
            public_url=lambda: "https://hub.example",
            patience=patience,
        )

    @classmethod
    async def opened(cls, store: Store, name: str = "some-bank", **more: Any) -> "House":
        bank = await store.write(lambda tx: banks.add(tx, SEALER, name, now=START))
        return cls(store, bank.tenant_id, **more)

    async def set_account(self, settings: object, partner_id: int = 7) -> AccountRow:
        sealer = await self.data_keys.of(self.tenant)
        sealed = sealer.seal(msgspec.json.encode(settings), context=sealed_for(self.tenant, partner_id))
        name = f"acc_{self.tenant[-8:]}_{partner_id}"

        def unit(tx: Any) -> str:
            return rows.set_account(tx, name, self.tenant, partner_id, sealed, START)

        account_id = await self.store.write(unit)
        found = await self.lines.account(account_id)
        assert found is not None
        return found


@pytest.fixture
async def house(store: Store):
    house = await House.opened(store)
    yield house
    await house.lines.close()


async def test_line_is_shared(house: House):
    """Everybody who goes to one account uses one line, even where they come all at once."""
    row = await house.set_account({"secret": "first"})
    found = await asyncio.gather(*(house.lines.line(row) for _ in range(16)))
    assert len({id(line) for line in found}) == 1
    assert found[0].callback_url == f"https://hub.example/callbacks/some_partner/{row.account_id}"


async def test_line_follows_its_settings(house: House):
    """New settings mean a new line; the old row still gets the new line, never the other way round."""
    before = await house.set_account({"secret": "first"})
    old = await house.lines.line(before)
    after = await house.set_account({"secret": "second"})
    new = await house.lines.line(after)
    assert (old.account, new.account) == (Account("first"), Account("second"))
    assert await house.lines.line(before) is new
    assert new.sessions is not old.sessions, "a session of the old credentials is none of the new"


async def test_replaced_line_serves_its_last_calls(house: House):
    """A call that is under way keeps its line; a stop waits for none of them."""
    old = await house.lines.line(await house.set_account({"secret": "first"}))
    await house.lines.line(await house.set_account({"secret": "second"}))
    await asyncio.sleep(0)
    assert not old.channel._closed
    began = asyncio.get_running_loop().time()
    await house.lines.close()
    assert asyncio.get_running_loop().time() - began < 1
    with pytest.raises(NotSent, match="closed"):
        await old.channel.exchange(Http(method="GET", url="http://127.0.0.1:9/"), timedelta(seconds=1))


async def test_unreadable_account_is_told(house: House):
    """Settings that no longer fit the partner's struct are the operator's business, and named without a value."""
    row = await house.set_account({"secret": "hush", "gone": 1})
    with pytest.raises(Misconfigured) as told:
        await house.lines.line(row)
    assert "hush" not in str(told.value)


async def test_patience_is_the_shorter_one(store: Store):
    """The hub's own bound on a partner's answer holds where the manifest's is longer."""
    house = await House.opened(store, patience=timedelta(seconds=2))
    line = await house.lines.line(await house.set_account({"secret": "first"}))
    assert line.patience == timedelta(seconds=2)
    await house.lines.close()


async def test_shelf_holds_what_is_enabled(house: House):
    """A bank reaches the enabled partners that it has an account at, and no other bank's."""
    row = await house.set_account({"secret": "first"})
    await house.set_account({"secret": "first"}, partner_id=8)
    other = await House.opened(house.store, "other-bank")
    assert await house.lines.shelf(house.tenant) == {7: row}
    assert await house.lines.shelf(other.tenant) == {}


async def test_shelf_is_read_again_soon(house: House):
    """A change reaches the shelf within seconds, and no sooner than it must be read again."""
    assert await house.lines.shelf(house.tenant) == {}
    row = await house.set_account({"secret": "first"})
    assert await house.lines.shelf(house.tenant) == {}
    house.now += FRESH + timedelta(seconds=1)
    assert await house.lines.shelf(house.tenant) == {7: row}


async def test_settings_of_another_partner_do_not_open(house: House):
    """Settings are sealed for one bank at one partner: moved to another row they are worth nothing."""
    await house.set_account({"secret": "first"}, partner_id=8)
    row = await house.set_account({"secret": "second"})
    sealer = await house.data_keys.of(house.tenant)
    moved = sealer.seal(b'{"secret":"first"}', context=sealed_for(house.tenant, 8))
    with pytest.raises(Unsealable):
        await house.lines.line(msgspec.structs.replace(row, settings=moved, version=2))
