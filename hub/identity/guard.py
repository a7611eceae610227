"""The guard of every route: who is calling, proven by the access token."""

import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from hub.identity import tokens
from hub.identity.jose import LONGEST, Unreadable
from hub.identity.metadata import RESOURCE_PATH
from hub.identity.refusals import Unauthenticated
from hub.identity.signing_keys import KeyRing
from hub.identity.standing import Standing, Watch

REMEMBERED = 10_000
_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)")


class Caller(msgspec.Struct, frozen=True):
    """A program of a bank, and what it may do until when."""

    tenant: str
    client_id: str
    scopes: frozenset[str]
    token_id: str
    expires_at: datetime


class Guard:
    """Verifies access tokens, and remembers by SHA-256 those that were good: the token itself is not kept."""

    def __init__(self, watch: Watch, issuer: str, clock: Callable[[], datetime]) -> None:
        self._watch = watch
        self._issuer = issuer
        self._clock = clock
        self._known: OrderedDict[bytes, Caller] = OrderedDict()
        self._ring: KeyRing | None = None

    async def authenticate(self, *lines: str) -> Caller:
        """Raises: Unauthenticated, StoreUnavailable."""
        if not lines:
            raise self._refusal(None, "an access token is needed: Authorization: Bearer ...")
        if len(lines) > 1:  # else the hub and whatever stands before it could each believe another one
            raise self._refusal("invalid_request", "the Authorization header must stand there once")
        [authorization] = lines
        if len(authorization) > LONGEST:
            raise self._refusal("invalid_token", "the access token is too long")
        standing = self._watch.latest() or await self._watch.standing()
        now = self._clock()
        caller = self._recall(authorization, standing, now)
        if caller.expires_at <= now:
            raise self._refusal("invalid_token", "the access token has expired")
        if caller.token_id in standing.revoked:
            raise self._refusal("invalid_token", "the access token was revoked")
        if caller.client_id in standing.barred:
            raise self._refusal("invalid_token", "the client or its bank was shut out")
        return caller

    def _recall(self, authorization: str, standing: Standing, now: datetime) -> Caller:
        if standing.ring is not self._ring:  # a key came or went: what was good may not be
            self._known.clear()
            self._ring = standing.ring
        digest = sha256(authorization.encode("utf-8", "surrogatepass")).digest()
        caller = self._known.get(digest)
        if caller is None:
            caller = self._known[digest] = self._verify(authorization, standing.ring, now)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(digest)
        return caller

    def _verify(self, authorization: str, ring: KeyRing, now: datetime) -> Caller:
        bearer = _BEARER.fullmatch(authorization)
        if bearer is None:
            raise self._refusal("invalid_token", "the Authorization header must be: Bearer, a space, the token")
        try:
            token = tokens.read(bearer[1], ring, self._issuer, now)
        except Unreadable as error:
            raise self._refusal("invalid_token", f"the access token cannot be used: {error}") from None
        return Caller(
            tenant=token.tenant,
            client_id=token.client_id,
            scopes=frozenset(token.scope.split()),
            token_id=token.jti,
            expires_at=datetime.fromtimestamp(token.exp, UTC),
        )

    def _refusal(self, error: str | None, description: str) -> Unauthenticated:
        return Unauthenticated(error, description, resource_metadata=self._issuer + RESOURCE_PATH)
