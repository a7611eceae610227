"""An order in the partner's words, and what the partner's words about it are worth."""

from decimal import ROUND_DOWN, Decimal

import msgspec
import structlog

from connectors.fulu import wire
from connectors.fulu.gateway import MANIFEST, ZONE, Answer, FuluAccount, decrypted
from connectors.fulu.goods import CURRENCY, Way
from connectors.kit.codes import Codes
from connectors.kit.phones import chinese_mobile
from connectors.kit.units import up_to_minor
from schemas.call import Attempt
from schemas.errors import Garbled
from schemas.outcome import Absent, Found, Outcome, Pending, Succeeded, Unknown
from schemas.rights import Piece, Purchase, Purchased
from schemas.secret import Secret

ORDER = Codes(MANIFEST, "order")
ENQUIRY = Codes(MANIFEST, "enquiry")
STATE = Codes(MANIFEST, "state")
SUCCESS = frozenset(code for code, meaning in MANIFEST.codes["state"].items() if meaning.means == "succeeded")

CARD_ORDER = 3
"""The `order_type` of card secrets."""

log = structlog.get_logger("hub.fulu")


def order_of(purchase: Purchase, reference: str, way: Way) -> tuple[str, msgspec.Struct]:
    """The method and the message of a purchase. Raises: ValueError where the check let through what it must not."""
    price = guard(purchase)
    if way == "mobile":
        phone = chinese_mobile(purchase.recipient)
        if phone is None or purchase.face_value is None:
            raise ValueError("a mobile top-up needs a number and a face value")
        value = int(purchase.face_value.value)
        return "fulu.order.mobile.add", wire.MobileOrder(phone, value, reference, price)
    product_id = int(purchase.product_id.local_id)
    if way == "card":
        contact = chinese_mobile(purchase.recipient) or msgspec.UNSET
        return "fulu.order.card.add", wire.CardOrder(product_id, reference, purchase.quantity, price, contact)
    return "fulu.order.direct.add", wire.DirectOrder(
        product_id, reference, purchase.recipient or "", purchase.quantity, price
    )


def guard(purchase: Purchase) -> str:
    """The most that one piece may cost, in 元: so many times this is never above the price guard."""
    return str((purchase.max_total.value / purchase.quantity).quantize(Decimal("0.0001"), rounding=ROUND_DOWN))


def taken(answer: Answer, reference: str) -> Outcome[Purchased]:
    """What the answer to an order says. Code 0 means accepted, and nothing more. Raises: Garbled."""
    if answer.code != "0":
        outcome = ORDER.outcome(answer.code, acknowledged=False)
        return Unknown(why=outcome.why) if isinstance(outcome, Absent) else outcome
    if answer.read(wire.ORDER).customer_order_no not in (None, reference):
        raise Garbled("the answer is about another order", answer.result.encode())
    return Pending(stage="accepted")


def found(answer: Answer, purchase: Purchase, attempt: Attempt) -> Found[Purchased]:
    """What an enquiry says about our order. Raises: Garbled."""
    if answer.code != "0":
        return ENQUIRY.outcome(answer.code, acknowledged=False)
    order = answer.read(wire.ORDER)
    if not _agrees(order, purchase, attempt):
        log.error(
            "another-order-under-our-number",
            partner=attempt.partner,
            order_id=attempt.order_id,
            trace_id=attempt.trace_id,
        )
        return Unknown(why="the partner's order is about something else than ours")
    if order.order_state not in SUCCESS:
        return STATE.outcome(order.order_state or "none", acknowledged=True)
    return _delivered(order, attempt)


def pieces_of(cards: list[wire.Card] | None, account: FuluAccount) -> list[Piece]:
    """The cards that are there, in the clear. Raises: Garbled."""
    pieces = [
        Piece(
            number=decrypted(account, card.card_number),
            pin=decrypted(account, card.card_pwd),
            valid_until=wire.instant(card.card_deadline, ZONE),
        )
        for card in cards or []
    ]
    return [piece for piece in pieces if piece.number or piece.pin]


def _delivered(order: wire.Order, attempt: Attempt) -> Found[Purchased]:
    """A success, which of cards is none before the cards are there. Fewer than ordered is all that comes."""
    if order.buy_num is None:
        raise Garbled("the order names no quantity")
    paid = None if order.order_price is None else up_to_minor(order.order_price, CURRENCY)
    if attempt.handles.get("way") != "card" and order.order_type != CARD_ORDER:
        return Succeeded(result=Purchased(ordered=order.buy_num, delivered=order.buy_num, paid=paid))
    pieces = pieces_of(order.cards, attempt.account(FuluAccount))
    if not pieces:
        return Pending(stage="cards-awaited", so_far=Purchased(ordered=order.buy_num, delivered=0, paid=paid))
    return Succeeded(result=Purchased(ordered=order.buy_num, delivered=len(pieces), paid=paid, pieces=Secret(pieces)))


def _agrees(order: wire.Order, purchase: Purchase, attempt: Attempt) -> bool:
    """Whether it is our order, and nothing that it names belongs to another."""
    way = attempt.handles.get("way")
    charged = {purchase.recipient, chinese_mobile(purchase.recipient)}
    return (
        order.customer_order_no == attempt.reference
        and order.buy_num in (None, purchase.quantity)
        and (way == "mobile" or order.product_id is None or str(order.product_id) == purchase.product_id.local_id)
        and (way == "card" or not order.charge_account or order.charge_account in charged)
    )
