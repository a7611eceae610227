"""The push of a result to the URL that is registered with the platform."""

import json
from functools import partial

from sandbox.providers.fulu.magic import Situation
from sandbox.providers.fulu.operations import RESULT
from sandbox.providers.fulu.results import pushed
from sandbox.providers.fulu.signature import canonical, forged, sign
from sandbox.stand import notify
from sandbox.stand.book import Order
from sandbox.stand.delivery import Delivery, News
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b"success"


class Callbacks:
    """Pushes in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, secret: str) -> None:
        self._delivery = Delivery(equipment, RESULT)
        self._var = equipment.var
        self._secret = secret

    async def announce(self, order: Order, fault: str | None) -> None:
        """Sees to it that the result is pushed, unless nobody wants it or it never comes."""
        quiet = order["situation"] == Situation.ENQUIRY_ONLY
        if notify.registered(self._var) and order["finalAt"] is not None and not quiet:
            news = News(order["finalAt"], order["account"], partial(self._push, order))
            await self._delivery.announce(news, fault)

    async def _push(self, order: Order, fault: str | None) -> Push:
        """On the wire unicode and slashes are escaped; the signature is over the text where they are not."""
        document = pushed(order, fault)
        signature = sign(canonical(document), self._secret)
        document["sign"] = forged(signature) if fault == "bad-signature" else signature
        body = json.dumps(document).replace("/", "\\/").encode()
        return Push(notify.registered(self._var), body, "application/json; charset=utf-8", ACKNOWLEDGEMENT)
