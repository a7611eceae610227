"""The file that only grows."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.audit import checkpoint_file
from hub.audit.checkpoint import Checkpoint, sign
from hub.audit.checkpoint_file import append_notes, notes_in

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))


def note(size: int, tenant: str = "bank-a") -> bytes:
    return sign(Checkpoint(origin=f"hub/audit/{tenant}", size=size, root=bytes([size]) * 32), PRIVATE)


def test_appends(tmp_path):
    """Notes come back in the order in which they were added."""
    path = tmp_path / "checkpoints"
    append_notes(path, [note(1), note(2, "bank-b")])
    append_notes(path, [note(3)])
    assert list(notes_in(path)) == [note(1), note(2, "bank-b"), note(3)]
    assert path.stat().st_mode & 0o777 == 0o600


ENTRY = note(2) + b"\n"


@pytest.mark.parametrize("cut", range(1, len(ENTRY)))
def test_cut_short(tmp_path, cut):
    """An entry cut at any byte is passed over, before and after the file grows again."""
    path = tmp_path / "checkpoints"
    append_notes(path, [note(1)])
    with path.open("ab") as file:
        file.write(ENTRY[:cut])
    whole = [note(2)] if cut >= len(note(2)) else []
    assert list(notes_in(path)) == [note(1), *whole]
    append_notes(path, [note(3)])
    assert list(notes_in(path)) == [note(1), *whole, note(3)]


def test_cut_first_entry(tmp_path):
    """A first entry that a power cut left as zeros hides nothing that follows."""
    path = tmp_path / "checkpoints"
    path.write_bytes(bytes(100))
    append_notes(path, [note(1)])
    assert list(notes_in(path)) == [note(1)]


@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
def test_reads_in_pieces(tmp_path, monkeypatch, chunk):
    """A note is found whole, wherever a piece of the file ends."""
    path = tmp_path / "checkpoints"
    notes = [note(size) for size in range(1, 12)]
    append_notes(path, notes)
    monkeypatch.setattr(checkpoint_file, "CHUNK", chunk)
    assert list(notes_in(path)) == notes
