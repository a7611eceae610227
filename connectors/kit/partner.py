"""What a partner's `connector.py` gives the hub: one object named PARTNER."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.contract import Scenario
from schemas.money import Money
from schemas.outcome import Declined, Pending, Succeeded, Unknown


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """The partner's literal words for "received": anything else, and it sends again."""

    body: bytes
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"


class Happening(msgspec.Struct, frozen=True):
    """Something that happened to an order beside its state: `action-required`, `redeemed`. Banks are told."""

    what: str
    detail: str = ""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Money that the partner moved after an order had succeeded: a refund of its own, a later credit.

    Shape: `number` is the partner's own for it; what is told again under it is posted once.
    """

    number: str
    cause: str
    amount: Money


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What a callback says.

    Shape: `outcome` is None, or `trusted` False, where it is a hint that only triggers an enquiry. What a trusted one
    brings along (a right to reverse, a part of an answer) is remembered for later steps and enquiries, and its postings
    are posted, each once. The reference is an order's, or that of a question that is being kept, which is then asked
    again with what was remembered.
    """

    reference: str
    outcome: Succeeded[Any] | Declined | Pending[Any] | Unknown | None
    trusted: bool
    acknowledgement: Acknowledgement
    remember: Mapping[str, str] = {}
    happened: tuple[Happening, ...] = ()
    postings: tuple[Moved, ...] = ()


ReadCallback = Callable[[bytes, Mapping[str, str], Any], News]
"""(raw body, headers in lower case, account) to News. Pure. Raises: Garbled where it cannot be read at all."""


@dataclass(frozen=True, kw_only=True)
class Partner:
    """A partner's code: how its accounts look, the scenarios it serves, how its callbacks read."""

    account: type[msgspec.Struct]
    scenarios: tuple[type[Scenario], ...]
    read_callback: ReadCallback | None = None
    callback_headers: tuple[str, ...] = ()
    """The headers that `read_callback` reads, in lower case: no others are kept, or handed to it."""
