"""A payment as the product shows it: the answer to `pay`, and the transaction of an enquiry."""

from decimal import Decimal
from hashlib import sha256
from typing import Any

from sandbox.providers.reloadly_utilities.billers import WALLET_CURRENCY, Biller
from sandbox.providers.reloadly_utilities.magic import Situation, situation_of
from sandbox.providers.reloadly_utilities.words import number, stamp
from sandbox.stand.book import Order
from sandbox.stand.moment import now

_SAYS = {
    "PROCESSING": (
        "PAYMENT_PROCESSING_IN_PROGRESS",
        "The payment is being processed, status will be updated when biller processes the payment.",
    ),
    "SUCCESSFUL": ("PAYMENT_PROCESSED_SUCCESSFULLY", "The payment was processed successfully"),
    "FAILED": ("PAYMENT_FAILED", "The payment could not be processed by the biller"),
    "REFUNDED": ("PAYMENT_REFUNDED", "The payment was refunded"),
    "ON_HOLD": ("PAYMENT_ON_HOLD", "The payment is on hold"),
}
_EXACT_DIGITS = 15


def status_of(order: Order) -> str:
    final_at = order["finalAt"]
    return "PROCESSING" if final_at is None or now() < final_at else str(order["fate"])


def receipt(order: Order, fault: str | None) -> dict[str, Any]:
    """The answer to `pay`."""
    status = status_of(order)
    if situation_of(order["account"]) is Situation.ENQUIRY_ONLY:
        status = "PROCESSING"
    if fault == "unmapped-code":
        status = "ON_HOLD"
    code, message = _SAYS[status]
    return {
        "id": order["number"],
        "status": status,
        "referenceId": order["referenceId"],
        "code": code,
        "message": message,
        "submittedAt": stamp(order["at"]),
        "finalStatusAvailabilityAt": stamp(order["promisedAt"]),
    }


def entry(order: Order, biller: Biller, fault: str | None) -> dict[str, Any]:
    """One element of an enquiry's array."""
    status = "ON_HOLD" if fault == "unmapped-code" else status_of(order)
    code, message = _SAYS[status]
    return {"code": code, "message": message, "transaction": _transaction(order, biller, status, fault)}


def _transaction(order: Order, biller: Biller, status: str, fault: str | None) -> dict[str, Any]:
    return {
        "id": order["number"],
        "status": status,
        "referenceId": order["referenceId"],
        "amount": number(Decimal(order["reported"]) + (fault == "wrong-amount")),
        "amountCurrencyCode": order["currency"],
        "deliveryAmount": number(order["delivery"]),
        "deliveryAmountCurrencyCode": biller["localTransactionCurrencyCode"],
        "fee": number(order["fee"]),
        "feeCurrencyCode": WALLET_CURRENCY,
        "discount": 0,
        "discountCurrencyCode": WALLET_CURRENCY,
        "submittedAt": stamp(order["at"]),
        "balanceInfo": {
            "oldBalance": number(order["before"]),
            "newBalance": number(order["balance"]),
            "cost": number(order["cost"]),
            "currencyCode": WALLET_CURRENCY,
            "curencyName": "Indian Rupee",
            "updatedAt": stamp(order["at"]),
        },
        "billDetails": _bill_details(order, biller, status),
    }


def _bill_details(order: Order, biller: Biller, status: str) -> dict[str, Any]:
    details: dict[str, Any] = {
        "type": biller["type"],
        "billerId": biller["id"],
        "billerName": biller["name"],
        "billerCountryCode": biller["countryIsoCode"],
        "serviceType": biller["serviceType"],
        "completedAt": None if status == "PROCESSING" or order["finalAt"] is None else stamp(order["finalAt"]),
    }
    if status == "SUCCESSFUL":
        details["billerReferenceId"] = f"BR{order['number']:010d}"
    details["subscriberDetails"] = {"accountNumber": _account_number(order["account"])}
    return details


def with_pin(entry: dict[str, Any], order: Order, late_seconds: float) -> dict[str, Any]:
    """Adds `pinDetails` to a prepaid payment that succeeded, once the token is there."""
    details = entry["transaction"]["billDetails"]
    if entry["transaction"]["status"] == "SUCCESSFUL" and details["serviceType"] == "PREPAID":
        situation = situation_of(order["account"])
        late = late_seconds if situation is Situation.PIN_LATE else 0.0
        if situation is not Situation.PIN_NEVER and now() >= order["finalAt"] + late:
            details["pinDetails"] = _pin(order)
    return entry


def _pin(order: Order) -> dict[str, str]:
    mark = sha256(f"token {order['number']} {order['at']}".encode()).digest()
    digits = f"{int.from_bytes(mark) % 10**20:020d}"
    return {
        "token": "-".join(digits[place : place + 4] for place in range(0, 20, 4)),
        "info1": f"Meter {order['account']}",
        "info2": f"Paid {order['currency']} {order['amount']}",
        "info3": "Enter all 20 digits on the keypad",
    }


def _account_number(account: str) -> int | str:
    """A number as in the documents' example, unless a number would change it."""
    plain = account.isascii() and account.isdecimal() and not account.startswith("0")
    return int(account) if plain and len(account) <= _EXACT_DIGITS else account
