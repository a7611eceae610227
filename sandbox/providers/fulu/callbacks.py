"""The push of a result to the URL that is registered with the platform."""

import json

from sandbox.providers.fulu.magic import Situation
from sandbox.providers.fulu.operations import RESULT
from sandbox.providers.fulu.results import pushed
from sandbox.providers.fulu.signature import canonical, forged, sign
from sandbox.stand import notify
from sandbox.stand.book import Order
from sandbox.stand.moment import clock
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b"success"
_SILENT = frozenset({"no-callback", "hang-after"})


class Callbacks:
    """Pushes in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, secret: str) -> None:
        self._faults = equipment.faults
        self._pusher = equipment.pusher
        self._late_seconds = equipment.settings.late_seconds
        self._var = equipment.var
        self._secret = secret

    async def announce(self, order: Order, fault: str | None) -> None:
        """Sees to it that the result is pushed, unless nobody wants it or it never comes."""
        quiet = order["situation"] == Situation.ENQUIRY_ONLY
        if not notify.registered(self._var) or order["finalAt"] is None or quiet or fault in _SILENT:
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
        """On the wire unicode and slashes are escaped; the signature is over the text where they are not."""
        document = pushed(order, fault)
        signature = sign(canonical(document), self._secret)
        document["sign"] = forged(signature) if fault == "bad-signature" else signature
        body = json.dumps(document).replace("/", "\\/").encode()
        return Push(notify.registered(self._var), body, "application/json; charset=utf-8", ACKNOWLEDGEMENT)
