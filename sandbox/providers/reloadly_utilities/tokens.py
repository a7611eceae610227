"""Access tokens: one product each, short-lived, forgotten at a restart."""

import json
import secrets
from typing import Any

from sandbox.providers.reloadly_utilities.credentials import AUDIENCE, OTHER_PRODUCTS
from sandbox.providers.reloadly_utilities.errors import Refused
from sandbox.stand.message import Request
from sandbox.stand.moment import now

_KEPT = 10_000


class Tokens:
    """Issues tokens and knows which are good here."""

    def __init__(self, client: tuple[str, str], token_seconds: float) -> None:
        self._client = client
        self._token_seconds = token_seconds
        self._good_until: dict[str, float] = {}

    def issue(self, request: Request) -> dict[str, Any]:
        """A token for a known product; only one for this product is good here.

        Raises: Refused.
        """
        asked = _asked(request)
        if (asked.get("client_id"), asked.get("client_secret")) != self._client:
            raise Refused("INVALID_CREDENTIALS")
        audience = asked.get("audience")
        if asked.get("grant_type") != "client_credentials" or audience not in {AUDIENCE, *OTHER_PRODUCTS}:
            raise Refused("INVALID_CREDENTIALS")
        token = secrets.token_urlsafe(48)
        if audience == AUDIENCE:
            while len(self._good_until) >= _KEPT:
                del self._good_until[next(iter(self._good_until))]
            self._good_until[token] = now() + self._token_seconds
        return {
            "access_token": token,
            "scope": "developer",
            "expires_in": int(self._token_seconds),
            "token_type": "Bearer",
        }

    def check(self, request: Request) -> None:
        """Raises: Refused, if the request carries no good token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or self._good_until.get(token.strip(), 0) <= now():
            raise Refused("INVALID_TOKEN")

    def expire(self) -> int:
        """Revokes every token; how many there were."""
        count = len(self._good_until)
        self._good_until.clear()
        return count


def _asked(request: Request) -> dict[str, Any]:
    try:
        asked = json.loads(request.body)
    except ValueError as error:
        raise Refused("INVALID_CREDENTIALS") from error
    if not isinstance(asked, dict):
        raise Refused("INVALID_CREDENTIALS")
    return asked
