"""RSA as Java's `Signature` and `Cipher` name it: MD5withRSA, SHA1withRSA, SHA256withRSA, and keys wrapped for hybrids.

MD5 and SHA-1 are broken for collisions, and PKCS #1 v1.5 encryption invites oracles; they are here because partners
demand them, and for nothing else. Each function has a twin that ends in `_now`, for whoever has no event loop to spare.

Shape: keys are PEM.
Source: RFC 8017, sections 7 (encryption), 8.2 and 9.2 (signatures).
"""

import asyncio
from functools import lru_cache
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from schemas.errors import Garbled

Digest: TypeAlias = Literal["MD5", "SHA1", "SHA256"]
Padding: TypeAlias = Literal["PKCS1", "OAEP-SHA1", "OAEP-SHA256"]
"""OAEP with one hash for both of its places, as RFC 8017 recommends; some Java defaults mix two."""

_HASHES: dict[Digest, hashes.HashAlgorithm] = {
    "MD5": hashes.MD5(),  # noqa: S303 - the partners' algorithm, not our choice
    "SHA1": hashes.SHA1(),  # noqa: S303 - likewise
    "SHA256": hashes.SHA256(),
}


def _oaep(hashed: hashes.HashAlgorithm) -> OAEP:
    return OAEP(mgf=MGF1(hashed), algorithm=hashed, label=None)


_PADDINGS: dict[Padding, AsymmetricPadding] = {
    "PKCS1": PKCS1v15(),
    "OAEP-SHA1": _oaep(_HASHES["SHA1"]),
    "OAEP-SHA256": _oaep(_HASHES["SHA256"]),
}


async def sign(private_pem: str, data: bytes, digest: Digest = "MD5") -> bytes:
    """A raw signature, made off the event loop. Raises: ValueError for anything but an RSA key."""
    return await asyncio.to_thread(sign_now, private_pem, data, digest)


async def verify(public_pem: str, data: bytes, signature: bytes, digest: Digest = "MD5") -> bool:
    """Whether the signature is the key's over these bytes. Raises: ValueError for anything but an RSA key."""
    return await asyncio.to_thread(verify_now, public_pem, data, signature, digest)


def sign_now(private_pem: str, data: bytes, digest: Digest = "MD5") -> bytes:
    return private_key(private_pem).sign(data, PKCS1v15(), _HASHES[digest])


def verify_now(public_pem: str, data: bytes, signature: bytes, digest: Digest = "MD5") -> bool:
    try:
        public_key(public_pem).verify(signature, data, PKCS1v15(), _HASHES[digest])
    except InvalidSignature:
        return False
    return True


async def wrap(public_pem: str, key: bytes, padding: Padding) -> bytes:
    """A secret key, for the holder of the private key only. Raises: ValueError if it is too long for the RSA key."""
    return await asyncio.to_thread(wrap_now, public_pem, key, padding)


async def unwrap(private_pem: str, wrapped: bytes, size: int, padding: Padding) -> bytes:
    """The secret key of so many bytes that `wrap` was given.

    Raises: Garbled. Of a bad PKCS #1 padding OpenSSL makes up a key, on purpose, and one in some 240 has the size;
    the body under it does not open then. Whoever answers strangers answers both in the same words, lest the difference
    tell them, guess by guess, what another message holds (RFC 8017, section 7.2).
    """
    return await asyncio.to_thread(unwrap_now, private_pem, wrapped, size, padding)


def wrap_now(public_pem: str, key: bytes, padding: Padding) -> bytes:
    return public_key(public_pem).encrypt(key, _PADDINGS[padding])


def unwrap_now(private_pem: str, wrapped: bytes, size: int, padding: Padding) -> bytes:
    private = private_key(private_pem)
    try:
        key = private.decrypt(wrapped, _PADDINGS[padding])
    except ValueError:
        key = b""
    if len(key) != size:
        raise Garbled(f"no key of {size} bytes is wrapped in this", wrapped)
    return key


@lru_cache(maxsize=256)
def private_key(pem: str) -> rsa.RSAPrivateKey:
    """Reading a private key costs more than signing with it, so it is read once. Raises: ValueError."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("is no RSA private key")  # noqa: TRY004 - a wrong value, of the right Python type
    return key


@lru_cache(maxsize=256)
def public_key(pem: str) -> rsa.RSAPublicKey:
    """A public key, read once. Raises: ValueError."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("is no RSA public key")  # noqa: TRY004 - a wrong value, of the right Python type
    return key
