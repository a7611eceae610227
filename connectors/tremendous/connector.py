"""Rights in a dialect shaped after Tremendous: a bearer key, an idempotent order, links that are fetched one by one."""

from datetime import timedelta
from urllib.parse import quote, urlencode

from connectors.kit.answers import said
from connectors.kit.feeds import ask, page_of
from connectors.kit.partner import Partner
from connectors.tremendous import orders, wire
from connectors.tremendous.exchange import TremendousAccount, message
from connectors.tremendous.products import Listed, matches, products_of, refuse
from connectors.tremendous.webhooks import SIGNATURE, read_callback
from schemas.call import Attempt, Call, Kept
from schemas.errors import Garbled
from schemas.outcome import Found, Outcome, Pending
from schemas.page import Merged
from schemas.rights import Product, ProductSearch, Purchase, Purchased, Rights

CATALOGUE_AGE = timedelta(minutes=10)


class TremendousRights(Rights):
    """Rewards, charged to the bank's funding source at the partner and handed over as links."""

    async def list_products(self, search: ProductSearch, call: Call) -> Merged[Product]:
        return page_of([one.product for one in await _catalogue(call) if matches(one, search)], search)

    async def check_purchase(self, purchase: Purchase, call: Call) -> None:
        orders.recipient_of(purchase)
        refuse(purchase, [one.product for one in await _catalogue(call)])

    async def buy(self, purchase: Purchase, attempt: Attempt) -> Outcome[Purchased]:
        request = orders.order_request(purchase, attempt.reference, attempt.account(TremendousAccount))
        reply = await attempt.submit("order", message(attempt, "POST", "/orders", wire.write(request)))
        answer = said(reply, wire.ORDER, wire.FAILURE)
        if isinstance(answer, wire.Failure):
            return orders.refused(answer.errors)
        return orders.acknowledged(answer.order, purchase, attempt)

    async def find_purchase(self, purchase: Purchase, attempt: Attempt) -> Found[Purchased]:
        query = urlencode({"external_id": attempt.reference})
        answer = await ask(attempt, message(attempt, "GET", f"/orders?{query}"), wire.ORDERS)
        order = orders.found(answer.orders, attempt)
        if not isinstance(order, wire.Order):
            return order
        outcome = orders.acknowledged(order, purchase, attempt)
        if not (isinstance(outcome, Pending) and order.status in orders.EXECUTED):
            return outcome
        delivered = orders.delivery(order)
        if isinstance(delivered, Pending):
            return delivered
        if not delivered:
            return orders.nothing_came(order)
        links = [await _link(reward, attempt) for reward in delivered]
        ready = [link for link in links if link]
        return orders.purchased(order, ready) if len(ready) == len(links) else outcome


async def _catalogue(call: Call) -> list[Listed]:
    async def load() -> Kept[list[Listed]]:
        answer = await ask(call, message(call, "GET", "/products"), wire.PRODUCTS)
        return Kept(products_of(answer, call), call.clock() + CATALOGUE_AGE)

    return await call.session("products", load)


async def _link(reward: wire.Reward, call: Call) -> str | None:
    """A reward's link; None until it is there. Raises: Garbled, without evidence to keep: it may hold the link."""
    try:
        answer = await ask(call, message(call, "GET", f"/rewards/{quote(reward.id, safe='')}"), wire.REWARD)
    except Garbled as error:
        raise Garbled(str(error)) from None
    if (answer.reward.id, answer.reward.order_id) != (reward.id, reward.order_id):
        raise Garbled("asked about one reward, the partner answered about another")
    return answer.reward.delivery.link


PARTNER = Partner(
    account=TremendousAccount,
    scenarios=(TremendousRights,),
    read_callback=read_callback,
    callback_headers=(SIGNATURE,),
)
