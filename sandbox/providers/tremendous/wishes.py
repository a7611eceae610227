"""An order as it is asked for: read, and refused field by field where it is not one."""

import json
from decimal import Decimal
from typing import Any

from sandbox.providers.tremendous.catalogue import choice, takes
from sandbox.providers.tremendous.errors import invalid

METHODS = frozenset({"LINK", "EMAIL", "PHONE"})
_MOST_REWARDS = 99
_LONGEST = 100
_MOST = 10**9


def content_of(body: bytes) -> dict[str, Any]:
    """Raises: Refused."""
    try:
        content = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise invalid("", "the body is no JSON") from error
    if not isinstance(content, dict):
        raise invalid("", "the body is no object")
    return content


def external_id_of(content: dict[str, Any]) -> str | None:
    """Raises: Refused."""
    external_id = content.get("external_id")
    if external_id is None:
        return None
    if not isinstance(external_id, str) or not 0 < len(external_id) <= _LONGEST:
        raise invalid("external_id", "a string of at most 100 characters")
    return external_id


def rewards_of(content: dict[str, Any], funding_source_id: str) -> list[dict[str, Any]]:
    """The rewards that are asked for, denominations as decimal strings; all in one currency.

    Raises: Refused.
    """
    payment, asked = content.get("payment"), content.get("rewards")
    if not isinstance(payment, dict) or payment.get("funding_source_id") != funding_source_id:
        raise invalid("payment.funding_source_id", "no such funding source")
    if not isinstance(asked, list) or not 0 < len(asked) <= _MOST_REWARDS:
        raise invalid("rewards", f"1 to {_MOST_REWARDS} rewards")
    rewards = [_reward(each, f"rewards[{index}]") for index, each in enumerate(asked)]
    if len({reward["currency"] for reward in rewards}) > 1:
        raise invalid("rewards", "all rewards of an order are in one currency")
    return rewards


def account_of(recipient: object) -> str | None:
    """Who gets a reward: the mobile number without +86, else the address."""
    if not isinstance(recipient, dict):
        return None
    who = recipient.get("phone") or recipient.get("email")
    return who.removeprefix("+86") if isinstance(who, str) else None


def _reward(asked: object, field: str) -> dict[str, Any]:
    if not isinstance(asked, dict):
        raise invalid(field, "an object")
    denomination, currency = _value(asked.get("value"), field + ".value")
    products = choice(asked.get("products"), asked.get("campaign_id"))
    if products is None:
        raise invalid(field + ".products", "known products, or a known campaign_id")
    if not any(takes(product_id, denomination, currency) for product_id in products):
        raise invalid(field + ".value", "none of the products comes in this amount")
    recipient, delivery = asked.get("recipient"), asked.get("delivery")
    method = delivery.get("method") if isinstance(delivery, dict) else None
    if method not in METHODS:
        raise invalid(field + ".delivery.method", f"one of {', '.join(sorted(METHODS))}")
    if not isinstance(recipient, dict) or not recipient.get("name") or not account_of(recipient):
        raise invalid(field + ".recipient", "a name, and a phone or an email")
    if method != "LINK" and not recipient.get(method.lower()):
        raise invalid(f"{field}.recipient.{method.lower()}", "needed for this delivery")
    return {
        "denomination": str(denomination),
        "currency": currency,
        "products": products,
        "campaign_id": asked.get("campaign_id"),
        "recipient": {name: recipient.get(name) for name in ("name", "phone", "email")},
        "method": method,
    }


def _value(value: object, field: str) -> tuple[Decimal, str]:
    denomination = value.get("denomination") if isinstance(value, dict) else None
    currency = value.get("currency_code") if isinstance(value, dict) else None
    if isinstance(denomination, bool) or not isinstance(denomination, int | Decimal) or not isinstance(currency, str):
        raise invalid(field, "a denomination, which is a number, and a currency_code")
    amount = Decimal(denomination)
    if not 0 < amount < _MOST or amount != round(amount, 2):
        raise invalid(field, "more than 0, with at most two places")
    return amount, currency
