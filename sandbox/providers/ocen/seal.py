"""Tokens and signatures: a JWT to come in, a detached JWS over the raw body both ways.

Source: RFC 7515, appendix F; partners/lending.md, C1, security.
"""

import math
import secrets
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from sandbox.providers.ocen.keys import NETWORK_KEY_ID, Keys
from sandbox.providers.ocen.states import Turned
from sandbox.stand.message import Request
from sandbox.stand.moment import now

_ALGORITHM = "ES256"
_UNAUTHORISED = 401


class Seal:
    """Issues tokens, checks what the loan agent sends, signs what the network says."""

    def __init__(self, keys: Keys, token_seconds: float) -> None:
        self._keys = keys
        self._token_seconds = token_seconds

    def issue(self, request: Request) -> dict[str, Any]:
        """Client credentials as a form, RFC 6749 section 4.4.

        Raises: Turned.
        """
        form = request.fields()
        if form.get("grant_type") != "client_credentials":
            raise Turned(400, "unsupported_grant_type")
        if (form.get("client_id"), form.get("client_secret")) != self._keys.client:
            raise Turned(_UNAUTHORISED, "invalid_client")
        moment = now()
        claims = {
            "iss": "ocen-auth",
            "sub": self._keys.client[0],
            "orgId": self._keys.org_id,
            "iat": int(moment),
            "exp": math.ceil(moment + self._token_seconds),
            "jti": secrets.token_hex(8),
        }
        header = {"alg": _ALGORITHM, "kid": NETWORK_KEY_ID}
        return {
            "access_token": jwt.encode(header, claims, self._keys.own),
            "token_type": "Bearer",
            "expires_in": int(self._token_seconds),
        }

    def check(self, request: Request) -> None:
        """Raises: Turned, without a good token, or without a good signature over the body (of a GET, the path)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            claims = jwt.decode(token.strip(), self._keys.own, [_ALGORITHM]).claims
        except (JoseError, ValueError) as error:
            raise Turned(_UNAUTHORISED, "INVALID_TOKEN") from error
        if scheme.lower() != "bearer" or claims.get("exp", 0) <= now():
            raise Turned(_UNAUTHORISED, "INVALID_TOKEN")
        signed = request.path.encode() if request.method == "GET" else request.body
        signature = request.headers.get("signature", "")
        # An attached JWS brings its own payload, and would be verified over that instead of over the body.
        if signature.split(".")[1:2] != [""]:
            raise Turned(_UNAUTHORISED, "INVALID_SIGNATURE")
        try:
            found = jws.deserialize_compact(signature, self._keys.agent, [_ALGORITHM], payload=signed)
        except (JoseError, ValueError) as error:
            raise Turned(_UNAUTHORISED, "INVALID_SIGNATURE") from error
        if found.headers().get("kid") != self._keys.key_id:
            raise Turned(_UNAUTHORISED, "INVALID_SIGNATURE")

    def sign(self, body: bytes, *, forged: bool) -> str:
        """The header `Signature` for a body: header, no payload, signature."""
        signed = body + b" " if forged else body
        header = {"alg": _ALGORITHM, "kid": NETWORK_KEY_ID}
        return jws.detach_content(jws.serialize_compact(header, signed, self._keys.own))
