"""The partner's messages, in the partner's names. Unknown fields are allowed."""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, field


class Value(msgspec.Struct):
    """What one reward is worth. Units: major units of the currency, as a JSON number."""

    denomination: Decimal
    currency_code: str


class Sku(msgspec.Struct):
    """Amounts that a product comes in: one where both ends are the same, else everything between them."""

    min: Decimal
    max: Decimal


class Country(msgspec.Struct):
    """ISO 3166-1 alpha-2."""

    abbr: str


class ProductRow(msgspec.Struct):
    """One product of GET /products."""

    id: str
    name: str
    category: str
    currency_codes: list[str]
    skus: list[Sku]
    countries: list[Country] = field(default_factory=list)


class ProductList(msgspec.Struct):
    """GET /products. The rows stay raw, so that one bad product spoils no list."""

    products: list[Raw]


class Recipient(msgspec.Struct, omit_defaults=True):
    """Whose reward it is: a name, and one way to reach them."""

    name: str
    phone: str | None = None
    email: str | None = None


class DeliveryWish(msgspec.Struct):
    """How a reward is to be handed over. Only a LINK comes back to us."""

    method: str = "LINK"


class RewardRequest(msgspec.Struct):
    """One piece of an order."""

    value: Value
    products: list[str]
    recipient: Recipient
    delivery: DeliveryWish


class PaymentRequest(msgspec.Struct):
    """What the order is charged to."""

    funding_source_id: str


class OrderRequest(msgspec.Struct):
    """POST /orders."""

    external_id: str
    payment: PaymentRequest
    rewards: list[RewardRequest]


class Delivery(msgspec.Struct):
    """How far a reward is; `link` only in GET /rewards/{id}."""

    status: str
    link: str | None = None

    def __repr__(self) -> str:
        return f"Delivery(status={self.status!r})"


class Reward(msgspec.Struct):
    """A piece as the partner keeps it."""

    id: str
    order_id: str
    value: Value
    delivery: Delivery
    products: list[str] | None = None


class Payment(msgspec.Struct):
    """What an order is charged. Units: major units, as JSON numbers."""

    subtotal: Decimal
    total: Decimal
    currency_code: str


class Order(msgspec.Struct):
    """An order as the partner keeps it."""

    id: str
    status: str
    payment: Payment
    rewards: list[Reward]
    external_id: str | None = None


class OneOrder(msgspec.Struct):
    """The answer to POST /orders, a replay's too."""

    order: Order


class OrderList(msgspec.Struct):
    """GET /orders."""

    orders: list[Order]


class OneReward(msgspec.Struct):
    """GET /rewards/{id}."""

    reward: Reward


class Fault(msgspec.Struct):
    """What is wrong. Shape: `payload` maps the path of a field to words about it."""

    code: str
    payload: dict[str, Any] = field(default_factory=dict)


class Failure(msgspec.Struct):
    """The body of an error."""

    errors: Fault


class Meta(msgspec.Struct):
    """Which order an event is about, and the status of the thing that it happened to."""

    external_id: str | None = None
    status: str | None = None


class EventPayload(msgspec.Struct):
    """No amount, and no link."""

    meta: Meta


class Event(msgspec.Struct):
    """A webhook's body: ORDERS.* or REWARDS.*."""

    event: str
    payload: EventPayload


PRODUCTS = msgspec.json.Decoder(ProductList)
PRODUCT = msgspec.json.Decoder(ProductRow)
ORDER = msgspec.json.Decoder(OneOrder)
ORDERS = msgspec.json.Decoder(OrderList)
REWARD = msgspec.json.Decoder(OneReward)
FAILURE = msgspec.json.Decoder(Failure)
EVENT = msgspec.json.Decoder(Event)

write = msgspec.json.Encoder(decimal_format="number").encode
"""A message as JSON, amounts as exact JSON numbers."""
