"""ESSC_CALLBACK: the platform's news of an issue, and of an unlinking that the person did alone."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import msgspec

from connectors.essc import wire
from connectors.essc.envelope import EsscAccount, believed
from connectors.essc.facts import means
from connectors.essc.verdicts import card_of, declined_or_open
from connectors.kit.partner import Acknowledgement, Happening, News
from schemas.errors import Garbled
from schemas.outcome import Declined, Pending, Succeeded, Unknown
from schemas.social_security import Card

RECEIVED = Acknowledgement(body=b"success")
NOT_BELIEVED = Acknowledgement(body=b"fail")
"""Anything but `success` makes the platform push again, so that a true one still comes through."""


def read_callback(raw: bytes, _headers: Mapping[str, str], account: EsscAccount) -> News:
    """News by actionType. All but 001 moves no state: it makes the hub ask. Raises: Garbled where no order is named."""
    try:
        form = dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=32, errors="strict"))
        push = msgspec.convert(form, wire.Push)
    except (ValueError, msgspec.ValidationError) as error:
        raise Garbled("the push is no form of the platform", raw) from error
    if not believed(account, form):
        return News(reference=push.busiSeq, outcome=None, trusted=False, acknowledgement=NOT_BELIEVED)
    return News(
        reference=push.busiSeq,
        outcome=_issue(push, form) if push.actionType == wire.ISSUED else None,
        trusted=True,
        acknowledgement=RECEIVED,
        happened=_happened(push),
    )


def _issue(push: wire.Push, form: Mapping[str, str]) -> Succeeded[Card] | Declined | Pending[Card] | Unknown | None:
    """How an issue ended; None where it succeeded and names no card, which decides nothing."""
    if means("submit", push.code) != "ok":
        return declined_or_open(push.code, acknowledged=True)
    try:
        return Succeeded(result=card_of("issued", msgspec.convert(form, wire.Signed)))
    except msgspec.ValidationError:
        return None


def _happened(push: wire.Push) -> tuple[Happening, ...]:
    """An unlinking, on the order that it names: the issue's, where the person did it alone."""
    if push.actionType != wire.UNLINKED or means("submit", push.code) != "ok":
        return ()
    return (Happening("card-unlinked", "the card's area and 签发号 are to be forgotten"),)
