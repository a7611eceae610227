"""The settle callback, posted once an order has settled to the URL that the institution has registered."""

import asyncio
import json
from functools import partial

from sandbox.providers.nhsa_mobile_pay.envelope import Seal
from sandbox.providers.nhsa_mobile_pay.magic import Situation, situation_of
from sandbox.providers.nhsa_mobile_pay.operations import SETTLED
from sandbox.providers.nhsa_mobile_pay.orders import PAID, Trade, trade_of
from sandbox.providers.nhsa_mobile_pay.statements import called_back
from sandbox.stand import notify
from sandbox.stand.moment import clock
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b"success"
_SILENT = frozenset({"no-callback", "hang-after"})


class Callbacks:
    """Pushes in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, seal: Seal) -> None:
        self._book = equipment.book
        self._faults = equipment.faults
        self._pusher = equipment.pusher
        self._late_seconds = equipment.settings.late_seconds
        self._seal = seal
        self._var = equipment.var

    async def announce(self, trade: Trade, fault: str | None) -> None:
        """Sees to it that a settlement is pushed, unless nobody wants it or it never comes."""
        pay = trade.pay
        quiet = situation_of(trade.id_no) is Situation.ENQUIRY_ONLY
        if pay is None or pay["fate"] not in PAID or quiet or fault in _SILENT:
            return
        if not notify.registered(self._var):
            return
        if fault == "early-callback" and await self._pusher.once(await self._push(trade, None)):
            return
        self._pusher.start(self._deliver(trade, pay["finalAt"], fault))

    async def _deliver(self, trade: Trade, final_at: float, fault: str | None) -> None:
        await clock.until(final_at)
        spoilt = self._faults.take(SETTLED, trade.id_no)
        fault = spoilt or fault
        if fault in _SILENT or self._book.read(partial(trade_of, trade.order)).revoke is not None:
            return
        if fault == "late-callback":
            await clock.pause(self._late_seconds)
        push = await self._push(trade, spoilt)  # what spoilt the answer does not spoil the push
        for _ in range(2 if fault == "duplicate-callback" else 1):
            await self._pusher.send(push)

    async def _push(self, trade: Trade, fault: str | None) -> Push:
        content = called_back(trade, fault)
        sealed = await asyncio.to_thread(self._seal.sealed, content, forged=fault == "bad-signature")
        body = json.dumps({"data": sealed}).encode()
        return Push(notify.registered(self._var), body, "application/json", ACKNOWLEDGEMENT)
