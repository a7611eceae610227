"""The gift cards and their prices; served as the file has them, odd casing included."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import sandbox.data
from sandbox.providers.reloadly_giftcards.errors import Refused
from sandbox.providers.reloadly_giftcards.words import number, rounded, window

GiftCard = dict[str, Any]

WALLET_CURRENCY = "NGN"
_FILE = Path(sandbox.data.__path__[0]) / "reloadly_giftcards.json"


class Shelf:
    """All gift cards by number."""

    def __init__(self) -> None:
        text = _FILE.read_text(encoding="utf-8")
        shown: list[GiftCard] = json.loads(text)
        exact: list[GiftCard] = json.loads(text, parse_float=Decimal)
        self._shown = {each["productId"]: each for each in shown}
        self._exact = {each["productId"]: each for each in exact}

    def page(self, parameters: dict[str, str]) -> list[GiftCard]:
        """A page past the end is empty."""
        return list(self._shown.values())[window(parameters)]

    def shown(self, product_id: str) -> GiftCard:
        """Raises: Refused."""
        return self._shown[self.gift_card(product_id)["productId"]]

    def of_country(self, iso: str) -> list[GiftCard]:
        """Raises: Refused, if there is none."""
        found = [each for each in self._shown.values() if each["country"]["isoName"] == iso.upper()]
        if not found:
            raise Refused("country")
        return found

    def discounts(self, parameters: dict[str, str]) -> list[dict[str, Any]]:
        discounted = [each for each in self._shown.values() if each["discountPercentage"]]
        return [_discount(each) for each in discounted[window(parameters)]]

    def gift_card(self, product_id: object) -> GiftCard:
        """A gift card with its amounts as decimals; the number may come with quotes.

        Raises: Refused.
        """
        text = str(product_id)
        found = self._exact.get(int(text)) if text.isascii() and text.isdecimal() else None
        if found is None:
            raise Refused("product")
        return found

    def converted(self, parameters: dict[str, str]) -> dict[str, Any]:
        """Shape: asked with `currencyCode` and `amount`, both of the recipient's side.

        Raises: Refused.
        """
        currency, text = parameters.get("currencyCode", ""), parameters.get("amount", "")
        card = next((each for each in self._exact.values() if each["recipientCurrencyCode"] == currency), None)
        if card is None or not text.replace(".", "", 1).isdecimal():
            raise Refused("rate")
        return {
            "senderCurrency": WALLET_CURRENCY,
            "senderAmount": number(rounded(Decimal(text) * rate(card))),
            "recipientCurrency": currency,
            "recipientAmount": number(text),
        }


def rate(card: GiftCard) -> Decimal:
    """The wallet's currency for one unit of the recipient's."""
    if card["denominationType"] == "RANGE":
        return Decimal(card["minSenderDenomination"]) / Decimal(card["minRecipientDenomination"])
    return Decimal(card["fixedSenderDenominations"][0]) / Decimal(card["fixedRecipientDenominations"][0])


def check_price(card: GiftCard, unit_price: Decimal) -> None:
    """Raises: Refused, if the card is not sold at this price, which is in the recipient's currency."""
    if card["denominationType"] == "RANGE":
        allowed = card["minRecipientDenomination"] <= unit_price <= card["maxrecipientDenomination"]
    else:
        allowed = unit_price in card["fixedRecipientDenominations"]
    if not allowed:
        raise Refused("price")


def _discount(card: GiftCard) -> dict[str, Any]:
    product = {name: card[name] for name in ("productId", "productName")}
    product |= {"countryCode": card["country"]["isoName"], "global": card["global"]}
    return {"product": product, "discountPercentage": card["discountPercentage"]}
