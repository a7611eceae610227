"""Social security as a bank sees it: which office serves whom, what is refused and why, and what takes its time."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from secrets import token_hex
from typing import Any

import httpx
import pytest

from hub.gateway.problems import TYPE
from sandbox.bank import BankApp
from sandbox.stand.people import id_number, magic_id
from tests.banks import enrol_bank
from tests.contract.asking.words import customer, give_consent
from tests.running import Hubs, Running

Body = dict[str, Any]

SOCIAL = "/v1/social-security"
ESSC, OFFICE = "essc", "hrss_province"
HERE, ELSEWHERE = "330106", "440300"
"""A county of the province, whose own office is asked for all but cards, and a city that only the platform serves."""
MOVE = {"to_region": HERE, "from_region": ELSEWHERE, "insurance": "pension"}
MONTHS = {"region": HERE, "insurance": "pension", "begins": "2025-01", "ends": "2025-12"}


class Desk:
    """A bank's app that serves one customer at a time."""

    def __init__(self, hub: Running) -> None:
        self.hub = hub

    def somebody(self) -> str:
        """The consent of somebody whom nobody has met."""
        return customer().consent(self.hub)

    def consent(self, number: str, **changes: Any) -> str:
        """The consent of somebody with this identity number."""
        person = {"name": "周桂英", "id_number": number, "mobile": "19800001234"}
        return give_consent(self.hub, {"customer": person} | changes)

    def ask(self, what: str, body: Body, consent: str | None) -> httpx.Response:
        return self.hub.app.post(f"{SOCIAL}/{what}", body, consent=consent)

    def post(self, what: str, body: Body, consent: str | None = None, key: str | None = None) -> httpx.Response:
        return self.hub.app.post(f"{SOCIAL}/{what}", body, key or token_hex(16), consent=consent)

    def order(self, what: str, body: Body, consent: str | None = None, key: str | None = None) -> Body:
        """An order, as it stands when the hub answers."""
        return dict(self.post(what, body, consent, key).raise_for_status().json())

    def settled(self, what: str, body: Body, consent: str | None = None) -> Body:
        return self.hub.settled(self.order(what, body, consent)["order_id"])

    def card(self, region: str, consent: str) -> Body:
        """A card that is issued."""
        order = self.settled("cards", {"region": region}, consent)
        assert order["state"] == "succeeded", order
        return order

    def qr(self, consent: str, purpose: str = "hospital") -> Body:
        """A request to verify a fresh QR text, of a card that is issued first."""
        self.card(ELSEWHERE, consent)
        asked = {"region": ELSEWHERE, "purpose": purpose}
        answer = self.ask("qr-tokens", asked, consent).raise_for_status()
        assert answer.headers["cache-control"] == "no-store"
        return asked | {"token": answer.json()["token"]}


@pytest.fixture
def desk(hub_of: Hubs) -> Desk:
    return Desk(hub_of("social-security"))


@pytest.fixture(scope="module")
def two_banks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, BankApp]]:
    """Two banks with an account at the office alone, at a hub whose links to documents are good for seconds."""
    hub = Running(tmp_path_factory.mktemp("documents"), partners=(OFFICE,), HUB_QUERY_KEPT="3s")
    try:
        with closing(enrol_bank(hub, "other-bank")) as other:
            hub.start()
            yield Desk(hub), other
    finally:
        hub.close()


@pytest.fixture
def without_platform(two_banks: tuple[Desk, BankApp]) -> Desk:
    """A bank's app that reaches the office and nobody else."""
    return two_banks[0]


def fields(answer: httpx.Response) -> list[str]:
    return [error["field"] for error in answer.json()["errors"]]


def why(order: Body) -> tuple[str, str, str | None]:
    return order["state"], order["reason"]["code"], order["reason"]["field"]


def lives(desk: Desk, region: str, partner: str, consent: str) -> Body:
    """A card that was not there, is issued, and is found as it was issued."""
    assert desk.ask("card-searches", {"region": region}, consent).json()["state"] == "none"
    order = desk.card(region, consent)
    assert (order["partner"], order["result"]["state"], order["result"]["region"]) == (partner, "issued", region)
    assert desk.ask("card-searches", {"region": region}, consent).json() == order["result"]
    return order


def dies(desk: Desk, region: str, partner: str, consent: str) -> None:
    """A card that is unlinked, and once more when there is none."""
    gone = desk.settled("card-unlinkings", {"region": region}, consent)
    assert (gone["partner"], gone["result"]["state"]) == (partner, "unlinked")
    assert desk.ask("card-searches", {"region": region}, consent).json()["state"] == "none"
    assert why(desk.settled("card-unlinkings", {"region": region}, consent)) == ("declined", "account-unknown", None)


@pytest.mark.parametrize("region", [HERE, "330000", ELSEWHERE])
def test_a_card_is_shown_where_it_was_issued(desk: Desk, region: str) -> None:
    """In the province and elsewhere one partner issues a card, finds it, shows it, verifies it and unlinks it."""
    consent, wanted = desk.somebody(), {"region": region, "purpose": "hospital"}
    unissued = desk.ask("qr-tokens", wanted, consent)
    assert (unissued.status_code, "issued first" in unissued.json()["detail"]) == (422, True)
    lives(desk, region, ESSC, consent)
    told = desk.ask("qr-tokens", wanted, consent).raise_for_status().json()
    shown = desk.settled("qr-verifications", wanted | {"token": told["token"]})
    assert (shown["partner"], shown["state"], shown["result"]["purpose"]) == (ESSC, "succeeded", "hospital")
    dies(desk, region, ESSC, consent)


def test_a_bank_without_the_platform(without_platform: Desk) -> None:
    """The office keeps the province's cards then, and shows none: refused as not offered, and by whom."""
    consent, wanted = without_platform.somebody(), {"region": HERE, "purpose": "hospital"}
    lives(without_platform, HERE, OFFICE, consent)
    for refused in (
        without_platform.ask("qr-tokens", wanted, consent),
        without_platform.post("qr-verifications", wanted | {"token": "Q"}),
    ):
        assert (refused.status_code, refused.json()["type"]) == (501, f"{TYPE}not-offered")
        assert refused.json()["detail"].startswith("hrss_province keeps the cards there, and does not offer ")
    dies(without_platform, HERE, OFFICE, consent)
    assert without_platform.post("cards", {"region": ELSEWHERE}, consent).status_code == 501


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("cards", {"region": "990000"}, "region"),
        ("cards", {"region": "33"}, "region"),
        ("qr-verifications", {"region": ELSEWHERE, "token": "", "purpose": "identify"}, "token"),
        ("qr-verifications", {"region": ELSEWHERE, "token": "Q", "purpose": "party"}, "purpose"),
        ("contribution-certificates", MONTHS | {"ends": "2024-12"}, "ends"),
        ("contribution-certificates", MONTHS | {"begins": "2025-13"}, "begins"),
        ("pension-estimates", {"region": HERE, "retires_at_age": 44}, "retires_at_age"),
        ("pension-estimates", {"region": HERE, "wage_growth": "3%"}, "wage_growth"),
        ("transfers", MOVE | {"from_region": HERE}, "to_region"),
        ("transfers", MOVE | {"insurance": "maternity"}, "insurance"),
    ],
)
def test_wrong_input_is_refused_by_its_field(desk: Desk, what: str, body: Body, field: str) -> None:
    """Before any partner hears of it: 422, and the field that is at fault."""
    answer = desk.post(what, body, desk.somebody())
    assert (answer.status_code, fields(answer)) == (422, [field]), answer.text


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("contribution-certificates", MONTHS | {"ends": "2099-12"}, "ends"),
        ("contribution-certificates", MONTHS | {"insurance": "maternity"}, "insurance"),
        ("pension-estimates", {"region": HERE, "retires_at_age": 45}, "retires_at_age"),
        ("qr-tokens", {"region": ELSEWHERE, "purpose": "transport"}, "purpose"),
    ],
)
def test_what_the_partner_refuses_is_told_in_our_words(desk: Desk, what: str, body: Body, field: str) -> None:
    """A future month, an insurance, an age or a purpose that is not theirs: 422, by the contract's field."""
    answer = desk.ask(what, body, desk.somebody())
    assert (answer.status_code, fields(answer)) == (422, [field]), answer.text


def test_an_area_that_does_not_exist_is_declined_by_its_field(desk: Desk, without_platform: Desk) -> None:
    """Well formed and nowhere: both partners say so, and the order names the region."""
    for each, region in ((desk, "119900"), (without_platform, "337006")):
        assert why(each.order("cards", {"region": region}, each.somebody())) == ("declined", "declined", "region")


@pytest.mark.parametrize(
    ("id_type", "number"), [("resident-id", id_number(7)[:-1] + "~"), ("credit-code", "91350100M000100Y44")]
)
def test_a_number_that_its_check_digit_denies(desk: Desk, id_type: str, number: str) -> None:
    """Refused when the consent is given, so that no call ever carries it."""
    number = number.replace("~", "0" if id_number(7)[-1] != "0" else "1")
    with pytest.raises(httpx.HTTPStatusError) as refused:
        desk.consent(number, customer={"name": "周桂英", "id_type": id_type, "id_number": number})
    assert fields(refused.value.response) == ["customer.id_number"]


@pytest.mark.parametrize("lacking", ["nothing", "revoked", "other operations"])
def test_without_consent_nothing_happens(desk: Desk, lacking: str) -> None:
    """Missing, revoked, or to something else: 403, no order, nothing at the partner, and the key stays free."""
    who, key = customer(), token_hex(16)
    consent = None if lacking == "nothing" else who.consent(desk.hub)
    if lacking == "revoked":
        desk.hub.app.post(f"/v1/consents/{consent}/revoke", {}).raise_for_status()
    if lacking == "other operations":
        consent = desk.consent(who.id_number, operations=["social-security.find_card"])
    refused = desk.post("cards", {"region": ELSEWHERE}, consent, key)
    assert (refused.status_code, fields(refused)) == (403, ["Consent-Id"])
    assert who.id_number not in {entry["account"] for entry in desk.hub.ledger(ESSC)}
    assert desk.order("cards", {"region": ELSEWHERE}, desk.consent(who.id_number), key)["state"] == "succeeded"


def test_a_child_acts_for_a_parent(desk: Desk) -> None:
    """What is done is done for the parent; without the right to act there is no consent, and no later than it."""
    mother, child = customer(), customer()
    until = (datetime.now(UTC) + timedelta(days=60)).isoformat()
    right = {"relation": "child", "evidence": "household register, page 3", "until": until}
    acting = {"actor": {"name": "周小明", "id_number": child.id_number}}
    order = desk.card(HERE, desk.consent(mother.id_number, **acting, authority=right))
    assert [entry["account"] for entry in desk.hub.entries(order)] == [mother.id_number]
    for bent, field in ((acting, "authority"), (acting | {"authority": right | {"until": _soon()}}, "expires_at")):
        with pytest.raises(httpx.HTTPStatusError) as refused:
            desk.consent(mother.id_number, **bent)
        assert fields(refused.value.response) == [field]


def test_a_card_needs_a_mobile_number(desk: Desk, without_platform: Desk) -> None:
    """A consent without one is declined, and neither partner ever hears of it."""
    for each in (desk, without_platform):
        who = customer()
        consent = each.consent(who.id_number, customer={"name": "周桂英", "id_number": who.id_number})
        order = each.order("cards", {"region": HERE}, consent)
        assert why(order) == ("declined", "not-eligible", "Consent-Id")
        assert "mobile" in order["reason"]["message"]
        assert each.hub.entries(order) == []


def test_a_qr_text_is_used_once(desk: Desk) -> None:
    """Scanned twice at the same moment it serves once; the same key is the same use, and never a second one."""
    scanned = desk.qr(desk.somebody())
    keys = token_hex(16), token_hex(16)
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda key: desk.order("qr-verifications", scanned, key=key), keys))
    both = [desk.hub.settled(order["order_id"]) for order in both]
    assert sorted(order["state"] for order in both) == ["declined", "succeeded"]
    lost, won = sorted(both, key=lambda order: str(order["state"]))
    assert why(lost) == ("declined", "used", "token")
    assert (won["result"]["purpose"], len(desk.hub.entries(won)), len(desk.hub.entries(lost))) == ("hospital", 1, 0)
    again = desk.post("qr-verifications", scanned, key=keys[both.index(won)])
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["state"] == "succeeded"


def test_a_qr_text_lives_a_minute_at_most(desk: Desk) -> None:
    """It says until when, and one that is over is declined as expired."""
    asked = {"region": ELSEWHERE, "purpose": "identify"}
    consent = desk.somebody()
    desk.card(ELSEWHERE, consent)
    before = datetime.now(UTC)
    told = desk.ask("qr-tokens", asked, consent).raise_for_status().json()
    assert datetime.fromisoformat(told["expires_at"]) - before <= timedelta(seconds=61)
    over = desk.qr(desk.consent(magic_id(33)))
    assert why(desk.order("qr-verifications", over)) == ("declined", "expired", "token")


def test_a_qr_text_serves_the_purpose_it_was_made_for(desk: Desk) -> None:
    """Another purpose is declined and uses nothing up; of a card that was unlinked it shows nothing."""
    consent = desk.somebody()
    scanned = desk.qr(consent, "hospital")
    assert why(desk.order("qr-verifications", scanned | {"purpose": "pharmacy"})) == ("declined", "declined", "purpose")
    assert desk.order("qr-verifications", scanned | {"region": HERE})["state"] == "succeeded", "it serves anywhere"
    left = desk.qr(consent)
    assert desk.settled("card-unlinkings", {"region": ELSEWHERE}, consent)["state"] == "succeeded"
    assert why(desk.order("qr-verifications", left)) == ("declined", "account-unknown", None)
    assert desk.ask("qr-tokens", {"region": ELSEWHERE, "purpose": "identify"}, consent).status_code == 422


@pytest.mark.parametrize(
    ("tail", "ends"), [(26, "succeeded"), (27, "declined"), (28, "pending"), (29, "succeeded"), (31, "declined")]
)
def test_an_issue_that_is_only_accepted(desk: Desk, tail: int, ends: str) -> None:
    """Decided later by a callback or by an enquiry, or not yet; the card is there exactly if it was issued."""
    consent = desk.consent(magic_id(tail))
    order = desk.order("cards", {"region": ELSEWHERE}, consent)
    assert order["state"] == (ends if tail == 31 else "pending")
    if ends == "pending":
        assert order["next_check_at"] is not None
    else:
        order = desk.hub.settled(order["order_id"])
    assert order["state"] == ends
    assert len(desk.hub.entries(order)) == (ends == "succeeded")
    found = desk.ask("card-searches", {"region": ELSEWHERE}, consent).json()
    assert found["state"] == ("issued" if ends == "succeeded" else "none")


def test_a_card_of_another_area(desk: Desk, without_platform: Desk) -> None:
    """Issuing a second one is declined by its region; whoever keeps the one card tells its area."""
    for each, region, held in ((desk, HERE, "110000"), (without_platform, "330200", "330100")):
        consent = each.consent(magic_id(32))
        assert why(each.order("cards", {"region": region}, consent)) == ("declined", "not-eligible", "region")
        assert each.ask("card-searches", {"region": region}, consent).json()["region"] == held
    refused = desk.ask("qr-tokens", {"region": HERE, "purpose": "identify"}, desk.consent(magic_id(32)))
    assert (refused.status_code, fields(refused)) == (422, ["region"])
    assert refused.json()["errors"][0]["message"] == "the card was issued in 110000"


def test_whoever_unlinks_alone_is_heard_of(desk: Desk) -> None:
    """The issue tells `card-unlinked` and stays what it was; there is no card any more."""
    who = customer()
    consent = who.consent(desk.hub)
    issued = desk.card(ELSEWHERE, consent)
    desk.hub.door(ESSC, "POST", "/_sandbox/unlink", {"aac002": who.id_number})
    told = desk.hub.until(issued["order_id"], lambda now: "card-unlinked" in {one["what"] for one in now["timeline"]})
    assert (told["state"], told["result"]) == ("succeeded", issued["result"])
    assert desk.ask("card-searches", {"region": ELSEWHERE}, consent).json()["state"] == "none"


def test_what_somebody_is_insured_for(desk: Desk) -> None:
    """Nothing at all is an answer, a second relation is told beside the first, and nobody unknown has an account."""
    here = {"region": HERE}
    none = desk.consent(magic_id(31))
    assert desk.ask("insurance-searches", here, none).json()["items"] == []
    assert desk.ask("pension-account-searches", here, none).status_code == 422
    found = desk.ask("insurance-searches", here, desk.consent(magic_id(33))).json()["items"]
    pensions = [(each["region"], each["state"]) for each in found if each["kind"] == "pension"]
    assert pensions == [(HERE, "active"), ("330200", "suspended")]
    assert desk.ask("insurance-searches", here, desk.consent(magic_id(25))).status_code == 422


def test_an_estimate_says_what_it_assumes(desk: Desk) -> None:
    """The month and the growth that were asked for stand among the assumptions, and the pension follows them."""
    who = desk.consent(id_number(1, "19850615"))
    asked = {"region": HERE, "retires_at_age": 63, "wage_growth": "0.01"}
    slow = desk.ask("pension-estimates", asked, who).raise_for_status().json()
    quick = desk.ask("pension-estimates", asked | {"wage_growth": "0.05"}, who).raise_for_status().json()
    assumed = {each["name"]: each["value"] for each in slow["assumptions"]}
    assert (slow["from_month"], assumed["retireMonth"], assumed["wageGrowth"]) == ("2048-06", "204806", "0.01")
    assert Decimal(quick["monthly"]["amount"]) > Decimal(slow["monthly"]["amount"])


def test_a_certificate_is_fetched_by_its_link(two_banks: tuple[Desk, BankApp]) -> None:
    """The bytes that were promised, for the bank that asked and nobody else, until the link expires."""
    desk, other = two_banks
    told = desk.ask("contribution-certificates", MONTHS, desk.somebody()).raise_for_status().json()
    link = told["document"]
    fetched = desk.hub.app.get(link["href"]).raise_for_status()
    assert fetched.content.startswith(b"%PDF-")
    assert (sha256(fetched.content).hexdigest(), len(fetched.content)) == (link["sha256"], link["size"])
    assert fetched.headers["content-type"] == link["media_type"] == "application/pdf"
    assert other.get(link["href"]).status_code == 404
    deadline = time.monotonic() + 30
    while desk.hub.app.get(link["href"]).status_code != 404:
        assert time.monotonic() < deadline, "the link never expires"
        time.sleep(0.2)
    assert datetime.now(UTC) >= datetime.fromisoformat(link["expires_at"])


def test_a_transfer_tells_its_stage(desk: Desk) -> None:
    """Pending with what there is so far, done with the funds that have arrived."""
    order = desk.order("transfers", MOVE, desk.somebody())
    assert (order["state"], order["partner"], order["result"]["stage"]) == ("pending", OFFICE, "submitted")
    assert order["result"]["funds"] is None
    order = desk.hub.settled(order["order_id"])
    assert (order["state"], order["result"]["stage"]) == ("succeeded", "done")
    assert order["result"]["funds"]["currency"] == "CNY"
    assert len(desk.hub.entries(order)) == 1


def test_a_transfer_out_of_the_province(desk: Desk) -> None:
    """The receiving region is nobody's here, so the office of the region that is left takes the application."""
    out = {"to_region": ELSEWHERE, "from_region": HERE, "insurance": "pension"}
    order = desk.settled("transfers", out, desk.somebody())
    assert (order["partner"], order["state"], order["result"]["stage"]) == (OFFICE, "succeeded", "done")
    assert (order["result"]["to_region"], order["result"]["from_region"]) == (ELSEWHERE, HERE)
    assert len(desk.hub.entries(order)) == 1


@pytest.mark.parametrize(("tail", "code"), [(27, "returned"), (34, "returned"), (31, "not-eligible")])
def test_a_transfer_that_comes_to_nothing(desk: Desk, tail: int, code: str) -> None:
    """Returned by the origin at any stage, or refused at once; nothing stands in the ledger."""
    order = desk.settled("transfers", MOVE, desk.consent(magic_id(tail)))
    assert why(order) == ("declined", code, None)
    assert order["reason"]["message"]
    assert desk.hub.entries(order) == []


def test_a_transfer_that_nobody_confirms_stays_open(desk: Desk) -> None:
    """Submitted for ever: pending, and due to be asked about again."""
    order = desk.order("transfers", MOVE, desk.consent(magic_id(28)))
    looked = desk.hub.until(order["order_id"], lambda now: now["next_check_at"] != order["next_check_at"])
    assert (looked["state"], looked["result"]["stage"], looked["review"]) == ("pending", "submitted", False)
    assert looked["next_check_at"] is not None


def test_what_nobody_offers_there(desk: Desk) -> None:
    """Outside the province there are cards and QR texts only."""
    consent = desk.somebody()
    for what in ("insurance-searches", "pension-account-searches", "pension-estimates"):
        assert desk.ask(what, {"region": ELSEWHERE}, consent).status_code == 501
    beyond = {"to_region": ELSEWHERE, "from_region": "110000", "insurance": "pension"}
    assert desk.post("transfers", beyond, consent).status_code == 501


def _soon() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()
