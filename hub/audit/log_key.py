"""The key that vouches for the log: made at the first start, its private half sealed in the store."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.audit import rows
from hub.audit.checkpoint import Checkpoint, sign
from hub.audit.log import SealedKey
from hub.store import Sealer, Store, Unsealable
from schemas.call import Clock

OWNER = "the audit log"
CONTEXT = "audit_keys.private"


class LogKey:
    """An Ed25519 key pair."""

    __slots__ = ("_private", "public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """The signed note."""
        return sign(checkpoint, self._private)


async def open_log_key(store: Store, sealer: Sealer, clock: Clock) -> LogKey:
    """The newest key of the store; makes the first where there is none.

    Raises: Unsealable when it was sealed under another master key, or its public half was exchanged.
    """
    found = await store.read(rows.log_keys)
    if not found:
        fresh = _sealed(Ed25519PrivateKey.generate(), sealer)
        now = clock()
        await store.write(lambda tx: rows.keep_log_key(tx, 1, fresh, now))
        found = await store.read(rows.log_keys)
    return _unsealed(found[-1], sealer)


async def known_keys(store: Store, sealer: Sealer | None = None) -> list[bytes]:
    """The public keys that the store names; with a sealer, only those whose private half is the hub's own.

    A key that an intruder put into the table is sealed under no master key, so its signatures count for nothing.
    """
    found = await store.read(rows.log_keys)
    return [key.public for key in found if sealer is None or _ours(key, sealer)]


def _ours(key: SealedKey, sealer: Sealer) -> bool:
    try:
        _unsealed(key, sealer)
    except Unsealable:
        return False
    return True


def _sealed(private: Ed25519PrivateKey, sealer: Sealer) -> SealedKey:
    wrapped = sealer.new_data_key(OWNER)
    box = sealer.tenant(OWNER, wrapped).seal(private.private_bytes_raw(), context=CONTEXT)
    return SealedKey(public=private.public_key().public_bytes_raw(), data_key=wrapped, private=box)


def _unsealed(key: SealedKey, sealer: Sealer) -> LogKey:
    raw = sealer.tenant(OWNER, key.data_key).unseal(key.private, context=CONTEXT)
    opened = LogKey(Ed25519PrivateKey.from_private_bytes(raw))
    if opened.public != key.public:
        raise Unsealable("the audit's public key is not that of its private key")
    return opened
