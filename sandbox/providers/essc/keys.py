"""Keys of the platform and of its one channel, made on the spot and kept in the simulator's own folder."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from gmalg import SM2

from sandbox.stand import credentials

_SCALAR = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """What the platform knows: its SM2 private key, and the channel with its access key."""

    private_key: bytes
    access_id: str
    access_secret: str
    channel_no: str


def prepare(var: Path) -> None:
    """Keeps what exists: `credentials.json` is for the channel, `keys.json` stays with the simulator."""
    private, public = SM2().generate_keypair()
    credentials.hand_out(
        var,
        {
            "access_id": "AK" + secrets.token_hex(8).upper(),
            "access_secret": secrets.token_hex(32),
            "channel_no": f"33{secrets.randbelow(10**8):08d}",
            "platform_public_key": public.hex(),
        },
        {"private_key": private.rjust(_SCALAR, b"\0").hex()},
    )


def load(var: Path) -> Keys:
    channel = credentials.read(var)
    private = bytes.fromhex(credentials.read_keys(var)["private_key"])
    return Keys(private, channel["access_id"], channel["access_secret"], channel["channel_no"])
