"""What the centre hands out to an institution's integrator, and the keys that stay with the centre."""

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from gmalg import SM2

from sandbox.stand import credentials

ORG_CODG = "H99000000001"
ORG_NAME = "模拟人民医院"
APP_SECRET = "app-secret"  # noqa: S105 - the name of a variant
_DEFAULT_USER_ID = b"1234567812345678"
_SCALAR_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """Both sides' keys as the centre knows them; `user_id` goes into every SM2 signature."""

    app_id: str
    app_secret: str
    user_id: bytes
    private_key: bytes
    public_key: bytes
    integrator_key: bytes
    tif_paasid: str
    tif_token: str


def prepare(var: Path) -> None:
    """Keeps what exists: `credentials.json` is for the integrator, `keys.json` stays with the centre."""
    (private, public), (own_private, own_public) = _pair(), _pair()
    credentials.hand_out(
        var,
        {
            "app_id": secrets.token_hex(16).upper(),
            "app_secret": secrets.token_hex(16),
            "sm2_user_id": APP_SECRET,
            # 33 bytes with a leading zero, as Java's BigInteger leaves it: one of the two lengths in the wild.
            "private_key": _text(b"\0" + private),
            "platform_public_key": _text(own_public),
            "tif_paasid": f"sim_{secrets.token_hex(4)}",
            "tif_token": secrets.token_urlsafe(24),
            "org_codg": ORG_CODG,
            "org_name": ORG_NAME,
        },
        {"private_key": _text(own_private), "public_key": _text(own_public), "integrator_key": _text(public)},
    )


def load(var: Path) -> Keys:
    """The variant of the user id is read from the credentials, where either side would agree on it."""
    given, own = credentials.read(var), credentials.read_keys(var)
    secret = given["app_secret"]
    return Keys(
        app_id=given["app_id"],
        app_secret=secret,
        user_id=secret.encode() if given["sm2_user_id"] == APP_SECRET else _DEFAULT_USER_ID,
        private_key=b64decode(own["private_key"]),
        public_key=b64decode(own["public_key"]),
        integrator_key=b64decode(own["integrator_key"]),
        tif_paasid=given["tif_paasid"],
        tif_token=given["tif_token"],
    )


def _pair() -> tuple[bytes, bytes]:
    private, public = SM2().generate_keypair()
    return private.rjust(_SCALAR_BYTES, b"\0"), public


def _text(key: bytes) -> str:
    return b64encode(key).decode()
