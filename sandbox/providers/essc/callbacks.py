"""Callbacks to notifyUrl: 001 issue, 003 unlink, 006 user info."""

from functools import partial

from sandbox.providers.essc.codes import DECLINED, MESSAGES, SUCCESS, UNMAPPED
from sandbox.providers.essc.envelope import Seal
from sandbox.providers.essc.magic import Situation, situation_of
from sandbox.providers.essc.operations import CALLBACK, ISSUE
from sandbox.providers.essc.requests import FAILED
from sandbox.stand.book import Order
from sandbox.stand.delivery import Delivery, News
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b"success"
ISSUED, UNLINKED, USER_INFO = "001", "003", "006"
_SCENES = {ISSUED: "008", UNLINKED: "005", USER_INFO: "004"}
"""How the person was checked: face, SMS, password."""


class Callbacks:
    """Calls back in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, seal: Seal) -> None:
        self._delivery = Delivery(equipment, CALLBACK)
        self._seal = seal

    async def announce(self, order: Order, fault: str | None) -> None:
        """Sees to it that an issue or an unlinking is called back, unless nobody wants it or it never comes."""
        issued = order["apiName"] == ISSUE.name
        quiet = issued and situation_of(order["aac002"]) is Situation.ENQUIRY_ONLY
        if order["notifyUrl"] and order["finalAt"] is not None and not quiet:
            await self._delivery.announce(self._news(order, ISSUED if issued else UNLINKED), fault)

    def tell(self, order: Order, action: str) -> None:
        """Calls back about a card that no request has changed, if the channel said where."""
        if order["notifyUrl"]:
            self._delivery.start(self._news(order, action))

    def _news(self, order: Order, action: str) -> News:
        return News(order["finalAt"], order["aac002"], partial(self._push, order, action))

    async def _push(self, order: Order, action: str, fault: str | None) -> Push:
        failed = order["fate"] == FAILED
        code = UNMAPPED if fault == "unmapped-code" else DECLINED if failed else SUCCESS
        content = {
            "actionType": action,
            "sceneType": _SCENES[action],
            "busiSeq": order["busiSeq"],
            "code": code,
            "message": MESSAGES[code],
            "aab301": "" if failed else order["aab301"],
            "signNo": "" if failed else order["signNo"],
        }
        body = self._seal.callback(content, forged=fault == "bad-signature")
        return Push(order["notifyUrl"], body, "application/x-www-form-urlencoded; charset=UTF-8", ACKNOWLEDGEMENT)
