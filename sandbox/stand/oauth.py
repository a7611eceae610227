"""OAuth 2.0 client credentials with an audience: what a client is handed, and the tokens it gets for it.

Source: RFC 6749, section 4.4; partners/utility-bills.md, A4, for the audience and the JSON request.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.stand import credentials
from sandbox.stand.leases import Leases
from sandbox.stand.message import Request, json_object


class BadClient(Exception):
    """The client, its grant or its audience is not known."""


class BadToken(Exception):
    """The request carries no token that is good here."""


@dataclass(frozen=True, slots=True)
class Audience:
    """The product for which tokens are good here, and its neighbours under the same issuer."""

    own: str
    others: frozenset[str]

    def prepare(self, var: Path) -> None:
        """Makes `credentials.json` in the shape `{client_id, client_secret, audience}`."""
        client = {"client_id": secrets.token_urlsafe(24), "client_secret": secrets.token_urlsafe(48)}
        credentials.hand_out(var, {**client, "audience": self.own})


class Tokens:
    """Issues tokens and knows which are good here; short-lived, and forgotten at a restart."""

    def __init__(self, var: Path, audience: Audience, token_seconds: float) -> None:
        document = credentials.read(var)
        self._client = (document["client_id"], document["client_secret"])
        self._audience = audience
        self._token_seconds = token_seconds
        self._leases = Leases(token_seconds)

    def issue(self, request: Request) -> dict[str, Any]:
        """A token for a known product; only one for this product is good here.

        Raises: BadClient.
        """
        asked = json_object(request.body) or {}
        if (asked.get("client_id"), asked.get("client_secret")) != self._client:
            raise BadClient
        audience = asked.get("audience")
        if asked.get("grant_type") != "client_credentials" or audience not in {
            self._audience.own,
            *self._audience.others,
        }:
            raise BadClient
        token = secrets.token_urlsafe(48)
        if audience == self._audience.own:
            self._leases.add(token)
        return {
            "access_token": token,
            "scope": "developer",
            "expires_in": int(self._token_seconds),
            "token_type": "Bearer",
        }

    def check(self, request: Request) -> None:
        """Raises: BadToken."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._leases.good(token.strip()):
            raise BadToken

    def expire(self) -> int:
        """Revokes every token; how many there were."""
        return self._leases.revoke()
