"""Cards: issued, held and unlinked. A card is an area (aab301) and an issuing number (signNo)."""

from hashlib import sha256

from sandbox.providers.essc import codes
from sandbox.providers.essc.codes import Refused
from sandbox.providers.essc.magic import Situation, holds_already, situation_of
from sandbox.providers.essc.operations import ISSUE, UNLINK
from sandbox.providers.essc.requests import SUCCEEDED, Requests, state_of
from sandbox.stand.book import Book, Order, Page

_CUSTOMARY_AREA = "330500"
_ELSEWHERE = "110000"
_REFUSED = {
    Situation.NO_SUCH_PERSON: codes.NO_SUCH_PERSON,
    Situation.NAME_MISMATCH: codes.NAME_MISMATCH,
    Situation.NO_PHYSICAL_CARD: codes.NO_PHYSICAL_CARD,
}


class Cards:
    """Issues and unlinks cards, and knows who holds one."""

    def __init__(self, book: Book, requests: Requests) -> None:
        self._book = book
        self._requests = requests

    async def issue(self, fields: dict[str, str], fault: str | None) -> Order:
        """Raises: Refused."""
        situation = situation_of(fields["aac002"])
        if situation in _REFUSED:
            raise Refused(_REFUSED[situation])
        return await self._requests.file(ISSUE, fields, fault, _issued)

    async def unlink(self, fields: dict[str, str], fault: str | None) -> Order:
        """Raises: Refused."""
        return await self._requests.file(UNLINK, fields, fault, _unlinked)

    def status(self, aac002: str) -> dict[str, str]:
        """Whether a person holds a card, and which.

        Raises: Refused, if there is no such person.
        """
        if situation_of(aac002) is Situation.NO_SUCH_PERSON:
            raise Refused(codes.NO_SUCH_PERSON)
        card = self._book.read(lambda page: held(page, aac002))
        if card is None:
            return {"signStatus": "0", "aab301": "", "signNo": ""}
        return {"signStatus": "1", "aab301": card["aab301"], "signNo": card["signNo"]}

    def issued_here(self, aac002: str) -> Order | None:
        """The request by which this channel got the card that a person holds now."""
        card = self._book.read(lambda page: held(page, aac002))
        return card if card is not None and "busiSeq" in card else None

    async def give_up(self, card: Order) -> None:
        """The person unlinks a card without any channel; nothing is performed for a caller."""
        await self._book.write(lambda page: page.keep(_key(card["aac002"]), {**card, "apiName": UNLINK.name}))


def held(page: Page, aac002: str, area: str = _CUSTOMARY_AREA) -> Order | None:
    """The card that a person holds; a card held from before any request is one of the area that is asked for."""
    card: Order | None = None
    if situation_of(aac002) is Situation.ISSUED_ELSEWHERE:
        card = {"aab301": _ELSEWHERE, "signNo": _sign_no(aac002, 0)}
    elif holds_already(aac002):
        card = {"aab301": area, "signNo": _sign_no(aac002, 0)}
    for each in page.find(_key(aac002)):
        if state_of(each) == SUCCEEDED:
            card = each if each["apiName"] == ISSUE.name else None
    return card


def check_card(order: Order, page: Page) -> None:
    """Raises: Refused, if the person does not hold the card that the request names."""
    card = held(page, order["aac002"], order["aab301"])
    if card is None:
        raise Refused(codes.NO_CARD)
    if (card["aab301"], card["signNo"]) != (order["aab301"], order["signNo"]):
        raise Refused(codes.WRONG_SIGN_NO)


def _issued(order: Order, page: Page) -> None:
    aac002 = order["aac002"]
    card = held(page, aac002, order["aab301"])
    if card is not None and card["aab301"] != order["aab301"]:
        raise Refused(codes.ISSUED_ELSEWHERE)
    unlinked = sum(each["apiName"] == UNLINK.name for each in page.find(_key(aac002)))
    order["signNo"] = card["signNo"] if card else _sign_no(aac002, unlinked)
    page.keep(_key(aac002), order)


def _unlinked(order: Order, page: Page) -> None:
    check_card(order, page)
    page.keep(_key(order["aac002"]), order)


def _key(aac002: str) -> str:
    return f"card {aac002}"


def _sign_no(aac002: str, unlinked: int) -> str:
    """A number that ends with the card: the next one is another."""
    return sha256(f"signNo {aac002} {unlinked}".encode()).hexdigest()[:32].upper()
