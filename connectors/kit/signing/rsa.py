"""MD5withRSA: RSASSA-PKCS1-v1_5 over MD5, as older Chinese channels sign.

MD5 is broken for collisions; it is here because a partner demands it, and for nothing else.

Source: RFC 8017, sections 8.2 and 9.2.
"""

import asyncio
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

_MD5 = hashes.MD5()  # noqa: S303 - the partner's algorithm, not our choice


async def sign(private_pem: str, data: bytes) -> bytes:
    """A raw signature, made off the event loop. Raises: ValueError for anything but an RSA key."""
    return await asyncio.to_thread(sign_now, private_pem, data)


async def verify(public_pem: str, data: bytes, signature: bytes) -> bool:
    """Whether the signature is the key's over these bytes. Raises: ValueError for anything but an RSA key."""
    return await asyncio.to_thread(verify_now, public_pem, data, signature)


def sign_now(private_pem: str, data: bytes) -> bytes:
    """`sign` for whoever has no event loop to spare."""
    return private_key(private_pem).sign(data, PKCS1v15(), _MD5)


def verify_now(public_pem: str, data: bytes, signature: bytes) -> bool:
    """`verify` for whoever has no event loop to spare."""
    try:
        public_key(public_pem).verify(signature, data, PKCS1v15(), _MD5)
    except InvalidSignature:
        return False
    return True


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
