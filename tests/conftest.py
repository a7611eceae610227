"""What every test may ask for: an event loop for `async def` tests, and databases of one's own."""

import os
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from schemathesis.pytest.plugin import SchemathesisFunction

from hub.store import Store, open_store
from hub.store.schema import upgrade
from tests.banks import Street, Streets, street
from tests.contract.asking import partners_of
from tests.databases import Databases, Run
from tests.places import Places, takes_long
from tests.running import Hubs, Running, running

RUN = pytest.StashKey[Run]()
TOLD = "told at the end: "


def pytest_configure(config: pytest.Config) -> None:
    """The controller makes the run's folder; its workers are told where it is. Coroutine tests need no mark."""
    config.option.anyio_mode = "auto"
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes would compile the same modules each
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Run in the background of a shell: what the tests start would inherit that, and nobody could interrupt it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    told = getattr(config, "workerinput", {}).get("run_folder")
    config.stash[RUN] = Run(Path(told)) if told else Run.begin()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, lest it ends last; otherwise the order stays as chance made it.

    Of several tests with one id, workers would run one: the tests of one operation each are told apart by its name.
    """
    for item in items:
        if isinstance(item, SchemathesisFunction) and item.parent is not None:
            item._id = item.parent.id.child(item.name)
    twice = [nodeid for nodeid, count in Counter(item.nodeid for item in items).items() if count > 1]
    if twice:
        raise pytest.UsageError(f"of these tests only one would be run: {twice}")
    items.sort(key=lambda item: not takes_long(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return Places(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than there are cores: a test waits for a partner, a disk or a clock most of its time."""
    return 3 * (os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    node.workerinput["run_folder"] = str(node.config.stash[RUN].folder)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows what a test told with `record_property("told at the end: …", …)`, whichever worker ran it."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name.startswith(TOLD):
                terminalreporter.section(name.removeprefix(TOLD))
                terminalreporter.write_line(str(value))


def pytest_unconfigure(config: pytest.Config) -> None:
    """The server ends with the run."""
    if not hasattr(config, "workerinput"):
        config.stash[RUN].end()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    """The run's PostgreSQL server."""
    databases = Databases(pytestconfig.stash[RUN].server())
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "hub.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh migrated SQLite database."""
    copy = tmp_path / "store" / "hub.db"
    copy.parent.mkdir()
    shutil.copy(sqlite_template, copy)
    return f"sqlite:///{copy}"


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    """A fresh migrated PostgreSQL database."""
    with databases.fresh() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh migrated database, once of each kind."""
    return str(request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An open store on a fresh migrated database, once of each kind."""
    store = open_store(database_url)
    yield store
    await store.close()


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[Store]:
    """An open store where the kind of database does not matter."""
    store = open_store(sqlite_url)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def live_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub with healthy partners, shared by the tests of one worker: leave no fault standing."""
    with running(tmp_path_factory.mktemp("live")) as hub:
        yield hub


@pytest.fixture(scope="session")
def street_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Streets]:
    """The hub of a scenario, with that scenario's partners and three banks, started when first asked for."""
    streets: dict[str, Street] = {}
    with ExitStack() as stack:

        def known(scenario: str) -> Street:
            if scenario not in streets:
                hub = Running(tmp_path_factory.mktemp(scenario), partners=partners_of(scenario))
                streets[scenario] = stack.enter_context(street(hub))
            return streets[scenario]

        yield known


@pytest.fixture(scope="session")
def hub_of(street_of: Streets) -> Hubs:
    """The hub of a scenario. Leave no fault standing."""
    return lambda scenario: street_of(scenario).hub


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[Running]:
    """A hub of the test's own, to be killed and spoilt."""
    with running(tmp_path) as hub:
        yield hub
