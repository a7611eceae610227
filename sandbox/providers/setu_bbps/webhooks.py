"""The webhook BILL_PAY: posted to the registered URL once a payment is final, and signed by nobody."""

import json

from sandbox.providers.setu_bbps.magic import Situation, situation_of
from sandbox.providers.setu_bbps.operations import PUSH
from sandbox.providers.setu_bbps.payments import FAILURE, SUCCESS, status_of
from sandbox.providers.setu_bbps.transactions import described
from sandbox.stand import notify
from sandbox.stand.book import Order
from sandbox.stand.moment import clock
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b'{"success":true}'
_SILENT = frozenset({"no-callback", "hang-after"})


class Webhooks:
    """Pushes in the background, or before the answer if so ordered; to the URL that was registered, if one was."""

    def __init__(self, equipment: Equipment) -> None:
        self._faults = equipment.faults
        self._pusher = equipment.pusher
        self._late_seconds = equipment.settings.late_seconds
        self._var = equipment.var

    async def announce(self, order: Order, fault: str | None) -> None:
        """Sees to it that the payment's end is pushed, unless nobody wants it or it never comes."""
        if not notify.registered(self._var) or order["finalAt"] is None or fault in _SILENT:
            return
        if situation_of(order["account"]) is Situation.LYING_WEBHOOK:
            self._pusher.start(self._pusher.send(self._push(order, None, SUCCESS)))
        if fault == "early-callback" and await self._pusher.once(self._push(order, None)):
            return
        self._pusher.start(self._deliver(order, fault))

    async def _deliver(self, order: Order, fault: str | None) -> None:
        await clock.until(order["finalAt"])
        spoilt = self._faults.take(PUSH, order["account"])
        fault = spoilt or fault
        if fault in _SILENT:
            return
        if fault == "late-callback":
            await clock.pause(self._late_seconds)
        # What spoilt the answer does not spoil the push. A forged one says the opposite of the truth.
        opposite = FAILURE if status_of(order) == SUCCESS else SUCCESS
        push = self._push(order, spoilt, opposite if spoilt == "bad-signature" else None)
        for _ in range(2 if fault == "duplicate-callback" else 1):
            await self._pusher.send(push)

    def _push(self, order: Order, fault: str | None, status: str | None = None) -> Push:
        # Unlike other events, this one has neither traceId nor timeStamp.
        document = {"event": PUSH.name, "data": described(order, fault, status)}
        return Push(notify.registered(self._var), json.dumps(document).encode(), "application/json", ACKNOWLEDGEMENT)
