"""Household bills: found, paid once, paid though nobody answers, declined, and prepaid."""

import secrets
from typing import Any

from sandbox.tour.guide import Body, Chapter, Stop, insist

BILLS = "/v1/utility-bills"
PAYMENTS = f"{BILLS}/payments"
EXTRAS, UNIT = {"mobile": "19900001234"}, {"billing_unit": "0412"}


class UtilityBills(Chapter):
    """A customer's bills, at partners of different temper."""

    billers: list[Body]

    def stops(self) -> list[Stop]:
        return [
            ("finding billers at every partner at once", self._find_billers),
            ("finding a bill and paying it at ceb_channel", self._pay_bill),
            ("repeating the call with the same key", self._replay),
            ("paying at reloadly_utilities, which answers later", self._pay_abroad),
            ("paying at setu_bbps, which answers in pairs", self._pay_in_pairs),
            ("paying while the partner performs and never answers", self._hang),
            ("choosing the early amount of a bill, by its name", self._early),
            ("being refused, each field named", self._refused),
            ("meeting a decline", self._decline),
            ("buying a prepaid meter token and releasing it", self._prepaid),
        ]

    def _find_billers(self) -> None:
        self.billers = self.guide.everything(f"{BILLS}/billers")
        partners = {biller["partner"] for biller in self.billers}
        expected = {"ceb_channel", "reloadly_utilities", "setu_bbps"}
        insist(partners == expected, f"billers came from {sorted(partners)}")

    def _pay_bill(self) -> None:
        self.guide.ends("a bill, paid", "succeeded", self._ordered(self._biller("ceb_channel"), "3300112233"))

    def _replay(self) -> None:
        biller, key = self._biller("ceb_channel"), secrets.token_hex(16)
        body = self._payment(biller, "3300112244")
        first = self.guide.order(PAYMENTS, body, key=key)
        again = self.guide.app.post(PAYMENTS, body, key)
        insist(again.headers.get("idempotency-replayed") == "true", "the second answer is no replay")
        insist(first["order_id"] == again.json()["order_id"], "the same key made two orders")
        self.guide.ends("the same key twice", "succeeded", first)

    def _pay_abroad(self) -> None:
        biller = self._biller("reloadly_utilities", prepaid=False)
        self.guide.ends("a bill, answered later", "succeeded", self._ordered(biller, "4400556677"))

    def _pay_in_pairs(self) -> None:
        biller = self._biller("setu_bbps")
        self.guide.ends("a bill, asked for and polled", "succeeded", self._ordered(biller, "5500667788"))

    def _early(self) -> None:
        magic = self.guide.magic("setu_bbps").items()
        account = next(account for account, does in magic if "Early Payment Amount holds" in does)
        body: Body = {"biller_id": self._timely()["biller_id"], "account": account, "fields": EXTRAS | UNIT}
        [bill] = self.guide.ask(f"{BILLS}/bill-searches", body)["items"]
        early, own = bill["rule"]["choices"]
        insist(own == bill["amount"] != early, f"the choices are {early} and {own}")
        payment = body | {"amount": early, "bill_id": bill["bill_id"]}
        self.guide.ends("a bill, paid early for less", "succeeded", self.guide.order(PAYMENTS, payment))

    def _refused(self) -> None:
        timely: Body = {"biller_id": self._timely()["biller_id"], "account": "5500778899", "fields": EXTRAS | UNIT}
        amount = {"amount": "100.00", "currency": "INR"}
        for field, wrong in (
            ("account", {"account": "12"}),
            ("fields.billing_unit", {"fields": EXTRAS}),
            ("fields.mobile", {"fields": UNIT}),
            ("bill_id", {}),
        ):
            self.guide.refused(PAYMENTS, timely | {"amount": amount} | wrong, field)

    def _timely(self) -> Body:
        """The biller that takes another amount early or late, and asks for more than an account."""
        return next(each for each in self.billers if any(field["name"] == "billing_unit" for field in each["fields"]))

    def _hang(self) -> None:
        account = "3300998877"
        body = self._payment(self._biller("ceb_channel"), account)
        fault = {"operation": "pay", "fault": "hang-after", "times": 1, "account": account}
        self.guide.door("ceb_channel", "/_sandbox/faults", fault)
        order = self.guide.order(PAYMENTS, body)
        insist(order["state"] == "unknown", f"the order is {order['state']}, and nobody can know that")
        self.guide.ends("performed, never answered", "succeeded", order)

    def _decline(self) -> None:
        magic = self.guide.magic("ceb_channel").items()
        account = next(account for account, does in magic if does.startswith("refused with DEF0006"))
        self.guide.ends("a decline", "declined", self._ordered(self._biller("ceb_channel"), account))

    def _prepaid(self) -> None:
        biller = self._biller("reloadly_utilities", prepaid=True)
        order = self.guide.ends("a meter token", "succeeded", self._ordered(biller, "4400667788"))
        insist(len(self.guide.released(order)) > 0, "an empty token")

    def _ordered(self, biller: Body, account: str) -> Body:
        return self.guide.order(PAYMENTS, self._payment(biller, account))

    def _biller(self, partner: str, *, prepaid: bool = False) -> Body:
        """A biller that is open now, takes what is owed, and needs nothing beyond the account that is unusual."""
        return next(
            biller
            for biller in self.billers
            if biller["partner"] == partner
            and biller["prepaid"] is prepaid
            and {field["name"] for field in biller["fields"] if field["required"]} <= EXTRAS.keys()
            and all(window["opens"] == window["closes"] for window in biller["windows"])
            and (partner == "reloadly_utilities" or biller["bill"] == "required")
            and not biller["rule"]["choices"]
            and biller["rule"]["against_bill"] in ("exact", "any")
        )

    def _payment(self, biller: Body, account: str) -> Body:
        body: Body = {"biller_id": biller["biller_id"], "account": account}
        if biller["fields"]:
            body["fields"] = EXTRAS
        if biller["bill"] == "none":
            return body | {"amount": biller["rule"]["minimum"]}
        bill: dict[str, Any] = self.guide.ask(f"{BILLS}/bill-searches", body)["items"][0]
        return body | {"amount": bill["amount"], "bill_id": bill["bill_id"]}


CHAPTER = UtilityBills
