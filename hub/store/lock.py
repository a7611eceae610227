"""One writing process per SQLite file."""

import fcntl
import os
from pathlib import Path

from hub.store.unavailable import StoreUnavailable


class ProcessLock:
    """An exclusive lock on `<database>.lock`; the system frees it when the process ends, however it ends.

    Raises: StoreUnavailable while another process holds it.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 32).decode("ascii", "replace").strip()
            os.close(self._file)
            raise StoreUnavailable(_busy(database, self.path, holder)) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def close(self) -> None:
        os.close(self._file)


def _busy(database: Path, lock: Path, holder: str) -> str:
    return (
        f"{database} is in use by another process (pid {holder or 'unknown'}, which holds {lock}). "
        "On SQLite one process writes: `hub serve` includes the worker, so stop it before you start another "
        "or change something from the command line, or use PostgreSQL."
    )
