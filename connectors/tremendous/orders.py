"""A purchase in the partner's words, and what the partner's words about it are worth."""

import re
from collections.abc import Sequence

import structlog
from msgspec.structs import replace

from connectors.kit.codes import Codes
from connectors.kit.units import from_major
from connectors.tremendous import wire
from connectors.tremendous.exchange import MANIFEST, TremendousAccount
from schemas.call import Attempt
from schemas.errors import Refused
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Reason, Succeeded, Unknown
from schemas.rights import Piece, Purchase, Purchased
from schemas.secret import Secret

NAME = "Customer"
"""The partner wants a name, and a purchase has none: it concerns an account, not a person of the consent."""
REFUSAL = Codes(MANIFEST, "order")
STATUS = Codes(MANIFEST, "status")
DELIVERY = Codes(MANIFEST, "delivery")
EXECUTED = frozenset(code for code, meaning in MANIFEST.codes["status"].items() if meaning.means == "ok")
FIELDS = {"products": "product_id", "value": "face_value", "recipient": "recipient"}
"""Parts of a reward, by our names for them."""

log = structlog.get_logger("hub.tremendous")


def recipient_of(purchase: Purchase) -> wire.Recipient:
    """Raises: Refused."""
    to = purchase.recipient or ""
    if re.fullmatch(r"\+?[0-9]{6,15}", to):
        return wire.Recipient(name=NAME, phone=to)
    if re.fullmatch(r"[^@]+@[^@]+", to):
        return wire.Recipient(name=NAME, email=to)
    raise Refused("must be a mobile number or an e-mail address", field="recipient")


def order_request(purchase: Purchase, reference: str, account: TremendousAccount) -> wire.OrderRequest:
    """One reward for each piece. Raises: Refused for what `check_purchase` refuses."""
    if purchase.face_value is None:
        raise Refused("is needed", field="face_value")
    face_value = wire.Value(purchase.face_value.value, purchase.face_value.currency)
    piece = wire.RewardRequest(face_value, [purchase.product_id.local_id], recipient_of(purchase), wire.DeliveryWish())
    return wire.OrderRequest(reference, wire.PaymentRequest(account.funding_source_id), [piece] * purchase.quantity)


def refused(fault: wire.Fault) -> Outcome[Purchased]:
    """What an error says about an order: declined only by a code that the manifest maps so."""
    outcome = REFUSAL.outcome(fault.code, acknowledged=False)
    if isinstance(outcome, Absent):
        return Unknown(why=outcome.why)
    if not isinstance(outcome, Declined):
        return outcome
    parts = (path.partition("].")[2].partition(".")[0] for path in fault.payload)
    field = outcome.reason.field or next((FIELDS[part] for part in parts if part in FIELDS), None)
    return Declined(reason=replace(outcome.reason, field=field))


def acknowledged(order: wire.Order, purchase: Purchase, attempt: Attempt) -> Outcome[Purchased]:
    """What an order's status says. EXECUTED says that it is charged, and not that anything is delivered."""
    flaw = _flaw(order, purchase, attempt.reference)
    if flaw:
        log.error("another-order-than-ours", why=flaw, partner=attempt.partner, order_id=attempt.order_id)
        return Unknown(why=flaw)
    if order.status in EXECUTED:
        return Pending(stage="executed, links awaited")
    outcome = STATUS.outcome(order.status, acknowledged=True)
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome


def found(orders: list[wire.Order], attempt: Attempt) -> wire.Order | Absent | Unknown:
    """The one order under our reference."""
    if not orders:
        return Absent(why="the partner has no order under this external_id")
    ours = [order for order in orders if order.external_id == attempt.reference]
    if len(ours) != 1:
        log.error("orders-under-one-reference", ours=len(ours), orders=len(orders), order_id=attempt.order_id)
        return Unknown(why=f"{len(ours)} of {len(orders)} orders are ours, where there should be one")
    return ours[0]


def delivery(order: wire.Order) -> Pending[Purchased] | list[wire.Reward]:
    """The rewards that were delivered, once nothing more can come; until then how far the slowest is."""
    delivered = []
    for reward in order.rewards:
        meaning = DELIVERY.meaning(reward.delivery.status)
        if meaning is None:
            return Pending(stage=reward.delivery.status[:64], unmapped=True)
        if meaning.means == "pending":
            return Pending(stage=meaning.text)
        if meaning.means == "succeeded":
            delivered.append(reward)
    return delivered


def nothing_came(order: wire.Order) -> Declined:
    """Each reward has failed for good: there is nothing that could be called a success, though it was charged."""
    charged = f"{order.payment.total} {order.payment.currency_code}"
    message = f"none of the rewards could be delivered; the funding source at the partner was charged {charged}"
    return Declined(
        reason=Reason(code="partner-failure", message=message, partner_code=order.rewards[0].delivery.status)
    )


def purchased(order: wire.Order, links: Sequence[str]) -> Found[Purchased]:
    """What was charged, and the pieces that came of it, which may be fewer than were ordered."""
    pieces = [Piece(link=link) for link in links]
    result = Purchased(
        ordered=len(order.rewards),
        delivered=len(pieces),
        paid=from_major(order.payment.total, order.payment.currency_code),
        pieces=Secret(pieces) if pieces else None,
    )
    return Succeeded(result=result)


def _flaw(order: wire.Order, purchase: Purchase, reference: str) -> str | None:
    """Why this is another order than was asked for: a known external_id is answered with whatever stands under it."""
    face_value = purchase.face_value
    if order.external_id != reference or face_value is None:
        return "the partner's answer is about another order"
    wanted = (face_value.value, face_value.currency, purchase.product_id.local_id)
    for reward in order.rewards:
        products = [wanted[-1]] if reward.products is None else reward.products
        if (reward.value.denomination, reward.value.currency_code, *products) != wanted:
            return "the partner has a reward of another product or amount in this order"
    if len(order.rewards) != purchase.quantity:
        return f"the partner has {len(order.rewards)} rewards in this order, {purchase.quantity} were ordered"
    payment = order.payment
    if (payment.subtotal, payment.currency_code) != (face_value.value * purchase.quantity, face_value.currency):
        return "the partner charged another amount than the face values together"
    return None
