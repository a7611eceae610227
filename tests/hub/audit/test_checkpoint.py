"""Signed notes, strictly."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.audit.checkpoint import BadNote, Checkpoint, key_id, origin_of, parse, sign, tenant_of, verifier_key, vouched

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
ROOT = bytes(range(100, 132))
CHECKPOINT = Checkpoint(origin="hub/audit/bank-a", size=42, root=ROOT)
NOTE = sign(CHECKPOINT, PRIVATE)

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="


def test_published_note():
    """The key id and signature of the published example note (golang.org/x/mod/sumdb/note) are what ours would be."""
    name, key_hash, encoded = GO_KEY.split("+")
    public = base64.b64decode(encoded)[1:]
    assert key_id(name, public).hex() == key_hash
    assert verifier_key(name, public) == GO_KEY
    signature = base64.b64decode(GO_SIGNATURE)
    assert signature[:4].hex() == key_hash
    Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], GO_TEXT.encode())


def test_shape():
    """A note is origin, size, root, an empty line and the signature under the origin's name."""
    origin, size, root, empty, signature, end = NOTE.decode().split("\n")
    assert (origin, size, base64.b64decode(root), empty, end) == ("hub/audit/bank-a", "42", ROOT, "", "")
    dash, name, encoded = signature.split(" ")
    assert (dash, name) == ("—", "hub/audit/bank-a")
    assert base64.b64decode(encoded)[:4] == key_id("hub/audit/bank-a", PUBLIC)


def test_vouched():
    """A note comes back as it was signed, whichever of the known keys signed it."""
    assert parse(NOTE) == CHECKPOINT
    assert vouched(NOTE, [OTHER.public_key().public_bytes_raw(), PUBLIC]) == CHECKPOINT


def test_foreign_signatures_are_ignored():
    """A further signature by an unknown key (a witness, say) changes nothing."""
    witness = sign(CHECKPOINT, OTHER).decode().rpartition("\n\n")[2]
    assert vouched(NOTE + witness.encode(), [PUBLIC]) == CHECKPOINT
    assert vouched(NOTE + witness.replace("— hub", "— other").encode(), [PUBLIC]) == CHECKPOINT


def altered(old: bytes, new: bytes) -> bytes:
    assert old in NOTE
    return NOTE.replace(old, new, 1)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\xff",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE + b"x",
        b"\n" + NOTE,
        NOTE.replace(b"\n", b"\r\n"),
        altered(b"\n42\n", b"\n042\n"),
        altered(b"\n42\n", b"\n-1\n"),
        altered(b"\n42\n", "\n４２\n".encode()),
        altered(b"\n42\n", b"\n42\nextension\n"),
        altered(b"hub/audit/bank-a\n", b"hub/audit/bank+a\n"),
        altered(b"hub/audit/bank-a\n", b"hub/audit/bank a\n"),
        altered("— ".encode(), b"- "),
        altered(b"=\n\n", b"\n\n"),
        NOTE.partition(b"\n\n")[0] + b"\n\n",
    ],
)
def test_malformed(note):
    """What deviates from the form by a single character is no checkpoint."""
    with pytest.raises(BadNote):
        parse(note)


@pytest.mark.parametrize(
    "note",
    [
        altered(b"\n42\n", b"\n43\n"),
        altered(b"hub/audit/bank-a\n", b"hub/audit/bank-b\n"),
        NOTE.replace(b"bank-a", b"bank-b"),
        sign(CHECKPOINT, OTHER),
        NOTE + NOTE.rpartition(b"\n\n")[2][:-8] + b"AAAAAA==\n",
    ],
)
def test_not_vouched(note):
    """What was altered after signing, or signed by a stranger, is vouched for by nobody."""
    parse(note)
    with pytest.raises(BadNote):
        vouched(note, [PUBLIC])


def test_spoiled_signature():
    """A signature that claims a known key and does not fit spoils the note, even beside a good one."""
    line = sign(CHECKPOINT, PRIVATE).rpartition(b"\n\n")[2]
    encoded = line.split(b" ")[2].strip()
    wrong = base64.b64encode(base64.b64decode(encoded)[:-1] + b"\x00")
    with pytest.raises(BadNote, match="does not fit"):
        vouched(NOTE + line.replace(encoded, wrong), [PUBLIC])


@pytest.mark.parametrize("tenant", ["bank-a", "_hub", "bank a", "a+b", "银行", "a/b", "100%"])
def test_origin(tenant):
    """Each tenant has an origin of its own that is a valid key name."""
    origin = origin_of(tenant)
    assert tenant_of(origin) == tenant
    assert parse(sign(Checkpoint(origin=origin, size=0, root=ROOT), PRIVATE)).origin == origin


@pytest.mark.parametrize("origin", ["hub/audit/", "example.com/log", "hub/audit/a/b", "hub/audit/%61"])
def test_foreign_origin(origin):
    """An origin that this hub would not write is no log of this hub."""
    with pytest.raises(BadNote):
        tenant_of(origin)
