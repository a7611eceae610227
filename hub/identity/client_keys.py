"""A client's public keys (RFC 7517): read strictly when it is added, kept in one canonical form."""

from functools import lru_cache
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from joserfc.util import base64_to_int

from hub.identity.jose import Algorithm, AsymmetricKey, Key
from hub.identity.refusals import ClientError

MOST_KEYS = 10
LONGEST_KID = 255
RSA_BITS = range(2048, 8193)
RSA_EXPONENTS = range(65537, 2**32)

_ALGORITHM: dict[str, Algorithm] = {"RSA": "PS256", "EC": "ES256", "OKP": "EdDSA"}
_CURVE = {"EC": "P-256", "OKP": "Ed25519"}
_PUBLIC = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


_encode = msgspec.json.Encoder(order="sorted").encode


def canonical(raw: bytes) -> bytes:
    """A JWK set as it is stored: public members only, each key with its `kid` and `alg`.

    Raises: ClientError naming the key at fault.
    """
    try:
        keys = msgspec.json.decode(raw, type=_KeySet).keys
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ClientError(f'this is no JWK set ({{"keys": [...]}}): {error}') from None
    if not 0 < len(keys) <= MOST_KEYS:
        raise ClientError(f"a JWK set of a client holds 1 to {MOST_KEYS} keys, this one {len(keys)}")
    stored = [_public(jwk, f"key {number}") for number, jwk in enumerate(keys, 1)]
    names = [jwk["kid"] for jwk in stored]
    for name in names:
        if names.count(name) > 1:
            raise ClientError(f"two keys have the kid {name!r}")
    return _encode({"keys": stored})


@lru_cache(maxsize=1024)
def load(stored: bytes) -> tuple[Key, ...]:
    """The keys of a stored set."""
    keys = msgspec.json.decode(stored, type=_KeySet).keys
    return tuple(Key(jwk["kid"], jwk["alg"], _imported(jwk)) for jwk in keys)


def choose(keys: tuple[Key, ...], kid: str | None) -> Key | None:
    """The key that a header names; the only one there is when it names none."""
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.kid == kid), None)


def _public(jwk: dict[str, Any], place: str) -> dict[str, Any]:
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID:
        raise ClientError(f"{place} has no kid: every key needs a name of 1 to {LONGEST_KID} characters")
    fault = _fault(jwk) or _fault_of_numbers(_numbers(jwk))
    if fault is not None:
        raise ClientError(f"{place} ({kid!r}) {fault}")
    return _numbers(jwk) | {"kid": kid, "alg": _ALGORITHM[jwk["kty"]], "use": "sig"}


def _numbers(jwk: dict[str, Any]) -> dict[str, Any]:
    """The public key itself, without what is said about it."""
    return {name: jwk.get(name) for name in ("kty", *_PUBLIC[jwk["kty"]])}


def _fault(jwk: dict[str, Any]) -> str | None:
    """What is wrong with a key before anybody calculates."""
    kty = jwk.get("kty")
    if kty == "oct" or "k" in jwk:
        return "is a shared secret (kty oct): a client proves itself with a key pair"
    if not isinstance(kty, str) or kty not in _ALGORITHM:
        return f"has the kty {kty!r}; the hub takes RSA, EC and OKP"
    private = sorted(_PRIVATE & jwk.keys())
    if private:
        return f"is a private key (it holds {', '.join(private)}): make a new pair, and send the public half only"
    if jwk.get("crv") != _CURVE.get(kty):
        return f"is on the curve {jwk.get('crv')!r}; {kty} keys are on {_CURVE[kty]}" if kty in _CURVE else "has a crv"
    if jwk.get("alg", _ALGORITHM[kty]) != _ALGORITHM[kty]:
        return f"is for {jwk['alg']!r}; {kty} keys sign with {_ALGORITHM[kty]}"
    if jwk.get("use", "sig") != "sig":
        return f"is for use {jwk['use']!r}, not for signatures"
    if jwk.get("key_ops", ["verify"]) != ["verify"]:
        return f"is for key_ops {jwk['key_ops']!r}; a public signature key has verify alone"
    return None


def _fault_of_numbers(public: dict[str, Any]) -> str | None:
    try:
        fault = _fault_of_rsa(public) if public["kty"] == "RSA" else None
        if fault is None:
            _imported(public)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        return f"cannot be read: {str(error) or 'not Base64url'}"
    return fault


def _fault_of_rsa(public: dict[str, Any]) -> str | None:
    bits, exponent = base64_to_int(public["n"]).bit_length(), base64_to_int(public["e"])
    if bits not in RSA_BITS:
        return f"has {bits} bits; RSA keys have {RSA_BITS[0]} to {RSA_BITS[-1]}"
    if exponent not in RSA_EXPONENTS:
        return f"has the exponent {exponent}; use 65537"
    return None


def _imported(jwk: dict[str, Any]) -> AsymmetricKey:
    key = import_key(jwk)
    if not isinstance(key, RSAKey | ECKey | OKPKey):
        raise TypeError("a shared secret")
    return key
