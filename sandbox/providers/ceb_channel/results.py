"""The push TMRI_ORDER_RESULT: the result of an order, posted to its notifyUrl once it is final."""

from sandbox.providers.ceb_channel.envelope import Seal
from sandbox.providers.ceb_channel.magic import Situation, situation_of
from sandbox.providers.ceb_channel.operations import RESULT
from sandbox.providers.ceb_channel.orders import described
from sandbox.stand.book import Order
from sandbox.stand.moment import clock
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b"success"
_SILENT = frozenset({"no-callback", "hang-after"})


class Results:
    """Pushes in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, seal: Seal) -> None:
        self._faults = equipment.faults
        self._pusher = equipment.pusher
        self._late_seconds = equipment.settings.late_seconds
        self._seal = seal

    async def announce(self, order: Order, fault: str | None) -> None:
        """Sees to it that the result is pushed, unless nobody wants it or it never comes."""
        quiet = situation_of(order["billKey"]) is Situation.ENQUIRY_ONLY
        if not order["notifyUrl"] or order["finalAt"] is None or quiet or fault in _SILENT:
            return
        if fault == "early-callback" and await self._pusher.once(self._push(order, None)):
            return
        self._pusher.start(self._deliver(order, fault))

    async def _deliver(self, order: Order, fault: str | None) -> None:
        await clock.until(order["finalAt"])
        spoilt = self._faults.take(RESULT, order["billKey"])
        fault = spoilt or fault
        if fault in _SILENT:
            return
        if fault == "late-callback":
            await clock.pause(self._late_seconds)
        push = self._push(order, spoilt)  # what spoilt the answer does not spoil the push
        for _ in range(2 if fault == "duplicate-callback" else 1):
            await self._pusher.send(push)

    def _push(self, order: Order, fault: str | None) -> Push:
        content = {**described(order, fault), "payType": "1"}
        body = self._seal.push(order["site"], RESULT.name, content, forged=fault == "bad-signature")
        return Push(order["notifyUrl"], body, "application/x-www-form-urlencoded; charset=UTF-8", ACKNOWLEDGEMENT)
