"""Rights: bought from three suppliers of different temper, and an hour in a lounge from the booking to the door."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.tour.guide import Body, Chapter, Stop, insist

RIGHTS = "/v1/rights"
PURCHASES, BOOKINGS = f"{RIGHTS}/purchases", f"{RIGHTS}/bookings"
MOBILE = "19900001234"
CHINA = ZoneInfo("Asia/Shanghai")
TIER = "platinum"
DIGITS = 16
"""Of a gift card's number."""


class RightsAndBenefits(Chapter):
    """What a bank gives its customers, and how each supplier hands it over."""

    products: dict[tuple[str, str], Body]

    def stops(self) -> list[Stop]:
        return [
            ("the catalogue of every supplier at once", self._find_products),
            ("asking for what nobody offers, or for too little money", self._refuse),
            ("buying card secrets at fulu, which only an enquiry brings", self._buy_cards),
            ("topping up a mobile number while the partner performs and never answers", self._top_up),
            ("a price at fulu that rose after it was quoted", self._price_rose),
            ("an order of which only a part is delivered", self._part),
            ("a gift card abroad, paid from a wallet in another currency", self._buy_abroad),
            ("a reward at tremendous that a person must release", self._approve),
            ("who may enter a lounge, and what is near it", self._look_round),
            ("booking for one's mother, moving it, and cancelling it", self._book),
            ("the pass on the day, and the scanner at the door", self._redeem),
        ]

    def _find_products(self) -> None:
        found = self.guide.everything(f"{RIGHTS}/products")
        self.products = {(one["partner"], one["name"]): one for one in found}
        partners = {one["partner"] for one in found}
        expected = {"fulu", "lounge_booking", "reloadly_giftcards", "tremendous"}
        insist(partners == expected, f"products came from {sorted(partners)}")
        self.guide.show("the catalogue", "all four", f"{len(found)} products")

    def _refuse(self) -> None:
        card = self._pieces("reloadly_giftcards", "Amazon UK", amount="15.00")
        self.guide.refused(
            PURCHASES, card | {"max_total": _money("99999.00", "NGN")}, "face_value.amount", self.guide.customer
        )
        voucher = self._pieces("fulu", "超市购物卡50元")
        self.guide.refused(PURCHASES, voucher | {"max_total": _money("48.49")}, "max_total.amount", self.guide.customer)
        for_all = self._pieces("tremendous", "Paper Lane 书店礼品卡", 3, "20.00") | {"max_total": _money("60.00")}
        self.guide.refused(PURCHASES, for_all | {"recipient": "counter-3"}, "recipient", self.guide.customer)

    def _buy_cards(self) -> None:
        order = self.guide.succeeds(
            "two card secrets", PURCHASES, self._quoted("fulu", "超市购物卡50元", 2), self.guide.customer
        )
        cards = self.guide.released(order)
        insist(len(cards) == order["result"]["ordered"], f"{len(cards)} cards")
        insist(all(card["number"] and card["pin"] for card in cards), "a card without its secret")

    def _top_up(self) -> None:
        body = self._quoted("fulu", "全国话费", amount="50.00") | {"recipient": MOBILE}
        fault = {"operation": "mobile", "fault": "hang-after", "times": 1, "account": MOBILE}
        self.guide.door("fulu", "/_sandbox/faults", fault)
        order = self.guide.order(PURCHASES, body, self.guide.customer)
        insist(order["state"] == "unknown", f"the order is {order['state']}, and nobody can know that")
        order = self.guide.ends("a top-up, never answered", "succeeded", order)
        insist(order["result"]["deliverable_id"] is None, "a top-up has nothing to hand over")

    def _price_rose(self) -> None:
        body = self._quoted("fulu", "运动会员月卡") | {"recipient": MOBILE}
        order = self.guide.ends(
            "dearer than agreed", "declined", self.guide.order(PURCHASES, body, self.guide.customer)
        )
        insist(order["reason"]["code"] == "price-changed", f"declined for {order['reason']}")

    def _part(self) -> None:
        body = self._quoted("fulu", "电影兑换券", 3)
        order = self.guide.succeeds("three tickets, of which two come", PURCHASES, body, self.guide.customer)
        result = order["result"]
        insist((result["ordered"], result["delivered"]) == (3, 2), f"{result['delivered']} of {result['ordered']}")
        insist(len(self.guide.released(order)) == result["delivered"], "not as many cards as were delivered")

    def _buy_abroad(self) -> None:
        body = self._quoted("reloadly_giftcards", "Amazon UK", 2, "20.50") | {"recipient": "customer@bank.example"}
        order = self.guide.succeeds("two gift cards abroad", PURCHASES, body, self.guide.customer)
        paid = order["result"]["paid"]
        insist(paid["currency"] == "NGN" and body["face_value"]["currency"] == "GBP", f"paid in {paid['currency']}")
        numbers = [card["number"] for card in self.guide.released(order)]
        insist(all(isinstance(each, str) and len(each) == DIGITS for each in numbers), "a number is not whole")

    def _approve(self) -> None:
        magic = self.guide.magic("tremendous").items()
        recipient = next(account for account, does in magic if does.startswith("PENDING APPROVAL until"))
        face = self._pieces("tremendous", "Harbour Coffee 电子礼品卡", 2, "30.00")
        order = self.guide.order(
            PURCHASES, face | {"max_total": _money("60.00"), "recipient": recipient}, self.guide.customer
        )
        self.guide.until(order, lambda now: "action-required" in _happened(now))
        self.guide.door("tremendous", "/_sandbox/approve", {"external_id": order["reference"]})
        order = self.guide.ends("released by a person", "succeeded", order)
        links = [piece["link"] for piece in self.guide.released(order)]
        insist(len(set(links)) == order["result"]["delivered"], "two pieces have one link")

    def _look_round(self) -> None:
        lounge = self._lounges()[0]["product_id"]
        for tier, may in (("standard", False), (TIER, True)):
            check = {"product_id": lounge, "tier": tier}
            answer = self.guide.ask(f"{RIGHTS}/eligibility-checks", check, self.guide.customer)
            insist(answer["eligible"] is may, f"{tier}: {answer}")
        offers = self.guide.everything(f"{RIGHTS}/merchant-offers", region="330100")
        insist(len(offers) > 0, "nothing near the airport of Hangzhou")
        self.guide.show("near the lounge", "lounge_booking", f"{len(offers)} merchants' offers")

    def _book(self) -> None:
        day = datetime.now(CHINA) + timedelta(days=3)
        hours = self._hours(day.replace(hour=8, minute=0, second=0, microsecond=0))
        order = self._booked(hours, self.guide.family)
        self.guide.note("a lounge for one's mother", order)
        moved = self._moved(order, hours)
        self.guide.note("moved to another hour", moved)
        cancellation = {"reverses": order["order_id"]}
        self.guide.succeeds("cancelled", f"{RIGHTS}/booking-cancellations", cancellation, self.guide.family)
        self.guide.refused(f"{RIGHTS}/booking-cancellations", cancellation, "reverses", self.guide.family)

    def _redeem(self) -> None:
        now = datetime.now(CHINA)
        order = self._booked(self._hours(now.replace(minute=0, second=0, microsecond=0)), self.guide.customer)
        asked = {"booking": order["order_id"]}
        shown = self.guide.ask(f"{RIGHTS}/booking-passes", asked, self.guide.customer)["token"]
        self.guide.door("lounge_booking", "/_sandbox/redeem", {"code": shown.rpartition(":")[2]})
        order = self.guide.until(order, lambda one: "redeemed" in _happened(one))
        self.guide.note("let in at the door", order)
        search = {"order": order["order_id"]}
        used = self.guide.ask(f"{RIGHTS}/redemption-searches", search, self.guide.customer)["items"]
        insist(len(used) == 1, f"used {len(used)} times")

    def _pieces(self, partner: str, name: str, quantity: int = 1, amount: str | None = None) -> Body:
        """So many of a product, at a face value where one is chosen."""
        product = self.products[partner, name]
        face = {} if amount is None else {"face_value": _money(amount, product["currency"])}
        return {"product_id": product["product_id"], "quantity": quantity, **face}

    def _quoted(self, partner: str, name: str, quantity: int = 1, amount: str | None = None) -> Body:
        """The same, to be bought for no more than the quote says."""
        pieces = self._pieces(partner, name, quantity, amount)
        return pieces | {"max_total": self.guide.ask(f"{RIGHTS}/quotes", pieces)["total"]}

    def _lounges(self) -> list[Body]:
        return [one for one in self.products.values() if one["kind"] == "lounge"]

    def _hours(self, first: datetime) -> Iterator[tuple[str, str]]:
        """Lounges and hours to try, from `first` to the end of its day. Nobody lists which are full."""
        for lounge in self._lounges():
            for hour in range(23, first.hour - 1, -1):
                yield lounge["product_id"], first.replace(hour=hour).astimezone(UTC).isoformat()

    def _booked(self, hours: Iterator[tuple[str, str]], consent: str) -> Body:
        """A booking of the first hour that is not full."""
        for product_id, starts_at in hours:
            body = {"product_id": product_id, "starts_at": starts_at, "tier": TIER}
            order = self.guide.settled(self.guide.order(BOOKINGS, body, consent))
            if _stands(order):
                return order
        raise LookupError("every lounge is full")

    def _moved(self, order: Body, hours: Iterator[tuple[str, str]]) -> Body:
        """The booking's change to the next hour that is not full."""
        for _, starts_at in hours:
            body = {"booking": order["order_id"], "starts_at": starts_at}
            change = self.guide.settled(self.guide.order(f"{RIGHTS}/booking-changes", body, self.guide.family))
            if _stands(change):
                insist(change["result"]["starts_at"] != order["result"]["starts_at"], "it was not moved")
                return change
        raise LookupError("the lounge is full")


def _money(amount: str, currency: str = "CNY") -> Body:
    return {"amount": f"{Decimal(amount):.2f}", "currency": currency}


def _stands(order: Body) -> bool:
    """Whether it was booked; a full hour is declined, and anything else is wrong."""
    if order["state"] == "declined":
        insist(order["reason"]["code"] == "out-of-stock", f"declined for {order['reason']}")
    return bool(order["state"] == "succeeded")


def _happened(order: Body) -> set[Any]:
    return {entry["what"] for entry in order["timeline"]}


CHAPTER = RightsAndBenefits
