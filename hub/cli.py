"""The command line: `hub --help`. With `sandbox/demo.py`, the only place that knows every room."""

import asyncio
import signal
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import msgspec
from cyclopts import App, Parameter

from connectors.kit import registry
from connectors.kit.manifest import ManifestError
from hub import logs
from hub.administration import EnvFile, bank, client, look, partner, with_store
from hub.app import create_app, furnish, open_house
from hub.audit.log_key import known_keys
from hub.audit.verify import verify as verify_audit
from hub.clock import utc_now
from hub.evidence.rows import unmapped_codes
from hub.gateway.shapes import order_of
from hub.identity.refusals import ClientError
from hub.orders import rows as orders
from hub.partners.accounts import AccountError
from hub.screen import err, out, table
from hub.server import listen
from hub.server import serve as serve_app
from hub.settings import SettingError, Settings, explained, from_environment
from hub.store import Hooks, Sealer, Store, StoreUnavailable, Unsealable, open_store
from hub.store.schema import WrongVersion, current, upgrade
from hub.tenants.banks import BankError
from hub.tenants.master_key import check_master_key
from sandbox.stand import fleet
from schemas.call import Clock

T = TypeVar("T")

SETTINGS = "Settings are read from the environment:\n\n" + "\n".join(f"- {line}" for line in explained())

EXPECTED = (
    SettingError,
    StoreUnavailable,
    WrongVersion,
    ManifestError,
    AccountError,
    BankError,
    ClientError,
    Unsealable,
    fleet.NotStarted,
    OSError,
    ValueError,
)
"""What an operator can mend: told in one line, without a stack trace."""

app = App(
    name="hub",
    help="One API between bank apps and the partners behind their everyday scenarios.",
    version=lambda: version("scenario-hub"),
    default_parameter=Parameter(negative=()),
)
db = App(name="db", help="The database.")
connector = App(name="connector", help="The connectors that are installed.")
order = App(name="order", help="The order journal.")
audit = App(name="audit", help="The tamper-evident record of what happened.")
for group in (db, bank, client, partner, connector, order, audit):
    app.command(group)


@app.command(help=f"Serve the API, with the worker and the audit's notary, until SIGTERM.\n\n{SETTINGS}")
def serve(*, env_file: EnvFile = None) -> None:
    run_hub(from_environment(env_file))


def run_hub(settings: Settings, *, clock: Clock = utc_now, hooks: Hooks | None = None) -> None:
    """Serves until a signal. Only launchers of tests bring a clock or hooks of their own."""
    logs.configure(settings.log_level)
    settings.key()
    listener = listen(settings.host, settings.port)
    settings = msgspec.structs.replace(settings, port=listener.getsockname()[1])
    ready = partial(err.print, f"the hub serves on [bold]{settings.issuer}[/] (stop with Ctrl-C)", highlight=False)
    app = create_app(settings, clock=clock, hooks=hooks)
    serve_app(app, listener, drain_seconds=settings.duration("drain").total_seconds(), ready=ready)


@app.command
def work(*, env_file: EnvFile = None) -> None:
    """Run one more worker beside the serving hubs. Needs PostgreSQL: on SQLite, `hub serve` is the worker."""
    run_worker(from_environment(env_file))


def run_worker(settings: Settings, *, clock: Clock = utc_now) -> None:
    """Works until a signal."""
    logs.configure(settings.log_level)
    if settings.database_url.startswith("sqlite"):
        raise SettingError("HUB_DATABASE_URL: on SQLite one process writes, and `hub serve` includes the worker")
    asyncio.run(_work(settings, clock))


async def _work(settings: Settings, clock: Clock) -> None:
    store = open_store(settings.database_url)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_house(furnish(settings, store, clock), settings):
        err.print("the worker works (stop with Ctrl-C)")
        await stop.wait()


@app.command
def sandbox(*, var: Path = Path("var/demo"), port: int = 0) -> None:
    """Run the simulated partners alone, until Ctrl-C.

    Parameters
    ----------
    var
        Where their keys and ledgers lie: the demo's folder.
    port
        The first one's; the others follow. 0 takes those of the last start, or free ones.
    """
    from sandbox.demo import run_sandbox  # noqa: PLC0415 - the demo is no part of a serving hub

    run_sandbox(var, port)


@app.command
def demo(
    *,
    prepare: bool = False,
    once: bool = False,
    scenario: str | None = None,
    var: Path = Path("var/demo"),
    port: int | None = None,
) -> None:
    """Show the main job: hub, simulated partners and a guided tour, all on this machine.

    Parameters
    ----------
    prepare
        Only make keys, a bank, its client, accounts and settings.
    once
        Leave after the tour; exit status 0, or 1 naming what failed.
    scenario
        Only this chapter of the tour: utility-bills, say.
    var
        Where all state lies; a second start continues with it.
    port
        The hub's (8080 at first, then as it was); the simulators follow. 0 picks free ones.
    """
    from sandbox.demo import run_demo  # noqa: PLC0415

    raise SystemExit(run_demo(var, port, prepare_only=prepare, once=once, scenario=scenario))


@db.command(name="upgrade")
def db_upgrade(*, env_file: EnvFile = None) -> None:
    """Make the database, or bring it to the version that this program needs."""
    url = from_environment(env_file).database_url
    upgrade(url)
    out.print(f"the database is at version {current(url)}")


@connector.command(name="list")
def connector_list() -> None:
    """List the connectors and what each offers."""
    rows = [
        (found.manifest.name, scenario, " ".join(operations), found.manifest.title)
        for found in registry.find().values()
        for scenario, operations in found.manifest.offers.items()
    ]
    table(["connector", "scenario", "offers", "partner"], rows)


@connector.command(name="unmapped")
def connector_unmapped(*, env_file: EnvFile = None) -> None:
    """List the codes that partners answered with and no manifest maps, the most frequent first."""
    found = look(env_file, unmapped_codes)
    rows = [(each.partner, each.operation, each.said, str(each.times), f"{each.last_at:%F %T} UTC") for each in found]
    table(["connector", "operation", "said", "times", "last"], rows)


@connector.command(name="probe")
def connector_probe(name: str | None = None, *, write: Path | None = None) -> None:
    """Try every operation of every connector without a network: what would be asked first, and what is refused.

    Exit status 1: a mapping crashes, or a connector cannot be used at all.

    Parameters
    ----------
    name
        Only this connector; see `hub connector list`.
    write
        Write the page about all partners here, as Markdown: docs/partners.md.
    """
    from sandbox.probe.page import page  # noqa: PLC0415 - like the demo, no part of a serving hub
    from sandbox.probe.report import probe  # noqa: PLC0415
    from sandbox.probe.screen import show  # noqa: PLC0415

    if name and write:
        raise ValueError("--write tells of every connector: name none")
    with out.status("handing out credentials …"):
        reports = probe([name] if name else None)
    show(reports, out)
    crashes = [crash for report in reports for crash in report.crashes]
    for crash in crashes:
        err.print(crash, style="bold red", highlight=False, markup=False, soft_wrap=True)
    if crashes:
        raise SystemExit(1)
    if write:
        write.write_text(page(reports), "utf-8")
        out.print(f"wrote {write}", highlight=False)


@order.command(name="show")
def order_show(order_id: str, *, env_file: EnvFile = None) -> None:
    """Show one order: its state and timeline, without what is sealed.

    Parameters
    ----------
    order_id
        As the bank was told it.
    """
    row = look(env_file, lambda tx: orders.find(tx, order_id))
    if row is None:
        raise ValueError(f"there is no order {order_id}")
    result = None if row.result is None else msgspec.Raw(b'"(sealed)"')
    shown = msgspec.json.format(msgspec.json.encode(order_of(row, result)), indent=2)
    out.print_json(shown.decode())


@audit.command(name="verify")
def audit_verify(*, env_file: EnvFile = None) -> None:
    """Verify every record against its tree and every tree against its checkpoints. Exit status 1: tampering."""
    settings = from_environment(env_file)
    file = Path(settings.checkpoint_file) if settings.checkpoint_file else None
    sealer = Sealer(settings.key())

    async def check(store: Store) -> bool:
        await check_master_key(store, sealer)
        report = await verify_audit(store, utc_now, checkpoint_file=file, publics=await known_keys(store, sealer))
        for line in report.lines():
            out.print(line, highlight=False, markup=False)
        return report.intact

    if not with_store(settings, check, read_only=True):
        raise SystemExit(1)


@app.command
def openapi() -> None:
    """Print the OpenAPI 3.1 document of the API that this program serves."""
    from hub.gateway.documents import document  # noqa: PLC0415

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document()), indent=2).decode() + "\n")


def main() -> None:
    """The program `hub`: what an operator can mend is one line on standard error and exit status 2."""
    try:
        app(sys.argv[1:])
    except EXPECTED as error:
        err.print("[bold red]error:[/]", end=" ")
        err.print(str(error), highlight=False, markup=False, soft_wrap=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
