"""6203: legs that are given back, and what an enquiry says about them."""

from functools import partial
from typing import Any

from sandbox.providers.nhsa_mobile_pay.codes import DECLINED, DUPLICATE, FIELD, NO_ORDER, WRONG_STATE, Refused
from sandbox.providers.nhsa_mobile_pay.fees import digest
from sandbox.providers.nhsa_mobile_pay.legs import Legs, check_refund, legs_of, refund_legs
from sandbox.providers.nhsa_mobile_pay.magic import Situation, situation_of
from sandbox.providers.nhsa_mobile_pay.operations import REFUND
from sandbox.providers.nhsa_mobile_pay.orders import PAID, Orders, Trade, events_of, trade_of
from sandbox.providers.nhsa_mobile_pay.vouchers import Vouchers
from sandbox.providers.nhsa_mobile_pay.words import demand
from sandbox.stand.book import Order, Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.partner import Equipment

_TIME_LENGTH = len("yyyyMMddHHmmss")
_UNSURE = "EXP"


class Refunds:
    """Gives back what an order has settled."""

    def __init__(self, equipment: Equipment, orders: Orders, vouchers: Vouchers) -> None:
        self._book = equipment.book
        self._settings = equipment.settings
        self._orders = orders
        self._vouchers = vouchers

    async def refund(self, content: dict[str, Any], fault: str | None) -> dict[str, str]:
        """Raises: Refused."""
        demand(content, ("payOrdId", "appRefdSn", "appRefdTime"))
        if len(content["appRefdTime"]) != _TIME_LENGTH or not content["appRefdTime"].isdecimal():
            raise Refused(FIELD, "appRefdTime")
        legs = refund_legs(content)
        trade = self._orders.numbered(content["payOrdId"])
        if trade is None:
            raise Refused(NO_ORDER, "payOrdId")
        if not self._known(content["appRefdSn"]):
            self._check_consent(content, trade)
        if fault == "decline":
            raise Refused(DECLINED)
        failed = situation_of(trade.id_no) is Situation.REFUND_FAILS
        refund = {
            "event": "refund",
            "appRefdSn": content["appRefdSn"],
            "refdType": content["refdType"],
            "legs": legs.kept(),
            "reported": (legs.overstated() if fault == "wrong-amount" else legs).kept(),
            "refStatus": "FAIL" if failed else "SUCC",
            "trade": trade.order["number"],
            "digest": digest(content),
            "at": now(),
        }
        done = await self._book.write(partial(self._give_back, refund))
        unsure = situation_of(trade.id_no) is Situation.REFUND_UNSURE
        return {**shown(done, fault), **({"refStatus": _UNSURE} if unsure else {})}

    def find(self, serial: object) -> tuple[Order, Trade] | None:
        """A refund by appRefdSn, and the order it belongs to."""
        found = self._known(serial)
        order = self._book.read(lambda page: page.numbered(found[-1]["trade"])) if found else None
        return (found[-1], self._book.read(partial(trade_of, order))) if order else None

    def _known(self, serial: object) -> list[Order]:
        return self._book.read(lambda page: page.find(f"refund {serial}"))

    def _check_consent(self, content: dict[str, Any], trade: Trade) -> None:
        if bool(content.get("ecToken")) == bool(content.get("payAuthNo")):
            raise Refused(FIELD, "ecToken, payAuthNo")
        if content.get("ecToken"):
            self._vouchers.spend_token(content["ecToken"], trade.id_no)
        else:
            self._vouchers.check_authorisation(content["payAuthNo"], trade.id_no)

    def _give_back(self, refund: Order, page: Page) -> Order:
        key = f"refund {refund['appRefdSn']}"
        if (known := page.find(key)) and self._settings.duplicates != "perform":
            if known[-1]["digest"] != refund["digest"]:
                raise Refused(DUPLICATE, "appRefdSn")
            return known[-1]
        order = page.numbered(refund["trade"])
        trade = trade_of(order or {}, page)
        if trade.status not in PAID:
            raise Refused(WRONG_STATE)
        check_refund(refund["refdType"], legs_of(refund["legs"]), trade.settled, _before(trade))
        if refund["refStatus"] == "SUCC":
            amount = f"{legs_of(refund['legs']).total:.2f}"
            page.perform(Performance(refund["appRefdSn"], REFUND.plain, trade.id_no, amount, "CNY"))
            page.keep(events_of(refund["trade"]), refund)
        page.keep(key, refund)
        return refund


def shown(refund: Order, fault: str | None) -> dict[str, str]:
    """The refund as an answer or an enquiry shows it."""
    legs = legs_of(refund["reported"])
    legs = legs.overstated() if fault == "wrong-amount" and refund["reported"] == refund["legs"] else legs
    return {
        "appRefdSn": refund["appRefdSn"],
        "refStatus": "WAIT" if fault == "unmapped-code" else refund["refStatus"],
        "refdType": refund["refdType"],
        "totlRefdAmt": f"{legs.total:.2f}",
        "cashRefdAmt": f"{legs.cash:.2f}",
        "psnAcctRefdAmt": f"{legs.account:.2f}",
        "fundRefdAmt": f"{legs.fund:.2f}",
    }


def _before(trade: Trade) -> Legs:
    given = legs_of(["0", "0", "0"])
    for refund in trade.refunds:
        given = given.plus(legs_of(refund["legs"]))
    return given
