"""Lending as a bank sees it: offers of many lenders, what is refused and why, and loans from grant to last payment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from secrets import token_hex
from typing import Any

import httpx
import pytest

from sandbox.stand.people import id_number, magic_mobile
from schemas.contract import operation_named
from tests.contract.asking.lending import FARMING, LENDING, MASK, acceptance, amount, application, loan, plain
from tests.contract.asking.words import Customer, asked, customer, give_consent
from tests.running import Hubs, Running

Body = dict[str, Any]

OCEN, WANLITONG = "ocen", "wanlitong"
PARTNERS = (OCEN, WANLITONG)
REGIONS = {OCEN: "IN", WANLITONG: "330100"}
COMPANY, FORGED = "91350100M000100Y43", "91350100M000100Y44"


class Desk:
    """A bank's app that serves one customer at a time."""

    def __init__(self, hub: Running) -> None:
        self.hub = hub

    def known_as(self, mobile: str) -> Customer:
        """Somebody with this number."""
        return Customer(mobile, id_number(int(mobile[-3:])), mobile)

    def post(self, what: str, body: Body, consent: str | None = None, key: str | None = None) -> httpx.Response:
        return self.hub.app.post(f"{LENDING}/{what}", body, key or token_hex(16), consent=consent)

    def order(self, what: str, body: Body, who: Customer) -> Body:
        """An order, as it stands when the hub answers."""
        return dict(self.post(what, body, who.consent(self.hub)).raise_for_status().json())

    def settled(self, what: str, body: Body, who: Customer) -> Body:
        return self.hub.settled(self.order(what, body, who)["order_id"])

    def ask(self, what: str, body: Body, who: Customer) -> Body:
        return asked(self.hub, f"{LENDING}/{what}", body, who.consent(self.hub))

    def everyone(self, what: str, body: Body, who: Customer) -> tuple[list[Body], dict[str, Body]]:
        """Every item of a merged list, those of partners that need longer too, and how each partner did at first."""
        page = self.ask(what, body, who)
        sources = {source["partner"]: source for source in page["sources"]}
        items = list(page["items"])
        for source in sources.values():
            if source["status"] == "pending":
                items += self.found(source["query_id"])
        return items, sources

    def found(self, query_id: str) -> list[Body]:
        """What a kept question came to."""
        return list(self.answered(query_id).raise_for_status().json()["items"])

    def answered(self, query_id: str) -> httpx.Response:
        """A kept question once it is kept no longer."""
        self._until(lambda: self.hub.app.get(f"/v1/queries/{query_id}").status_code != httpx.codes.ACCEPTED)
        return self.hub.app.get(f"/v1/queries/{query_id}")

    def referred(self, partner: str, who: Customer) -> Body:
        wish = {"region": REGIONS[partner], "amount": amount(partner, "30000.00"), "reason": "income", **FARMING}
        return self.order("referrals", wish, who)

    def offers(self, partner: str, who: Customer) -> list[Body]:
        """What the lenders offer to somebody whom the bank declined."""
        order = self.hub.settled(self.referred(partner, who)["order_id"])
        assert order["state"] == "succeeded", order
        return list(order["result"]["offers"])

    def until_loan(self, asking: Body, who: Customer, state: str) -> Body:
        """The loan, once it is in this state."""
        self._until(lambda: self.ask("loan-searches", asking, who)["state"] == state)
        return self.ask("loan-searches", asking, who)

    def _until(self, holds: Callable[[], bool]) -> None:
        began = datetime.now(UTC)
        while not holds():
            assert datetime.now(UTC) - began < timedelta(seconds=30)


@pytest.fixture
def desk(hub_of: Hubs) -> Desk:
    return Desk(hub_of("lending"))


def fields(answer: httpx.Response) -> list[str]:
    return [error["field"] for error in answer.json()["errors"]]


def why(order: Body) -> tuple[str, str, str | None]:
    return order["state"], order["reason"]["code"], order["reason"]["field"]


def accepting(offer: Body, **changes: str) -> Body:
    return {"offer_id": offer["offer_id"], "amount": offer["amount"] | changes}


def search(partner: str) -> Body:
    return {"amount": amount(partner, "20000.00"), **FARMING}


@pytest.mark.parametrize("partner", PARTNERS)
def test_the_region_decides_whose_products_are_listed(desk: Desk, partner: str) -> None:
    """Lenders of India for IN, of China for any place in it; both where none is named."""
    everywhere = desk.hub.app.get(f"{LENDING}/products").raise_for_status().json()
    assert {one["partner"] for one in everywhere["items"]} == set(PARTNERS)
    here = desk.hub.app.get(f"{LENDING}/products", region=REGIONS[partner]).raise_for_status().json()
    assert {one["partner"] for one in here["items"]} == {partner} == {one["partner"] for one in here["sources"]}


def test_offers_of_all_lenders_side_by_side(desk: Desk) -> None:
    """Who needs longer is `pending` with a query; three lenders offer, each until a time, and any may be accepted."""
    who = customer()
    offers, sources = desk.everyone("offer-searches", search(OCEN), who)
    assert {name: source["status"] for name, source in sources.items()} == {OCEN: "pending", WANLITONG: "ok"}
    assert len({offer["lender"] for offer in offers}) == len(offers) == 3
    assert all(datetime.fromisoformat(offer["valid_until"]) > datetime.now(UTC) for offer in offers)
    for offer in offers:
        assert Decimal(offer["total_repayable"]["amount"]) > Decimal(offer["amount"]["amount"])
    order = desk.settled("acceptances", accepting(offers[1]), who)
    assert (order["state"], order["result"]["lender"]) == ("succeeded", offers[1]["lender"])
    filed = [entry["operation"] for entry in desk.hub.ledger(OCEN) if entry["account"] == who.mobile]
    assert filed == ["create-loan", "grant-loan"], "the search files one application, however often it is asked"


def test_a_quote_is_no_offer(desk: Desk) -> None:
    """What the supermarket quotes binds nobody, and cannot be accepted."""
    who = customer()
    [quote], _ = desk.everyone("offer-searches", search(WANLITONG), who)
    assert (quote["partner"], quote["binding"]) == (WANLITONG, False)
    assert fields(desk.post("acceptances", accepting(quote), who.consent(desk.hub))) == ["offer_id"]


def test_a_partner_that_fails_is_named_beside_the_others(desk: Desk) -> None:
    """One has no estimate to give, the other's failing list of loans leaves the first one's."""
    who = customer()
    desk.hub.fault(WANLITONG, "error-before", "loan-list", account=who.mobile)
    loans, sources = desk.everyone("loan-lists", {}, who)
    assert (sources[WANLITONG]["status"], {one["partner"] for one in loans}) == ("failed", {OCEN})
    estimates, sources = desk.everyone("estimates", {}, who)
    assert set(sources) == {one["partner"] for one in estimates} == {WANLITONG}


@pytest.mark.parametrize(
    ("partner", "changes", "field"),
    [
        (OCEN, {"amount": {"amount": "500000.01", "currency": "INR"}}, "amount.amount"),
        (OCEN, {"amount": {"amount": "20000.00", "currency": "CNY"}}, "amount.currency"),
        (OCEN, {"term_months": 37}, "term_months"),
        (OCEN, {"product_id": "R_x"}, "product_id"),
        (OCEN, {"purpose": "gambling"}, "purpose"),
        (WANLITONG, {"amount": {"amount": "50000.01", "currency": "CNY"}}, "amount.amount"),
        (WANLITONG, {"term_months": 13}, "term_months"),
        (WANLITONG, {"pre_check_id": None}, "pre_check_id"),
    ],
)
def test_wrong_input_is_refused_by_its_field(desk: Desk, partner: str, changes: Body, field: str) -> None:
    """Before any partner hears of it: 422, and the field that is at fault."""
    who = customer()
    answer = desk.post("applications", application(desk.hub, partner, who) | changes, who.consent(desk.hub))
    assert (answer.status_code, fields(answer)) == (422, [field]), answer.text
    assert who.mobile not in {entry["account"] for entry in desk.hub.ledger(partner)}


@pytest.mark.parametrize(
    ("what", "changes", "field"),
    [
        ("referrals", {"region": "990000"}, "region"),
        ("referrals", {"reason": "mood"}, "reason"),
        ("pre-checks", {"mobile_mask": "19800001234"}, "mobile_mask"),
        ("pre-checks", {"mobile_digest": "19800001234"}, "mobile_digest"),
        ("repayments", {"amount": {"amount": "0.00", "currency": "INR"}}, "amount.amount"),
    ],
)
def test_what_is_malformed_is_refused_by_its_field(desk: Desk, what: str, changes: Body, field: str) -> None:
    """A place that is none, a reason that nobody has, a plain number where none may stand, nothing to repay."""
    who, own = customer(), {"region": "IN", "reason": "income", "amount": amount(OCEN, "20000.00"), **FARMING}
    bodies: dict[str, Callable[[], Body]] = {
        "referrals": lambda: own,
        "pre-checks": lambda: checking(desk, who.mobile),
        "repayments": lambda: loan(desk.hub, OCEN, who),
    }
    answer = desk.post(what, bodies[what]() | changes, who.consent(desk.hub))
    assert (answer.status_code, fields(answer)) == (422, [field]), answer.text


def checking(desk: Desk, mobile: str) -> Body:
    """A pre-check by the first eight digits and the digest."""
    wish = {name: each for name, each in plain(desk.hub, WANLITONG).items() if name != "purpose"}
    digest = md5(mobile.encode(), usedforsecurity=False).hexdigest()
    return wish | {"mobile_mask": mobile[:MASK], "mobile_digest": digest}


@pytest.mark.parametrize("partner", PARTNERS)
def test_an_offer_is_accepted_as_it_stands(desk: Desk, partner: str) -> None:
    """Another amount or currency is refused by its field, and nothing is granted; an id that was bent is none."""
    who = customer()
    right = acceptance(desk.hub, partner, who)
    for bent, field in (
        (right | {"amount": right["amount"] | {"amount": "1.00"}}, "amount.amount"),
        (right | {"amount": right["amount"] | {"currency": "USD"}}, "amount.currency"),
        (right | {"offer_id": right["offer_id"][:-6] + "AAAAAA"}, "offer_id"),
    ):
        answer = desk.post("acceptances", bent, who.consent(desk.hub))
        assert (answer.status_code, fields(answer)) == (422, [field]), answer.text
    applied = [entry for entry in desk.hub.ledger(partner) if entry["account"] == who.mobile]
    assert len(applied) == 1


@pytest.mark.parametrize(("partner", "tail"), [(OCEN, 27), (WANLITONG, 31)])
def test_an_offer_past_its_validity(desk: Desk, partner: str, tail: int) -> None:
    """Refused by the hub, naming the offer, and the partner never hears of it."""
    who = desk.known_as(magic_mobile(tail))
    offer = desk.offers(partner, who)[0]
    assert datetime.fromisoformat(offer["valid_until"]) <= datetime.now(UTC)
    answer = desk.post("acceptances", accepting(offer), who.consent(desk.hub))
    assert (answer.status_code, fields(answer)) == (422, ["offer_id"]), answer.text


def test_reading_alone_searches_for_no_offers() -> None:
    """A search may file an application at its lender, so it takes what an application takes."""
    assert operation_named("lending.find_offers").scope == operation_named("lending.apply").scope == "lending:apply"


def test_an_offer_that_its_lender_withdrew(desk: Desk) -> None:
    """It looks valid, and is declined as expired, naming the offer; nothing is granted."""
    who = desk.known_as(magic_mobile(32))
    order = desk.settled("acceptances", accepting(desk.offers(OCEN, who)[0]), who)
    assert why(order) == ("declined", "expired", "offer_id")
    assert desk.hub.entries(order) == []


def test_a_pre_check_needs_no_consent_and_doubt_means_no(desk: Desk) -> None:
    """Yes, known already, not admitted; and silence counts as known already, for a lead costs money."""
    silent = customer()
    desk.hub.fault(WANLITONG, "hang-before", "precheck", account=silent.mobile)
    told = {
        mobile: asked(desk.hub, f"{LENDING}/pre-checks", checking(desk, mobile))
        for mobile in (customer().mobile, magic_mobile(26), magic_mobile(27), silent.mobile)
    }
    verdicts = [one["verdict"] for one in told.values()]
    assert verdicts == ["may-apply", "duplicate", "refused", "duplicate"]
    assert [one["pre_check_id"] is not None for one in told.values()] == [True, False, False, False]


def test_a_pre_check_serves_once_and_one_customer(desk: Desk) -> None:
    """Somebody else's is refused before the platform hears of it, a used one declined as a duplicate, naming it."""
    who, other = customer(), customer()
    body = application(desk.hub, WANLITONG, who)
    answer = desk.post("applications", body, other.consent(desk.hub))
    assert (answer.status_code, fields(answer)) == (422, ["pre_check_id"]), answer.text
    assert desk.settled("applications", body, who)["state"] == "succeeded"
    assert why(desk.settled("applications", body, who)) == ("declined", "duplicate", "pre_check_id")


@pytest.mark.parametrize(
    ("partner", "tail", "code"),
    [(OCEN, 28, "not-eligible"), (WANLITONG, 26, "duplicate"), (WANLITONG, 28, "not-eligible")],
)
def test_a_referral_that_nobody_takes(desk: Desk, partner: str, tail: int, code: str) -> None:
    """Declined with the lenders' reason, and nothing stands in the ledger."""
    order = desk.hub.settled(desk.referred(partner, desk.known_as(magic_mobile(tail)))["order_id"])
    assert why(order) == ("declined", code, None)
    assert desk.hub.entries(order) == []


def test_offers_come_one_by_one(desk: Desk) -> None:
    """The first lender's stands in the pending order, the others' beside it once they have come."""
    order = desk.referred(OCEN, desk.known_as(magic_mobile(26)))
    seen = desk.hub.until(order["order_id"], lambda now: bool((now["result"] or {}).get("offers")))
    assert (seen["state"], len(seen["result"]["offers"])) == ("pending", 1)
    done = desk.hub.settled(order["order_id"])
    assert len(done["result"]["offers"]) == 3
    assert seen["result"]["offers"][0]["lender"] in {offer["lender"] for offer in done["result"]["offers"]}


def test_less_than_was_asked_for(desk: Desk) -> None:
    """The platform grants half: the offer says so, and is what may be accepted."""
    who = desk.known_as(magic_mobile(30))
    [offer] = desk.offers(WANLITONG, who)
    assert offer["amount"]["amount"] == "15000.00"
    assert desk.settled("acceptances", accepting(offer), who)["result"]["principal"] == offer["amount"]


def test_a_lender_that_wants_something(desk: Desk) -> None:
    """The order tells `action-required` and what is wanted, and stays open to be asked about."""
    order = desk.referred(OCEN, desk.known_as(magic_mobile(29)))
    told = desk.hub.until(order["order_id"], lambda now: "action-required" in {one["what"] for one in now["timeline"]})
    told = desk.hub.until(told["order_id"], lambda now: (now["result"] or {}).get("action") is not None)
    assert (told["state"], told["result"]["state"]) == ("pending", "action-required")
    assert "statement" in told["result"]["action"]
    assert told["next_check_at"] is not None


@pytest.mark.parametrize("partner", PARTNERS)
def test_a_loan_lives(desk: Desk, partner: str) -> None:
    """Granted, paid out, planned, paid back in part and in full, and closed in the customer's list."""
    who = customer()
    body = acceptance(desk.hub, partner, who)
    order = desk.settled("acceptances", body, who)
    assert (order["state"], order["result"]["principal"]) == ("succeeded", body["amount"])
    asking = {"loan_id": order["result"]["loan_id"]}
    owed = desk.until_loan(asking, who, "active")["outstanding"]
    plan = desk.ask("repayment-plans", asking, who)["items"]
    assert sum(Decimal(one["amount"]["amount"]) for one in plan) == Decimal(owed["amount"])
    first = desk.settled("repayments", asking | {"amount": plan[0]["amount"]}, who)
    assert (first["state"], first["result"]["paid"]) == ("succeeded", plan[0]["amount"])
    assert desk.ask("repayment-plans", asking, who)["items"][0]["state"] == "paid"
    too_much = desk.settled("repayments", asking | {"amount": owed}, who)
    assert why(too_much) == ("declined", "amount-refused", "amount.amount")
    rest = owed | {"amount": str(Decimal(owed["amount"]) - Decimal(plan[0]["amount"]["amount"]))}
    assert desk.settled("repayments", asking | {"amount": rest}, who)["state"] == "succeeded"
    loans, _ = desk.everyone("loan-lists", {}, who)
    [closed] = [one for one in loans if one["loan_id"] == asking["loan_id"]]
    assert (closed["state"], Decimal(closed["outstanding"]["amount"])) == ("closed", 0)


def test_a_loan_that_is_never_paid_out(desk: Desk) -> None:
    """The network grants it, and the loan fails later; the platform declines it. Neither can be paid back."""
    who = desk.known_as(magic_mobile(30))
    order = desk.settled("acceptances", accepting(desk.offers(OCEN, who)[0]), who)
    asking = {"loan_id": order["result"]["loan_id"]}
    assert desk.until_loan(asking, who, "failed")["state"] == "failed"
    repaid = desk.settled("repayments", asking | {"amount": amount(OCEN, "100.00")}, who)
    assert why(repaid) == ("declined", "not-due", None)
    unlucky = desk.known_as(magic_mobile(32))
    order = desk.settled("acceptances", accepting(desk.offers(WANLITONG, unlucky)[0]), unlucky)
    assert why(order) == ("declined", "partner-failure", None)
    assert desk.hub.entries(order) == []


@pytest.mark.parametrize(
    ("partner", "tail", "ends"), [(OCEN, 33, "succeeded"), (OCEN, 34, "declined"), (WANLITONG, 33, "declined")]
)
def test_a_repayment_that_takes_its_time(desk: Desk, partner: str, tail: int, ends: str) -> None:
    """Pending while it is collected, then final by the partner's own news; in the ledger only if it was collected."""
    who = desk.known_as(magic_mobile(tail))
    order = desk.order("repayments", loan(desk.hub, partner, who) | {"amount": amount(partner, "100.00")}, who)
    assert order["state"] == "pending"
    order = desk.hub.settled(order["order_id"])
    assert (order["state"], len(desk.hub.entries(order))) == (ends, int(ends == "succeeded"))


@pytest.mark.parametrize("partner", PARTNERS)
def test_somebody_elses_loan(desk: Desk, partner: str) -> None:
    """Under another customer's consent it is not shown, nor its plan; paying it back is declined and never leaves."""
    owner, other = customer(), customer()
    theirs = loan(desk.hub, partner, owner)
    for what in ("loan-searches", "repayment-plans"):
        answer = desk.post(what, theirs, other.consent(desk.hub))
        assert (answer.status_code, fields(answer)) == (422, ["loan_id"])
    order = desk.settled("repayments", theirs | {"amount": amount(partner, "100.00")}, other)
    assert why(order) == ("declined", "account-unknown", "loan_id")
    assert desk.hub.entries(order) == []
    assert desk.ask("loan-searches", theirs, owner)["loan_id"] == theirs["loan_id"]


@pytest.mark.parametrize("partner", PARTNERS)
def test_somebody_elses_offer(desk: Desk, partner: str) -> None:
    """Accepting what was offered to another customer is refused, naming the offer, and is no order."""
    body = acceptance(desk.hub, partner, customer())
    answer = desk.post("acceptances", body, customer().consent(desk.hub))
    assert (answer.status_code, fields(answer)) == (422, ["offer_id"])


@pytest.mark.parametrize("lacking", ["nothing", "revoked", "other operations"])
def test_without_consent_nothing_happens(desk: Desk, lacking: str) -> None:
    """Missing, revoked, or to something else: 403, no order, and nothing at the network."""
    who = customer()
    person = {"name": "周桂英", "id_number": who.id_number, "mobile": who.mobile}
    consent = None if lacking == "nothing" else who.consent(desk.hub)
    if lacking == "revoked":
        desk.hub.app.post(f"/v1/consents/{consent}/revoke", {}).raise_for_status()
    if lacking == "other operations":
        consent = give_consent(desk.hub, {"customer": person, "operations": ["lending.find_loan"]})
    refused = desk.post("applications", plain(desk.hub, OCEN), consent)
    assert (refused.status_code, fields(refused)) == (403, ["Consent-Id"])
    assert who.mobile not in {entry["account"] for entry in desk.hub.ledger(OCEN)}


def test_a_search_whose_consent_is_revoked(desk: Desk) -> None:
    """While a lender is silent the customer changes her mind: the query ends with 403, for good."""
    who = desk.known_as(magic_mobile(16))
    consent = who.consent(desk.hub)
    page = desk.post("offer-searches", search(OCEN), consent).raise_for_status().json()
    [query_id] = [source["query_id"] for source in page["sources"] if source["status"] == "pending"]
    desk.hub.app.post(f"/v1/consents/{consent}/revoke", {}).raise_for_status()
    answer = desk.answered(query_id)
    assert (answer.status_code, fields(answer)) == (403, ["Consent-Id"]), answer.text
    again = desk.hub.app.get(f"/v1/queries/{query_id}")
    assert again.json() == answer.json()


def test_lenders_know_a_customer_by_the_mobile_number(desk: Desk) -> None:
    """A consent that names none is refused before anything is sent."""
    who = customer()
    consent = give_consent(desk.hub, {"customer": {"name": "周桂英", "id_number": who.id_number}})
    for partner in PARTNERS:
        answer = desk.post("applications", application(desk.hub, partner, who), consent)
        assert (answer.status_code, fields(answer)) == (422, ["Consent-Id"])


@pytest.mark.parametrize("partner", PARTNERS)
def test_a_child_acts_for_a_parent(desk: Desk, partner: str) -> None:
    """The loan is the parent's; without the right to act there is no consent."""
    mother, child = customer(), customer()
    until = (datetime.now(UTC) + timedelta(days=60)).isoformat()
    right = {"relation": "child", "evidence": "household register, page 3", "until": until}
    person = {"name": "周桂英", "id_number": mother.id_number, "mobile": mother.mobile}
    acting = {"customer": person, "actor": {"name": "周小明", "id_number": child.id_number}}
    consent = give_consent(desk.hub, acting | {"authority": right})
    body = application(desk.hub, partner, mother)
    order = desk.hub.settled(desk.post("applications", body, consent).raise_for_status().json()["order_id"])
    assert [entry["account"] for entry in desk.hub.entries(order)] == [mother.mobile]
    with pytest.raises(httpx.HTTPStatusError) as refused:
        give_consent(desk.hub, acting)
    assert fields(refused.value.response) == ["authority"]


@pytest.mark.parametrize("partner", PARTNERS)
def test_a_company_is_known_by_its_credit_code(desk: Desk, partner: str) -> None:
    """A wrong check character is refused when the consent is given; a right one applies like anybody."""
    who = customer()
    firm = {"name": "沙盒种业有限公司", "id_type": "credit-code", "mobile": who.mobile}
    with pytest.raises(httpx.HTTPStatusError) as refused:
        give_consent(desk.hub, {"customer": firm | {"id_number": FORGED}})
    assert fields(refused.value.response) == ["customer.id_number"]
    consent = give_consent(desk.hub, {"customer": firm | {"id_number": COMPANY}})
    answer = desk.post("applications", application(desk.hub, partner, who), consent)
    assert desk.hub.settled(answer.raise_for_status().json()["order_id"])["state"] == "succeeded"
