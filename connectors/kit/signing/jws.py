"""Detached JWS: a signature that travels in a header, over the bytes of a body that travels as it is.

The key alone says which algorithm it is for: a P-256 key ES256, an RSA key PS256, an Ed25519 key EdDSA. What a
message's own header says about that is compared, never followed (RFC 8725, section 3.1).

Shape: keys are JWK in JSON (RFC 7517); a signature is `header..signature`.
Source: RFC 7515, section 5 and appendix F; RFC 7518, section 3; RFC 8037.
"""

from functools import lru_cache
from typing import Any, TypeAlias

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

Key: TypeAlias = ECKey | OKPKey | RSAKey


class SigningKey(msgspec.Struct, frozen=True):
    """A key with its one algorithm, and the name it goes by at the other end."""

    jwk: Key
    alg: str
    kid: str | None

    def __repr__(self) -> str:
        return f"SigningKey(alg={self.alg!r}, kid={self.kid!r})"


def sign(private_jwk: str, data: bytes) -> str:
    """A detached signature by this key, whose `kid` goes along if it has one. Raises: ValueError, see `private_key`."""
    key = private_key(private_jwk)
    header = {"alg": key.alg} if key.kid is None else {"alg": key.alg, "kid": key.kid}
    head = urlsafe_b64encode(msgspec.json.encode(header))
    # joserfc's own entry points would limit the body to 128 kB, and warn at every EdDSA (RFC 9864)
    signature = JWSRegistry.algorithms[key.alg].sign(_signed(head, data), key.jwk)
    return f"{head.decode()}..{urlsafe_b64encode(signature).decode()}"


def verify(public_jwk: str, data: bytes, detached: str) -> bool:
    """Whether exactly this key signed exactly these bytes. Raises: ValueError, see `public_key`."""
    key = public_key(public_jwk)
    head, _, signature = detached.partition("..")
    try:
        header = msgspec.json.decode(urlsafe_b64decode(head.encode("ascii")), type=dict[str, Any])
        # extensions change what is signed, and none is known here (RFC 7515, section 4.1.11; RFC 7797)
        if header.get("alg") != key.alg or not header.keys().isdisjoint({"crit", "b64"}):
            return False
        raw = urlsafe_b64decode(signature.encode("ascii"))
        return JWSRegistry.algorithms[key.alg].verify(_signed(head.encode("ascii"), data), raw, key.jwk)
    except (JoseError, ValueError, RecursionError):
        return False


def private_key(jwk: str) -> SigningKey:
    """A key that can sign, read once. Raises: ValueError, which never shows the key."""
    key = public_key(jwk)
    if not key.jwk.is_private:
        raise ValueError("is no private JWK: it has no d")
    return key


@lru_cache(maxsize=256)
def public_key(jwk: str) -> SigningKey:
    """A key that can verify, read once. Raises: ValueError, which never shows the key."""
    try:
        said = msgspec.json.decode(jwk, type=dict[str, Any])
        key = import_key(said)
        key.check_use("sig")
    except (JoseError, msgspec.DecodeError, ValueError, TypeError, KeyError):
        raise ValueError("is no JWK for signatures") from None
    if isinstance(key, ECKey) and key.curve_name == "P-256":
        return SigningKey(key, _agreed("ES256", said), key.kid)
    if isinstance(key, OKPKey) and key.curve_name == "Ed25519":
        return SigningKey(key, _agreed("EdDSA", said), key.kid)
    if isinstance(key, RSAKey):
        return SigningKey(key, _agreed("PS256", said), key.kid)
    raise ValueError("is a JWK for none of ES256, PS256 and EdDSA")


def _agreed(alg: str, said: dict[str, Any]) -> str:
    if said.get("alg", alg) != alg:
        raise ValueError(f"is a JWK for another algorithm than {alg}")
    return alg


def _signed(head: bytes, data: bytes) -> bytes:
    return head + b"." + urlsafe_b64encode(data)


@lru_cache(maxsize=256)
def jwk_of_pem(pem: str, key_id: str) -> str:
    """An EC key's PEM as JWK in JSON, which is how signatures are made. Raises: ValueError, which never shows it."""
    try:
        key = ECKey.import_key(pem)
    except (JoseError, ValueError, TypeError):
        raise ValueError("is no EC key in PEM") from None
    return msgspec.json.encode({**key.as_dict(private=key.is_private), "kid": key_id}).decode()
