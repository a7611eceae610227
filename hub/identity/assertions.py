"""Client authentication by a signed assertion (RFC 7523, `private_key_jwt`), as narrow as FAPI 2.0 wants it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from hub.identity import client_keys
from hub.identity.jose import Header, Key, Unreadable, check_signature, claims_of, header_of
from hub.identity.refusals import OAuthRefusal
from hub.identity.rows import ClientRow

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_LIFE = 300
"""Units: seconds from now to `exp`."""
SKEW = 30
"""Units: seconds by which a client's clock may be wrong. An assertion that has expired gets no grace."""
OLDEST = 3600
"""Units: seconds; an assertion signed longer ago was made for another day, whatever its `exp`."""

_CLIENT_ID = re.compile(r"cli_[0-9a-z]{26}")
_JTI = re.compile(r"[ -~]{1,255}")
_TYPES = (None, "jwt", "client-authentication+jwt")


class Proof(msgspec.Struct, frozen=True):
    """A verified assertion. It may be used once; `keep_until` is when nobody could use it again anyway."""

    client_id: str
    jti: str
    keep_until: datetime


class AssertionClaims(msgspec.Struct, frozen=True):
    """What an assertion must say. An `aud` that is an array does not fit. Source: RFC 7523, section 3."""

    iss: str
    sub: str
    aud: str
    exp: int | float
    jti: str
    iat: int | float | None = None
    nbf: int | float | None = None


class _Subject(msgspec.Struct):
    sub: str = ""


_claims = msgspec.json.Decoder(AssertionClaims)
_subject = msgspec.json.Decoder(_Subject)


def claimed_client(form: Mapping[str, str]) -> str | None:
    """Whose assertion it says it is, unverified: which client to look up. None for what cannot be one of ours."""
    try:
        sub = claims_of(form.get("client_assertion", ""), _subject).sub
    except Unreadable:
        return None
    return sub if _CLIENT_ID.fullmatch(sub) else None


def verify(form: Mapping[str, str], client: ClientRow | None, issuer: str, now: datetime) -> Proof:
    """Everything but the single use, which only the store can tell. Raises: OAuthRefusal."""
    assertion = _presented(form)
    header, claims = _read(assertion)
    if client is None or not client.active:
        raise _refused("there is no active client of this sub")
    if form.get("client_id", client.client_id) != client.client_id:  # RFC 7521, section 4.2
        raise _refused("client_id and the assertion's sub differ")
    try:
        check_signature(assertion, header, _key(header, client))
    except Unreadable as error:
        raise _refused(f"client_assertion: {error}") from None
    fault = _fault(claims, client.client_id, issuer, now.timestamp())
    if fault is not None:
        raise _refused(f"client_assertion: {fault}")
    return Proof(client.client_id, claims.jti, datetime.fromtimestamp(claims.exp, UTC) + timedelta(seconds=SKEW))


def _presented(form: Mapping[str, str]) -> str:
    """The one way to authenticate (RFC 6749, section 2.3: a client must not use two)."""
    if form.get("client_secret"):
        raise _refused("this server knows no client secrets; use private_key_jwt")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise _refused(f"client_assertion_type must be {ASSERTION_TYPE}")
    if not form.get("client_assertion"):
        raise _refused("client_assertion is missing")
    return form["client_assertion"]


def _read(assertion: str) -> tuple[Header, AssertionClaims]:
    """What it says, unverified: read before any client is looked at, so that how it reads tells nothing of one."""
    try:
        return header_of(assertion), claims_of(assertion, _claims)
    except Unreadable as error:
        raise _refused(f"client_assertion: {error}") from None


def _key(header: Header, client: ClientRow) -> Key:
    if (header.typ.lower() if header.typ else None) not in _TYPES:
        raise Unreadable(f"its typ is {header.typ}")
    key = client_keys.choose(client_keys.load(client.jwks), header.kid)
    if key is None:
        raise Unreadable("its kid names none of the client's keys")
    return key


def _fault(claims: AssertionClaims, client_id: str, issuer: str, now: float) -> str | None:
    """Source: RFC 7523, section 3; FAPI 2.0 Security Profile, section 5.3.2 (the issuer as the only audience)."""
    if claims.iss != client_id or claims.sub != client_id:
        return "iss and sub must both be the client_id"
    if not _JTI.fullmatch(claims.jti):
        return "jti must be 1 to 255 printable ASCII characters"
    if claims.aud != issuer:
        return f"aud must be {issuer}, the issuer, as one string"
    if claims.exp <= now:
        return "exp has passed"
    if claims.exp > now + LONGEST_LIFE + SKEW:
        return f"exp is more than {LONGEST_LIFE} seconds ahead"
    if claims.nbf is not None and claims.nbf > now + SKEW:
        return "nbf is ahead"
    if claims.iat is not None and not now - OLDEST < claims.iat <= now + SKEW:
        return "iat is not near the present"
    return None


def _refused(description: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_client", description, 401)
