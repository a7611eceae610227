"""Medical insurance as a bank sees it: three legs, the ways back from them, and vouchers that are used once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from secrets import token_hex
from typing import Any

import httpx
import pytest

from sandbox.stand.people import id_number, magic_id
from tests.contract.asking.medical_insurance import FSI, INSTITUTIONS, MEDICAL, NHSA, TOTAL, bill_of, token
from tests.contract.asking.words import area, customer, give_consent
from tests.running import Hubs, Running

Body = dict[str, Any]

CASH_FAILS, NO_VOUCHER, OVER = magic_id(25), magic_id(33), magic_id(36)
HALF = {"amount": "50.05", "currency": "CNY"}


class Till:
    """A bank's app where medical bills are settled, by one customer at a time."""

    def __init__(self, hub: Running) -> None:
        self.hub = hub

    def somebody(self) -> str:
        """The consent of somebody whom nobody has met."""
        return customer().consent(self.hub)

    def consent(self, number: str, **changes: Any) -> str:
        """The consent of somebody with this identity number."""
        return give_consent(self.hub, {"customer": {"name": "周桂英", "id_number": number}} | changes)

    def ask(self, what: str, body: Body, consent: str | None) -> httpx.Response:
        return self.hub.app.post(f"{MEDICAL}/{what}", body, consent=consent)

    def post(self, what: str, body: Body, consent: str | None, key: str | None = None) -> httpx.Response:
        return self.hub.app.post(f"{MEDICAL}/{what}", body, key or token_hex(16), consent=consent)

    def order(self, what: str, body: Body, consent: str | None, key: str | None = None) -> Body:
        """An order, as it stands when the hub answers."""
        return dict(self.post(what, body, consent, key).raise_for_status().json())

    def settled(self, what: str, body: Body, consent: str | None) -> Body:
        return self.hub.settled(self.order(what, body, consent)["order_id"])

    def bill(self, partner: str, consent: str, **changes: Any) -> Body:
        return bill_of(self.hub, partner, consent) | changes

    def paid(self, partner: str, consent: str) -> Body:
        """A bill that is settled."""
        order = self.settled("settlements", self.bill(partner, consent), consent)
        assert order["state"] == "succeeded", order
        return order

    def half_paid(self, consent: str) -> Body:
        """A bill whose cash leg has failed."""
        order = self.order("settlements", self.bill(NHSA, consent), consent)
        return self.hub.until(order["order_id"], lambda now: "declined" in legs(now).values())

    def lost(self, where: str, fault: str, account: str, times: int = 1, partner: str = NHSA) -> None:
        self.hub.fault(partner, fault, where, times, account)

    def now(self, order: Body) -> Body:
        return self.hub.order(order["order_id"])

    def performed(self, order: Body) -> list[str]:
        """The amounts in the partner's ledger under an order's reference."""
        return [entry["amount"] for entry in self.hub.entries(order)]


@pytest.fixture
def till(hub_of: Hubs) -> Till:
    return Till(hub_of("medical-insurance"))


def fields(answer: httpx.Response) -> list[str]:
    return [error["field"] for error in answer.json().get("errors", [])]


def refusal(answer: httpx.Response) -> tuple[int, list[str]]:
    return answer.status_code, fields(answer)


def why(order: Body) -> tuple[str, str, str | None]:
    return order["state"], order["reason"]["code"], order["reason"]["field"]


def legs(order: Body) -> dict[str, str]:
    return {leg["name"]: leg["state"] for leg in order.get("legs", [])}


def amounts(order: Body) -> dict[str, Decimal]:
    return {leg["name"]: Decimal(leg["amount"]["amount"]) for leg in order["legs"]}


def back(order: Body, **legs: str | Decimal) -> Body:
    """A refund of these legs."""
    return {
        "reverses": order["order_id"],
        "total": yuan(sum(map(Decimal, legs.values()))),
        "legs": [{"name": name, "amount": yuan(amount)} for name, amount in legs.items()],
    }


def yuan(amount: Decimal | str | int) -> Body:
    return {"amount": f"{amount:.2f}" if isinstance(amount, Decimal) else str(amount), "currency": "CNY"}


def postings(order: Body) -> list[tuple[str, str]]:
    return [(posting["cause"].partition(".")[2], posting["amount"]["amount"]) for posting in order["postings"]]


BILL: Body = {
    "treatment_region": "120000",
    "insured_region": "330100",
    "institution": INSTITUTIONS[NHSA],
    "business": "outpatient-settlement",
    "voucher_token": "T",
    "total": TOTAL,
    "items": [{"code": "X1", "name": "药", "quantity": "2", "amount": TOTAL}],
}
GIVEN: Body = {
    "reverses": "ord_" + "0" * 26,
    "total": HALF,
    "legs": [{"name": "cash", "amount": HALF}],
}
MONTHS = {"treatment_region": "210100", "begins": "2026-11", "ends": "2026-12"}


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("settlements", BILL | {"treatment_region": "990000"}, "treatment_region"),
        ("settlements", BILL | {"insured_region": "3301"}, "insured_region"),
        ("vouchers", {"insured_region": "120000"}, "treatment_region"),
        ("vouchers", {"treatment_region": "120000"}, "insured_region"),
        ("settlements", BILL | {"total": HALF}, "items"),
        ("settlements", BILL | {"total": TOTAL | {"currency": "USD"}}, "items"),
        ("settlements", BILL | {"business": "party"}, "business"),
        ("settlements", BILL | {"institution": "H1"}, "institution"),
        ("settlements", BILL | {"voucher_token": ""}, "voucher_token"),
        ("refunds", GIVEN | {"total": TOTAL}, "legs"),
        ("refunds", GIVEN | {"total": TOTAL, "legs": GIVEN["legs"] * 2}, "legs"),
        ("refunds", GIVEN | {"total": yuan("0"), "legs": [{"name": "fund", "amount": yuan("0")}]}, "total.amount"),
        ("refunds", GIVEN, "reverses"),
        ("revocations", {"reverses": "ord_1"}, "reverses"),
        ("record-searches", MONTHS | {"ends": "2026-10"}, "ends"),
        ("record-searches", MONTHS | {"begins": "2026-13"}, "begins"),
        ("voucher-tokens", {"treatment_region": "120000", "business": "party"}, "business"),
    ],
)
def test_wrong_input_is_refused_by_its_field(till: Till, what: str, body: Body, field: str) -> None:
    """Before any partner hears of it: 422, and the field that is at fault."""
    answer = till.post(what, body, till.somebody())
    assert refusal(answer) == (422, [field]), answer.text


@pytest.mark.parametrize("partner", [NHSA, FSI])
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"institution": "H00000000000"}, "institution"),
        ({"insured_region": "650100"}, "insured_region"),
        ({"business": "admission"}, "business"),
    ],
)
def test_what_cannot_be_settled_is_no_order(till: Till, partner: str, wrong: Body, field: str) -> None:
    """Another institution, a region where the customer is not insured, a business that is not settled: 422."""
    consent = till.somebody()
    answer = till.post("settlements", till.bill(partner, consent, **wrong), consent)
    assert refusal(answer) == (422, [field]), answer.text


@pytest.mark.parametrize(
    ("id_type", "number"), [("resident-id", id_number(7)[:-1] + "~"), ("credit-code", "91350100M000100Y44")]
)
def test_a_number_that_its_check_digit_denies(till: Till, id_type: str, number: str) -> None:
    """Refused when the consent is given, so that no call ever carries it."""
    number = number.replace("~", "0" if id_number(7)[-1] != "0" else "1")
    with pytest.raises(httpx.HTTPStatusError) as refused:
        till.consent(number, customer={"name": "周桂英", "id_type": id_type, "id_number": number})
    assert fields(refused.value.response) == ["customer.id_number"]


@pytest.mark.parametrize("lacking", ["nothing", "revoked", "other operations"])
def test_without_consent_nothing_happens(till: Till, lacking: str) -> None:
    """Missing, revoked, or to something else: 403, no order, and nothing at the partner."""
    who = customer()
    body = till.bill(FSI, who.consent(till.hub))
    consent = None if lacking == "nothing" else who.consent(till.hub)
    if lacking == "revoked":
        till.hub.app.post(f"/v1/consents/{consent}/revoke", {}).raise_for_status()
    if lacking == "other operations":
        consent = till.consent(who.id_number, operations=["medical-insurance.find_person"])
    assert refusal(till.post("settlements", body, consent)) == (403, ["Consent-Id"])
    assert who.id_number not in {entry["account"] for entry in till.hub.ledger(FSI)}


def test_a_child_acts_for_a_parent(till: Till) -> None:
    """The bill is settled from the parent's insurance; a refund needs the same right to act."""
    mother, child = customer(), customer()
    right = {"relation": "child", "evidence": "household register", "until": _in(days=60)}
    acting = {"actor": {"name": "周小明", "id_number": child.id_number}}
    order = till.paid(NHSA, till.consent(mother.id_number, **acting, authority=right))
    assert [entry["account"] for entry in till.hub.entries(order)] == [mother.id_number]
    with pytest.raises(httpx.HTTPStatusError) as refused:
        till.consent(mother.id_number, **acting)
    assert fields(refused.value.response) == ["authority"]


@pytest.mark.parametrize("partner", [NHSA, FSI])
def test_treated_here_and_insured_there(till: Till, partner: str) -> None:
    """The treatment region says who settles; the insured one is another, and is the customer's own."""
    consent = till.somebody()
    body = till.bill(partner, consent)
    order = till.settled("settlements", body, consent)
    assert (order["partner"], order["state"]) == (partner, "succeeded")
    assert body["insured_region"] != body["treatment_region"]
    assert legs(order) == {"fund": "succeeded", "account": "succeeded", "cash": "succeeded"}
    assert sum(amounts(order).values()) == Decimal(TOTAL["amount"])
    assert till.performed(order) == [TOTAL["amount"]]


def test_two_relations_and_no_account(till: Till) -> None:
    """Either insurance may pay, the personal account only where it may."""
    consent = till.consent(magic_id(35))
    found = till.ask("person-searches", {"treatment_region": area(NHSA)}, consent).json()["items"]
    for relation in found:
        body = till.bill(NHSA, consent, insured_region=relation["insured_region"], use_account=False)
        order = till.settled("settlements", body, consent)
        assert (order["state"], amounts(order)["account"]) == ("succeeded", 0)
    assert len({relation["insured_region"] for relation in found}) == 2


def test_a_leg_that_failed_is_taken_back(till: Till) -> None:
    """Fund and account paid, cash failed: pending, with its legs; revoked, the original ends declined."""
    consent = till.consent(CASH_FAILS)
    order = till.half_paid(consent)
    assert (order["state"], order["settled_at"]) == ("pending", None)
    assert legs(order) == {"fund": "succeeded", "account": "succeeded", "cash": "declined"}
    assert refusal(till.post("refunds", back(order, fund="1.00"), consent)) == (422, ["reverses"])
    undone = till.settled("revocations", {"reverses": order["order_id"]}, consent)
    assert (undone["state"], undone["reverses"]) == ("succeeded", order["order_id"])
    insurance = f"{amounts(order)['fund'] + amounts(order)['account']:.2f}"
    assert undone["result"]["returned"] == {"amount": insurance, "currency": "CNY"}
    ended = till.hub.settled(order["order_id"])
    assert why(ended) == ("declined", "revoked", None)
    assert (till.performed(ended), till.performed(undone), ended["postings"]) == ([insurance], [insurance], [])
    assert refusal(till.post("revocations", {"reverses": order["order_id"]}, consent)) == (422, ["reverses"])


def test_a_revocation_that_nobody_answered(till: Till) -> None:
    """Performed and never answered: found out, and the original declined; what never was paid is not posted back."""
    consent = till.consent(CASH_FAILS)
    order = till.half_paid(consent)
    till.lost("revoke", "hang-after", CASH_FAILS)
    till.lost("enquiry", "error-before", CASH_FAILS, times=2)
    undone = till.order("revocations", {"reverses": order["order_id"]}, consent)
    assert undone["state"] == "unknown"
    assert till.hub.settled(undone["order_id"])["state"] == "succeeded"
    ended = till.hub.settled(order["order_id"])
    assert why(ended) == ("declined", "revoked", None)
    assert (len(till.performed(undone)), till.now(ended)["postings"]) == (1, [])


def test_a_payment_that_never_arrived_is_taken_back(till: Till) -> None:
    """Fees are uploaded and the payment may still arrive: pending for as long as nobody revokes it."""
    who = customer()
    consent = who.consent(till.hub)
    till.lost("pay", "hang-before", who.id_number)
    order = till.order("settlements", till.bill(NHSA, consent), consent)
    order = till.hub.until(order["order_id"], lambda now: now["state"] == "pending")
    undone = till.settled("revocations", {"reverses": order["order_id"]}, consent)
    assert (undone["state"], undone["result"]["returned"]) == ("succeeded", None)
    assert why(till.hub.settled(order["order_id"])) == ("declined", "revoked", None)
    assert till.performed(order) == []


@pytest.mark.parametrize("partner", [NHSA, FSI])
def test_what_was_settled_is_taken_back_whole(till: Till, partner: str) -> None:
    """The original stays what it was, with a posting of everything; nothing is left to give back again."""
    consent = till.somebody()
    order = till.paid(partner, consent)
    undone = till.settled("revocations", {"reverses": order["order_id"]}, consent)
    assert (undone["state"], undone["result"]["returned"]) == ("succeeded", TOTAL)
    ended = till.now(order)
    assert (ended["state"], postings(ended)) == ("succeeded", [("revoke", TOTAL["amount"])])
    for what, body in (("revocations", {"reverses": order["order_id"]}), ("refunds", back(order, cash="0.01"))):
        assert refusal(till.post(what, body, consent)) in ((422, ["reverses"]), (501, []))


def test_refunds_add_up_to_the_original_at_most(till: Till) -> None:
    """Leg by leg, in several refunds, each posted; never above what a leg still holds, nor revoked afterwards."""
    consent = till.somebody()
    order = till.paid(NHSA, consent)
    paid = amounts(order)
    over = back(order, fund="1.00", cash=paid["cash"] + Decimal("0.01"))
    assert refusal(till.post("refunds", over, consent)) == (422, ["legs[1].amount.amount"])
    first = till.settled("refunds", back(order, cash=paid["cash"]), consent)
    assert (first["state"], first["reverses"], first["result"]["total"]) == (
        "succeeded",
        order["order_id"],
        yuan(paid["cash"]),
    )
    assert refusal(till.post("refunds", back(order, cash="0.01"), consent)) == (422, ["legs[0].amount.amount"])
    second = till.settled("refunds", back(order, fund=paid["fund"] - 1, account=paid["account"]), consent)
    assert amounts(second) == {"fund": paid["fund"] - 1, "account": paid["account"]}
    assert refusal(till.post("refunds", back(order, fund="1.01"), consent)) == (422, ["legs[0].amount.amount"])
    assert till.settled("refunds", back(order, fund="1.00"), consent)["state"] == "succeeded"
    ended = till.now(order)
    assert sum(Decimal(amount) for _, amount in postings(ended)) == Decimal(TOTAL["amount"])
    assert (ended["state"], {cause for cause, _ in postings(ended)}) == ("succeeded", {"refund"})
    assert refusal(till.post("revocations", {"reverses": order["order_id"]}, consent)) == (422, ["reverses"])


def test_part_of_cash_and_part_of_insurance_do_not_go_back_together(till: Till) -> None:
    """The centre has no word for it: declined by its legs, nothing is performed, and all of everything does go."""
    consent = till.somebody()
    order = till.paid(NHSA, consent)
    mixed = till.order("refunds", back(order, cash="1.00", fund="1.00"), consent)
    assert (why(mixed), till.performed(mixed)) == (("declined", "not-eligible", "legs"), [])
    assert till.settled("refunds", back(order, **amounts(order)), consent)["state"] == "succeeded"
    assert postings(till.now(order)) == [("refund", TOTAL["amount"])]


def test_one_way_back_at_a_time(till: Till) -> None:
    """While a refund is open, a second one and a revocation are refused; asked for at once, one of two is."""
    who = customer()
    consent = who.consent(till.hub)
    order = till.paid(NHSA, consent)
    both = [back(order, cash="0.01"), back(order, fund="0.01")]
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda body: till.post("refunds", body, consent), both))
    assert 1 <= sum(answer.is_success for answer in answers) <= 2
    for answer in answers:
        if answer.is_success:
            till.hub.settled(answer.json()["order_id"])
        else:
            assert refusal(answer) == (422, ["reverses"])
    till.lost("refund", "hang-before", who.id_number)
    open_ = till.order("refunds", back(order, cash="1.00"), consent)
    assert open_["state"] == "unknown"
    assert refusal(till.post("refunds", back(order, fund="1.00"), consent)) == (422, ["reverses"])
    assert refusal(till.post("revocations", {"reverses": order["order_id"]}, consent)) == (422, ["reverses"])


@pytest.mark.parametrize(("tail", "first", "then"), [(31, "unknown", "succeeded"), (32, "declined", "declined")])
def test_a_refund_that_is_unsure_or_fails(till: Till, tail: int, first: str, then: str) -> None:
    """An exception is unknown until an enquiry says what it was; a failure declines, and nothing is posted."""
    consent = till.consent(magic_id(tail))
    order = till.paid(NHSA, consent)
    given = till.order("refunds", back(order, cash="1.00"), consent)
    assert given["state"] == first
    given = till.hub.settled(given["order_id"])
    done = then == "succeeded"
    assert (given["state"], till.performed(given)) == (then, ["1.00"] if done else [])
    assert postings(till.now(order)) == ([("refund", "1.00")] if done else [])


@pytest.mark.parametrize(
    ("tail", "ends"), [(26, "succeeded"), (27, "declined"), (28, "pending"), (29, "succeeded"), (34, "succeeded")]
)
def test_a_settlement_that_is_only_accepted(till: Till, tail: int, ends: str) -> None:
    """Decided later by a push or an enquiry, or not yet; through a relay or not."""
    consent = till.consent(magic_id(tail))
    order = till.order("settlements", till.bill(NHSA, consent), consent)
    if ends != "pending":
        order = till.hub.settled(order["order_id"])
    assert (order["state"], len(till.performed(order))) == (ends, int(ends == "succeeded"))


def test_a_push_makes_the_hub_ask(till: Till) -> None:
    """However it is signed, a push settles nothing: what the centre answers when it is asked does, even if late."""
    for where, fault in (("enquiry", "drop"), ("settled", "bad-signature")):
        who = customer()
        consent = who.consent(till.hub)
        body = till.bill(NHSA, consent)
        till.lost(where, fault, who.id_number)
        order = till.settled("settlements", body, consent)
        assert [entry["detail"] for entry in order["timeline"] if entry["what"] == "succeeded"] == ["by enquiry"]
        assert till.performed(order) == [TOTAL["amount"]]


def test_a_token_is_used_once(till: Till) -> None:
    """A second bill is declined by its token; the same key is the same settlement, though its token is spent."""
    consent = till.somebody()
    body, key = till.bill(NHSA, consent), token_hex(16)
    first = till.order("settlements", body, consent, key)
    again = till.post("settlements", body, consent, key)
    assert (again.headers["idempotency-replayed"], again.json()["order_id"]) == ("true", first["order_id"])
    second = till.order("settlements", body, consent)
    assert (why(second), till.performed(second)) == (("declined", "expired", "voucher_token"), [])
    assert till.hub.settled(first["order_id"])["state"] == "succeeded"


def test_a_token_lives_a_minute_at_most(till: Till) -> None:
    """It says until when; one that is over, for another business or somebody else's is declined."""
    consent = till.somebody()
    wanted, before = {"treatment_region": area(NHSA), "business": "registration"}, datetime.now(UTC)
    told = till.ask("voucher-tokens", wanted, consent).raise_for_status().json()
    assert datetime.fromisoformat(told["expires_at"]) - before <= timedelta(seconds=65)
    over, others = till.consent(OVER), token(till.hub, NHSA, till.somebody())
    wrong = [
        (over, till.bill(NHSA, over)),
        (consent, till.bill(NHSA, consent, voucher_token=told["token"], business="pharmacy-purchase")),
        (consent, till.bill(NHSA, consent, voucher_token=others)),
    ]
    for who, body in wrong:
        assert why(till.order("settlements", body, who)) == ("declined", "expired", "voucher_token")


def test_a_voucher_is_activated_first(till: Till) -> None:
    """Without one there is no token and no settlement; activated, there are both."""
    consent = till.consent(NO_VOUCHER)
    wanted = {"treatment_region": area(NHSA), "business": "outpatient-settlement"}
    assert till.ask("voucher-tokens", wanted, consent).status_code == 422
    place = till.ask("person-searches", {"treatment_region": area(NHSA)}, consent).json()["items"][0]["insured_region"]
    refused = till.post("settlements", BILL | {"insured_region": place}, consent)
    assert refusal(refused) == (422, ["voucher_token"])
    order = till.settled("vouchers", {"treatment_region": area(NHSA), "insured_region": place}, consent)
    assert (order["state"], order["result"]["state"]) == ("succeeded", "active")
    assert till.paid(NHSA, consent)["state"] == "succeeded"


def test_a_voucher_of_one_region_is_activated_in_another(till: Till) -> None:
    """Where the customer is treated says who activates; where they are insured is theirs, and nobody else's."""
    consent, here = till.somebody(), {"treatment_region": area(NHSA)}
    place = till.ask("person-searches", here, consent).json()["items"][0]["insured_region"]
    assert place != area(NHSA)
    order = till.settled("vouchers", here | {"insured_region": place}, consent)
    assert (order["partner"], order["state"], order["result"]["insured_region"]) == (NHSA, "succeeded", place)
    elsewhere = {"treatment_region": area(FSI), "insured_region": area(NHSA)}
    assert till.post("vouchers", elsewhere, consent).status_code == 501, "nobody activates there"
    assert refusal(till.post("vouchers", here | {"insured_region": "650100"}, consent)) == (422, ["insured_region"])


def test_a_settlement_as_it_was_previewed(till: Till) -> None:
    """At an institution: the preview's split, a record while it stands, and none once it is taken back."""
    consent = till.somebody()
    body = till.bill(FSI, consent)
    seen = till.ask("settlement-previews", body, consent).raise_for_status().json()
    order = till.settled("settlements", body, consent)
    assert amounts(order) == {name: Decimal(seen[name]["amount"]) for name in ("fund", "account", "cash")}
    month = datetime.now(UTC) + timedelta(hours=8)
    asked = {"treatment_region": area(FSI), "begins": f"{month:%Y-%m}", "ends": f"{month:%Y-%m}"}
    records = till.ask("record-searches", asked, consent).json()["items"]
    assert [record["settlement_number"] for record in records] == [order["result"]["settlement_number"]]
    assert records[0]["total"] == TOTAL
    till.settled("revocations", {"reverses": order["order_id"]}, consent)
    assert till.ask("record-searches", asked, consent).json()["items"] == []


def test_an_answer_that_was_lost_is_reversed_by_its_message(till: Till) -> None:
    """At an institution: performed and never answered, taken back while nobody knows its number, declined then."""
    lost = magic_id(29)
    consent = till.consent(lost)
    body = till.bill(FSI, consent)
    till.lost("enquiry", "error-before", lost, times=3, partner=FSI)
    order = till.order("settlements", body, consent)
    assert order["state"] == "unknown"
    undone = till.settled("revocations", {"reverses": order["order_id"]}, consent)
    assert (undone["state"], [entry["operation"] for entry in till.hub.entries(undone)]) == ("succeeded", ["reverse"])
    assert why(till.hub.settled(order["order_id"])) == ("declined", "revoked", None)


def test_books_that_are_closed(till: Till) -> None:
    """At an institution: what can be taken back no longer stays what it was."""
    consent = till.consent(magic_id(31))
    order = till.paid(FSI, consent)
    undone = till.settled("revocations", {"reverses": order["order_id"]}, consent)
    assert (why(undone), till.performed(undone)) == (("declined", "not-eligible", None), [])
    assert (till.now(order)["state"], till.now(order)["postings"]) == ("succeeded", [])


def test_what_nobody_offers_there(till: Till) -> None:
    """An institution gives nothing back in part and has no tokens; institutions are listed where one is."""
    consent = till.somebody()
    order = till.paid(FSI, consent)
    assert till.post("refunds", back(order, cash="1.00"), consent).status_code == 501
    here = {"treatment_region": area(FSI), "business": "registration"}
    assert till.ask("voucher-tokens", here, consent).status_code == 501
    found = till.hub.app.get(f"{MEDICAL}/institutions", region="210100", kind="hospital").json()["items"]
    assert INSTITUTIONS[FSI] in {one["institution"] for one in found}
    assert {one["kind"] for one in found} == {"hospital"}
    assert till.hub.app.get(f"{MEDICAL}/institutions", region="440300").json()["items"] == []


def _in(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()
