"""Where a protocol request meets the misfortune that stands for it."""

import asyncio
import traceback
from dataclasses import replace

from sandbox.stand.faults import REFUSE, Faults
from sandbox.stand.message import Ending, Reply, Request
from sandbox.stand.operation import Kind
from sandbox.stand.partner import Ask, Partner, Provider
from sandbox.stand.refusal import Refusal
from sandbox.stand.settings import Settings
from sandbox.stand.visits import Visit, Visits

MAGIC_REFUSAL_SECONDS = 2.0

_ERROR = Reply(500, b"<html><body><h1>500 Internal Server Error</h1></body></html>", "text/html")
_BEFORE = {
    "drop": Reply(0, ending=Ending.RESET),
    REFUSE: Reply(0, ending=Ending.RESET),
    "hang-before": Reply(0, ending=Ending.HANG),
    "error-before": _ERROR,
}
_ENDINGS = {"hang-after": Ending.HANG, "half-reply": Ending.HALF, "garbage": Ending.GARBAGE}


class Desk:
    """Takes a request to the partner and its answer back, and lets neither arrive if so ordered."""

    def __init__(
        self,
        *,
        provider: Provider,
        partner: Partner,
        faults: Faults,
        visits: Visits,
        refusal: Refusal,
        settings: Settings,
    ) -> None:
        self._partner = partner
        self._magic = {each.account: each.fault for each in provider.magic if each.fault is not None}
        self._refuses_after = provider.refuses_after
        self._faults = faults
        self._visits = visits
        self._refusal = refusal
        self._settings = settings

    async def answer(self, request: Request) -> Reply:
        """What a request on the protocol port gets."""
        visit = self._visits.note(request)
        try:
            reply = await self._attend(request, visit)
        except Exception:  # noqa: BLE001 - a mistake of the simulator must not look like one of its faults
            traceback.print_exc()
            reply = _ERROR
        visit.answered = reply.answered
        return reply

    def turn_away(self, request: Request) -> Reply:
        """What a protocol request on the door gets while the port refuses."""
        visit = self._visits.note(request)
        visit.fault = REFUSE
        return _BEFORE[REFUSE]

    async def _attend(self, request: Request, visit: Visit) -> Reply:
        ask = self._partner.recognise(request)
        visit.reference, visit.account = ask.reference, ask.account
        visit.operation = ask.operation.name if ask.operation else None
        visit.fault = self._faults.take(ask.operation, ask.account) or self._of_magic(ask)
        return await self._suffer(ask, visit.fault)

    async def _suffer(self, ask: Ask, fault: str | None) -> Reply:
        if fault == REFUSE:
            self._refusal.stand(MAGIC_REFUSAL_SECONDS)
            if ask.operation is not None and ask.operation.kind is Kind.QUERY:
                return await self._partner.answer(ask, None)
        if fault in _BEFORE:
            return _BEFORE[fault]
        reply = await self._partner.answer(ask, fault)
        if fault == "slow":
            await asyncio.sleep(self._settings.slow_seconds)
        if fault == "error-after":
            return _ERROR
        return replace(reply, ending=_ENDINGS[fault]) if fault in _ENDINGS else reply

    def _of_magic(self, ask: Ask) -> str | None:
        fault = self._magic.get(ask.account or "")
        if fault is None or ask.operation is None:
            return None
        if fault == REFUSE:
            return fault if ask.operation is self._refuses_after else None
        return fault if ask.operation.kind is Kind.PAYMENT else None
