"""The signed URL, its SM2-encrypted `security`, and the signatures of answers and callbacks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC
from gmalg import SM2
from gmalg.errors import GMError

from sandbox.providers.essc.codes import BAD_SIGNATURE, BAD_TIME, MESSAGES, SEALED_BADLY, Refused
from sandbox.providers.essc.keys import Keys
from sandbox.providers.essc.operations import CALLBACK
from sandbox.stand.message import Reply, Request, json_reply
from sandbox.stand.moment import now
from sandbox.stand.sm2 import quick

SIGNATURE = "_api_signature"
WINDOW_SECONDS = 300.0
_LEAST = 1 + 2 * 32 + 32 + 1
"""Bytes of a ciphertext: C1 uncompressed, C3, and at least one byte of C2."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request as it arrived, opened as far as it could be; `content` is None if `security` does not open."""

    parameters: dict[str, str]
    content: dict[str, Any] | None

    @property
    def api_name(self) -> str:
        return self.parameters.get("_api_name", "")


class Seal:
    """Opens and verifies what the channel sends, and signs what the platform says."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._sm2 = quick(SM2(sk=keys.private_key))

    def open(self, request: Request) -> Envelope:
        """Reads leniently, before anything is verified, so that a fault finds its person."""
        parameters = request.parameters()
        return Envelope(parameters, self._content(parameters.get("security", "")))

    def check(self, envelope: Envelope) -> dict[str, Any]:
        """The business parameters of a request that the channel signed a moment ago.

        Raises: Refused.
        """
        parameters = envelope.parameters
        if parameters.get("_api_access_id") != self._keys.access_id:
            raise Refused(BAD_SIGNATURE)
        # The facts sign the underscore-prefixed parameters, and `security` has no underscore.
        signed = {name: value for name, value in parameters.items() if name.startswith("_")}
        if not compare_digest(self._mac(_joined(signed)).encode(), parameters.get(SIGNATURE, "").encode()):
            raise Refused(BAD_SIGNATURE)
        timestamp = parameters.get("_api_timestamp", "")
        if not _is_number(timestamp) or abs(now() - int(timestamp) / 1000) > WINDOW_SECONDS:
            raise Refused(BAD_TIME)
        if envelope.content is None:
            raise Refused(SEALED_BADLY)
        return envelope.content

    def reply(self, code: str, data: Mapping[str, Any], *, message: str = "", forged: bool) -> Reply:
        """An answer; `data` is JSON in a string, so that what is signed is what is sent."""
        answer = {
            "code": code,
            "message": message or MESSAGES[code],
            "timestamp": _millis(),
            "data": json.dumps(data, ensure_ascii=False, separators=(",", ":")),
        }
        return json_reply(200, {**answer, "signature": self._mac("forged" * forged + "".join(answer.values()))})

    def callback(self, content: Mapping[str, str], *, forged: bool) -> bytes:
        """The form of a callback; all of its fields are signed."""
        head = {"_api_name": CALLBACK.name, "_api_access_id": self._keys.access_id, "_api_timestamp": _millis()}
        form = {**head, **content}
        return urlencode({**form, SIGNATURE: self._mac("forged" * forged + _joined(form))}).encode()

    def _mac(self, text: str) -> str:
        mac = HMAC(self._keys.access_secret.encode(), SM3())
        mac.update(text.encode())
        return mac.finalize().hex()

    def _content(self, security: str) -> dict[str, Any] | None:
        try:
            sealed = bytes.fromhex(security)
            content = json.loads(self._sm2.decrypt(sealed)) if len(sealed) >= _LEAST else None
        except (GMError, ValueError, RecursionError):
            return None
        return content if isinstance(content, dict) else None


def _joined(parameters: Mapping[str, str]) -> str:
    """`name=value` by name, joined by `&`, without the signature itself; values as they are before URL encoding."""
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters) if name != SIGNATURE)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len("1000000000000")


def _millis() -> str:
    return str(int(now() * 1000))
