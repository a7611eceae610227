"""An order as the product shows it: the answer to it, and the entry of a report."""

from decimal import Decimal
from typing import Any

from sandbox.providers.reloadly_giftcards.magic import Situation, situation_of
from sandbox.providers.reloadly_giftcards.shelf import WALLET_CURRENCY, GiftCard
from sandbox.providers.reloadly_giftcards.words import number, stamp
from sandbox.stand.book import Order
from sandbox.stand.moment import now

_UNMAPPED = "ON_HOLD"


def status_of(order: Order) -> str:
    final_at = order["finalAt"]
    if final_at is None or now() < final_at:
        return "PENDING"
    if order["fate"] == "SUCCESSFUL" and situation_of(order["account"]) is Situation.OTHER_WORD:
        return "SUCCESS"
    return str(order["fate"])


def receipt(order: Order, card: GiftCard, fault: str | None) -> dict[str, Any]:
    """The answer to an order; its amounts are right even where an enquiry's are not."""
    status = "PENDING" if situation_of(order["account"]) is Situation.ENQUIRY_ONLY else status_of(order)
    shown = _shown(order, card, _UNMAPPED if fault == "unmapped-code" else status, Decimal(0))
    if order["phone"]:
        shown["recipientPhone"] = int(order["phone"])
    if order["email"]:
        shown["recipientEmail"] = order["email"]
    total_fee = Decimal(order["fee"]) + Decimal(order["smsFee"])
    balance = {
        "oldBalance": number(order["before"]),
        "newBalance": number(order["balance"]),
        "cost": number(Decimal(order["before"]) - Decimal(order["balance"])),
        "currencyCode": WALLET_CURRENCY,
        "currencyName": "Nigerian Naira",
        "updatedAt": stamp(order["at"]),
    }
    return {**shown, "totalFee": number(total_fee), "preOrdered": order["preOrder"], "balanceInfo": balance}


def entry(order: Order, card: GiftCard, fault: str | None) -> dict[str, Any]:
    """One element of a report; the recipient's phone is misspelt there."""
    more = Decimal(order["wrong"] or fault == "wrong-amount")
    shown = _shown(order, card, _UNMAPPED if fault == "unmapped-code" else status_of(order), more)
    if order["phone"]:
        shown["receipientPhone"] = int(order["phone"])
    return shown


def _shown(order: Order, card: GiftCard, status: str, more: Decimal) -> dict[str, Any]:
    return {
        "transactionId": order["number"],
        "amount": number(Decimal(order["amount"]) + more),
        "discount": number(order["discount"]),
        "currencyCode": WALLET_CURRENCY,
        "fee": number(order["fee"]),
        "smsFee": number(order["smsFee"]),
        "customIdentifier": order["customIdentifier"],
        "status": status,
        "product": {
            "productId": card["productId"],
            "productName": card["productName"],
            "countryCode": card["country"]["isoName"],
            "quantity": order["quantity"],
            "unitPrice": number(order["unitPrice"]),
            "totalPrice": number(Decimal(order["unitPrice"]) * order["quantity"] + more),
            "currencyCode": order["currency"],
            "brand": card["brand"],
        },
        "transactionCreatedTime": stamp(order["at"]),
    }
