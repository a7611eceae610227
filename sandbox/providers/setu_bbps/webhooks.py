"""The webhook BILL_PAY: posted to the registered URL once a payment is final, and signed by nobody."""

import json
from functools import partial

from sandbox.providers.setu_bbps.magic import Situation, situation_of
from sandbox.providers.setu_bbps.operations import PUSH
from sandbox.providers.setu_bbps.payments import FAILURE, SUCCESS, status_of
from sandbox.providers.setu_bbps.transactions import described
from sandbox.stand import notify
from sandbox.stand.book import Order
from sandbox.stand.delivery import SILENT, Delivery, News
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b'{"success":true}'


class Webhooks:
    """Pushes in the background, or before the answer if so ordered; to the URL that was registered, if one was."""

    def __init__(self, equipment: Equipment) -> None:
        self._delivery = Delivery(equipment, PUSH)
        self._pusher = equipment.pusher
        self._var = equipment.var

    async def announce(self, order: Order, fault: str | None) -> None:
        """Sees to it that the payment's end is pushed, unless nobody wants it or it never comes."""
        if not notify.registered(self._var) or order["finalAt"] is None or fault in SILENT:
            return
        if situation_of(order["account"]) is Situation.LYING_WEBHOOK:
            self._pusher.start(self._pusher.send(self._told(order, None, SUCCESS)))
        await self._delivery.announce(News(order["finalAt"], order["account"], partial(self._push, order)), fault)

    async def _push(self, order: Order, fault: str | None) -> Push:
        """A forged one says the opposite of the truth."""
        opposite = FAILURE if status_of(order) == SUCCESS else SUCCESS
        return self._told(order, fault, opposite if fault == "bad-signature" else None)

    def _told(self, order: Order, fault: str | None, status: str | None) -> Push:
        # Unlike other events, this one has neither traceId nor timeStamp.
        document = {"event": PUSH.name, "data": described(order, fault, status)}
        return Push(notify.registered(self._var), json.dumps(document).encode(), "application/json", ACKNOWLEDGEMENT)
