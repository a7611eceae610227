"""The push of a result: sealed for the channel, posted to the order's notifyUrl once it is final."""

from functools import partial

from sandbox.providers.wanlitong.envelope import sealed
from sandbox.providers.wanlitong.keys import Keys
from sandbox.providers.wanlitong.operations import RESULT
from sandbox.providers.wanlitong.orders import described
from sandbox.stand.book import Order
from sandbox.stand.delivery import Delivery, News
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b'{"code":0}'


class Results:
    """Pushes in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, keys: Keys) -> None:
        self._delivery = Delivery(equipment, RESULT)
        self._keys = keys

    async def announce(self, order: Order, fault: str | None) -> None:
        """Sees to it that the result is pushed, unless nobody wants it or it never comes."""
        if order["notifyUrl"] and order["finalAt"] is not None:
            news = News(order["finalAt"], order["account"], partial(self._push, order))
            await self._delivery.announce(news, fault)

    async def _push(self, order: Order, fault: str | None) -> Push:
        body = sealed(self._keys.channel_code, described(order, fault), self._keys.channel)
        if fault == "bad-signature":
            body = body[:-1] + b","
        return Push(order["notifyUrl"], body, "application/json", ACKNOWLEDGEMENT)
