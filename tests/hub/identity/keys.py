"""Clients' keys and assertions, good ones and every kind of bad one."""

import base64
import hmac
import json
import time
import uuid
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from hub.identity.assertions import ASSERTION_TYPE

ISSUER = "https://hub.example"

_MADE: dict[str, Key] = {}


def key_pair(alg: str, kid: str = "one") -> Key:
    """A key pair; RSA keys are made once for the process, because they take long."""
    match alg:
        case "ES256":
            return ECKey.generate_key("P-256", {"kid": kid, "alg": alg})
        case "EdDSA":
            return OKPKey.generate_key("Ed25519", {"kid": kid, "alg": alg})
    name = f"{alg} {kid}"
    if name not in _MADE:
        _MADE[name] = RSAKey.generate_key(2048, {"kid": kid, "alg": alg})
    return _MADE[name]


def jwks(*keys: Key) -> bytes:
    """The public halves, as a bank sends them."""
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def b64(data: bytes | dict[str, Any]) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: dict[str, Any] | bytes, key: Key | bytes | None) -> str:
    """A compact JWS, without any opinion on what is in it. No key: an empty signature; bytes: an HMAC with them."""
    signing_input = f"{b64(header)}.{b64(claims)}"
    if key is None:
        return f"{signing_input}."
    if isinstance(key, bytes):
        return f"{signing_input}.{b64(hmac.digest(key, signing_input.encode(), 'sha256'))}"
    signature = JWSRegistry.algorithms[header["alg"]].sign(signing_input.encode(), key)
    return f"{signing_input}.{b64(signature)}"


def claims(client_id: str, **changes: Any) -> dict[str, Any]:
    """The claims of a good assertion; a change to None leaves the claim out."""
    now = int(time.time())
    good = {
        "iss": client_id,
        "sub": client_id,
        "aud": ISSUER,
        "exp": now + 60,
        "iat": now,
        "jti": str(uuid.uuid4()),
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def assertion(client_id: str, key: Key, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A good assertion, or one with changed claims or header parameters."""
    head = {"alg": key.alg, "kid": key.kid, "typ": "JWT"} | (header or {})
    return signed({name: value for name, value in head.items() if value is not None}, claims(client_id, **changes), key)


def token_form(client_assertion: str, **changes: str | None) -> dict[str, str]:
    """A good token request; a change to None leaves the parameter out."""
    good: dict[str, str | None] = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": client_assertion,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}
