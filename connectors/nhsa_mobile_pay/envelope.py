"""What every message travels in: x-tif headers, a doubly nested envelope, SM4 inside, SM2 over the plain text.

Source: partners/social-security-and-medical.md, B2 (x-tif headers) and B3 (the SM recipe).
"""

from base64 import b64decode, b64encode
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from connectors.kit.signing import sm2, sm2_keys, sm4
from connectors.kit.signing.sorted_fields import nhsa_text
from connectors.kit.signing.tif import tif_headers
from schemas.call import Clock, Http, Reply
from schemas.errors import Garbled
from schemas.struct import pattern

T = TypeVar("T")

OK = "0"
HEADERS_REFUSED = "1001"
"""Of the protocol layer: also for a nonce that came before."""
RELAYS = 3
"""So deep a relay in between may have wrapped an answer."""
JSON = {"Content-Type": "application/json; charset=utf-8"}
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_decoder = msgspec.json.Decoder(float_hook=Decimal)  # a number enters the sign text as it was written


class NhsaAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank's account at the centre, as its credential file names things. Shape: keys are Base64."""

    base_url: Annotated[str, pattern(r"https?://[^\s?#]+", "Absolute address, without a query")]
    app_id: Annotated[str, pattern("[!-~]{16,}", "Its first 16 characters are a key")]
    app_secret: str
    sm2_user_id: Literal["app-secret", "default"]
    """Both are found in the wild."""
    private_key: str
    """Ours."""
    platform_public_key: str
    """The centre's."""
    tif_paasid: str
    tif_token: str
    org_codg: str
    org_name: str

    def __post_init__(self) -> None:
        sm2_keys.private_key(self.private_key)
        sm2_keys.public_key(self.platform_public_key)

    @property
    def user_id(self) -> bytes:
        return self.app_secret.encode() if self.sm2_user_id == "app-secret" else sm2.USER_ID

    @property
    def body_key(self) -> bytes:
        """The first 16 characters of UPPER-HEX(SM4(app_id[0:16], app_secret))."""
        return sm4.encrypt_ecb(self.app_id[:16].encode(), self.app_secret.encode()).hex().upper()[:16].encode()

    def __repr__(self) -> str:
        return f"NhsaAccount(app_id={self.app_id!r})"


class Answer(msgspec.Struct, frozen=True):
    """What the two outer layers say, the protocol's and the business's. Shape: `code` is OK where neither objects."""

    code: str
    content: Any

    def read(self, of: type[T]) -> T:
        """The innermost layer; what is empty is not there. Raises: Garbled."""
        content = self.content
        if isinstance(content, dict):
            content = {key: value for key, value in content.items() if value not in ("", None)}
        try:
            return msgspec.convert(content, of)
        except UNREADABLE as error:
            raise Garbled("the answer has not the fields that it should have") from error


async def seal(account: NhsaAccount, path: str, message: msgspec.Struct, clock: Clock) -> Http:
    """A request, signed and encrypted."""
    plain = msgspec.to_builtins(message)
    now = clock().timestamp()
    envelope = {
        "appCode": account.app_id,
        "version": "1.0.0",
        "encType": "SM4",
        "signType": "SM2",
        "timestamp": str(int(now * 1000)),
    }
    signed = nhsa_text({**envelope, "data": plain}, account.app_secret).encode()
    signature = await sm2.sign(account.private_key, signed, account.user_id)
    sealed = sm4.encrypt_ecb(account.body_key, msgspec.json.encode(plain)).hex().upper()
    body = {**envelope, "data": {"encData": sealed}, "signData": b64encode(signature).decode()}
    return Http(
        method="POST",
        url=f"{account.base_url.rstrip('/')}/org/local/api/hos/{path}",
        headers=JSON | tif_headers(account.tif_paasid, account.tif_token, int(now)),
        body=msgspec.json.encode({"data": body}),
    )


async def unseal(account: NhsaAccount, reply: Reply) -> Answer:
    """An answer that is believed. Only the protocol layer says no without a signature. Raises: Garbled."""
    if reply.status != 200:  # noqa: PLR2004 - every verdict of the centre's own is a 200
        raise Garbled(f"HTTP {reply.status}", reply.body)
    outer = unwrapped(reply.body)
    protocol = outer.get("code")
    if protocol not in (0, OK):
        if protocol is None:
            raise Garbled("the answer has no protocol code", reply.body)
        return Answer(str(protocol), None)
    opened = open_envelope(account, outer.get("data"))
    if not await sm2.verify(account.platform_public_key, opened.signed, opened.signature, account.user_id):
        raise Garbled("the answer's signature does not hold", reply.body)
    return business(opened.content)


def business(content: Any) -> Answer:
    """The second layer: `code` and `data` about the e-voucher, `success` and the fields themselves elsewhere."""
    if isinstance(content, dict):
        if "success" in content:
            success = content["success"] in (True, "true")
            return Answer(OK if success else str(content.get("errCode") or "no-code"), content)
        if content.get("code") is not None:
            return Answer(str(content["code"]), content.get("data"))
    raise Garbled("the answer says neither yes nor no")


class Opened(msgspec.Struct, frozen=True):
    """An envelope's content, and what its signature is over."""

    content: Any
    signed: bytes
    signature: bytes


def open_envelope(account: NhsaAccount, envelope: Any) -> Opened:
    """Decrypts, and rebuilds the text that was signed. Raises: Garbled."""
    try:
        sealed = bytes.fromhex(envelope["data"]["encData"])
        signature = b64decode(envelope["signData"], validate=True)
        content = _decoder.decode(sm4.decrypt_ecb(account.body_key, sealed))
        signed = nhsa_text({**envelope, "data": content}, account.app_secret).encode()
    except (*UNREADABLE, LookupError, TypeError, ValueError) as error:
        raise Garbled("this is no envelope of the centre's") from error
    if envelope.get("appCode") != account.app_id:
        raise Garbled("the envelope is for another application")
    return Opened(content, signed, signature)


def unwrapped(body: bytes) -> dict[str, Any]:
    """A message, out of what a relay in between may have wrapped it in. Raises: Garbled."""
    try:
        found = _decoder.decode(body)
    except UNREADABLE as error:
        raise Garbled("the message is no JSON", body) from error
    for _ in range(RELAYS):
        if not isinstance(found, dict) or "code" in found or "signData" in found:
            break
        found = next((found[name] for name in ("data", "output", "body") if name in found), None)
    if not isinstance(found, dict):
        raise Garbled("the message is no object", body)
    return found
