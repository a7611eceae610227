"""Webhooks: who sent one is proven, but it names neither amount nor link, so it only says that it is time to ask."""

from collections.abc import Mapping

from connectors.kit.feeds import UNREADABLE
from connectors.kit.partner import Acknowledgement, Happening, News
from connectors.kit.signing.hmac_sha256 import verify_hex
from connectors.tremendous import wire
from connectors.tremendous.exchange import MANIFEST, TremendousAccount
from schemas.errors import Garbled

SIGNATURE = "tremendous-webhook-signature"
SCHEME = "sha256="
WAITS_FOR_A_PERSON = ("PENDING APPROVAL", "PENDING INTERNAL PAYMENT APPROVAL")

RECEIVED = Acknowledgement(body=b"")
UNBELIEVED = Acknowledgement(body=b"", status=401)


def read_callback(raw: bytes, headers: Mapping[str, str], account: TremendousAccount) -> News:
    """One that cannot be believed is not thanked for, so that a true one comes again. Raises: Garbled."""
    claimed = headers.get(SIGNATURE, "")
    trusted = claimed.startswith(SCHEME) and verify_hex(
        account.webhook_secret.encode(), raw, claimed.removeprefix(SCHEME)
    )
    try:
        meta = wire.EVENT.decode(raw).payload.meta
    except UNREADABLE as error:
        raise Garbled("the webhook cannot be read", raw) from error
    return News(
        reference=meta.external_id or "",  # an order that somebody placed by hand has none, and is nobody's here
        outcome=None,
        trusted=trusted,
        acknowledgement=RECEIVED if trusted else UNBELIEVED,
        happened=_happened(meta.status) if trusted else (),
    )


def _happened(status: str | None) -> tuple[Happening, ...]:
    if status not in WAITS_FOR_A_PERSON:
        return ()
    return (Happening("action-required", MANIFEST.codes["status"][status].text),)
