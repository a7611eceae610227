"""An order as its enquiry shows it, and as its push does: other names, and every value a string."""

from decimal import Decimal
from typing import Any

from sandbox.providers.fulu.goods import CARD, ORDER_TYPES
from sandbox.providers.fulu.words import number, stamp
from sandbox.stand.book import Order
from sandbox.stand.moment import now

PROCESSING = "processing"
_UNMAPPED = "suspended"
_SAYS = {"success": "充值成功/已到账", "failed": "充值失败/账号异常"}


def state_of(order: Order) -> str:
    final_at = order["finalAt"]
    return PROCESSING if final_at is None or now() < final_at else str(order["fate"])


def described(order: Order, state: str, fault: str | None) -> dict[str, Any]:
    """The order with numbers; without its cards."""
    final = state != PROCESSING
    return {
        "order_id": order["orderId"],
        "product_id": order["productId"],
        "product_name": order["productName"],
        "charge_account": None if order["kind"] == CARD else order["account"],
        "customer_order_no": order["reference"],
        "create_time": stamp(order["at"]),
        "buy_num": order["buyNum"],
        "order_price": number(_price(order, fault)),
        "order_state": _UNMAPPED if fault == "unmapped-code" else state,
        "finish_time": stamp(order["finalAt"]) if final else None,
        "cards": None,
        "order_type": ORDER_TYPES[order["kind"]],
        "operator_serial_number": _serial(order) if final else None,
    }


def pushed(order: Order, fault: str | None) -> dict[str, str]:
    """The push of a final order, unsigned."""
    return {
        "order_id": order["orderId"],
        "charge_finish_time": stamp(order["finalAt"]),
        "customer_order_no": order["reference"],
        "order_status": _UNMAPPED if fault == "unmapped-code" else order["fate"],
        "recharge_description": _SAYS[order["fate"]],
        "product_id": str(order["productId"]),
        "price": f"{_price(order, fault):.4f}",
        "buy_num": str(order["buyNum"]),
        "operator_serial_number": _serial(order) or "",
    }


def _price(order: Order, fault: str | None) -> Decimal:
    return Decimal(order["reported"]) + (fault == "wrong-amount")


def _serial(order: Order) -> str | None:
    return f"OP{order['number']:012d}" if order["fate"] == "success" else None
