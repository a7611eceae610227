"""What an integrator is handed, and the tokens it gets for it; a restart forgets them."""

import secrets
import string
from pathlib import Path
from typing import Any

from sandbox.providers.setu_bbps.answers import Refused, trace_id
from sandbox.stand import credentials
from sandbox.stand.leases import Leases
from sandbox.stand.message import Request


def prepare(var: Path) -> None:
    """Keeps what exists."""
    credentials.hand_out(
        var,
        {
            "client_id": _word(20),
            "client_secret": _word(32),
            "partner_id": str(10**18 + secrets.randbelow(9 * 10**18)),
            "agent_id": f"SB01SB01INB{secrets.randbelow(10**9):09d}",
            "agent_channel": "INTB",
            "agent_ip": "192.0.2.1",
            "agent_mac": "00-00-00-00-00-00",
            "remitter_name": "SANDBOX BANK",
        },
    )


class Tokens:
    """Issues tokens and knows which are good here."""

    def __init__(self, handed: dict[str, str], token_seconds: float) -> None:
        self._client = (handed["client_id"], handed["client_secret"])
        self._partner_id = handed["partner_id"]
        self._token_seconds = token_seconds
        self._leases = Leases(token_seconds)

    def issue(self, content: dict[str, Any]) -> dict[str, Any]:
        """Raises: Refused."""
        if (content.get("clientID"), content.get("secret")) != self._client:
            raise Refused("clientID or secret is wrong")
        token = secrets.token_urlsafe(48)
        self._leases.add(token)
        return {"expiresIn": int(self._token_seconds), "token": token, "success": True, "traceId": trace_id()}

    def check(self, request: Request) -> None:
        """Raises: Refused, if the request carries no good token or another partner's id."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not self._leases.good(token):
            raise Refused("The token is missing, wrong or over", "unauthorized", 401)
        if request.headers.get("x-partner-id") != self._partner_id:
            raise Refused("X-PARTNER-ID is not yours", "forbidden", 403)

    def expire(self) -> int:
        """Revokes every token; how many there were."""
        return self._leases.revoke()


def _word(length: int) -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))
