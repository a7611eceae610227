"""Keys of the platform and of its channel, made on the spot and kept in the simulator's own folder."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from sandbox.stand import credentials

_BITS = 2048


@dataclass(frozen=True, slots=True)
class Keys:
    """The platform's own private key, and its one channel."""

    own: rsa.RSAPrivateKey
    channel_code: str
    channel: rsa.RSAPublicKey


def prepare(var: Path) -> None:
    """Keeps what exists: `credentials.json` is for the channel, `keys.json` stays with the simulator."""
    if credentials.handed_out(var):
        return
    channel, platform = (rsa.generate_private_key(public_exponent=65537, key_size=_BITS) for _ in range(2))
    credentials.hand_out(
        var,
        {
            "channel_code": "CH" + str(secrets.randbelow(9 * 10**5) + 10**5),
            "private_key": _private(channel),
            "platform_public_key": _public(platform),
        },
        {"private_key": _private(platform)},
    )


def load(var: Path) -> Keys:
    told, own = credentials.read(var), credentials.read_keys(var)
    return Keys(_read(own["private_key"]), told["channel_code"], _read(told["private_key"]).public_key())


def _read(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the platform encrypts with RSA")
    return key


def _private(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
