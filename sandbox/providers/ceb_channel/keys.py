"""Keys of the channel and of its sites, made on the spot and kept in the simulator's own folder."""

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
    load_pem_public_key,
)

from sandbox.stand import credentials

_BITS = 2048


@dataclass(frozen=True, slots=True)
class Keys:
    """The channel's own private key and the public key of each site."""

    own: rsa.RSAPrivateKey
    sites: dict[str, rsa.RSAPublicKey]


def prepare(var: Path) -> None:
    """Keeps what exists: `credentials.json` is for the client, `keys.json` stays with the simulator."""
    if credentials.handed_out(var):
        return
    site_code = "SITE" + str(secrets.randbelow(9 * 10**7) + 10**7)
    client, channel = (rsa.generate_private_key(public_exponent=65537, key_size=_BITS) for _ in range(2))
    credentials.hand_out(
        var,
        {"site_code": site_code, "private_key": _private(client), "public_key": _public(channel)},
        {"private_key": _private(channel), "sites": {site_code: _public(client)}},
    )


def load(var: Path) -> Keys:
    document = credentials.read_keys(var)
    own = load_pem_private_key(document["private_key"].encode(), None)
    sites = {site: load_pem_public_key(pem.encode()) for site, pem in document["sites"].items()}
    if not isinstance(own, rsa.RSAPrivateKey):
        raise TypeError("the channel signs with RSA")
    return Keys(own, {site: key for site, key in sites.items() if isinstance(key, rsa.RSAPublicKey)})


def _private(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
