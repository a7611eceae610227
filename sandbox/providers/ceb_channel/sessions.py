"""Channel users and their sessions; a restart forgets the sessions, as the partner's would."""

import secrets
from typing import Any

from sandbox.providers.ceb_channel.codes import BAD_SESSION, MALFORMED, Refused
from sandbox.stand.moment import now

_KEPT = 10_000


class Sessions:
    """Sessions live for a while after their login and belong to the site that opened them."""

    def __init__(self, session_seconds: float) -> None:
        self._session_seconds = session_seconds
        self._users: set[tuple[str, str]] = set()
        self._sessions: dict[str, tuple[str, float]] = {}

    def open(self, site_code: str, content: dict[str, Any]) -> dict[str, str]:
        """Raises: Refused, without a userId."""
        user_id = content.get("userId")
        if not isinstance(user_id, str) or not user_id:
            raise Refused(MALFORMED, "userId")
        status = "0" if (site_code, user_id) in self._users else "1"
        self._users.add((site_code, user_id))
        while len(self._sessions) >= _KEPT:
            del self._sessions[next(iter(self._sessions))]
        session_id = secrets.token_hex(16)
        self._sessions[session_id] = (site_code, now() + self._session_seconds)
        return {"sessionId": session_id, "userStatus": status}

    def check(self, site_code: str, content: dict[str, Any]) -> None:
        """Raises: Refused, if the session is unknown, expired or another site's."""
        session = self._sessions.get(str(content.get("sessionId", "")))
        if session is None or session[0] != site_code or session[1] <= now():
            raise Refused(BAD_SESSION)
