"""Orders and rewards as the partner shows them."""

from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sandbox.providers.tremendous.magic import Situation, situation_of
from sandbox.providers.tremendous.orders import PENDING, delivery_of, status_of
from sandbox.stand.book import Order

UNMAPPED = "ON HOLD"


def order_id(order: Order) -> str:
    return f"ORD{order['number']:09d}"


def reward_id(order: Order, index: int) -> str:
    return f"RWD{order['number']:09d}{index:02d}"


def stamp(seconds: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answered(order: Order, fault: str | None) -> dict[str, Any]:
    """The order as the answer to its creation shows it."""
    shown = described(order, fault)
    if situation_of(order["account"]) is Situation.ENQUIRY_ONLY:
        shown["status"] = PENDING
    return shown


def described(order: Order, fault: str | None) -> dict[str, Any]:
    """The order as an enquiry shows it; links are in its rewards' own answers alone."""
    # An order that was performed under `wrong-amount` is kept with the wrong one already.
    wrong = fault == "wrong-amount" and order["reported"] == order["total"]
    total = number(Decimal(order["reported"]) + wrong)
    return {
        "id": order_id(order),
        "external_id": order["external_id"],
        "created_at": stamp(order["at"]),
        "status": UNMAPPED if fault == "unmapped-code" else status_of(order),
        "payment": {
            "funding_source_id": order["funding_source_id"],
            "subtotal": total,
            "fees": 0,
            "total": total,
            "currency_code": order["currency"],
        },
        "rewards": [_reward(order, index) for index in range(len(order["rewards"]))],
    }


def reward(order: Order, index: int, fault: str | None) -> dict[str, Any]:
    """One reward; a link if it was delivered by LINK."""
    shown = _reward(order, index)
    if fault == "wrong-amount":
        shown["value"]["denomination"] += 1
    delivery = shown["delivery"]
    if fault == "unmapped-code":
        delivery["status"] = UNMAPPED
    if delivery["method"] == "LINK" and delivery["status"] == "SUCCEEDED":
        delivery["link"] = _link(order, index)
    return shown


def _reward(order: Order, index: int) -> dict[str, Any]:
    asked = order["rewards"][index]
    return {
        "id": reward_id(order, index),
        "order_id": order_id(order),
        "created_at": stamp(order["at"]),
        "value": {"denomination": number(Decimal(asked["denomination"])), "currency_code": asked["currency"]},
        "products": asked["products"],
        "campaign_id": asked["campaign_id"],
        "recipient": asked["recipient"],
        "delivery": {"method": asked["method"], "status": delivery_of(order, index)},
    }


def number(amount: Decimal) -> int | float:
    """An amount as a JSON number, whole where it is whole."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _link(order: Order, index: int) -> str:
    """Bearer of the value: whoever has the link has the reward."""
    mark = sha256(f"link {order['number']} {index} {order['at']}".encode()).hexdigest()[:32]
    return f"https://reward.example/redeem/{mark}"
