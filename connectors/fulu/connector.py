"""Digital goods in a dialect shaped after 福禄: top-ups that settle later, cards that only an enquiry brings."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import cast

import msgspec

from connectors.fulu import goods, orders, wire
from connectors.fulu.gateway import FuluAccount, ask, message, opened, push_holds
from connectors.fulu.goods import MOBILE, Terms, Way
from connectors.kit.feeds import UNREADABLE, place_of, readable
from connectors.kit.partner import Acknowledgement, News, Partner
from schemas.call import Attempt, Call, Kept
from schemas.errors import Garbled, Refused
from schemas.outcome import Found, Outcome
from schemas.page import Merged
from schemas.region import covers
from schemas.rights import Product, ProductSearch, Purchase, Purchased, Quote, QuoteRequest, Rights

CATALOGUE_KEPT = timedelta(minutes=10)
TEMPLATES_A_PAGE = 6
"""Each may cost an exchange, and a call has few. A page may therefore be short, and still have a next."""
ACCOUNT = "charge_account"


class FuluRights(Rights):
    """Top-ups and cards, at the bank's purchase prices."""

    async def list_products(self, search: ProductSearch, call: Call) -> Merged[Product]:
        if search.region and not covers("CN", search.region):
            return Merged(items=[])
        wanted = [one for one in await _catalogue(call) if search.kind in (None, one[0].kind)]
        start, items, templates = place_of(search), list[Product](), set[str | None]()
        for place, (product, template_id) in enumerate(wanted[start:], start):
            templates.add(template_id)
            if len(items) == search.limit or len(templates) > TEMPLATES_A_PAGE:
                return Merged(items=items, next=str(place))
            if await _wants_an_account_alone(template_id, call):
                items.append(product)
        return Merged(items=items)

    async def quote(self, request: QuoteRequest, call: Call) -> Quote:
        return goods.quote_of(await _terms(request, call), request.quantity)

    async def check_purchase(self, purchase: Purchase, call: Call) -> None:
        terms = await _terms(purchase, call)
        goods.refuse_recipient(purchase, terms.way)
        goods.refuse_price(purchase, terms)
        if terms.way != "mobile":
            asked = wire.GoodsSearch(product_id=int(purchase.product_id.local_id))
            goods.refuse_stock(await ask(call, wire.STOCK, asked, wire.STOCK_READ), purchase.quantity)
        await call.remember(way=terms.way)

    async def buy(self, purchase: Purchase, attempt: Attempt) -> Outcome[Purchased]:
        if "way" not in attempt.handles:
            await self.check_purchase(purchase, attempt)
        method, order = orders.order_of(purchase, attempt.reference, cast("Way", attempt.handles["way"]))
        reply = await attempt.submit("order", message(attempt, method, order))
        return orders.taken(opened(attempt.account(FuluAccount), reply), attempt.reference)

    async def find_purchase(self, purchase: Purchase, attempt: Attempt) -> Found[Purchased]:
        reply = await attempt.send(message(attempt, wire.ORDERED, wire.OrderSearch(attempt.reference)))
        return orders.found(opened(attempt.account(FuluAccount), reply), purchase, attempt)


def read_callback(raw: bytes, _headers: Mapping[str, str], account: FuluAccount) -> News:
    """A push. It names no cards, and its signature proves little, so even a believed one only has the enquiry asked.

    One that cannot be believed is not thanked for, so that a true one comes again.
    """
    try:
        fields = wire.PUSH.decode(raw)
        reference = fields["customer_order_no"]
    except (*UNREADABLE, KeyError) as error:
        raise Garbled("the push cannot be read", raw) from error
    trusted = push_holds(account, fields)
    thanks = Acknowledgement(body=b"success" if trusted else b"fail")
    return News(reference=reference, outcome=None, trusted=trusted, acknowledgement=thanks)


async def _catalogue(call: Call) -> list[tuple[Product, str | None]]:
    """Everything on sale, and the template of each: what its order wants."""

    def read(row: msgspec.Raw) -> tuple[Product, str | None] | None:
        good = wire.GOOD_READ.decode(row)
        product = goods.product_of(good, call.ref(str(good.product_id)))
        return (product, good.template_id) if product else None

    async def load() -> Kept[list[tuple[Product, str | None]]]:
        rows = await ask(call, wire.LIST, wire.GoodsSearch(), wire.GOODS)
        found = [*readable(rows, read, call), (goods.mobile_product(call.ref(MOBILE)), None)]
        return Kept(found, call.clock() + CATALOGUE_KEPT)

    return await call.session("catalogue", load)


async def _wants_an_account_alone(template_id: str | None, call: Call) -> bool:
    """Whether an order can be made of what the contract carries: a game, say, wants a server and a role too."""
    if template_id is None:
        return True
    return await call.session(f"template:{template_id}", partial(_open_template, template_id, call))


async def _open_template(template_id: str, call: Call) -> Kept[bool]:
    template = await ask(call, wire.TEMPLATE, wire.TemplateSearch(template_id), wire.TEMPLATE_READ)
    alone = all(field.name == ACCOUNT or not field.required for field in template.fields)
    return Kept(alone, call.clock() + CATALOGUE_KEPT)


async def _terms(request: Purchase | QuoteRequest, call: Call) -> Terms:
    """What is asked for, as the partner has it now. Raises: Refused."""
    local_id = request.product_id.local_id
    if local_id == MOBILE:
        return goods.mobile_terms(request)
    if not re.fullmatch("[0-9]{1,18}", local_id):
        raise Refused("the partner has no such product", field="product_id")
    good = await ask(call, wire.GOOD, wire.GoodsSearch(product_id=int(local_id)), wire.GOOD_READ)
    if str(good.product_id) != local_id:
        raise Garbled("asked about one good, the partner answered about another")
    terms = goods.terms_of(good, request)
    if not await _wants_an_account_alone(good.template_id, call):
        raise Refused("wants more than an account, which nobody can tell it here", field="product_id")
    return terms


PARTNER = Partner(account=FuluAccount, scenarios=(FuluRights,), read_callback=read_callback)
