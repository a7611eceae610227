"""Requests under their busiSeq: filed once, final now or later, and told about ever after."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.providers.essc.china import stamp
from sandbox.providers.essc.codes import ACCEPTED, DECLINED, DUPLICATE, NO_SUCH_REQUEST, SUCCESS, Refused
from sandbox.providers.essc.magic import Situation, situation_of
from sandbox.providers.essc.operations import ISSUE, SCAN
from sandbox.stand.book import Book, Order, Page, Performance
from sandbox.stand.faults import CALLBACKS
from sandbox.stand.moment import now
from sandbox.stand.operation import Operation
from sandbox.stand.settings import Settings

PROCESSING, SUCCEEDED, FAILED = "0", "1", "2"
_UNMAPPED = "7"
_LATE = frozenset({Situation.LATER_SUCCESS, Situation.LATER_FAILURE})
_ACCEPTED = _LATE | {Situation.FOREVER, Situation.ENQUIRY_ONLY}
_NOT_PERFORMED = frozenset({Situation.LATER_FAILURE, Situation.FOREVER})


class Requests:
    """Files what is performed and finds it again."""

    def __init__(self, book: Book, settings: Settings) -> None:
        self._book = book
        self._settings = settings

    async def file(
        self, operation: Operation, fields: dict[str, str], fault: str | None, complete: Callable[[Order, Page], None]
    ) -> Order:
        """Performs and files a request; `complete` checks against the book and adds what the book knows.

        Raises: Refused.
        """
        if fault == "decline":
            raise Refused(DECLINED)
        # A platform that calls back has only accepted so far; only issues have situations of their own.
        situation = situation_of(fields.get("aac002", "")) if operation is ISSUE else None
        moment = now()
        order: Order = {
            **fields,
            "apiName": operation.name,
            "accepted": situation in _ACCEPTED or (fault in CALLBACKS and "notifyUrl" in fields),
            "performed": situation not in _NOT_PERFORMED,
            "at": moment,
            "fate": FAILED if situation is Situation.LATER_FAILURE else SUCCEEDED,
        }
        order["finalAt"] = self._final_at(moment, situation, fault, accepted=order["accepted"])
        await self._book.write(partial(self._filed, operation, order, complete))
        return order

    def found(self, busi_seq: str) -> Order | None:
        """The latest request under a busiSeq."""
        orders = self._book.read(lambda page: page.find(busi_seq))
        return orders[-1] if orders else None

    def one(self, busi_seq: str) -> Order:
        """Raises: Refused, if there is none."""
        order = self.found(busi_seq)
        if order is None:
            raise Refused(NO_SUCH_REQUEST)
        return order

    def _final_at(
        self, moment: float, situation: Situation | None, fault: str | None, *, accepted: bool
    ) -> float | None:
        if situation is Situation.FOREVER:
            return None
        if situation in _LATE:
            return moment + self._settings.late_seconds
        prompt = not accepted or situation is Situation.ENQUIRY_ONLY or fault == "early-callback"
        return moment if prompt else moment + self._settings.processing_seconds

    def _filed(self, operation: Operation, order: Order, complete: Callable[[Order, Page], None], page: Page) -> None:
        reference = order["busiSeq"]
        if self._settings.duplicates != "perform" and page.find(reference):
            raise Refused(DUPLICATE)
        complete(order, page)
        if order["performed"]:
            page.perform(Performance(reference, operation.plain, order["aac002"]))
        page.keep(reference, order)


def state_of(order: Order) -> str:
    final_at = order["finalAt"]
    return PROCESSING if final_at is None or now() < final_at else str(order["fate"])


def answered(order: Order) -> tuple[str, dict[str, Any]]:
    """Code and data of the answer to a request when it arrives."""
    if order["accepted"]:
        return ACCEPTED, {"busiSeq": order["busiSeq"]}
    return SUCCESS, {"busiSeq": order["busiSeq"], **of_card(order)}


def described(order: Order, fault: str | None) -> dict[str, Any]:
    """The request as QUERY_BUSISEQ shows it."""
    state = _UNMAPPED if fault == "unmapped-code" else state_of(order)
    shown = {"busiSeq": order["busiSeq"], "apiName": order["apiName"], "state": state}
    if state == FAILED:
        return {**shown, "errCode": DECLINED}
    return {**shown, **of_card(order)} if state == SUCCEEDED else shown


def of_card(order: Order) -> dict[str, str]:
    """The card that a request was about; whoever scanned it learns whose it is."""
    final_at = stamp(order["finalAt"] or order["at"])
    shown = {"aab301": order["aab301"], "signNo": order["signNo"], "finishTime": final_at}
    return {**shown, "aac002": order["aac002"]} if order["apiName"] == SCAN.name else shown
