"""A response of the network: signed, kept for whoever asked, and decided at once where it stands for itself."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from connectors.kit.feeds import UNREADABLE
from connectors.kit.partner import Acknowledgement, Happening, News
from connectors.kit.signing import jws
from connectors.ocen import answers, wire
from connectors.ocen.exchange import OcenAccount
from connectors.ocen.repayments import judged
from schemas.errors import Garbled
from schemas.outcome import Declined, Pending, Succeeded

SIGNATURE = "signature"

JUDGES: dict[str, Callable[[wire.Response], Succeeded[Any] | Declined | Pending[Any] | None]] = {
    wire.topic(wire.REPAY): judged,
    wire.topic(wire.REPAYMENT): judged,
    wire.topic(wire.CONFIRMED): judged,
}
"""Responses that stand for themselves. The others are for a question or an order, which judges, and knows for whom."""


def read_callback(raw: bytes, headers: Mapping[str, str], account: OcenAccount) -> News:
    """Raises: Garbled where no reference is named."""
    try:
        response = wire.RESPONSE.decode(raw)
    except UNREADABLE as error:
        raise Garbled("the callback is no response of the network", raw) from error
    metadata = response.metadata
    if not jws.verify(account.network_key, raw, headers.get(SIGNATURE, "")):
        refused = _acknowledgement("INVALID_SIGNATURE", metadata, status=401)
        return News(reference=metadata.trace_id, outcome=None, trusted=False, acknowledgement=refused)
    judge = JUDGES.get(wire.topic(metadata.operation))
    return News(
        reference=metadata.trace_id,
        outcome=judge(response) if judge else None,
        trusted=True,
        acknowledgement=_acknowledgement("0", metadata),
        remember=answers.kept_as(response),
        happened=_happened(response.application),
    )


def _happened(application: wire.Application) -> tuple[Happening, ...]:
    """What a lender wants of the borrower before it goes on."""
    if application.loan_application_status != "ACTION_REQUIRED":
        return ()
    return tuple(Happening("action-required", action.description[:200]) for action in application.action_required)


def _acknowledgement(error: str, metadata: wire.Metadata, status: int = 200) -> Acknowledgement:
    """Its time is the response's own: reading a callback is no place to look at a clock."""
    body = {"error": error, "traceId": metadata.trace_id, "timestamp": metadata.timestamp}
    return Acknowledgement(body=msgspec.json.encode(body), status=status, content_type="application/json")
