"""Access tokens as signed JWTs (RFC 9068)."""

import secrets
from datetime import datetime

import msgspec

from hub.identity.jose import Key, Unreadable, check_signature, claims_of, header_of, sign
from hub.identity.signing_keys import TOKEN_LIFE, KeyRing

TYP = "at+jwt"
SKEW = 30
"""Units: seconds by which the clocks of the hub's own machines may differ."""


class AccessToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The claims, RFC 9068's and the bank's `tenant`. Units: `exp` and `iat` are seconds since 1970."""

    iss: str
    sub: str
    client_id: str
    tenant: str
    aud: str
    scope: str
    jti: str
    iat: int
    exp: int


_claims = msgspec.json.Decoder(AccessToken)


def new_token(*, issuer: str, client_id: str, tenant: str, scope: str, now: datetime) -> AccessToken:
    """A token of ten minutes for the hub itself."""
    issued = int(now.timestamp())
    return AccessToken(
        iss=issuer,
        sub=client_id,
        client_id=client_id,
        tenant=tenant,
        aud=issuer,
        scope=scope,
        jti=secrets.token_urlsafe(18),
        iat=issued,
        exp=issued + int(TOKEN_LIFE.total_seconds()),
    )


def write(token: AccessToken, key: Key) -> str:
    return sign(token, key, TYP)


def read(compact: str, ring: KeyRing, issuer: str, now: datetime) -> AccessToken:
    """A token that this hub signed for itself and that is still good. Raises: Unreadable.

    Source: RFC 9068, section 4; RFC 8725, sections 3.1 (algorithm), 3.8 to 3.11 (issuer, audience, type).
    """
    header = header_of(compact)
    if header.typ != TYP:
        raise Unreadable(f"its typ is not {TYP}")
    key = ring.find(header.kid, now)
    if key is None:
        raise Unreadable("its kid names no key of this hub")
    check_signature(compact, header, key)
    token = claims_of(compact, _claims)
    if token.iss != issuer or token.aud != issuer:
        raise Unreadable(f"it was not issued by and for {issuer}")
    if token.exp <= now.timestamp():
        raise Unreadable("it has expired")
    if token.iat > now.timestamp() + SKEW:
        raise Unreadable("it was issued in the future")
    return token
