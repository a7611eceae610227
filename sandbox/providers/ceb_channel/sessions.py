"""Channel users and their sessions; a restart forgets the sessions, as the partner's would."""

import secrets
from typing import Any

from sandbox.providers.ceb_channel.codes import BAD_SESSION, MALFORMED, Refused
from sandbox.stand.leases import Leases


class Sessions:
    """Sessions live for a while after their login and belong to the site that opened them."""

    def __init__(self, session_seconds: float) -> None:
        self._leases = Leases(session_seconds)
        self._users: set[tuple[str, str]] = set()

    def open(self, site_code: str, content: dict[str, Any]) -> dict[str, str]:
        """Raises: Refused, without a userId."""
        user_id = content.get("userId")
        if not isinstance(user_id, str) or not user_id:
            raise Refused(MALFORMED, "userId")
        status = "0" if (site_code, user_id) in self._users else "1"
        self._users.add((site_code, user_id))
        session_id = secrets.token_hex(16)
        self._leases.add((site_code, session_id))
        return {"sessionId": session_id, "userStatus": status}

    def check(self, site_code: str, content: dict[str, Any]) -> None:
        """Raises: Refused, if the session is unknown, expired or another site's."""
        if not self._leases.good((site_code, str(content.get("sessionId", "")))):
            raise Refused(BAD_SESSION)
