"""Callbacks to notifyUrl: 001 issue, 003 unlink, 006 user info."""

from sandbox.providers.essc.codes import DECLINED, MESSAGES, SUCCESS, UNMAPPED
from sandbox.providers.essc.envelope import Seal
from sandbox.providers.essc.magic import Situation, situation_of
from sandbox.providers.essc.operations import CALLBACK, ISSUE
from sandbox.providers.essc.requests import FAILED
from sandbox.stand.book import Order
from sandbox.stand.moment import clock
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

ACKNOWLEDGEMENT = b"success"
ISSUED, UNLINKED, USER_INFO = "001", "003", "006"
_SCENES = {ISSUED: "008", UNLINKED: "005", USER_INFO: "004"}
"""How the person was checked: face, SMS, password."""
_SILENT = frozenset({"no-callback", "hang-after"})


class Callbacks:
    """Calls back in the background, or before the answer if so ordered."""

    def __init__(self, equipment: Equipment, seal: Seal) -> None:
        self._faults = equipment.faults
        self._pusher = equipment.pusher
        self._late_seconds = equipment.settings.late_seconds
        self._seal = seal

    async def announce(self, order: Order, fault: str | None) -> None:
        """Sees to it that an issue or an unlinking is called back, unless nobody wants it or it never comes."""
        issued = order["apiName"] == ISSUE.name
        quiet = issued and situation_of(order["aac002"]) is Situation.ENQUIRY_ONLY
        if not order["notifyUrl"] or order["finalAt"] is None or quiet or fault in _SILENT:
            return
        action = ISSUED if issued else UNLINKED
        if fault == "early-callback" and await self._pusher.once(self._push(order, action, None)):
            return
        self._pusher.start(self._deliver(order, action, fault))

    def tell(self, order: Order, action: str) -> None:
        """Calls back about a card that no request has changed, if the channel said where."""
        if order["notifyUrl"]:
            self._pusher.start(self._deliver(order, action, None))

    async def _deliver(self, order: Order, action: str, fault: str | None) -> None:
        await clock.until(order["finalAt"])
        spoilt = self._faults.take(CALLBACK, order["aac002"])
        fault = spoilt or fault
        if fault in _SILENT:
            return
        if fault == "late-callback":
            await clock.pause(self._late_seconds)
        push = self._push(order, action, spoilt)  # what spoilt the answer does not spoil the callback
        for _ in range(2 if fault == "duplicate-callback" else 1):
            await self._pusher.send(push)

    def _push(self, order: Order, action: str, fault: str | None) -> Push:
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
