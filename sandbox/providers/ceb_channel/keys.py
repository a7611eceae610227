"""Keys of the channel and of its sites, made on the spot and kept in the simulator's own folder."""

import json
import os
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

_CREDENTIALS = "credentials.json"
_KEYS = "keys.json"
_BITS = 2048


@dataclass(frozen=True, slots=True)
class Keys:
    """The channel's own private key and the public key of each site."""

    own: rsa.RSAPrivateKey
    sites: dict[str, rsa.RSAPublicKey]


def prepare(var: Path) -> None:
    """Makes what is missing: `credentials.json` is for the client, `keys.json` stays with the simulator."""
    if prepared(var):
        return
    var.mkdir(parents=True, exist_ok=True)
    site_code = "SITE" + str(secrets.randbelow(9 * 10**7) + 10**7)
    client, channel = (rsa.generate_private_key(public_exponent=65537, key_size=_BITS) for _ in range(2))
    _write(var / _KEYS, {"private_key": _private(channel), "sites": {site_code: _public(client)}})
    _write(
        var / _CREDENTIALS,
        {"site_code": site_code, "private_key": _private(client), "public_key": _public(channel)},
    )


def prepared(var: Path) -> bool:
    return (var / _CREDENTIALS).exists() and (var / _KEYS).exists()


def load(var: Path) -> Keys:
    document = json.loads((var / _KEYS).read_text())
    own = load_pem_private_key(document["private_key"].encode(), None)
    sites = {site: load_pem_public_key(pem.encode()) for site, pem in document["sites"].items()}
    if not isinstance(own, rsa.RSAPrivateKey):
        raise TypeError("the channel signs with RSA")
    return Keys(own, {site: key for site, key in sites.items() if isinstance(key, rsa.RSAPublicKey)})


def _write(path: Path, document: object) -> None:
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(document, file, indent=1)
    fresh.replace(path)


def _private(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
