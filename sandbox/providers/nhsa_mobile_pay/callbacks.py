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
from sandbox.stand.delivery import Delivery, News
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b"success"


class Callbacks:
    """Pushes in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, seal: Seal) -> None:
        self._book = equipment.book
        self._delivery = Delivery(equipment, SETTLED)
        self._seal = seal
        self._var = equipment.var

    async def announce(self, trade: Trade, fault: str | None) -> None:
        """Sees to it that a settlement is pushed, unless nobody wants it or it never comes."""
        pay = trade.pay
        quiet = situation_of(trade.id_no) is Situation.ENQUIRY_ONLY
        if pay is not None and pay["fate"] in PAID and not quiet and notify.registered(self._var):
            news = News(pay["finalAt"], trade.id_no, partial(self._push, trade), partial(self._stands, trade))
            await self._delivery.announce(news, fault)

    def _stands(self, trade: Trade) -> bool:
        """It may have been revoked meanwhile."""
        return self._book.read(partial(trade_of, trade.order)).revoke is None

    async def _push(self, trade: Trade, fault: str | None) -> Push:
        content = called_back(trade, fault)
        sealed = await asyncio.to_thread(self._seal.sealed, content, forged=fault == "bad-signature")
        body = json.dumps({"data": sealed}).encode()
        return Push(notify.registered(self._var), body, "application/json", ACKNOWLEDGEMENT)
