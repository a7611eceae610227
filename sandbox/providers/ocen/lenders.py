"""The lenders of the network, their products, and what each would offer to a borrower."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Any

from sandbox.providers.ocen.magic import Situation, situation_of
from sandbox.providers.ocen.plan import plan, stamp
from sandbox.stand.settings import Settings

CURRENCY = "INR"
_CENT = Decimal("0.01")
_PROCESSING_SHARE = Decimal("0.01")
_PAST = 60.0


@dataclass(frozen=True, slots=True)
class Product:
    """One product of one lender; amounts in INR, tenures in months, the rate in percent a year."""

    product_id: str
    name: str
    lender_id: str
    lender: str
    least: Decimal
    most: Decimal
    longest: int
    rate: Decimal


PRODUCTS = (
    Product("PRD-001", "Working capital", "LND-A", "Ganga Sandbox Finance", Decimal(5000), Decimal(500000), 36,
            Decimal("11.50")),
    Product("PRD-002", "Invoice line", "LND-B", "Kaveri Sandbox Credit", Decimal(10000), Decimal(1000000), 24,
            Decimal("13.25")),
    Product("PRD-003", "Small ticket", "LND-C", "Narmada Sandbox Bank", Decimal(1000), Decimal(200000), 12,
            Decimal("16.00")),
)  # fmt: skip


def shown(product: Product, network_id: str) -> dict[str, Any]:
    """A product as the registry has it."""
    return {
        "id": product.product_id,
        "name": product.name,
        "productNetworkId": network_id,
        "lender": {"id": product.lender_id, "name": product.lender},
        "currency": CURRENCY,
        "minAmount": float(product.least),
        "maxAmount": float(product.most),
        "tenure": {"duration": str(product.longest), "unit": "MONTH"},
        "interestRate": float(product.rate),
    }


def offers(application: dict[str, Any], moment: float, settings: Settings) -> list[dict[str, Any]]:
    """What the lenders asked will offer, each under `offer` with the moment `at` when it is there.

    A lender that does not lend so much or so little offers nothing.
    """
    amount, situation = Decimal(application["amount"]), situation_of(application["account"])
    asked = [each for each in PRODUCTS if application["productId"] in (None, each.product_id)]
    fitting = [each for each in asked if each.least <= amount]
    found = []
    for place, product in enumerate(fitting):
        late = situation is Situation.OFFERS_LATE or (situation is Situation.OFFERS_PARTIAL and place > 0)
        at = moment + (settings.late_seconds if late else settings.processing_seconds)
        valid_till = at - _PAST if situation is Situation.OFFERS_EXPIRED else at + settings.session_seconds
        found.append({"at": at, "validTill": valid_till, "offer": _offer(application, product, at, valid_till)})
    return found


def _offer(application: dict[str, Any], product: Product, at: float, valid_till: float) -> dict[str, Any]:
    mark = sha256(f"{application['account']} {product.product_id}".encode()).digest()
    requested = Decimal(application["amount"])
    share = Decimal(70 + mark[0] % 31) / 100
    sanctioned = min((requested * share).quantize(Decimal(1)), product.most)
    rate = product.rate + Decimal(mark[1] % 8) / 4
    months = min(application["months"], product.longest)
    charge = rounded(sanctioned * _PROCESSING_SHARE)
    interest = rounded(sanctioned * rate / 100 * months / 12)
    named = f"{application['loanApplicationId']} {product.product_id}"
    offer_id = "OFR-" + sha256(named.encode()).hexdigest()[:16]
    tenure = {"duration": str(months), "unit": "MONTH"}
    terms = {
        "requestedAmount": float(requested),
        "currency": CURRENCY,
        "sanctionedAmount": float(sanctioned),
        "netDisbursedAmount": float(sanctioned - charge),
        "interestType": "FIXED",
        "interestRate": float(rate),
        "annualPercentageRate": float(rounded(rate + 12 * 100 * _PROCESSING_SHARE / months)),
        "coolingOffPeriod": {"duration": "3", "unit": "DAY"},
        "totalRepayableAmount": float(sanctioned + interest),
        "interestAmount": float(interest),
        "tenure": tenure,
        "charges": [{"chargeType": "FIXED_AMOUNT", "data": {"amount": float(charge), "description": "processing"}}],
        "legalAgreement": {"type": "TEXT", "data": f"Loan agreement with {product.lender}"},
    }
    payout = {"id": "DP-" + offer_id, "automatic": True, "scheduleType": "ONE_TIME"}
    return {
        "id": offer_id,
        "productId": product.product_id,
        "lender": {"primaryId": product.lender_id, "primaryIdType": "FIU", "name": product.lender},
        "validTill": stamp(valid_till),
        "terms": terms,
        "disbursement": {"plans": [{**payout, "totalAmount": float(sanctioned - charge)}]},
        "repayment": {"plans": [plan(offer_id, sanctioned, interest, months, at)]},
    }


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
