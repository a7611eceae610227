"""More banks and clients than the demo has."""

import asyncio
import base64
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from connectors.kit import registry
from hub.clock import utc_now
from hub.identity.clients import add_client
from hub.partners.accounts import set_account
from hub.store import Connection, Sealer, open_store
from hub.tenants import banks
from sandbox.bank import BankApp, make_key, public_jwks
from sandbox.demo import BANK, account_settings
from tests.caller import Caller
from tests.running import Running


@dataclass(frozen=True)
class TwoBanks:
    """A hub that two banks share: `one` and `other`. `reader` and `payer` are clients of `one` with a scope each."""

    hub: Running
    one: Caller
    other: Caller
    reader: Caller
    payer: Caller


NEIGHBOUR, NEWCOMER = "neighbour", "newcomer"


@dataclass(frozen=True)
class Street:
    """A hub with its first bank, a neighbour with accounts at the same partners, and a newcomer with none."""

    hub: Running
    neighbour: BankApp
    newcomer: BankApp


Streets = Callable[[str], Street]
"""The street of a scenario."""


@contextmanager
def street(hub: Running) -> Iterator[Street]:
    """The banks of a hub that does not run yet, and the hub started, until the context ends."""
    with ExitStack() as stack:
        stack.callback(hub.close)
        banks = enrol_bank(hub, NEIGHBOUR), enrol_bank(hub, NEWCOMER, partners=())
        for bank in banks:
            stack.callback(bank.close)
        hub.start()
        yield Street(hub, *banks)


def enrol_bank(hub: Running, name: str, partners: Collection[str] | None = None) -> BankApp:
    """A further bank, with an account at every partner, or at these, and a client with every scope of the demo's.

    The hub must not run yet: SQLite has one writer.
    """

    def unit(tx: Connection, sealer: Sealer) -> str:
        tenant = banks.add(tx, sealer, name, now=utc_now()).tenant_id
        connectors = registry.find()
        stands = hub.partners.stands
        for partner in stands if partners is None else partners:
            raw = account_settings(hub.place, connectors[partner], stands[partner].protocol)
            set_account(tx, sealer, connectors[partner], tenant, raw, utc_now())
        return tenant

    return _enrol(hub, unit, hub.bank["scopes"], "app")


def enrol_client(hub: Running, *scopes: str) -> BankApp:
    """A further client of the demo's bank. The hub must not run yet."""
    return _enrol(hub, lambda tx, _: banks.find(tx, BANK).tenant_id, scopes, " ".join(scopes).replace(":", "."))


def _enrol(hub: Running, bank: Callable[[Connection, Sealer], str], scopes: Collection[str], name: str) -> BankApp:
    settings = dict(line.split("=", 1) for line in hub.place.settings.read_text().splitlines())
    sealer = Sealer(base64.b64decode(settings["HUB_MASTER_KEY"]))
    key = make_key()

    def unit(tx: Connection) -> str:
        client = add_client(tx, bank(tx, sealer), name, scopes, public_jwks(key), now=utc_now())
        return client.client_id

    async def write() -> str:
        store = open_store(settings["HUB_DATABASE_URL"])
        try:
            return await store.write(unit)
        finally:
            await store.close()

    return BankApp(hub.bank | {"client_id": asyncio.run(write()), "private_jwk": key, "scopes": list(scopes)})
