"""Electronic cards in the office's words: a card number (AAZ500) and whether it is in use (AAZ502)."""

from hashlib import sha256

from sandbox.providers.hrss_province.codes import ISSUED_ELSEWHERE, NO_CARD, Refused
from sandbox.providers.hrss_province.magic import Situation, holds_already, situation_of
from sandbox.providers.hrss_province.operations import ISSUE
from sandbox.stand.book import Book, Order, Page

_ELSEWHERE = "330100"


def status(book: Book, aac002: str, area: str) -> dict[str, str]:
    card = book.read(lambda page: held(page, aac002, area))
    return shown(card) if card else {"AAB301": "", "AAZ500": "", "AAZ502": "0"}


def shown(card: Order) -> dict[str, str]:
    return {"AAB301": card["AAB301"], "AAZ500": card["AAZ500"], "AAZ502": "1"}


def held(page: Page, aac002: str, area: str) -> Order | None:
    """The card that a person holds; a card held from before any application is one of the area that is asked for."""
    card: Order | None = None
    if situation_of(aac002) is Situation.CARD_ELSEWHERE:
        card = {"AAB301": _ELSEWHERE, "AAZ500": _number(aac002, 0)}
    elif holds_already(aac002):
        card = {"AAB301": area, "AAZ500": _number(aac002, 0)}
    for each in page.find(_key(aac002)):
        card = each if each["operation"] == ISSUE.name else None
    return card


def issued(order: Order, page: Page) -> None:
    """Adds the number; a card that is held already is confirmed.

    Raises: Refused, if the card is another area's.
    """
    aac002 = order["AAC002"]
    card = held(page, aac002, order["AAB301"])
    if card is not None and card["AAB301"] != order["AAB301"]:
        raise Refused(ISSUED_ELSEWHERE)
    unlinked = sum(each["operation"] != ISSUE.name for each in page.find(_key(aac002)))
    order["AAZ500"] = card["AAZ500"] if card else _number(aac002, unlinked)
    page.keep(_key(aac002), order)


def unlinked(order: Order, page: Page) -> None:
    """Raises: Refused, if the person holds no card of that area."""
    card = held(page, order["AAC002"], order["AAB301"])
    if card is None:
        raise Refused(NO_CARD)
    if card["AAB301"] != order["AAB301"]:
        raise Refused(ISSUED_ELSEWHERE)
    order["AAZ500"] = card["AAZ500"]
    page.keep(_key(order["AAC002"]), order)


def _key(aac002: str) -> str:
    return f"card {aac002}"


def _number(aac002: str, unlinked: int) -> str:
    mark = int.from_bytes(sha256(f"card {aac002} {unlinked}".encode()).digest())
    return f"{'ABCDEFGH'[mark % 8]}{mark // 8 % 10**8:08d}"
