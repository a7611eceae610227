"""The push of a result: sealed for the channel, posted to the order's notifyUrl once it is final."""

from sandbox.providers.wanlitong.envelope import sealed
from sandbox.providers.wanlitong.keys import Keys
from sandbox.providers.wanlitong.operations import RESULT
from sandbox.providers.wanlitong.orders import described
from sandbox.stand.book import Order
from sandbox.stand.moment import clock
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b'{"code":0}'
_SILENT = frozenset({"no-callback", "hang-after"})


class Results:
    """Pushes in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, keys: Keys) -> None:
        self._faults = equipment.faults
        self._pusher = equipment.pusher
        self._late_seconds = equipment.settings.late_seconds
        self._keys = keys

    async def announce(self, order: Order, fault: str | None) -> None:
        """Sees to it that the result is pushed, unless nobody wants it or it never comes."""
        if not order["notifyUrl"] or order["finalAt"] is None or fault in _SILENT:
            return
        if fault == "early-callback" and await self._pusher.once(self._push(order, None)):
            return
        self._pusher.start(self._deliver(order, fault))

    async def _deliver(self, order: Order, fault: str | None) -> None:
        await clock.until(order["finalAt"])
        spoilt = self._faults.take(RESULT, order["account"])
        fault = spoilt or fault
        if fault in _SILENT:
            return
        if fault == "late-callback":
            await clock.pause(self._late_seconds)
        push = self._push(order, spoilt)  # what spoilt the answer does not spoil the push
        for _ in range(2 if fault == "duplicate-callback" else 1):
            await self._pusher.send(push)

    def _push(self, order: Order, fault: str | None) -> Push:
        body = sealed(self._keys.channel_code, described(order, fault), self._keys.channel)
        if fault == "bad-signature":
            body = body[:-1] + b","
        return Push(order["notifyUrl"], body, "application/json", ACKNOWLEDGEMENT)
