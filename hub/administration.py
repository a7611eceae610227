"""Commands by which an operator adds banks, their clients and their accounts, and shuts them out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from cyclopts import App, Parameter

from connectors.kit import registry
from hub.clock import utc_now
from hub.identity.clients import add_client, deactivate_client
from hub.identity.rows import list_clients
from hub.partners.accounts import set_account as store_account
from hub.screen import out, table
from hub.settings import Settings, from_environment
from hub.store import Connection, Sealer, Store, open_store
from hub.store.schema import check_is_head
from hub.tenants import banks
from hub.tenants import rows as tenant_rows
from hub.tenants.master_key import check_master_key

T = TypeVar("T")

EnvFile = Annotated[
    Path | None,
    Parameter(name="--env-file", help="read HUB_… settings from here; before the environment's"),
]

bank = App(name="bank", help="Member banks.")
client = App(name="client", help="Programs of banks that may get tokens.")
partner = App(name="partner", help="Banks' accounts at partners.")
account = App(name="account", help="One bank's credentials and settings at one partner.")
partner.command(account)


@bank.command(name="add")
def bank_add(name: str, *, env_file: EnvFile = None) -> None:
    """Add a member bank, and print its tenant id.

    Parameters
    ----------
    name
        2 to 41 lower-case letters, digits and hyphens.
    """

    def unit(tx: Connection, sealer: Sealer) -> str:
        return banks.add(tx, sealer, name, now=utc_now()).tenant_id

    out.print(administer(env_file, unit), highlight=False)


@bank.command(name="list")
def bank_list(*, env_file: EnvFile = None) -> None:
    """List the member banks."""
    found = look(env_file, tenant_rows.list_banks)
    table(["bank", "tenant", "status"], [(row.name, row.tenant_id, row.status) for row in found])


@bank.command(name="suspend")
def bank_suspend(name: str, *, env_file: EnvFile = None) -> None:
    """Shut a bank out: its clients get no tokens, and the ones they have are refused within seconds.

    On SQLite the hub must be stopped for it, and refuses them from its next start.

    Parameters
    ----------
    name
        The bank's name.
    """
    administer(env_file, lambda tx, _: banks.suspend(tx, name, now=utc_now()))


@bank.command(name="resume")
def bank_resume(name: str, *, env_file: EnvFile = None) -> None:
    """Let a suspended bank in again.

    Parameters
    ----------
    name
        The bank's name.
    """
    administer(env_file, lambda tx, _: banks.resume(tx, name, now=utc_now()))


@client.command(name="add")
def client_add(name: str, *, bank: str, scope: Sequence[str], jwks: Path, env_file: EnvFile = None) -> None:
    """Add a client of a bank, with its scopes and its public keys, and print its client id.

    Parameters
    ----------
    name
        What people call it.
    bank
        The bank's name.
    scope
        A scope such as utility-bills:pay; give it once for each.
    jwks
        File with the client's public JWK set. The private keys stay with the bank.
    """
    keys = _content("--jwks", jwks)

    def unit(tx: Connection, _: Sealer) -> str:
        tenant = banks.find(tx, bank).tenant_id
        return add_client(tx, tenant, name, scope, keys, now=utc_now()).client_id

    out.print(administer(env_file, unit), highlight=False)


@client.command(name="list")
def client_list(bank: str, *, env_file: EnvFile = None) -> None:
    """List the clients of a bank, with what they may do.

    Parameters
    ----------
    bank
        The bank's name.
    """
    found = look(env_file, lambda tx: list_clients(tx, banks.find(tx, bank).tenant_id))
    rows = [(row.name, row.client_id, "active" if row.active else "inactive", " ".join(row.scopes)) for row in found]
    table(["client", "client id", "status", "scopes"], rows)


@client.command(name="deactivate")
def client_deactivate(client_id: str, *, env_file: EnvFile = None) -> None:
    """Shut a client out: no new tokens, and the ones it has are refused within seconds.

    On SQLite the hub must be stopped for it, and refuses them from its next start.

    Parameters
    ----------
    client_id
        As `hub client add` printed it, and `hub client list` does.
    """
    administer(env_file, lambda tx, _: deactivate_client(tx, client_id, now=utc_now()))


@account.command(name="set")
def account_set(bank: str, partner: str, *, file: Path, env_file: EnvFile = None) -> None:
    """Set a bank's account at a partner from a JSON file, checked against what the partner needs.

    Parameters
    ----------
    bank
        The bank's name.
    partner
        The connector's name; see `hub connector list`.
    file
        JSON with the account's settings and credentials. They are stored sealed.
    """
    raw = _content("--file", file)
    found = registry.find([partner])[partner]

    def unit(tx: Connection, sealer: Sealer) -> str:
        return store_account(tx, sealer, found, banks.find(tx, bank).tenant_id, raw, utc_now())

    out.print(administer(env_file, unit), highlight=False)


def _content(option: str, file: Path) -> bytes:
    """Raises: ValueError, naming the option."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise ValueError(f"{option} {file}: {error.strerror}") from error


def administer(env_file: Path | None, unit: Callable[[Connection, Sealer], T]) -> T:
    """One administrative unit, under the write lock."""
    settings = from_environment(env_file)
    sealer = Sealer(settings.key())

    async def write(store: Store) -> T:
        await check_master_key(store, sealer)
        return await store.write(lambda tx: unit(tx, sealer))

    return with_store(settings, write, read_only=False)


def look(env_file: Path | None, query: Callable[[Connection], T]) -> T:
    """What a query finds; it may be asked beside a serving hub."""
    return with_store(from_environment(env_file), lambda store: store.read(query), read_only=True)


def with_store(settings: Settings, use: Callable[[Store], Awaitable[T]], *, read_only: bool) -> T:
    """Opens the database for one use of it. Raises: WrongVersion, StoreUnavailable."""

    async def run() -> T:
        store = open_store(settings.database_url, read_only=read_only)
        try:
            await check_is_head(store)
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(run())
