"""Products and campaigns. Merchants are made up; currencies and countries are real codes (ISO 4217, ISO 3166)."""

from decimal import Decimal
from typing import Any

_RANGE = "range"


def _product(
    product_id: str, name: str, category: str, currency: str, country: str, *denominations: int | str
) -> dict[str, Any]:
    """Shape: fixed denominations, or `_RANGE` and its two ends."""
    if denominations[0] == _RANGE:
        skus = [{"min": denominations[1], "max": denominations[2]}]
    else:
        skus = [{"min": each, "max": each} for each in denominations]
    return {
        "id": product_id,
        "name": name,
        "category": category,
        "currency_codes": [currency],
        "countries": [{"abbr": country}],
        "skus": skus,
    }


PRODUCTS = (
    _product("PRDHARBOURCN", "Harbour Coffee 电子礼品卡", "merchant_card", "CNY", "CN", 30, 50, 100),
    _product("PRDPAPERLNCN", "Paper Lane 书店礼品卡", "merchant_card", "CNY", "CN", _RANGE, 10, 500),
    _product("PRDMARKETSCN", "Green Market 超市卡", "merchant_card", "CNY", "CN", 50, 100, 200, 500),
    _product("PRDPREPAIDUS", "Prepaid card", "visa_card", "USD", "US", _RANGE, 5, 1000),
    _product("PRDHARBOURUS", "Harbour Coffee gift card", "merchant_card", "USD", "US", 10, 25, 50),
    _product("PRDTRANSFEUR", "Bank transfer", "ach", "EUR", "DE", _RANGE, 1, 2000),
    _product("PRDDONATEGBP", "Donation to a charity", "charity", "GBP", "GB", _RANGE, 1, 100),
)
_BY_ID = {product["id"]: product for product in PRODUCTS}

CAMPAIGNS = (
    {
        "id": "CMPCARDHOLDR",
        "name": "Card holders",
        "description": "Thanks to card holders",
        "products": [each["id"] for each in PRODUCTS if each["currency_codes"] == ["CNY"]],
    },
    {
        "id": "CMPANYWHERE0",
        "name": "Anywhere",
        "description": "Everything there is",
        "products": [each["id"] for each in PRODUCTS],
    },
)
_CAMPAIGN_PRODUCTS = {campaign["id"]: campaign["products"] for campaign in CAMPAIGNS}


def choice(products: object, campaign_id: object) -> list[str] | None:
    """Ids of the products a recipient may choose from; None if one of them, or the campaign, is unknown."""
    if products is None:
        found = _CAMPAIGN_PRODUCTS.get(str(campaign_id))
        return None if found is None else list(found)
    if not isinstance(products, list) or not products:
        return None
    ids = [str(each) for each in products]
    return ids if all(each in _BY_ID for each in ids) else None


def takes(product_id: str, denomination: Decimal, currency: object) -> bool:
    """Whether a product comes in this amount of this currency."""
    product = _BY_ID[product_id]
    return currency in product["currency_codes"] and any(
        sku["min"] <= denomination <= sku["max"] for sku in product["skus"]
    )


def products(parameters: dict[str, str]) -> list[dict[str, Any]]:
    """Products by `country` and `currency`."""
    country, currency = parameters.get("country"), parameters.get("currency")
    return [
        each
        for each in PRODUCTS
        if country in (None, each["countries"][0]["abbr"]) and currency in (None, each["currency_codes"][0])
    ]
