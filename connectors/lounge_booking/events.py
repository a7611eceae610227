"""Events: signed, and a picture of a moment. They say that it is time to ask; only a visit is told of at once."""

from collections.abc import Mapping
from datetime import UTC

from connectors.kit.feeds import UNREADABLE
from connectors.kit.partner import Acknowledgement, Happening, News
from connectors.kit.signing.hmac_sha256 import verify_hex
from connectors.lounge_booking import wire
from connectors.lounge_booking.exchange import LoungeAccount
from schemas.errors import Garbled

CONSUMED = "visit.consumed"

RECEIVED = Acknowledgement(body=b"OK")
UNBELIEVED = Acknowledgement(body=b"", status=401)


def read_callback(raw: bytes, _headers: Mapping[str, str], account: LoungeAccount) -> News:
    """One that cannot be believed is not thanked for, so that a true one comes again. Raises: Garbled."""
    try:
        envelope = wire.ENVELOPE.decode(raw)
        payload = envelope.payload.encode()
        trusted = verify_hex(account.webhook_secret.encode(), payload, envelope.signature)
        event = wire.EVENT.decode(payload)
    except UNREADABLE as error:
        raise Garbled("the event cannot be read", raw) from error
    if not trusted:
        return News(reference=event.client_reference, outcome=None, trusted=False, acknowledgement=UNBELIEVED)
    if event.event != CONSUMED:
        return News(reference=event.client_reference, outcome=None, trusted=True, acknowledgement=RECEIVED)
    used = Happening("redeemed", f"{event.booking.venue_name}, {event.occurred_at.astimezone(UTC).isoformat()}")
    reference = event.booking.client_reference  # it is the booking that was used, whatever the event answers
    return News(reference=reference, outcome=None, trusted=True, acknowledgement=RECEIVED, happened=(used,))
