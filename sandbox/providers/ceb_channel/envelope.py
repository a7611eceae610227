"""The channel's envelope: a form around Base64 JSON, signed MD5withRSA, the signature Base64-encoded twice."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import MD5

from sandbox.providers.ceb_channel.codes import BAD_SIGNATURE, MALFORMED, Refused
from sandbox.providers.ceb_channel.keys import Keys
from sandbox.stand.message import Reply, Request, json_object, json_reply

VERSION = "1.0.0"
_DEVICES = frozenset("12345")
_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request as it arrived, opened as far as it could be; `content` is None if that failed."""

    site_code: str
    version: str
    device_type: str
    transac_code: str
    charset: str
    text: str
    signature: str
    content: dict[str, Any] | None


def opened(request: Request) -> Envelope:
    """Reads leniently, so that a fault can be found for whatever arrives."""
    form = request.fields()
    text = _plain(form.get("reqdata", ""))
    return Envelope(
        site_code=form.get("siteCode", ""),
        version=form.get("version", ""),
        device_type=form.get("deviceType", ""),
        transac_code=form.get("transacCode", ""),
        charset=form.get("charset", ""),
        text=text,
        signature=form.get("signature", ""),
        content=json_object(text),
    )


class Seal:
    """Verifies what the sites send and signs what the channel says."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._sign = lru_cache(_REMEMBERED)(_signer(keys.own))

    def check(self, envelope: Envelope) -> dict[str, Any]:
        """The content of an envelope that is well formed and signed by its site.

        Raises: Refused.
        """
        if envelope.version != VERSION or envelope.device_type not in _DEVICES or not envelope.charset:
            raise Refused(MALFORMED, "version, deviceType, charset")
        if envelope.content is None:
            raise Refused(MALFORMED, "reqdata")
        key = self._keys.sites.get(envelope.site_code)
        signed = envelope.site_code + envelope.version + envelope.transac_code + envelope.text
        try:
            signature = b64decode(b64decode(envelope.signature, validate=True), validate=True)
            if key is None:
                raise Refused(BAD_SIGNATURE)
            key.verify(signature, signed.encode(), PKCS1v15(), MD5())  # noqa: S303 - the partner's own
        except (InvalidSignature, ValueError) as error:
            raise Refused(BAD_SIGNATURE) from error
        return envelope.content

    def reply(self, code: str, message: str, content: dict[str, Any], *, forged: bool) -> Reply:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        signed = code + message + text
        return json_reply(
            200,
            {
                "respCode": code,
                "respMsg": message,
                "respData": b64encode(text.encode()).decode(),
                "signature": self._sign("forged" + signed if forged else signed),
            },
        )

    def push(self, site_code: str, transac_code: str, content: dict[str, Any], *, forged: bool) -> bytes:
        """The form of a push; the padding of its reqdata arrives as `%3D` after form decoding."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        signed = site_code + VERSION + transac_code + text
        return urlencode(
            {
                "siteCode": site_code,
                "version": VERSION,
                "transacCode": transac_code,
                "charset": "UTF-8",
                "reqdata": b64encode(text.encode()).decode().replace("=", "%3D"),
                "signature": self._sign("forged" + signed if forged else signed),
            }
        ).encode()


def _signer(key: RSAPrivateKey) -> Any:
    def sign(text: str) -> str:
        return b64encode(b64encode(key.sign(text.encode(), PKCS1v15(), MD5()))).decode()  # noqa: S303 - the partner's own

    return sign


def _plain(reqdata: str) -> str:
    try:
        return b64decode(reqdata, validate=True).decode()
    except ValueError:
        return ""
