"""Signed tree heads: what the hub vouches for, in a form that other people's tools can read.

Source: C2SP tlog-checkpoint and signed-note (c2sp.org), read 2026-11-23. Narrower than the specifications:
no extension lines, and a checkpoint is signed under its own origin.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.audit.merkle import HASH_BYTES

ORIGIN = "hub/audit/"
ED25519 = b"\x01"
KEY_ID_BYTES = 4

NOTE = re.compile(
    r"(?P<text>(?P<origin>[!-*,-~]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n)"
    r"\n(?P<signatures>(?:— [!-*,-~]+ [A-Za-z0-9+/]+={0,2}\n){1,16})"
)
"""A whole note. An origin is printable ASCII without a plus sign, for it is the key's name too."""


class BadNote(Exception):
    """A checkpoint that nobody vouches for: malformed, signed by a stranger, or altered."""


class Checkpoint(msgspec.Struct, frozen=True):
    """One tree at one size."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def origin_of(tenant: str) -> str:
    """The name of a tenant's log; what a key's name may not contain is percent-encoded."""
    return ORIGIN + quote(tenant, safe="")


def tenant_of(origin: str) -> str:
    """Raises: BadNote for a log that is not the hub's."""
    tenant = unquote(origin.removeprefix(ORIGIN))
    if not tenant or origin_of(tenant) != origin:
        raise BadNote(f"{origin} is no log of this hub")
    return tenant


def key_id(name: str, public: bytes) -> bytes:
    """Source: signed-note, "Ed25519 signatures"."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:KEY_ID_BYTES]


def verifier_key(name: str, public: bytes) -> str:
    """The public key as note tools take it: name, key id and key, joined by plus signs."""
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(ED25519 + public).decode()}"


def sign(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> bytes:
    """The signed note."""
    text = checkpoint.text()
    public = private.public_key().public_bytes_raw()
    signature = key_id(checkpoint.origin, public) + private.sign(text.encode())
    return f"{text}\n— {checkpoint.origin} {base64.b64encode(signature).decode()}\n".encode()


def parse(note: bytes) -> Checkpoint:
    """What a note says, whoever signed it. Raises: BadNote."""
    return _read(_match(note))


def vouched(note: bytes, publics: Iterable[bytes]) -> Checkpoint:
    """What a note says, if one of the keys signed it.

    A signature under another name or key id is ignored, as the specification demands; one that claims to be
    by a known key and is not spoils the note. Raises: BadNote.
    """
    match = _match(note)
    checkpoint = _read(match)
    known = {key_id(checkpoint.origin, public): public for public in publics}
    text, found = match["text"].encode(), False
    for line in match["signatures"].splitlines():
        _, name, encoded = line.split(" ")
        signature = _decoded(encoded)
        public = known.get(signature[:KEY_ID_BYTES]) if name == checkpoint.origin else None
        if public is not None:
            _check(public, signature[KEY_ID_BYTES:], text)
            found = True
    if not found:
        raise BadNote("signed by no known key")
    return checkpoint


def _match(note: bytes) -> re.Match[str]:
    try:
        match = NOTE.fullmatch(note.decode())
    except UnicodeDecodeError:
        match = None
    if match is None:
        raise BadNote("not a checkpoint")
    return match


def _read(match: re.Match[str]) -> Checkpoint:
    root = _decoded(match["root"])
    if len(root) != HASH_BYTES:
        raise BadNote("not a root hash")
    return Checkpoint(origin=match["origin"], size=int(match["size"]), root=root)


def _decoded(encoded: str) -> bytes:
    """Base64 in its one canonical form: no two texts may say the same."""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise BadNote("not Base64") from error
    if base64.b64encode(decoded).decode() != encoded:
        raise BadNote("not canonical Base64")
    return decoded


def _check(public: bytes, signature: bytes, text: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError) as error:
        raise BadNote("the signature does not fit") from error
