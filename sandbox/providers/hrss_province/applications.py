"""Applications under their ywlsh: filed once, and told about by the steps they have gone."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.providers.hrss_province.china import stamp
from sandbox.providers.hrss_province.codes import DECLINED, DUPLICATE, NO_SUCH_APPLICATION, Refused
from sandbox.providers.hrss_province.magic import Situation, situation_of
from sandbox.providers.hrss_province.operations import NAMED
from sandbox.stand.book import Book, Order, Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.operation import Operation
from sandbox.stand.settings import Settings

SUBMITTED, CONFIRMED, INFORMED, FUNDED, DONE, RETURNED = "01", "02", "03", "04", "05", "06"
_UNMAPPED = "99"
_NAMES = {
    SUBMITTED: "已提交",
    CONFIRMED: "转出地已确认",
    INFORMED: "转移信息表已收到",
    FUNDED: "转移资金已到账",
    DONE: "已办结",
    RETURNED: "已退回",
    _UNMAPPED: "状态待定",
}
_WAY = (SUBMITTED, CONFIRMED, INFORMED, FUNDED, DONE)
_WAYS = {
    Situation.LATER_FAILURE: (SUBMITTED, RETURNED),
    Situation.FOREVER: (SUBMITTED,),
    Situation.RETURNED_LATE: (SUBMITTED, CONFIRMED, INFORMED, RETURNED),
}
_LATE = frozenset({Situation.LATER_SUCCESS, Situation.LATER_FAILURE})


class Applications:
    """Files what is performed and finds it again."""

    def __init__(self, book: Book, settings: Settings) -> None:
        self._book = book
        self._settings = settings

    async def file(
        self,
        operation: Operation,
        fields: dict[str, str],
        fault: str | None,
        complete: Callable[[Order, Page], None] | None = None,
    ) -> Order:
        """Performs and files an application that is done at once; `complete` checks against the book and adds to it.

        Raises: Refused.
        """
        moment = now()
        return await self._file({**fields, "operation": operation.name, "steps": [[DONE, moment]]}, fault, complete)

    async def travel(
        self, operation: Operation, fields: dict[str, str], fault: str | None, **known: str
    ) -> dict[str, Any]:
        """Files an application that goes its way step by step, and answers with the first.

        Raises: Refused.
        """
        steps = self._steps(situation_of(fields["AAC002"]), now())
        order = await self._file({**fields, **known, "operation": operation.name, "steps": steps}, fault, None)
        return {"ywlsh": order["ywlsh"], **_state(SUBMITTED)}

    def found(self, ywlsh: str) -> Order | None:
        """The latest application under a ywlsh."""
        orders = self._book.read(lambda page: page.find(ywlsh))
        return orders[-1] if orders else None

    def one(self, ywlsh: str) -> Order:
        """Raises: Refused, if there is none."""
        order = self.found(ywlsh)
        if order is None:
            raise Refused(NO_SUCH_APPLICATION)
        return order

    def _steps(self, situation: Situation | None, moment: float) -> list[list[Any]]:
        """Each state with the moment when it is reached."""
        pace = 0.0 if situation is Situation.ENQUIRY_ONLY else self._settings.processing_seconds
        later = moment + (self._settings.late_seconds - pace if situation in _LATE else 0.0)
        states = _WAYS.get(situation, _WAY) if situation else _WAY
        return [[state, later + pace * place if place else moment] for place, state in enumerate(states)]

    async def _file(self, order: Order, fault: str | None, complete: Callable[[Order, Page], None] | None) -> Order:
        if fault == "decline":
            raise Refused(DECLINED)
        order["surplus"] = fault == "wrong-amount"
        await self._book.write(partial(self._filed, order, complete))
        return order

    def _filed(self, order: Order, complete: Callable[[Order, Page], None] | None, page: Page) -> None:
        reference = order["ywlsh"]
        if self._settings.duplicates != "perform" and page.find(reference):
            raise Refused(DUPLICATE)
        if complete is not None:
            complete(order, page)
        if order["steps"][-1][0] == DONE:
            page.perform(Performance(reference, NAMED[order["operation"]].plain, order["AAC002"]))
        page.keep(reference, order)


def described(order: Order, fault: str | None) -> dict[str, Any]:
    """The application as queryApplication shows it, with every step so far."""
    steps = [(state, at) for state, at in order["steps"] if at <= now()]
    state = steps[-1][0]
    shown: dict[str, Any] = {
        "ywlsh": order["ywlsh"],
        "operation": order["operation"],
        "AAC002": order["AAC002"],
        **_state(_UNMAPPED if fault == "unmapped-code" else state),
        "progress": [{**_state(each), "time": stamp(at)} for each, at in steps],
    }
    if state == RETURNED:
        shown["returnReason"] = "转出地未能确认参保关系"
    if "transferAmount" in order and state in (FUNDED, DONE):
        yuan, _, fen = order["transferAmount"].partition(".")
        shown["transferAmount"] = f"{int(yuan) + (order['surplus'] or fault == 'wrong-amount')}.{fen}"
    if "AAZ500" in order:
        shown |= {"AAB301": order["AAB301"], "AAZ500": order["AAZ500"]}
    return shown


def _state(state: str) -> dict[str, str]:
    return {"busiState": state, "busiStateName": _NAMES[state]}
