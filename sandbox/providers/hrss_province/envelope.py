"""Signed headers on the way in, a business-code envelope on the way out."""

import hmac
from base64 import b64encode
from hashlib import sha256
from typing import Any

from sandbox.providers.hrss_province.china import seconds_of
from sandbox.providers.hrss_province.codes import BAD_SIGNATURE, BAD_TIME, MESSAGES, Refused
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.moment import now

WINDOW_SECONDS = 300.0
_SHORTEST_NONCE, _LONGEST_NONCE = 8, 64


class Gate:
    """Lets in what the application signed a moment ago, once."""

    def __init__(self, app_key: str, app_secret: str) -> None:
        self._app_key = app_key
        self._app_secret = app_secret.encode()
        self._nonces: dict[str, float] = {}

    def check(self, request: Request) -> None:
        """Raises: Refused."""
        timestamp, nonce = request.headers.get("timestamp", ""), request.headers.get("nonce", "")
        mac = hmac.digest(self._app_secret, timestamp.encode() + nonce.encode() + request.body, sha256)
        good = hmac.compare_digest(b64encode(mac), request.headers.get("signature", "").encode())
        if request.headers.get("app-key") != self._app_key or not good:
            raise Refused(BAD_SIGNATURE)
        try:
            age = now() - seconds_of(timestamp)
        except ValueError as error:
            raise Refused(BAD_TIME, "timestamp") from error
        if abs(age) > WINDOW_SECONDS:
            raise Refused(BAD_TIME, "timestamp")
        self._once(nonce)

    def _once(self, nonce: str) -> None:
        if not _SHORTEST_NONCE <= len(nonce) <= _LONGEST_NONCE or nonce in self._nonces:
            raise Refused(BAD_TIME, "nonce")
        moment = now()
        while self._nonces and next(iter(self._nonces.values())) < moment - 2 * WINDOW_SECONDS:
            del self._nonces[next(iter(self._nonces))]
        self._nonces[nonce] = moment


def reply(code: str, data: dict[str, Any], message: str = "") -> Reply:
    return json_reply(200, {"code": code, "message": message or MESSAGES[code], "data": data})
