"""An order in the partner's words, and what the partner's words about it are worth."""

import re
from datetime import datetime
from decimal import Decimal

import msgspec
import structlog

from connectors.kit.codes import Codes
from connectors.kit.feeds import UNREADABLE
from connectors.kit.oauth import is_success, read
from connectors.kit.phones import chinese_mobile
from connectors.kit.units import up_to_minor
from connectors.reloadly_giftcards import wire
from connectors.reloadly_giftcards.cards import is_mail
from connectors.reloadly_giftcards.exchange import MANIFEST, GiftcardsAccount, code_of
from schemas.call import Attempt, Reply
from schemas.errors import Garbled
from schemas.money import Money
from schemas.outcome import Absent, Declined, Found, Outcome, Pending, Succeeded, Unknown
from schemas.rights import Piece, Purchase, Purchased
from schemas.secret import Secret

ORDER = Codes(MANIFEST, "order")
CARDS = Codes(MANIFEST, "cards")
STATUS = Codes(MANIFEST, "status")
SUCCESS = frozenset(code for code, meaning in MANIFEST.codes["status"].items() if meaning.means == "succeeded")

log = structlog.get_logger("hub.reloadly_giftcards")


def order_of(purchase: Purchase, attempt: Attempt) -> wire.OrderRequest:
    """The purchase in the partner's words, at the face value that it was checked with."""
    recipient, phone = purchase.recipient, chinese_mobile(purchase.recipient)
    order = wire.OrderRequest(
        product_id=int(purchase.product_id.local_id),
        quantity=purchase.quantity,
        unit_price=Decimal(attempt.handles["unit_price"]),
        sender_name=attempt.account(GiftcardsAccount).sender_name,
        custom_identifier=attempt.reference,
    )
    if recipient and attempt.handles["recipient"] == "user":
        order.product_additional_requirements = wire.ProductRequirements(recipient)
    elif recipient and is_mail(recipient):
        order.recipient_email = recipient
    elif phone:
        order.recipient_phone_details = wire.PhoneDetails("CN", phone)
    return order


def acknowledged(reply: Reply, reference: str) -> wire.Transaction:
    """The answer to an order. Raises: Garbled unless it is about this one."""
    answer = read(reply, wire.ORDER)
    if answer.custom_identifier not in (None, reference) or not answer.status:
        raise Garbled("the answer is about another order, or says nothing about this one", reply.body)
    return answer


def taken(answer: wire.Transaction, now: datetime) -> Outcome[Purchased]:
    """What an acknowledgement says. It brings no cards, so even a success waits for the enquiry."""
    if answer.status in SUCCESS:
        return Pending(stage="cards-awaited", check_after=now)
    return _decided(STATUS, answer.status or "", acknowledged=True)


def not_taken(reply: Reply) -> Outcome[Purchased]:
    """What an error says about an order: declined only by a code that the manifest maps so."""
    return _decided(ORDER, code_of(reply, "order"), acknowledged=False)


def ours(rows: list[wire.Transaction], purchase: Purchase, attempt: Attempt) -> wire.Transaction | Absent | Unknown:
    """The one transaction that is ours; otherwise what that says."""
    if not rows:
        return Absent(why="the partner has no transaction under this reference")
    found = [row for row in rows if row.custom_identifier == attempt.reference]
    if len(found) != 1:
        log.error("transactions-under-one-reference", ours=len(found), rows=len(rows), **_trace(attempt))
        return Unknown(why=f"{len(found)} of {len(rows)} transactions are ours, where there should be one")
    if not _agrees(found[0], purchase, attempt):
        log.error("another-order-under-our-reference", **_trace(attempt))
        return Unknown(why="the partner's transaction is about something else than ours")
    return found[0]


def delivered(transaction: wire.Transaction, reply: Reply) -> Found[Purchased]:
    """A success with its cards: one for each piece, or it is not complete.

    Of this endpoint alone an unknown transaction is one whose cards are not there yet. Raises: Garbled.
    """
    if not is_success(reply):
        outcome = CARDS.outcome(code_of(reply, "cards"), acknowledged=True)
        if isinstance(outcome, Pending) and not outcome.unmapped:
            return outcome
        raise Garbled(f"HTTP {reply.status}", reply.body)
    pieces = pieces_of(reply)
    if transaction.product is None:
        raise Garbled("the transaction names no quantity")
    ordered = transaction.product.quantity
    if len(pieces) < ordered:
        return Pending(
            stage="cards-awaited", so_far=Purchased(ordered=ordered, delivered=len(pieces), paid=_paid(transaction))
        )
    return Succeeded(
        result=Purchased(ordered=ordered, delivered=len(pieces), paid=_paid(transaction), pieces=Secret(pieces))
    )


def undelivered(transaction: wire.Transaction) -> Found[Purchased]:
    """Any status but success."""
    return _decided(STATUS, transaction.status or "none", acknowledged=True)


def pieces_of(reply: Reply) -> list[Piece]:
    """The cards, each number as it was written. Raises: Garbled, without the body: it may hold a card."""
    try:
        cards = wire.CARDS.decode(reply.body)
    except UNREADABLE as error:
        raise Garbled("the cards cannot be read") from error
    pieces = [
        Piece(number=lexical(card.card_number), pin=lexical(card.pin_code), link=card.redemption_url or None)
        for card in (cards if isinstance(cards, list) else [cards])
    ]
    return [piece for piece in pieces if piece.number or piece.pin or piece.link]


def lexical(raw: msgspec.Raw) -> str | None:
    """A number as the partner wrote it, in quotes or without; None for null and nothing. Raises: Garbled."""
    written = bytes(raw).decode()
    if written == "null":
        return None
    if written.startswith('"'):
        return msgspec.json.decode(raw, type=str) or None
    if not re.fullmatch("[0-9]+", written):
        raise Garbled("the number of a card is none")
    return written


def _paid(transaction: wire.Transaction) -> Money | None:
    if transaction.amount is None or transaction.currency_code is None:
        return None
    return up_to_minor(transaction.amount, transaction.currency_code)


def _agrees(transaction: wire.Transaction, purchase: Purchase, attempt: Attempt) -> bool:
    """Whether nothing that the transaction names belongs to another order, or contradicts itself."""
    number = str(transaction.transaction_id)
    order, unit_price = transaction.product, attempt.handles.get("unit_price")
    return attempt.handles.get("transaction_id", number) == number and (
        order is None
        or (
            str(order.product_id) == purchase.product_id.local_id
            and order.quantity == purchase.quantity
            and (unit_price is None or order.unit_price == Decimal(unit_price))
            and order.total_price in (None, order.unit_price * order.quantity)
        )
    )


def _decided(codes: Codes, code: str, *, acknowledged: bool) -> Declined | Pending[Purchased] | Unknown:
    outcome = codes.outcome(code, acknowledged=acknowledged)
    return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome


def _trace(attempt: Attempt) -> dict[str, str]:
    return {"partner": attempt.partner, "order_id": attempt.order_id, "trace_id": attempt.trace_id}
