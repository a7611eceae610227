"""Responses: signed, and posted to the one URL that the loan agent has registered."""

import json
from typing import Any

from sandbox.providers.ocen.operations import RESPONSE
from sandbox.providers.ocen.seal import Seal
from sandbox.providers.ocen.states import UNHEARD_OF
from sandbox.stand import notify
from sandbox.stand.delivery import SILENT
from sandbox.stand.message import json_object
from sandbox.stand.moment import clock
from sandbox.stand.partner import Equipment
from sandbox.stand.pusher import Push

_AMOUNTS = frozenset({"amount", "totalAmount", "requestedAmount", "sanctionedAmount"})
_STATES = frozenset({"loanApplicationStatus", "loanStatus", "consentStatus"})
_OK = 200


class Responses:
    """Posts in the background, until it is acknowledged or a few tries have failed."""

    def __init__(self, equipment: Equipment, seal: Seal) -> None:
        self._equipment = equipment
        self._seal = seal

    async def announce(self, answers: list[dict[str, Any]], account: str, fault: str | None) -> None:
        """Sees to it that the answers are posted when they are due."""
        if fault in SILENT:
            return
        pusher = self._equipment.pusher
        early = fault == "early-callback" and await pusher.once(self._push(answers[0]["body"], None))
        for answer in answers[1:] if early else answers:
            pusher.start(self._deliver(answer, account, fault))

    async def _deliver(self, answer: dict[str, Any], account: str, fault: str | None) -> None:
        await clock.until(answer["at"])
        fault = self._equipment.faults.take(RESPONSE, account) or fault
        if fault in SILENT:
            return
        if fault == "late-callback":
            await clock.pause(self._equipment.settings.late_seconds)
        push = self._push(answer["body"], fault)
        for _ in range(2 if fault == "duplicate-callback" else 1):
            await self._equipment.pusher.send(push)

    def _push(self, body: dict[str, Any], fault: str | None) -> Push:
        if fault == "unmapped-code":
            body = _changed(body, lambda name, value: UNHEARD_OF if _is_state(name, value) else value)
        if fault == "wrong-amount":
            body = skewed(body)
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        signature = {"signature": self._seal.sign(raw, forged=fault == "bad-signature")}
        return Push(notify.registered(self._equipment.var), raw, "application/json", _acknowledged, signature)


def _acknowledged(status: int, body: bytes) -> bool:
    """HTTP 200 and an Ack whose `error` is "0"."""
    return status == _OK and (json_object(body) or {}).get("error") == "0"


def skewed(body: dict[str, Any]) -> dict[str, Any]:
    """The same with 1 more wherever an amount is told."""
    bent: dict[str, Any] = _changed(
        body, lambda name, value: value + 1 if name in _AMOUNTS and isinstance(value, float) else value
    )
    return bent


def _is_state(name: str, value: object) -> bool:
    return name in _STATES or (name == "status" and value in ("SUCCESS", "PENDING_AUTH", "FAILURE"))


def _changed(node: Any, change: Any, name: str = "") -> Any:
    if isinstance(node, dict):
        return {key: _changed(value, change, key) for key, value in node.items()}
    if isinstance(node, list):
        return [_changed(each, change, name) for each in node]
    return change(name, node)
