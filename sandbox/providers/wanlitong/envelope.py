"""The envelope `{channelCode, data}`: data is Base64 of an RSA-wrapped AES key followed by AES/ECB/PKCS5 ciphertext."""

import json
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_KEY_BYTES = 16
_BLOCK_BITS = 128


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request as it arrived, opened as far as it could be; `content` is None if that failed."""

    channel_code: str
    content: dict[str, Any] | None


def opened(body: bytes, key: RSAPrivateKey) -> Envelope:
    """Reads leniently, so that a fault can be found for whatever arrives."""
    try:
        outer = json.loads(body)
        code, data = outer["channelCode"], outer["data"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Envelope("", None)
    if not isinstance(code, str) or not isinstance(data, str):
        return Envelope("", None)
    try:
        content = json.loads(_decrypted(b64decode(data, validate=True), key))
    except (ValueError, RecursionError):
        return Envelope(code, None)
    return Envelope(code, content if isinstance(content, dict) else None)


def sealed(channel_code: str, content: dict[str, Any], key: RSAPublicKey) -> bytes:
    """An envelope as bytes, under a fresh AES key."""
    secret = secrets.token_bytes(_KEY_BYTES)
    padder = PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(json.dumps(content, ensure_ascii=False).encode()) + padder.finalize()
    encryptor = _cipher(secret).encryptor()
    data = key.encrypt(secret, PKCS1v15()) + encryptor.update(padded) + encryptor.finalize()
    return json.dumps({"channelCode": channel_code, "data": b64encode(data).decode()}).encode()


def _decrypted(data: bytes, key: RSAPrivateKey) -> bytes:
    """Raises: ValueError, if it was not encrypted for this key."""
    wrapped = key.key_size // 8
    decryptor = _cipher(key.decrypt(data[:wrapped], PKCS1v15())).decryptor()
    unpadder = PKCS7(_BLOCK_BITS).unpadder()
    return unpadder.update(decryptor.update(data[wrapped:]) + decryptor.finalize()) + unpadder.finalize()


def _cipher(secret: bytes) -> Cipher[modes.ECB]:
    return Cipher(algorithms.AES(secret), modes.ECB())  # noqa: S305 - the platform's own
