"""Signatures: of a request in its headers, of an event beside its text."""

import hashlib
import hmac
import json

from sandbox.providers.lounge_booking.access import Access
from sandbox.providers.lounge_booking.errors import Refused
from sandbox.stand.message import Request
from sandbox.stand.moment import now

WINDOW_SECONDS = 300


class Signatures:
    """Verifies requests, each nonce once, and signs events."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._seen: dict[str, float] = {}

    def check(self, request: Request) -> None:
        """Raises: Refused."""
        headers = request.headers
        key, stamp, nonce = (headers.get(name, "") for name in ("x-api-key", "x-timestamp", "x-nonce"))
        if key != self._access.api_key:
            raise Refused("INVALID_KEY")
        target = request.path + (f"?{request.query}" if request.query else "")
        digest = hashlib.sha256(request.body).hexdigest()
        expected = _hmac(self._access.api_secret, f"{request.method}\n{target}\n{stamp}\n{nonce}\n{digest}")
        if not nonce or not hmac.compare_digest(expected.encode(), headers.get("x-signature", "").encode()):
            raise Refused("INVALID_SIGNATURE")
        self._note(nonce, stamp)

    def event(self, payload: str, *, forged: bool) -> bytes:
        """Shape: `{"payload": the event as JSON text, "signature": hex HMAC-SHA256 of that text}`."""
        signature = _hmac(self._access.webhook_secret, payload + "!" if forged else payload)
        return json.dumps({"payload": payload, "signature": signature}, ensure_ascii=False).encode()

    def _note(self, nonce: str, stamp: str) -> None:
        moment = now()
        fresh = stamp.isascii() and stamp.isdecimal() and abs(int(stamp) - moment) <= WINDOW_SECONDS
        if not fresh or nonce in self._seen:
            raise Refused("REQUEST_EXPIRED")
        while self._seen and next(iter(self._seen.values())) < moment - 2 * WINDOW_SECONDS:
            del self._seen[next(iter(self._seen))]
        self._seen[nonce] = moment


def _hmac(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
