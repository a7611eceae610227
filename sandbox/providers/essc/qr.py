"""QR tokens of a card: opaque, for one purpose and one use, and soon over."""

import secrets
from functools import partial
from hashlib import sha256
from typing import Any

from sandbox.providers.essc import codes
from sandbox.providers.essc.cards import check_card
from sandbox.providers.essc.china import stamp
from sandbox.providers.essc.codes import Refused
from sandbox.providers.essc.magic import Situation, situation_of
from sandbox.providers.essc.operations import SCAN
from sandbox.providers.essc.requests import Requests
from sandbox.stand.book import Book, Order, Page
from sandbox.stand.moment import now
from sandbox.stand.settings import Settings

LONGEST_SECONDS = 60.0


class QrTokens:
    """Issues tokens, and lets each be used once."""

    def __init__(self, book: Book, requests: Requests, settings: Settings) -> None:
        self._book = book
        self._requests = requests
        self._seconds = min(LONGEST_SECONDS, settings.token_seconds)

    async def issue(self, fields: dict[str, str]) -> dict[str, Any]:
        """Raises: Refused."""
        seconds = 0.0 if situation_of(fields["aac002"]) is Situation.QR_EXPIRED else self._seconds
        code, expires_at = secrets.token_urlsafe(24), now() + seconds
        await self._book.write(partial(_issued, code, {**fields, "expiresAt": expires_at}))
        return {
            "qrCode": code,
            "qrPurpose": fields["qrPurpose"],
            "validSeconds": int(self._seconds),
            "expireTime": stamp(expires_at),
        }

    async def use(self, fields: dict[str, str], fault: str | None) -> Order:
        """Uses a token up; the request then says whose card it showed.

        Raises: Refused.
        """
        return await self._requests.file(SCAN, fields, fault, _used)

    def owner(self, code: str) -> str | None:
        """The aac002 behind a token, used or not."""
        issued = self._book.read(lambda page: page.find(_key(code)))
        return issued[0]["aac002"] if issued else None


def _issued(code: str, token: Order, page: Page) -> None:
    check_card(token, page)
    page.keep(_key(code), token)


def _used(order: Order, page: Page) -> None:
    key = _key(order.pop("qrCode"))
    issued = page.find(key)
    if not issued:
        raise Refused(codes.QR_UNKNOWN)
    token = issued[0]
    if page.find(f"used {key}"):
        raise Refused(codes.QR_USED)
    if now() >= token["expiresAt"]:
        raise Refused(codes.QR_EXPIRED)
    if token["qrPurpose"] != order["qrPurpose"]:
        raise Refused(codes.QR_OTHER_PURPOSE)
    order |= {name: token[name] for name in ("aac002", "aab301", "signNo")}
    check_card(order, page)
    page.keep(f"used {key}", order)


def _key(code: str) -> str:
    return "qr " + sha256(code.encode()).hexdigest()
