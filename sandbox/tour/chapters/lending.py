"""Lending: lenders of two countries side by side, from a pre-check that names nobody to the last repayment."""

import secrets
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from typing import Any

from sandbox.stand.people import id_number, magic_mobile
from sandbox.tour.guide import Body, Chapter, Guide, Stop, insist

LENDING = "/v1/lending"
APPLICATIONS, REFERRALS, ACCEPTANCES = f"{LENDING}/applications", f"{LENDING}/referrals", f"{LENDING}/acceptances"
REPAYMENTS = f"{LENDING}/repayments"
OCEN, WANLITONG = "ocen", "wanlitong"
OPERATIONS = ("find_offers", "apply", "refer", "accept", "find_loan", "repay")
FARMING = {"term_months": 12, "purpose": "farming"}
LENDERS = 3
"""In the network."""
PAYOUT_SECONDS = 20.0
CUSTOMER, MOTHER, OFFICE = "19900001234", "19900005678", "19900006543"
"""What the bank knows of its customers, and tells nobody in a pre-check."""
SILENT, KNOWN = magic_mobile(25), magic_mobile(26)
PARTIAL, EXPIRED, REJECTED, WANTS_DOCUMENT = (magic_mobile(tail) for tail in (26, 27, 28, 29))
COMPANY, FORGED = "91350100M000100Y43", "91350100M000100Y44"
"""A credit code, and one whose check character is wrong."""


class LendingMarketplace(Chapter):
    """A network of lenders in India, and a loan supermarket in China."""

    def __init__(self, guide: Guide) -> None:
        super().__init__(guide)
        self.offers: dict[str, Body] = {}
        self.loans: dict[str, Body] = {}

    def stops(self) -> list[Stop]:
        return [
            ("finding the products of both countries", self._products),
            ("finding offers side by side, of lenders who need longer too", self._side_by_side),
            ("asking whether somebody may apply, without saying who", self._pre_check),
            ("estimating what a customer could borrow", self._estimate),
            ("applying: a mother for whom her child acts, at both", self._family),
            ("accepting: a loan in rupees, and one in yuan", self._accept),
            (
                "referring a customer with the reason: offers that come one by one, a document that is wanted",
                self._late,
            ),
            ("paying back: what was paid out, up to what is owed", self._repay),
            ("accepting while the network performs and never answers", self._hang),
            ("meeting declines, each with its reason", self._declines),
            ("applying for a company, known by its credit code", self._company),
            ("refusing what is wrong, by the field's name", self._refused),
        ]

    def _products(self) -> None:
        for region, partner in ((None, None), ("IN", OCEN), ("330100", WANLITONG)):
            found = self.guide.everything(f"{LENDING}/products", **({"region": region} if region else {}))
            expected = {partner} if partner else {OCEN, WANLITONG}
            insist({one["partner"] for one in found} == expected, f"{region}: {len(found)} products of others")

    def _side_by_side(self) -> None:
        rupees = self._find_offers("INR", "60000.00")
        insist({one["partner"] for one in rupees} == {OCEN} and len(rupees) == LENDERS, f"{len(rupees)} offers")
        for one in sorted(rupees, key=lambda one: Decimal(one["annual_rate"])):
            self.guide.show(f"an offer of {one['lender']}", OCEN, _terms(one))
        [quote] = self._find_offers("CNY", "20000.00")
        insist(quote["partner"] == WANLITONG and quote["binding"] is False, "a quote that binds")
        self.guide.show("a quote, which binds nobody", WANLITONG, _terms(quote))
        self.offers |= {"found": rupees[0], "quote": quote}

    def _pre_check(self) -> None:
        told = {mobile: self._checked(mobile) for mobile in (CUSTOMER, KNOWN, SILENT)}
        verdicts = [told[mobile]["verdict"] for mobile in (CUSTOMER, KNOWN, SILENT)]
        insist(verdicts == ["may-apply", "duplicate", "duplicate"], f"the verdicts were {verdicts}")
        insist(bool(told[CUSTOMER]["pre_check_id"] and told[CUSTOMER]["agreements"]), "nothing to agree to")
        self.guide.show("a pre-check, by mask and digest", WANLITONG, "may-apply; known, or silent: duplicate")

    def _estimate(self) -> None:
        found = self.guide.ask_everyone(f"{LENDING}/estimates", {}, self.guide.customer)
        insist({one["partner"] for one in found} == {WANLITONG}, "an estimate of nobody's")
        most = max(found, key=lambda one: Decimal(one["up_to"]["amount"]))
        self.guide.show("an estimate", WANLITONG, f"up to {_money(most['up_to'])}")

    def _family(self) -> None:
        consent = self.guide.get(f"/v1/consents/{self.guide.family}")
        insist(consent["authority"]["relation"] == "child", "nobody acts for this customer")
        checked = {"pre_check_id": self._checked(MOTHER)["pre_check_id"]}
        bodies = [self._application(OCEN), self._application(WANLITONG) | checked]
        placed = [self.guide.order(APPLICATIONS, body, self.guide.family) for body in bodies]
        for order in placed:
            done = self.guide.ends("an application, a child acting", "succeeded", order)
            [offer] = done["result"]["offers"]
            insist(offer["binding"], "a credit that binds nobody")
            self.offers[done["partner"]] = offer

    def _accept(self) -> None:
        bodies = [_acceptance(self.offers[partner]) for partner in (OCEN, WANLITONG)]
        placed = [self.guide.order(ACCEPTANCES, body, self.guide.family) for body in bodies]
        for order in placed:
            done = self.guide.ends("a loan", "succeeded", order)
            self.loans[done["partner"]] = done["result"]
        early = {"loan_id": self.loans[OCEN]["loan_id"], "amount": _amount("100.00", "INR")}
        order = self.guide.order(REPAYMENTS, early, self.guide.family)
        self._declined("paying back what was not paid out", order, "not-due", None)

    def _late(self) -> None:
        partial, wanting = (
            self.guide.order(REFERRALS, self._referral("IN", "INR"), self._consent(mobile))
            for mobile in (PARTIAL, WANTS_DOCUMENT)
        )
        chinese = self.guide.order(REFERRALS, self._referral("330100", "CNY"), self.guide.customer)
        seen = self.guide.until(partial, lambda now: bool((now["result"] or {}).get("offers")))
        insist(seen["state"] == "pending" and len(seen["result"]["offers"]) == 1, "the offers did not come one by one")
        wanting = self.guide.until(wanting, lambda now: "action-required" in _happened(now))
        insist((wanting["state"], wanting["result"]["state"]) == ("pending", "action-required"), f"{wanting}")
        self.guide.show("a lender wants a document", OCEN, wanting["result"]["action"])
        done = self.guide.ends("a referral: one offer, then three", "succeeded", partial)
        insist(len(done["result"]["offers"]) == LENDERS, "an offer is missing")
        self.guide.ends("a referral, pre-checked on the way", "succeeded", chinese)

    def _repay(self) -> None:
        loans = [self._until_active(loan["loan_id"]) for loan in self.loans.values()]
        placed = [self.guide.order(REPAYMENTS, self._instalment(loan), self.guide.family) for loan in loans]
        repaid = [self.guide.ends("an instalment, paid back", "succeeded", order) for order in placed]
        owed = {one["loan_id"]: one for one in self.guide.ask_everyone(f"{LENDING}/loan-lists", {}, self.guide.family)}
        for before, order in zip(loans, repaid, strict=True):
            left = owed[before["loan_id"]]["outstanding"]
            paid = Decimal(before["outstanding"]["amount"]) - Decimal(left["amount"])
            insist(paid == Decimal(order["result"]["paid"]["amount"]), f"{order['partner']} still wants {_money(left)}")
            self.guide.show("what is left", order["partner"], _money(left))
        too_much = {"loan_id": self.loans[WANLITONG]["loan_id"], "amount": _amount("499999.00", "CNY")}
        order = self.guide.order(REPAYMENTS, too_much, self.guide.family)
        self._declined("more than is owed", order, "amount-refused", "amount.amount")

    def _hang(self) -> None:
        fault = {"operation": "grant-loan", "fault": "hang-after", "times": 1, "account": CUSTOMER}
        self.guide.door(OCEN, "/_sandbox/faults", fault)
        order = self.guide.order(ACCEPTANCES, _acceptance(self.offers["found"]), self.guide.customer)
        insist(order["state"] == "unknown", f"the order is {order['state']}, and nobody can know that")
        self.guide.ends("granted, never answered", "succeeded", order)

    def _declines(self) -> None:
        for region, currency, mobile, code in (
            ("IN", "INR", REJECTED, "not-eligible"),
            ("330100", "CNY", KNOWN, "duplicate"),
        ):
            order = self.guide.order(REFERRALS, self._referral(region, currency), self._consent(mobile))
            self._declined("a customer to whom nobody lends", order, code, None)

    def _company(self) -> None:
        forged = self._agreement({"id_type": "credit-code", "id_number": FORGED})
        self.guide.refused("/v1/consents", forged, "customer.id_number", order=False)
        consent = self._given(self._agreement({"id_type": "credit-code", "id_number": COMPANY, "mobile": OFFICE}))
        self.guide.succeeds("an application of a company", APPLICATIONS, self._application(OCEN), consent)

    def _refused(self) -> None:
        own, offer = self.guide.customer, self.offers["found"]
        refused = self.guide.refused
        refused(ACCEPTANCES, _acceptance(offer, amount="1.00"), "amount.amount", own)
        refused(ACCEPTANCES, _acceptance(self.offers["quote"]), "offer_id", own)
        refused(ACCEPTANCES, _acceptance(self._expired()), "offer_id", self._consent(EXPIRED))
        refused(APPLICATIONS, self._application(WANLITONG), "pre_check_id", own)
        refused(APPLICATIONS, self._application(OCEN) | {"term_months": 48}, "term_months", own)
        refused(REFERRALS, self._referral("990000", "CNY"), "region", own)
        refused(APPLICATIONS, self._application(OCEN), "Consent-Id")

    def _find_offers(self, currency: str, amount: str) -> list[Body]:
        search = {"amount": {"amount": amount, "currency": currency}, **FARMING}
        return self.guide.ask_everyone(f"{LENDING}/offer-searches", search, self.guide.customer)

    def _checked(self, mobile: str) -> Body:
        """The pre-check of a number, of which eight digits and the digest are told."""
        digest = md5(mobile.encode(), usedforsecurity=False).hexdigest()
        wish = {name: each for name, each in self._application(WANLITONG).items() if name != "purpose"}
        return self.guide.ask(f"{LENDING}/pre-checks", wish | {"mobile_mask": mobile[:8], "mobile_digest": digest})

    def _application(self, partner: str) -> Body:
        """For the first product, of an amount that it is for."""
        products = self.guide.everything(f"{LENDING}/products")
        product = next(one for one in products if one["partner"] == partner)
        return {"product_id": product["product_id"], "amount": _amount("20000.00", product["currency"]), **FARMING}

    def _referral(self, region: str, currency: str) -> Body:
        amount = _amount("30000.00", currency)
        return {"region": region, "amount": amount, "reason": "collateral", "remark": "no deed yet", **FARMING}

    def _instalment(self, loan: Body) -> Body:
        """The first one of the plan, to be paid back."""
        asked = {"loan_id": loan["loan_id"]}
        plan = self.guide.ask(f"{LENDING}/repayment-plans", asked, self.guide.family)["items"]
        insist(len(plan) == FARMING["term_months"] and plan[0]["state"] == "due", f"{len(plan)} instalments")
        return asked | {"amount": plan[0]["amount"]}

    def _until_active(self, loan_id: str) -> Body:
        """The loan once it is paid out: the network does that by and by."""
        deadline, asked = time.monotonic() + PAYOUT_SECONDS, {"loan_id": loan_id}
        while (loan := self.guide.ask(f"{LENDING}/loan-searches", asked, self.guide.family))["state"] != "active":
            insist(time.monotonic() < deadline, f"the loan is still {loan['state']}")
            time.sleep(0.3)
        return loan

    def _expired(self) -> Body:
        """An offer that is over when it comes."""
        order = self.guide.order(REFERRALS, self._referral("IN", "INR"), self._consent(EXPIRED))
        return dict(self.guide.settled(order)["result"]["offers"][0])

    def _declined(self, story: str, order: Body, code: str, field: str | None) -> None:
        reason = self.guide.ends(story, "declined", order)["reason"]
        insist((reason["code"], reason["field"]) == (code, field), f"declined because {reason}")

    def _consent(self, mobile: str) -> str:
        """The consent of somebody with this number, given through the API as any bank would."""
        return self._given(self._agreement({"id_number": id_number(int(mobile[-3:]), "19790214"), "mobile": mobile}))

    def _given(self, agreement: Body) -> str:
        return str(
            self.guide.answered(self.guide.app.post("/v1/consents", agreement, secrets.token_hex(16)))["consent_id"]
        )

    def _agreement(self, who: Body) -> Body:
        return {
            "customer": {"name": "陈立新"} | who,
            "operations": [f"lending.{name}" for name in OPERATIONS],
            "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        }


def _acceptance(offer: Body, amount: str | None = None) -> Body:
    agreed: Body = offer["amount"] | ({"amount": amount} if amount else {})
    return {"offer_id": offer["offer_id"], "amount": agreed}


def _amount(amount: str, currency: str) -> Body:
    return {"amount": amount, "currency": currency}


def _happened(order: Body) -> set[Any]:
    return {entry["what"] for entry in order["timeline"]}


def _terms(offer: Body) -> str:
    return f"{_money(offer['amount'])} for {offer['term_months']} months at {offer['annual_rate']} % a year"


def _money(money: Body) -> str:
    return f"{money['amount']} {money['currency']}"


CHAPTER = LendingMarketplace
