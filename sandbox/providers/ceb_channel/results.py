"""The push TMRI_ORDER_RESULT: the result of an order, posted to its notifyUrl once it is final."""

from functools import partial

from sandbox.providers.ceb_channel.envelope import Seal
from sandbox.providers.ceb_channel.magic import Situation, situation_of
from sandbox.providers.ceb_channel.operations import RESULT
from sandbox.providers.ceb_channel.orders import described
from sandbox.stand.book import Order
from sandbox.stand.delivery import Delivery, News
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b"success"


class Results:
    """Pushes in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, seal: Seal) -> None:
        self._delivery = Delivery(equipment, RESULT)
        self._seal = seal

    async def announce(self, order: Order, fault: str | None) -> None:
        """Sees to it that the result is pushed, unless nobody wants it or it never comes."""
        quiet = situation_of(order["billKey"]) is Situation.ENQUIRY_ONLY
        if order["notifyUrl"] and order["finalAt"] is not None and not quiet:
            news = News(order["finalAt"], order["billKey"], partial(self._push, order))
            await self._delivery.announce(news, fault)

    async def _push(self, order: Order, fault: str | None) -> Push:
        content = {**described(order, fault), "payType": "1"}
        body = self._seal.push(order["site"], RESULT.name, content, forged=fault == "bad-signature")
        return Push(order["notifyUrl"], body, "application/x-www-form-urlencoded; charset=UTF-8", ACKNOWLEDGEMENT)
