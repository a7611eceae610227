"""Medical insurance: a bill in three legs, a failed leg that is taken back, refunds, and vouchers that serve once."""

import secrets
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sandbox.stand.people import id_number, magic_id
from sandbox.tour.guide import Body, Chapter, Stop, insist

MEDICAL = "/v1/medical-insurance"
SETTLEMENTS, REVOCATIONS, REFUNDS = (f"{MEDICAL}/{name}" for name in ("settlements", "revocations", "refunds"))
CENTRE, PLATFORM = "nhsa_mobile_pay", "fsi_institution"
REGIONS = {CENTRE: "120000", PLATFORM: "210100"}
INSTITUTIONS = {CENTRE: "H99000000001", PLATFORM: "H21010000001"}
TOTAL = "100.10"
OPERATIONS = ("activate_voucher", "issue_token", "find_person", "settle", "revoke", "refund")
HANGS, NO_VOUCHER = id_number(321, "19760419"), magic_id(33)
CASH_FAILS, UNSURE = magic_id(25), magic_id(31)


class MedicalInsurance(Chapter):
    """A payment centre that a phone speaks to, and a platform behind one hospital's counter."""

    paid: Body

    def stops(self) -> list[Stop]:
        return [
            ("reading where a customer is insured, at both partners", self._person),
            ("finding designated institutions, and previewing a bill", self._preview),
            ("activating an e-voucher, then settling with its token", self._activate),
            ("settling a bill in three legs at both partners", self._settle),
            ("settling the mother's bill, for whom her child acts", self._family),
            ("settling while the platform performs and never answers", self._hang),
            ("taking back a settlement whose cash leg failed", self._failed_leg),
            ("refunding cash, then the rest, and nothing above it", self._refund),
            ("finding out about a refund that nobody is sure of", self._unsure),
            ("taking back a whole settlement at the hospital", self._revoke),
            ("using a token twice", self._token_twice),
            ("refusing what is wrong, by the field's name", self._refused),
        ]

    def _person(self) -> None:
        for partner, region in REGIONS.items():
            found = self.guide.ask(f"{MEDICAL}/person-searches", {"treatment_region": region}, self.guide.customer)
            relation = _active(found["items"])
            balance = relation["account_balance"]
            insist(balance is not None, "an account without a balance")
            self.guide.show(f"insured in {relation['insured_region']}", partner, f"balance {_money(balance)}")

    def _preview(self) -> None:
        places = self.guide.everything(f"{MEDICAL}/institutions", region=REGIONS[PLATFORM])
        insist(INSTITUTIONS[PLATFORM] in {place["institution"] for place in places}, "our hospital is not listed")
        seen = self.guide.ask(f"{MEDICAL}/settlement-previews", self._bill(PLATFORM), self.guide.customer)
        split = [seen[name]["amount"] for name in ("fund", "account", "cash")]
        insist(sum(map(Decimal, split)) == Decimal(TOTAL), f"the preview's legs are {split}")
        self.guide.show("a bill, previewed", PLATFORM, " + ".join(split))

    def _activate(self) -> None:
        consent = self._consent(NO_VOUCHER)
        regions = {"treatment_region": REGIONS[CENTRE], "insured_region": self._insured(CENTRE, consent)}
        voucher = self.guide.succeeds("an e-voucher, activated", f"{MEDICAL}/vouchers", regions, consent)
        insist(voucher["result"]["state"] == "active", "a voucher that is not active")
        self.guide.succeeds("a bill, settled by voucher", SETTLEMENTS, self._bill(CENTRE, consent), consent)

    def _settle(self) -> None:
        for partner in REGIONS:
            order = self.guide.succeeds("a bill, settled", SETTLEMENTS, self._bill(partner), self.guide.customer)
            insist(order["partner"] == partner, f"it went to {order['partner']}")
            insist(sum(_amounts(order).values()) == Decimal(TOTAL), f"the legs are {order['legs']}")
            self.paid = order

    def _family(self) -> None:
        consent = self.guide.get(f"/v1/consents/{self.guide.family}")
        insist(consent["authority"]["relation"] == "child", "nobody acts for this customer")
        bill = self._bill(CENTRE, self.guide.family)
        self.guide.succeeds("a bill, a child acting", SETTLEMENTS, bill, self.guide.family)

    def _hang(self) -> None:
        consent = self._consent(HANGS)
        bill = self._bill(PLATFORM, consent)
        fault = {"operation": "settle", "fault": "hang-after", "times": 1, "account": HANGS}
        self.guide.door(PLATFORM, "/_sandbox/faults", fault)
        order = self.guide.order(SETTLEMENTS, bill, consent)
        insist(order["state"] == "unknown", f"the order is {order['state']}, and nobody can know that")
        self.guide.ends("performed, never answered", "succeeded", order)

    def _failed_leg(self) -> None:
        consent = self._consent(CASH_FAILS)
        order = self.guide.order(SETTLEMENTS, self._bill(CENTRE, consent), consent)
        order = self.guide.until(order, lambda now: "declined" in _states(now).values())
        failed = {"fund": "succeeded", "account": "succeeded", "cash": "declined"}
        insist((order["state"], _states(order)) == ("pending", failed), f"{order['state']}, {_states(order)}")
        back = self.guide.succeeds("a failed leg, revoked", REVOCATIONS, {"reverses": order["order_id"]}, consent)
        legs = _amounts(order)
        insist(_value(back["result"]["returned"]) == legs["fund"] + legs["account"], "not what the legs had paid")
        ended = self.guide.settled(order)
        reason = (ended["reason"] or {}).get("code")
        insist((ended["state"], reason) == ("declined", "revoked"), f"the original is {ended['state']} ({reason})")
        self.guide.show("its settlement", CENTRE, "pending → declined")

    def _refund(self) -> None:
        own = self.guide.customer
        order = self.guide.succeeds("a bill, settled", SETTLEMENTS, self._bill(CENTRE), own)
        paid = _amounts(order)
        more = _back(order, cash=paid["cash"] + Decimal("0.01"))
        self.guide.refused(REFUNDS, more, "legs[0].amount.amount", own)
        self.guide.succeeds("its cash, refunded", REFUNDS, _back(order, cash=paid["cash"]), own)
        self.guide.refused(REFUNDS, _back(order, cash=Decimal("0.01")), "legs[0].amount.amount", own)
        rest = _back(order, fund=paid["fund"], account=paid["account"])
        self.guide.succeeds("fund and account, refunded", REFUNDS, rest, own)
        self._posted(order, Decimal(TOTAL))

    def _unsure(self) -> None:
        consent = self._consent(UNSURE)
        order = self.guide.succeeds("a bill, settled", SETTLEMENTS, self._bill(CENTRE, consent), consent)
        refund = self.guide.order(REFUNDS, _back(order, cash=Decimal("1.00")), consent)
        insist(refund["state"] == "unknown", f"an exception is {refund['state']}")
        self.guide.ends("an unsure refund, found out", "succeeded", refund)
        self._posted(order, Decimal("1.00"))

    def _revoke(self) -> None:
        own = self.guide.customer
        self.guide.succeeds("a settlement, taken back", REVOCATIONS, {"reverses": self.paid["order_id"]}, own)
        self._posted(self.paid, Decimal(TOTAL))
        self.guide.refused(REVOCATIONS, {"reverses": self.paid["order_id"]}, "reverses", own)

    def _token_twice(self) -> None:
        bill = self._bill(CENTRE)
        self.guide.succeeds("a bill, settled", SETTLEMENTS, bill, self.guide.customer)
        second = self.guide.order(SETTLEMENTS, bill, self.guide.customer)
        reason = self.guide.ends("a second bill, same token", "declined", second)["reason"]
        insist((reason["code"], reason["field"]) == ("expired", "voucher_token"), f"declined because {reason}")

    def _refused(self) -> None:
        refused, own, bill = self.guide.refused, self.guide.customer, self._bill(PLATFORM)
        refused(SETTLEMENTS, bill | {"treatment_region": "990000"}, "treatment_region", own)
        refused(SETTLEMENTS, bill | {"insured_region": "650100"}, "insured_region", own)
        refused(SETTLEMENTS, bill | {"total": _yuan(Decimal("99.00"))}, "items", own)
        short = _back(self.paid, cash=Decimal("1.00")) | {"total": _yuan(Decimal("2.00"))}
        refused(REFUNDS, short, "legs", own)
        refused(SETTLEMENTS, bill, "Consent-Id")
        wrong = self._agreement(HANGS[:-1] + ("0" if HANGS[-1] != "0" else "1"))
        refused("/v1/consents", wrong, "customer.id_number", order=False)

    def _bill(self, partner: str, consent: str | None = None) -> Body:
        """A bill where the partner treats, for a customer insured elsewhere, with a token nobody has used."""
        who, here = consent or self.guide.customer, {"treatment_region": REGIONS[partner]}
        wanted, total = here | {"business": "outpatient-settlement"}, _yuan(Decimal(TOTAL))
        tokens = partner == CENTRE
        return here | {
            "insured_region": self._insured(partner, who),
            "institution": INSTITUTIONS[partner],
            "business": "outpatient-settlement",
            "voucher_token": self.guide.ask(f"{MEDICAL}/voucher-tokens", wanted, who)["token"] if tokens else "none",
            "total": total,
            "items": [{"code": "XA01", "name": "阿莫西林胶囊", "quantity": "2", "amount": total}],
        }

    def _insured(self, partner: str, consent: str) -> str:
        """The region of the insurance that pays."""
        found = self.guide.ask(f"{MEDICAL}/person-searches", {"treatment_region": REGIONS[partner]}, consent)
        return str(_active(found["items"])["insured_region"])

    def _posted(self, order: Body, amount: Decimal) -> None:
        """The original stays what it was, and says what went back."""
        now = self.guide.get(f"/v1/orders/{order['order_id']}")
        posted = sum(_value(posting["amount"]) for posting in now["postings"])
        insist((now["state"], posted) == ("succeeded", amount), f"{now['state']}, with {posted} posted")

    def _consent(self, number: str) -> str:
        """The consent of somebody else, given through the API as any bank would."""
        answer = self.guide.app.post("/v1/consents", self._agreement(number), secrets.token_hex(16))
        return str(self.guide.answered(answer)["consent_id"])

    def _agreement(self, number: str) -> Body:
        return {
            "customer": {"name": "陈立新", "id_number": number},
            "operations": [f"medical-insurance.{name}" for name in OPERATIONS],
            "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        }


def _active(relations: list[Body]) -> Body:
    return next(relation for relation in relations if relation["active"])


def _back(order: Body, **legs: Decimal) -> Body:
    """A refund of these legs."""
    parts = [{"name": name, "amount": _yuan(amount)} for name, amount in legs.items()]
    return {"reverses": order["order_id"], "total": _yuan(sum(legs.values(), Decimal(0))), "legs": parts}


def _states(order: Body) -> dict[str, str]:
    return {leg["name"]: leg["state"] for leg in order.get("legs", [])}


def _amounts(order: Body) -> dict[str, Decimal]:
    return {leg["name"]: _value(leg["amount"]) for leg in order["legs"]}


def _value(money: Body) -> Decimal:
    return Decimal(money["amount"])


def _yuan(amount: Decimal) -> Body:
    return {"amount": f"{amount:.2f}", "currency": "CNY"}


def _money(money: Body) -> str:
    return f"{money['amount']} {money['currency']}"


CHAPTER = MedicalInsurance
