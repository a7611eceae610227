"""Social security: a card that lives, a QR text shown once, what was paid in, and a relation that moves house."""

import secrets
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from sandbox.stand.people import id_number, magic_id
from sandbox.tour.guide import Body, Chapter, Stop, insist

SOCIAL = "/v1/social-security"
CARDS, UNLINKINGS, TRANSFERS = f"{SOCIAL}/cards", f"{SOCIAL}/card-unlinkings", f"{SOCIAL}/transfers"
PROVINCE, ELSEWHERE = "330100", "440300"
"""A region whose own office keeps insurance and pensions, and one where essc alone is asked."""
OPERATIONS = ("find_card", "issue_card", "transfer")
STAGES = ["submitted", "origin-confirmed", "information-received", "funds-received", "done"]
HANGS, UNLINKS_ALONE = id_number(311, "19790214"), id_number(312, "19810909")
NO_PHYSICAL_CARD, RETURNED = magic_id(31), magic_id(34)


class SocialSecurity(Chapter):
    """A national platform for cards, and one province's office for all else."""

    def stops(self) -> list[Stop]:
        return [
            ("issuing a card in the province, at the national platform", self._issue),
            ("issuing a card to the mother, for whom her child acts", self._family),
            ("showing a QR text: once, for one purpose", self._qr),
            ("unlinking the card", self._unlink),
            ("issuing while the platform performs and never answers", self._hang),
            ("hearing that somebody unlinked the card alone", self._unlinked_alone),
            ("meeting a decline: no physical card", self._decline),
            ("reading what a customer is insured for and has paid in", self._read),
            ("fetching a certificate of contributions by its link", self._certificate),
            ("moving a pension into the province, stage by stage", self._transfer),
            ("moving one that the origin returns", self._returned),
            ("refusing what is wrong, by the field's name", self._refused),
        ]

    def _issue(self) -> None:
        order = self.guide.succeeds("a card, issued", CARDS, {"region": PROVINCE}, self.guide.customer)
        insist(order["partner"] == "essc", f"{PROVINCE} went to {order['partner']}, which shows no card")
        found = self.guide.ask(f"{SOCIAL}/card-searches", {"region": PROVINCE}, self.guide.customer)
        insist(found == order["result"], "the card that is found is not the one that was issued")

    def _family(self) -> None:
        consent = self.guide.get(f"/v1/consents/{self.guide.family}")
        insist(consent["authority"]["relation"] == "child", "nobody acts for this customer")
        self.guide.succeeds("a card, a child acting", CARDS, {"region": ELSEWHERE}, self.guide.family)

    def _qr(self) -> None:
        asked = {"region": PROVINCE, "purpose": "hospital"}
        scanned = asked | {"token": self.guide.ask(f"{SOCIAL}/qr-tokens", asked, self.guide.customer)["token"]}
        another = self._scanned(scanned | {"purpose": "pharmacy"})
        self._declines("a QR text, another purpose", another, "declined", "purpose")
        self.guide.ends("a QR text, shown", "succeeded", self._scanned(scanned))
        self._declines("a QR text, shown again", self._scanned(scanned), "used", "token")

    def _unlink(self) -> None:
        self.guide.succeeds("a card, unlinked", UNLINKINGS, {"region": PROVINCE}, self.guide.customer)
        card = self.guide.ask(f"{SOCIAL}/card-searches", {"region": PROVINCE}, self.guide.customer)
        insist(card["state"] == "none", f"a card that was unlinked is {card['state']}")

    def _hang(self) -> None:
        fault = {"operation": "issue", "fault": "hang-after", "times": 1, "account": HANGS}
        self.guide.door("essc", "/_sandbox/faults", fault)
        order = self.guide.order(CARDS, {"region": ELSEWHERE}, self._consent(HANGS))
        insist(order["state"] == "unknown", f"the order is {order['state']}, and nobody can know that")
        self.guide.ends("performed, never answered", "succeeded", order)

    def _unlinked_alone(self) -> None:
        order = self.guide.succeeds("a card, issued", CARDS, {"region": ELSEWHERE}, self._consent(UNLINKS_ALONE))
        self.guide.door("essc", "/_sandbox/unlink", {"aac002": UNLINKS_ALONE})
        told = self.guide.until(order, lambda now: any(entry["what"] == "card-unlinked" for entry in now["timeline"]))
        insist(told["state"] == "succeeded", "what the person did later moved the issue")
        self.guide.show("a card, unlinked by its holder", "essc", "card-unlinked")

    def _decline(self) -> None:
        order = self.guide.order(CARDS, {"region": ELSEWHERE}, self._consent(NO_PHYSICAL_CARD))
        self._declines("no physical card", order, "not-eligible", None)

    def _read(self) -> None:
        here = {"region": PROVINCE}
        insured = self.guide.ask(f"{SOCIAL}/insurance-searches", here, self.guide.customer)["items"]
        insist({"pension", "medical"} <= {each["kind"] for each in insured}, "neither pension nor medical insurance")
        account = self.guide.ask(f"{SOCIAL}/pension-account-searches", here, self.guide.customer)
        early, late = (self._estimate(age) for age in (60, 65))
        insist(early["assumptions"] != late["assumptions"], "an estimate does not say what it assumes")
        insist(Decimal(early["monthly"]["amount"]) < Decimal(late["monthly"]["amount"]), "waiting is worth nothing")
        self.guide.show("a pension account", "hrss_province", _money(account["balance"]))
        self.guide.show("a pension at 65, a month", "hrss_province", _money(late["monthly"]))

    def _certificate(self) -> None:
        months = {"region": PROVINCE, "insurance": "pension", "begins": "2025-01", "ends": "2025-12"}
        certificate = self.guide.ask(f"{SOCIAL}/contribution-certificates", months, self.guide.customer)
        document = certificate["document"]
        fetched = self.guide.app.get(document["href"])
        insist(fetched.is_success and fetched.content.startswith(b"%PDF-"), f"{fetched.status_code}: no PDF")
        insist(sha256(fetched.content).hexdigest() == document["sha256"], "other bytes than were promised")
        self.guide.show("a certificate, fetched", "hrss_province", f"{document['size']} bytes of PDF")

    def _transfer(self) -> None:
        order = self.guide.order(TRANSFERS, self._move(), self.guide.customer)
        stages = [order["result"]["stage"]]

        def done(now: Body) -> bool:
            if now["result"]["stage"] != stages[-1]:
                stages.append(now["result"]["stage"])
            return now["settled_at"] is not None

        order = self.guide.until(order, done)
        insist(stages == sorted(stages, key=STAGES.index) and len(stages) > 1, f"the stages were {stages}")
        insist(order["result"]["stage"] == "done" and order["result"]["funds"], "done, without funds")
        self.guide.ends("a pension, moved", "succeeded", order)

    def _returned(self) -> None:
        order = self.guide.order(TRANSFERS, self._move(), self._consent(RETURNED))
        insist(order["state"] == "pending", f"the order is {order['state']}")
        self._declines("a pension, returned", order, "returned", None)

    def _refused(self) -> None:
        refused, own = self.guide.refused, self.guide.customer
        refused(CARDS, {"region": "990000"}, "region", own)
        refused(TRANSFERS, self._move() | {"from_region": PROVINCE}, "to_region", own)
        months = {"region": PROVINCE, "insurance": "pension", "begins": "2025-12", "ends": "2025-01"}
        refused(f"{SOCIAL}/contribution-certificates", months, "ends", own, order=False)
        refused(CARDS, {"region": PROVINCE}, "Consent-Id")
        wrong = self._agreement(HANGS[:-1] + ("0" if HANGS[-1] != "0" else "1"))
        refused("/v1/consents", wrong, "customer.id_number", order=False)

    def _scanned(self, body: Body) -> Body:
        return self.guide.order(f"{SOCIAL}/qr-verifications", body)

    def _declines(self, story: str, order: Body, code: str, field: str | None) -> None:
        reason = self.guide.ends(story, "declined", order)["reason"]
        insist((reason["code"], reason["field"]) == (code, field), f"declined because {reason}")

    def _estimate(self, age: int) -> Body:
        assuming = {"region": PROVINCE, "retires_at_age": age}
        return self.guide.ask(f"{SOCIAL}/pension-estimates", assuming, self.guide.customer)

    def _move(self) -> Body:
        return {"to_region": PROVINCE, "from_region": ELSEWHERE, "insurance": "pension"}

    def _consent(self, number: str) -> str:
        """The consent of somebody else, given through the API as any bank would."""
        answer = self.guide.app.post("/v1/consents", self._agreement(number), secrets.token_hex(16))
        return str(self.guide.answered(answer)["consent_id"])

    def _agreement(self, number: str) -> Body:
        return {
            "customer": {"name": "陈立新", "id_number": number, "mobile": "19900002345"},
            "operations": [f"social-security.{name}" for name in OPERATIONS],
            "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        }


def _money(money: Body) -> str:
    return f"{money['amount']} {money['currency']}"


CHAPTER = SocialSecurity
