"""The doubly nested envelope: an encrypted body inside, a signature over the plain one outside."""

import json
from dataclasses import dataclass
from typing import Any

from sandbox.providers.nhsa_mobile_pay.cipher import BodyCipher
from sandbox.providers.nhsa_mobile_pay.codes import BAD_BODY, BAD_SIGNATURE, MALFORMED, Unverified
from sandbox.providers.nhsa_mobile_pay.keys import Keys
from sandbox.providers.nhsa_mobile_pay.signing import read_for_signing, sign, sign_text, verifies
from sandbox.stand.message import Request
from sandbox.stand.moment import now

VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request as it arrived, opened as far as it could be; `content` is None if that failed."""

    head: dict[str, Any]
    text: str
    content: dict[str, Any] | None


class Seal:
    """Opens what the integrator sends and seals what the centre says."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._cipher = BodyCipher(keys.app_id, keys.app_secret)

    def opened(self, request: Request) -> Envelope:
        """Reads leniently, so that a fault can be found for whatever arrives."""
        head = _object(_object(_parsed(request.body)).get("data"))
        try:
            text = self._cipher.decrypted(str(_object(head.get("data")).get("encData")))
        except ValueError:
            text = ""
        content = _parsed(text)
        return Envelope(head, text, content if isinstance(content, dict) else None)

    def check(self, envelope: Envelope) -> None:
        """Slow: it verifies a signature.

        Raises: Unverified.
        """
        head, keys = envelope.head, self._keys
        if head.get("appCode") != keys.app_id or head.get("version") != VERSION:
            raise Unverified(MALFORMED)
        algorithms = (str(head.get("encType")).upper(), str(head.get("signType")).upper())
        if algorithms != ("SM4", "SM2") or not str(head.get("timestamp")).isdecimal():
            raise Unverified(MALFORMED)
        if envelope.content is None:
            raise Unverified(BAD_BODY)
        fields = {**read_for_signing(json.dumps(head)), "data": read_for_signing(envelope.text)}
        text = sign_text(fields, keys.app_secret)
        if not verifies(str(head.get("signData")), text, keys.integrator_key, keys.user_id):
            raise Unverified(BAD_SIGNATURE)

    def sealed(self, content: dict[str, Any], *, forged: bool) -> dict[str, Any]:
        """Slow: it signs."""
        keys = self._keys
        head = {
            "appCode": keys.app_id,
            "version": VERSION,
            "encType": "SM4",
            "signType": "SM2",
            "timestamp": str(int(now() * 1000)),
        }
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        signed = sign_text({**head, "data": read_for_signing(text)}, keys.app_secret) + ("forged" if forged else "")
        signature = sign(signed, keys.private_key, keys.public_key, keys.user_id)
        return {**head, "data": {"encData": self._cipher.encrypted(text)}, "signData": signature}


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
