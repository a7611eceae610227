"""The checkpoints' second home: a file that only grows and lies where the database's intruder does not.

An entry is a note and an empty line. It is written after the commit that made the checkpoint, so the file never
knows of a tree that the database does not have; what a crash leaves out is written at the next start.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from hub.audit.checkpoint import NOTE

END = b"\n\n"
CUT = b" (cut short)\n\n"
"""Ends an entry that a crash left unfinished; no line of a note ends so, and the fragment is read by nobody."""
CHUNK = 1 << 20
LONGEST_NOTE = 1 << 14

_ENTRY = re.compile(rb"(?m:^)" + NOTE.pattern.encode())


def append_notes(path: Path, notes: list[bytes]) -> None:
    """Add notes to the file, on the disk when this returns. Blocks. Raises: OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        mend = b"" if _ends_well(descriptor) else CUT
        _write(descriptor, mend + b"".join(note + b"\n" for note in notes))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Make sure that the file's name survives too; once, when it may be new. Raises: OSError."""
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def notes_in(path: Path) -> Iterator[bytes]:
    """Every whole note. An entry that a crash cut short is passed over. Raises: OSError."""
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            text = rest + chunk
            end = 0
            for entry in _ENTRY.finditer(text):
                if entry.end() == len(text):
                    break  # a further signature may follow
                end = entry.end()
                yield entry.group()
            rest = text[max(end, len(text) - LONGEST_NOTE) :]
    for entry in _ENTRY.finditer(rest):
        yield entry.group()


def _ends_well(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, len(END), max(0, size - len(END))) == END


def _write(descriptor: int, data: bytes) -> None:
    """One write, so that two hubs with one file do not mix; the rest only where the system took less."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
