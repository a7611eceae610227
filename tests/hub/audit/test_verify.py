"""Verification names every tampering, and never cries over healthy data."""

# ruff: noqa: S608 — the statements are the intruder's

import asyncio
import sqlite3
import sys
from contextlib import closing

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.audit import known_keys, rows, verify
from hub.audit.checkpoint import Checkpoint, sign
from hub.audit.checkpoint_file import append_notes
from hub.audit.log_key import LogKey
from hub.audit.merkle import Frontier, leaf_hash
from hub.store import Sealer, open_store
from tests.hub.audit.conftest import Archive


async def test_empty(archive):
    """Before the first record there is nothing to find fault with."""
    report = await archive.verify()
    assert report.intact
    assert "does not exist" in report.lines()[0]
    assert report.lines()[-1] == "intact: 0 records sealed, UNSEALED 0"


async def test_unsealed_is_counted(archive):
    """Records that wait are counted; those that wait long are remarked on, and are no tampering."""
    await archive.sealed(2)
    await archive.write(3)
    report = await archive.verify()
    assert (report.intact, report.unsealed, report.remarks) == (True, 3, [])
    archive.clock.pass_by(seconds=60)
    report = await archive.verify()
    assert (report.intact, report.unsealed) == (True, 3)
    assert "unsealed for up to 60 s" in report.remarks[0]
    assert report.lines()[0] == "bank-a: 2 sealed under 1 checkpoints, 3 unsealed"


A_RECORD = "(SELECT record_id FROM audit_leaves WHERE tenant = 'bank-a' AND leaf_index = 4)"
LAST = "tenant = 'bank-a' AND leaf_index >= 7"

TAMPERINGS = [
    (f"UPDATE audit_records SET body = :body WHERE record_id = {A_RECORD}", "MODIFIED"),
    (f"UPDATE audit_records SET tenant = 'bank-b' WHERE record_id = {A_RECORD}", "MODIFIED"),
    (f"UPDATE audit_records SET at = at + 1 WHERE record_id = {A_RECORD}", "MODIFIED"),
    ("UPDATE audit_leaves SET leaf_hash = :hash WHERE tenant = 'bank-a' AND leaf_index = 4", "FORKED MODIFIED"),
    (f"DELETE FROM audit_records WHERE record_id = {A_RECORD}", "MISSING"),
    ("DELETE FROM audit_leaves WHERE tenant = 'bank-a' AND leaf_index = 4", "MISSING"),
    ("DELETE FROM audit_leaves WHERE tenant = 'bank-a' AND leaf_index = 0", "MISSING"),
    (f"DELETE FROM audit_leaves WHERE {LAST}", "MISSING TRUNCATED"),
    ("DELETE FROM audit_leaves WHERE tenant = 'bank-a'", "MISSING TRUNCATED"),
    ("DELETE FROM audit_trees WHERE tenant = 'bank-a'", "FORKED"),
    ("UPDATE audit_trees SET size = 5 WHERE tenant = 'bank-a'", "FORKED"),
    ("UPDATE audit_trees SET size = 11 WHERE tenant = 'bank-a'", "TRUNCATED"),
    ("UPDATE audit_trees SET root = :hash WHERE tenant = 'bank-a'", "FORKED"),
    ("DELETE FROM audit_checkpoints WHERE tenant = 'bank-a' AND size = 5", "MISSING"),
    ("DELETE FROM audit_checkpoints WHERE tenant = 'bank-a' AND size = 9", "MISSING"),
    ("UPDATE audit_checkpoints SET size = 4 WHERE tenant = 'bank-a' AND size = 5", "FORKED MISSING"),
    ("UPDATE audit_checkpoints SET note = :body WHERE tenant = 'bank-a' AND size = 5", "FORKED"),
    ("UPDATE audit_keys SET public = :hash", "FORKED"),
    ("DELETE FROM audit_keys", "FORKED"),
]


@pytest.mark.parametrize(("statement", "named"), TAMPERINGS)
async def test_tampering_is_named(archive, statement, named):
    """Whatever is changed in the tables is found, named, and pinned to the tenant it happened to."""
    await archive.sealed(5, 4)
    await archive.sealed(3, tenant="bank-b")
    assert (await archive.verify()).intact
    values = {name: value for name, value in (("body", b"{}"), ("hash", bytes(32))) if f":{name}" in statement}
    await archive.tamper(statement, **values)
    report = await archive.verify()
    assert " ".join(sorted(report.counts)) == named
    assert not report.intact
    assert report.lines()[-1].startswith("TAMPERED: ")
    if "audit_keys" not in statement:
        assert {finding.tenant for finding in report.findings} == {"bank-a"}


async def test_stored_bytes_not_meaning(archive):
    """A record written again with the same meaning and other bytes is modified."""
    [record] = await archive.sealed(1)
    await archive.tamper(
        "UPDATE audit_records SET body = :body WHERE record_id = :id",
        body=rows.canonical(record).replace(b'"v":1', b'"v": 1'),
        id=record.record_id,
    )
    assert (await archive.verify()).counts == {"MODIFIED": 1}


@pytest.mark.parametrize(
    ("column", "named"),
    [
        ("audit_records SET body", "MODIFIED"),
        ("audit_leaves SET leaf_hash", "FORKED MODIFIED"),
        ("audit_trees SET root", "FORKED"),
        ("audit_checkpoints SET note", "FORKED"),
        ("audit_keys SET public", "FORKED"),
    ],
)
async def test_text_for_bytes(small_archive, column, named):
    """Text where bytes belong, which SQLite allows, is found like anything else."""
    await small_archive.sealed(2)
    await small_archive.tamper(f"UPDATE {column} = 'text'")
    assert " ".join(sorted((await small_archive.verify()).counts)) == named


async def test_deleted_before_sealing(archive):
    """A record that was taken out of the queue unsealed is missed."""
    await archive.sealed(1)
    await archive.write(1)
    await archive.tamper("DELETE FROM audit_unsealed")
    assert (await archive.verify()).counts == {"MISSING": 1}


async def swap(archive: Archive, table: str, column: str, first: str, second: str) -> None:
    for old, new in ((first, "between"), (second, first), ("between", second)):
        await archive.tamper(f"UPDATE {table} SET {column} = :new WHERE {column} = :old", old=old, new=new)


async def test_swapped_records(archive):
    """Two records that changed places are both modified."""
    records = await archive.sealed(6)
    await swap(archive, "audit_records", "record_id", records[1].record_id, records[4].record_id)
    assert (await archive.verify()).counts == {"MODIFIED": 2}


async def test_swapped_leaves(archive):
    """Two leaves that changed places, records and all, make another tree than the signed one."""
    await archive.sealed(3, 3)
    for old, new in ((4, 100), (5, 4), (100, 5)):
        await archive.tamper("UPDATE audit_leaves SET leaf_index = :new WHERE leaf_index = :old", old=old, new=new)
    report = await archive.verify()
    assert report.counts == {"FORKED": 1}
    assert "at size 6" in report.findings[0].what
    assert "agreed at size 3" in report.findings[0].what


async def rewrite_log(archive: Archive, key: LogKey | None) -> None:
    """A thorough intruder: changes the first record, and everything that follows from it."""
    tree, hashes = Frontier(), []
    for leaf in await archive.store.read(lambda tx: rows.leaves_between(tx, "bank-a", 0, 99)):
        body = leaf.body.replace(b'"number":"0"', b'"number":"9"')
        hashes.append(leaf_hash(body))
        await archive.tamper("UPDATE audit_records SET body = :b WHERE record_id = :id", b=body, id=leaf.record_id)
        await archive.tamper(
            "UPDATE audit_leaves SET leaf_hash = :h WHERE record_id = :id", h=hashes[-1], id=leaf.record_id
        )
    for leaf in hashes:
        tree.add(leaf)
        for size, _ in await archive.store.read(lambda tx: rows.notes_between(tx, "bank-a", 0, 99)):
            if size == tree.size and key is not None:
                changed = key.sign(Checkpoint(origin="hub/audit/bank-a", size=size, root=tree.root()))
                await archive.tamper("UPDATE audit_checkpoints SET note = :n WHERE size = :s", n=changed, s=size)
    await archive.tamper("UPDATE audit_trees SET root = :r, frontier = :f", r=tree.root(), f=tree.pack())


async def test_rewritten_log(archive):
    """A log rewritten from its first record to its root contradicts the checkpoints, once."""
    await archive.sealed(3, 2)
    await rewrite_log(archive, None)
    report = await archive.verify(checkpoint_file=None)
    assert report.counts == {"FORKED": 1}
    assert "at size 3" in report.findings[0].what
    assert "never agreed" in report.findings[0].what


async def test_signed_with_another_key(archive):
    """A rewritten log whose checkpoints were signed with an intruder's key is forked."""
    await archive.sealed(3, 2)
    intruder = LogKey(Ed25519PrivateKey.generate())
    await rewrite_log(archive, intruder)
    assert (await archive.verify(checkpoint_file=None)).counts == {"FORKED": 2}
    await archive.tamper("UPDATE audit_keys SET public = :public", public=intruder.public)
    assert (await archive.verify(checkpoint_file=None)).intact, "the database alone cannot tell"
    assert not (await archive.verify()).intact, "the file can"
    ours = await known_keys(archive.store, Sealer(bytes(32)))
    assert not (await archive.verify(checkpoint_file=None, publics=ours)).intact, "and so can the master key"
    assert not (await archive.verify(checkpoint_file=None, publics=[archive.key.public])).intact


async def test_signed_with_the_stolen_key(archive):
    """A log rewritten and signed with the hub's own key is forked from what the file remembers."""
    await archive.sealed(3, 2)
    await rewrite_log(archive, archive.key)
    assert (await archive.verify(checkpoint_file=None)).intact
    report = await archive.verify()
    assert report.counts == {"FORKED": 1}


async def test_cut_tail(archive):
    """A log cut back without a trace in the database is shorter than the file knows."""
    await archive.sealed(3)
    await archive.store.write(lambda tx: None)
    kept = await archive.store.read(lambda tx: rows.head(tx, "bank-a"))
    await archive.sealed(2)
    for table, cut in (
        ("audit_records", "record_id IN (SELECT record_id FROM audit_leaves WHERE leaf_index >= 3)"),
        ("audit_leaves", "leaf_index >= 3"),
        ("audit_checkpoints", "size > 3"),
    ):
        await archive.tamper(f"DELETE FROM {table} WHERE {cut}")
    await archive.tamper("UPDATE audit_trees SET size = 3, root = :r, frontier = :f", r=kept.root, f=kept.frontier)
    assert (await archive.verify(checkpoint_file=None)).intact
    report = await archive.verify()
    assert report.counts == {"TRUNCATED": 1}
    assert "knows 5 leaves, 3 are there" in report.findings[0].what


def copy_database(source: str, target: str) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


async def test_old_copy_restored(small_archive, sqlite_url):
    """A copy of yesterday's database beside today's file is truncated, and forked once it has grown again."""
    path = sqlite_url.removeprefix("sqlite:///")
    await small_archive.sealed(3)
    copy_database(path, path + ".old")
    await small_archive.sealed(4)
    await small_archive.store.close()
    copy_database(path + ".old", path)
    yesterday = small_archive.store = open_store(sqlite_url)
    assert (await small_archive.verify()).counts == {"TRUNCATED": 1}
    small_archive.notary = small_archive.new_notary(holder=small_archive.notary._holder)
    for _ in range(2):
        await small_archive.sealed(4)
        assert (await small_archive.verify()).counts == {"FORKED": 1}
    await yesterday.close()


async def test_lost_tenant(archive):
    """A tenant of whom nothing is left but the file's checkpoints is truncated."""
    await archive.sealed(2)
    for table in ("records", "leaves", "trees", "checkpoints"):
        await archive.tamper(f"DELETE FROM audit_{table}")
    assert (await archive.verify()).counts == {"TRUNCATED": 1}


async def test_altered_file(archive):
    """A checkpoint that was altered in the file is vouched for by nobody."""
    await archive.sealed(2)
    archive.file.write_bytes(archive.file.read_bytes().replace(b"\n2\n", b"\n7\n"))
    assert (await archive.verify()).counts == {"FORKED": 1}


async def test_two_checkpoints_of_one_size(archive):
    """Two checkpoints that are both signed and disagree about one size are a fork."""
    await archive.sealed(2)
    other = Checkpoint(origin="hub/audit/bank-a", size=2, root=bytes(32))
    append_notes(archive.file, [archive.key.sign(other)])
    assert (await archive.verify()).counts == {"FORKED": 1}


async def test_foreign_file_entries(archive):
    """Notes of other logs in the file are remarked on, and prove nothing about this hub."""
    await archive.sealed(1)
    foreign = Checkpoint(origin="example.com/log", size=9, root=bytes(32))
    append_notes(archive.file, [sign(foreign, Ed25519PrivateKey.generate())])
    report = await archive.verify()
    assert report.intact
    assert "of no log of this hub" in report.remarks[0]


async def test_many_findings(archive):
    """Findings beyond the first of a kind are counted, not listed."""
    await archive.sealed(50)
    await archive.tamper("UPDATE audit_records SET body = :body", body=b"{}")
    report = await archive.verify()
    assert report.counts == {"MODIFIED": 50}
    assert len(report.findings) == 20
    assert "MODIFIED  bank-a: and 30 more" in report.lines()


async def test_in_pieces(archive, monkeypatch):
    """A log is verified in pieces, wherever a piece ends."""
    await archive.sealed(5, 1, 7, 3)
    monkeypatch.setattr(sys.modules["hub.audit.verify"], "CHUNK", 4)
    assert (await archive.verify()).intact
    await archive.tamper("UPDATE audit_leaves SET leaf_hash = :h WHERE leaf_index = 8", h=bytes(32))
    report = await archive.verify()
    assert sorted(report.counts) == ["FORKED", "MODIFIED"]


async def test_verifying_a_living_log(archive):
    """Verification beside writers and a running notary finds nothing, however often it runs."""
    stop = asyncio.Event()
    sealing = asyncio.create_task(archive.new_notary(limit=9).run(stop))
    writing = [asyncio.create_task(archive.write(60, tenant)) for tenant in ("bank-a", "bank-b")]
    while not all(task.done() for task in writing):
        report = await archive.verify()
        assert report.intact, report.lines()
        await asyncio.sleep(0.01)
    stop.set()
    await sealing
    report = await archive.verify()
    assert (report.intact, report.unsealed) == (True, 0)
    assert [log.sealed for log in report.logs.values()] == [60, 60]


async def test_read_only(small_archive, sqlite_url):
    """The command line verifies beside a running hub, through a store that cannot write."""
    await small_archive.sealed(3)
    reader = open_store(sqlite_url, read_only=True)
    assert (await verify(reader, small_archive.clock, checkpoint_file=small_archive.file)).intact
    await reader.close()
