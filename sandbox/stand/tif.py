"""The x-tif headers in front of the platforms of medical insurance: variant (b) of the facts.

Source: partners/social-security-and-medical.md, section B2.
"""

import hmac
from hashlib import sha256

from sandbox.stand.message import Request
from sandbox.stand.moment import now

WINDOW_SECONDS = 300


class Headers:
    """Checks the headers of requests, each nonce once."""

    def __init__(self, paasid: str, token: str) -> None:
        self._paasid = paasid
        self._token = token
        self._seen: dict[str, float] = {}

    def good(self, request: Request) -> bool:
        """Whether they are this caller's, of this moment, and were never seen before."""
        given, timestamp, nonce, signature = (
            request.headers.get(f"x-tif-{name}", "") for name in ("paasid", "timestamp", "nonce", "signature")
        )
        if given != self._paasid or not nonce or not (timestamp.isascii() and timestamp.isdecimal()):
            return False
        if abs(int(timestamp) - now()) > WINDOW_SECONDS:
            return False
        expected = sha256(f"{timestamp}{self._token}{nonce}{timestamp}".encode()).hexdigest().upper()
        return hmac.compare_digest(signature.encode(), expected.encode()) and self._is_new(nonce)

    def _is_new(self, nonce: str) -> bool:
        moment = now()
        while self._seen and next(iter(self._seen.values())) < moment - 2 * WINDOW_SECONDS:
            del self._seen[next(iter(self._seen))]
        return self._seen.setdefault(nonce, moment) is moment
