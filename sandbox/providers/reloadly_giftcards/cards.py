"""The cards of an order: numbers that are JSON numbers, whatever a reader makes of their digits."""

from hashlib import sha256
from typing import Any

from sandbox.providers.reloadly_giftcards.errors import Refused
from sandbox.providers.reloadly_giftcards.magic import Situation, situation_of
from sandbox.providers.reloadly_giftcards.transactions import status_of
from sandbox.stand.book import Order
from sandbox.stand.moment import now

_DIGITS = {Situation.LONG_NUMBERS: 19, Situation.ZEROS_LOST: 12}
_ORDINARY = 16
_PINS = 10_000


def cards_of(order: Order | None, late_seconds: float) -> list[dict[str, Any]] | dict[str, Any]:
    """Every card of an order that succeeded; where there is none yet, the order is not known either.

    Raises: Refused.
    """
    if order is None or not status_of(order).startswith("SUCCESS"):
        raise Refused("cards")
    situation = situation_of(order["account"])
    late = late_seconds if situation is Situation.CARDS_LATE else 0.0
    if situation is Situation.CARDS_NEVER or now() < order["finalAt"] + late:
        raise Refused("cards")
    digits = _DIGITS.get(situation, _ORDINARY) if situation else _ORDINARY
    cards = [_card(order, index, digits) for index in range(order["quantity"])]
    return cards[0] if situation is Situation.BARE_CARD else cards


def _card(order: Order, index: int, digits: int) -> dict[str, Any]:
    """A number from 9 to 7: large and odd, so that a double does not hold it exactly once it has sixteen digits."""
    mark = sha256(f"card {order['number']} {order['at']} {index}".encode()).digest()
    middle = int.from_bytes(mark) % 10 ** (digits - 2)
    return {
        "cardNumber": int(f"9{middle:0{digits - 2}d}7"),
        "pinCode": int.from_bytes(mark[:4]) % _PINS,
        "redemptionUrl": f"https://giftcards.example/redeem/{mark.hex()[:16]}",
    }
