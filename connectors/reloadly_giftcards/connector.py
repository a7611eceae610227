"""Gift cards in a dialect shaped after Reloadly Giftcards: bought from a wallet in one currency, good in another."""

import re
from functools import partial

import msgspec

from connectors.kit.feeds import page_of, page_within, place_of, readable
from connectors.kit.oauth import error_code, is_success, read
from connectors.kit.partner import Partner
from connectors.reloadly_giftcards import cards, orders, wire
from connectors.reloadly_giftcards.cards import Price
from connectors.reloadly_giftcards.exchange import API, MANIFEST, GiftcardsAccount, refuse
from schemas.call import Attempt, Call
from schemas.errors import Garbled, Refused
from schemas.money import Money
from schemas.outcome import Absent, Found, Outcome, Unknown
from schemas.page import Merged
from schemas.rights import Product, ProductSearch, Purchase, Purchased, Quote, QuoteRequest, Rights

ROWS = 200
"""Cards on one of the partner's pages."""


class ReloadlyGiftCards(Rights):
    """Gift cards abroad, paid from the bank's wallet at the partner."""

    async def list_products(self, search: ProductSearch, call: Call) -> Merged[Product]:
        if search.kind not in (None, "gift-card") or (search.region and not search.region.isalpha()):
            return Merged(items=[])
        if search.region:
            found = [one for one in await _of_country(search.region, call) if one.region in (None, search.region)]
            return page_of(found, search)
        return await _of_every_country(search, call)

    async def quote(self, request: QuoteRequest, call: Call) -> Quote:
        row = await _card(request, call)
        return cards.quote_of(await _price(row, cards.face_value_of(request, row), request, call), request.quantity)

    async def check_purchase(self, purchase: Purchase, call: Call) -> None:
        row = await _card(purchase, call)
        face_value = cards.face_value_of(purchase, row)
        cards.refuse_recipient(purchase, row)
        cards.refuse_price(purchase, row, await _price(row, face_value, purchase, call))
        recipient = "user" if cards.user_id_wanted(row) else "contact"
        await call.remember(unit_price=face_value.amount, recipient=recipient)

    async def buy(self, purchase: Purchase, attempt: Attempt) -> Outcome[Purchased]:
        if "unit_price" not in attempt.handles:
            await self.check_purchase(purchase, attempt)
        message = wire.write(orders.order_of(purchase, attempt))
        reply = await API.authorised(attempt, partial(attempt.submit, "order"), "POST", "/orders", message)
        if not is_success(reply):
            return orders.not_taken(reply)
        answer = orders.acknowledged(reply, attempt.reference)
        if answer.transaction_id is not None:
            await attempt.remember(transaction_id=str(answer.transaction_id))
        return orders.taken(answer, attempt.clock())

    async def find_purchase(self, purchase: Purchase, attempt: Attempt) -> Found[Purchased]:
        reply = await API.get(attempt, "/reports/transactions", {"customIdentifier": attempt.reference})
        transaction = orders.ours(read(reply, wire.TRANSACTIONS), purchase, attempt)
        if isinstance(transaction, Absent | Unknown):
            return transaction
        if transaction.status not in orders.SUCCESS:
            return orders.undelivered(transaction)
        reply = await API.get(attempt, f"/orders/transactions/{transaction.transaction_id}/cards")
        return orders.delivered(transaction, reply)


async def _of_every_country(search: ProductSearch, call: Call) -> Merged[Product]:
    reply = await API.get(call, "/products", {"page": str(place_of(search) // ROWS + 1), "size": str(ROWS)})
    rows = read(reply, wire.ROWS)
    return page_within(_products(rows, call), search, ROWS, more=len(rows) == ROWS)


async def _of_country(country: str, call: Call) -> list[Product]:
    reply = await API.get(call, f"/countries/{country}/products")
    if error_code(reply) in MANIFEST.codes["countries"]:
        return []
    return _products(read(reply, wire.ROWS), call)


def _products(rows: list[msgspec.Raw], call: Call) -> list[Product]:
    def product(raw: msgspec.Raw) -> Product | None:
        row = wire.ROW.decode(raw)
        return cards.product_of(row, call.ref(str(row.product_id)))

    return readable(rows, product, call)


async def _card(request: Purchase | QuoteRequest, call: Call) -> wire.CardRow:
    """What is asked for, as the partner has it now. Raises: Refused where it does not sell it."""
    local_id = request.product_id.local_id
    if not re.fullmatch("[0-9]{1,18}", local_id):
        raise Refused("the partner does not sell this card", field="product_id")
    reply = await API.get(call, f"/products/{local_id}")
    refuse(reply, "product", field="product_id")
    row = read(reply, wire.ROW)
    if str(row.product_id) != local_id:
        raise Garbled("asked about one card, the partner answered about another")
    return row


async def _price(row: wire.CardRow, face_value: Money, request: Purchase | QuoteRequest, call: Call) -> Price:
    """What it costs from the wallet: as the card says, or by today's rate."""
    each = cards.fixed_price(row, face_value)
    if each is not None:
        return Price(each * request.quantity, row.sender_fee, row.sender_currency_code)
    amount = face_value.value * request.quantity
    query = {"currencyCode": face_value.currency, "amount": str(amount)}
    reply = await API.get(call, "/fx-rate", query)
    refuse(reply, "price", field="product_id")
    rate = read(reply, wire.RATE)
    if rate.sender_currency != row.sender_currency_code:
        raise Garbled("the rate is of another wallet")
    return Price(rate.sender_amount, row.sender_fee, row.sender_currency_code)


PARTNER = Partner(account=GiftcardsAccount, scenarios=(ReloadlyGiftCards,))
