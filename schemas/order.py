"""An order as a bank sees it, and the pieces it is made of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from schemas.money import Money
from schemas.outcome import Reason
from schemas.struct import Canonical, Instant, pattern

OrderState = Literal["received", "submitting", "pending", "unknown", "succeeded", "declined"]
FINAL: frozenset[OrderState] = frozenset({"succeeded", "declined"})

OrderId = Annotated[str, pattern("ord_[0-9a-z]{26}", "An order, as the hub named it")]


class OrderRequest(Canonical):
    """What asks for an order. A request knows which results cannot be its own."""

    def contradicts(self, result: Any) -> str | None:
        """Why this result, or what there is so far, cannot be this request's; None when nothing speaks against it."""
        raise NotImplementedError


class Flaw(NamedTuple):
    """What is wrong with a request: which field, and why."""

    field: str
    message: str


class Reversal(OrderRequest):
    """What asks to undo an order: an order of its own, and as uncertain as any. One at a time may be open."""

    reverses: OrderId

    def contradicts(self, result: Any) -> str | None:  # noqa: ARG002 - most repeat nothing of the request
        return None

    def refusal(self, original: "Original", earlier: list["Reversal"]) -> Flaw | None:
        """Why this must not be sent, seeing what it undoes and what `earlier` ones undid already; None when it may."""
        raise NotImplementedError

    def returned(self, result: Any) -> Money | None:  # noqa: ARG002 - many return nothing
        """What a success gives back: it is posted to the order that was undone."""
        return None


class Leg(Canonical):
    """One part of an order that settles by itself: the fund, the personal account, the cash of a medical bill."""

    name: str
    state: OrderState
    amount: Money
    reason: Reason | None = None


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """The order that a request names: what was asked and came of it, what the partner knows it by, what it left."""

    order_id: str
    reference: str
    sent_at: datetime
    state: OrderState
    request: OrderRequest
    handles: Mapping[str, str]
    result: object = None
    legs: tuple[Leg, ...] = ()


class Posting(Canonical):
    """Money that moved after the state was final, or corrects it: a refund by the partner, a later credit."""

    at: Instant
    cause: str
    amount: Money
    number: str | None = None
    """The partner's own for it, where the partner told of it by itself."""


class TimelineEntry(Canonical):
    """One thing that happened to an order."""

    at: Instant
    what: str
    detail: str = ""


class Order(Canonical):
    """What is known about one order. Until it is `succeeded` or `declined`: never pay again, the hub will tell.

    `received`: certainly not sent yet, and due again. `submitting`: on its way. `pending`: the partner acknowledged it.
    `unknown`: it may have been performed. `review`: a person of the hub's operator is needed; still never pay again.
    """

    order_id: str
    operation: str
    state: OrderState
    review: bool
    partner: str
    reference: str
    result: msgspec.Raw | None
    reason: Reason | None
    postings: list[Posting]
    created_at: Instant
    settled_at: Instant | None
    next_check_at: Instant | None
    timeline: list[TimelineEntry]
    legs: list[Leg] | msgspec.UnsetType = msgspec.UNSET
    reverses: str | msgspec.UnsetType = msgspec.UNSET
