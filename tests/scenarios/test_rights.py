"""Rights as a bank sees them: what is refused and why, what comes in part, whose booking it is, what partners tell."""

import json
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

import httpx
import pytest

from sandbox.providers.fulu.signature import canonical, sign
from sandbox.providers.lounge_booking.slots import CHINA
from sandbox.stand.people import id_number, magic_id, magic_mobile
from tests.contract.asking.rights import RIGHTS, TIER, bookable, booked, change, piece_of, priced, product, products
from tests.contract.asking.words import customer, give_consent
from tests.hub.events.pushing import read
from tests.running import Hubs, Running

Body = dict[str, Any]

FULU, CARDS, REWARDS, LOUNGES = "fulu", "reloadly_giftcards", "tremendous", "lounge_booking"
VOUCHER, TICKET, TOP_UP = "超市购物卡50元", "电影兑换券", "全国话费"
CUSTOMER, MOTHER = id_number(301), id_number(302, "19520308")
LARGEST_DOUBLE = 2**53


@pytest.fixture
def hub(hub_of: Hubs) -> Running:
    return hub_of("rights")


def yuan(amount: str) -> Body:
    return {"amount": amount, "currency": "CNY"}


def post(hub: Running, what: str, body: Body, consent: str | None = None) -> httpx.Response:
    return hub.app.post(f"{RIGHTS}/{what}", body, token_hex(16), consent=consent)


def settled(hub: Running, what: str, body: Body, consent: str | None = None) -> Body:
    return hub.settled(post(hub, what, body, consent).raise_for_status().json()["order_id"])


def ask(hub: Running, what: str, body: Body, consent: str | None = None) -> httpx.Response:
    return hub.app.post(f"{RIGHTS}/{what}", body, consent=consent)


def released(hub: Running, order: Body) -> Any:
    path = f"/v1/deliverables/{order['result']['deliverable_id']}/release"
    return hub.app.post(path, {}, token_hex(16)).raise_for_status().json()["value"]


def wish(hub: Running, partner: str, name: str, quantity: int = 1, amount: str | None = None) -> Body:
    """Pieces to buy, guarded by what they cost."""
    return priced(hub, partner, piece_of(product(hub, partner, name), quantity, amount))


def buyer(hub: Running) -> str:
    """The consent of a customer who gets what is bought."""
    return customer().consent(hub)


def consent_of(hub: Running, number: str, **changes: Any) -> str:
    person = {"name": "周桂英", "id_number": number, "mobile": "19900001234"}
    return give_consent(hub, {"customer": person} | changes)


def fields(answer: httpx.Response) -> list[str]:
    return [error["field"] for error in answer.json()["errors"]]


def why(order: Body) -> tuple[str, str, str | None]:
    return order["state"], order["reason"]["code"], order["reason"]["field"]


def outbox(hub: Running, order_id: str) -> list[str]:
    """What the bank is told of an order, in order."""
    rows = read(hub.place.var, "SELECT type FROM outbox WHERE order_id = ? ORDER BY event_id", order_id)
    return [kind for (kind,) in rows]


@pytest.mark.parametrize(
    ("partner", "name", "amount", "field"),
    [
        (FULU, TOP_UP, "15.00", "face_value.amount"),
        (FULU, VOUCHER, "49.99", "face_value.amount"),
        (CARDS, "Amazon UK", "20.00", "face_value.amount"),
        (CARDS, "Amazon Spain", "200.01", "face_value.amount"),
        (REWARDS, "Harbour Coffee 电子礼品卡", "31.00", "face_value.amount"),
        (REWARDS, "Paper Lane 书店礼品卡", "500.01", "face_value.amount"),
        (FULU, TOP_UP, None, "face_value"),
        (CARDS, "Amazon UK", None, "face_value"),
    ],
)
def test_denomination_that_is_not_offered(hub: Running, partner: str, name: str, amount: str | None, field: str):
    """Every partner's face values are its own; another one is refused before any order exists."""
    before = len(hub.ledger(partner))
    pieces = piece_of(product(hub, partner, name), amount=amount)
    currency = "NGN" if partner == CARDS else "CNY"
    body = pieces | {"max_total": {"amount": "99999.00", "currency": currency}, "recipient": "19800001234"}
    answer = post(hub, "purchases", body, buyer(hub))
    assert (answer.status_code, fields(answer)) == (422, [field]), answer.text
    assert len(hub.ledger(partner)) == before


@pytest.mark.parametrize(
    ("partner", "name", "amount", "changes", "field"),
    [
        (FULU, VOUCHER, None, {"max_total": yuan("48.49")}, "max_total.amount"),
        (REWARDS, "Harbour Coffee 电子礼品卡", "30.00", {"max_total": yuan("29.99")}, "max_total.amount"),
        (CARDS, "Amazon UK", "10.00", {"max_total": yuan("9999.00")}, "max_total.currency"),
        (FULU, TOP_UP, "10.00", {"recipient": "customer@bank.example"}, "recipient"),
        (FULU, "影视会员月卡", None, {"recipient": None}, "recipient"),
        (CARDS, "Amazon UK", "10.00", {"recipient": "+14155550100"}, "recipient"),
        (CARDS, "Lantern Games", "10.00", {"recipient": None}, "recipient"),
        (REWARDS, "Harbour Coffee 电子礼品卡", "30.00", {"recipient": "counter-3"}, "recipient"),
        (REWARDS, "Harbour Coffee 电子礼品卡", "30.00", {"quantity": 6, "max_total": yuan("180.00")}, "quantity"),
        (FULU, "阅读会员月卡", None, {"recipient": "19800001234"}, "quantity"),
        (FULU, VOUCHER, None, {"quantity": 0}, "quantity"),
        (FULU, VOUCHER, None, {"product_id": "no-such-product"}, "product_id"),
        (FULU, VOUCHER, None, {"recipient": "两个人"}, "recipient"),
        (FULU, VOUCHER, None, {"tier": "gold"}, "tier"),
    ],
)
def test_purchase_that_breaks_a_rule(
    hub: Running, partner: str, name: str, amount: str | None, changes: Body, field: str
):
    """Too little money, nobody to give it to, more than there is: 422, and the field that is at fault."""
    body = wish(hub, partner, name, amount=amount) | {"recipient": "customer@bank.example"} | changes
    answer = post(hub, "purchases", body, buyer(hub))
    assert (answer.status_code, fields(answer)) == (422, [field]), answer.text


def test_text_message_needs_room(hub: Running):
    """What a card costs is enough for an e-mail; a telephone number is told by a text message, which costs as well."""
    pieces = piece_of(product(hub, CARDS, "Amazon UK"), amount="10.00")
    exact = pieces | {"max_total": ask(hub, "quotes", pieces).raise_for_status().json()["total"]}
    answer = post(hub, "purchases", exact | {"recipient": "19800001234"}, buyer(hub))
    assert (answer.status_code, fields(answer)) == (422, ["max_total.amount"])
    assert (
        settled(hub, "purchases", exact | {"recipient": "a@bank.example"}, buyer(hub))["result"]["paid"]
        == exact["max_total"]
    )


def test_catalogue_by_place_and_kind(hub: Running):
    """A county finds its city's lounge, a country its cards; what wants more than an account is not on the shelf."""
    [lounge] = hub.app.get(f"{RIGHTS}/products", region="330106", kind="lounge").json()["items"]
    assert (lounge["partner"], lounge["region"], lounge["kind"]) == (LOUNGES, "330100", "lounge")
    american = hub.app.get(f"{RIGHTS}/products", region="US", limit="200").json()
    assert {one["partner"] for one in american["items"]} == {CARDS, REWARDS}
    assert {one["region"] for one in american["items"]} <= {"US", None}
    assert "游戏点券1000点" not in {one["name"] for one in products(hub, FULU)}
    for search in ({"region": "33"}, {"kind": "cinema"}, {"limit": "201"}):
        answer = hub.app.get(f"{RIGHTS}/products", **search)
        assert (answer.status_code, fields(answer)) == (422, list(search)), answer.text


def test_catalogue_while_a_supplier_fails(hub: Running):
    """Whoever fails is named with a problem, and the others' products are there."""
    hub.fault(LOUNGES, "bad-signature", "venues")
    page = hub.app.get(f"{RIGHTS}/products").json()
    told = {source["partner"]: source for source in page["sources"]}
    assert told.pop(LOUNGES)["problem"]["status"] == 502
    assert {source["status"] for source in told.values()} == {"ok"}
    assert {item["partner"] for item in page["items"]} == told.keys()


def test_price_that_rose_after_the_check(hub: Running):
    """The guard travels: the partner's own no says that it costs more by now, and nothing is bought."""
    order = settled(hub, "purchases", wish(hub, FULU, "运动会员月卡") | {"recipient": "19800001234"}, buyer(hub))
    assert why(order) == ("declined", "price-changed", None)
    assert hub.entries(order) == []


@pytest.mark.parametrize(
    ("partner", "name", "quantity", "amount", "recipient", "delivered"),
    [
        (FULU, TICKET, 3, None, None, 2),
        (REWARDS, "Harbour Coffee 电子礼品卡", 3, "30.00", magic_mobile(35), 2),
    ],
)
def test_delivered_in_part(
    hub: Running, partner: str, name: str, quantity: int, amount: str | None, recipient: str | None, delivered: int
):
    """Fewer pieces than were paid for are a success that says so: the money went, and nothing else comes."""
    body = wish(hub, partner, name, quantity, amount)
    order = settled(hub, "purchases", body | {"recipient": recipient}, buyer(hub))
    result = order["result"]
    assert (order["state"], result["ordered"], result["delivered"]) == ("succeeded", quantity, delivered)
    assert (result["paid"], len(hub.entries(order))) == (body["max_total"], 1)
    assert len(released(hub, order)) == delivered


def test_nothing_delivered_is_declined(hub: Running):
    """Nothing came, so nothing succeeded; the reason says that the partner charged it all the same."""
    body = wish(hub, REWARDS, "Harbour Coffee 电子礼品卡", 2, "30.00") | {"recipient": magic_mobile(33)}
    order = settled(hub, "purchases", body, buyer(hub))
    assert why(order) == ("declined", "partner-failure", None)
    assert "was charged 60" in order["reason"]["message"]
    assert len(hub.entries(order)) == 1


def test_numbers_of_cards_stay_text(hub: Running):
    """Leading zeros, and more digits than a double holds: the released text has all of them, and the order none."""
    voucher = settled(hub, "purchases", wish(hub, FULU, VOUCHER), buyer(hub))
    long = wish(hub, CARDS, "Amazon UK", 2, "10.00") | {"recipient": magic_mobile(42)}
    gift = settled(hub, "purchases", long, buyer(hub))
    [zeros] = released(hub, voucher)
    assert zeros["number"].startswith("0")
    numbers = [card["number"] for card in released(hub, gift)]
    assert [len(number) for number in numbers] == [19, 19]
    assert all(int(number) > LARGEST_DOUBLE for number in numbers)
    assert len(set(numbers)) == 2
    listed = hub.app.get("/v1/orders", limit="100").text + json.dumps([voucher, gift])
    assert not [number for number in (zeros["number"], zeros["pin"], *numbers) if number in listed]


def test_reward_that_waits_for_a_person(hub: Running):
    """The partner's webhook tells that somebody must act; once they did, the order goes on."""
    body = wish(hub, REWARDS, "Harbour Coffee 电子礼品卡", amount="50.00") | {"recipient": magic_mobile(28)}
    order = post(hub, "purchases", body, buyer(hub)).json()
    order = hub.until(order["order_id"], lambda one: "action-required" in {each["what"] for each in one["timeline"]})
    assert (order["state"], hub.entries(order)) == ("pending", [])
    hub.door(REWARDS, "POST", "/_sandbox/approve", {"external_id": order["reference"]})
    order = hub.settled(order["order_id"])
    assert (order["state"], len(hub.entries(order)), len(released(hub, order))) == ("succeeded", 1, 1)


def callback(hub: Running, partner: str) -> str:
    """Where the partner was told to call."""
    return (hub.place.partners / partner / "notify_url.txt").read_text()


def test_a_push_is_only_a_hint(hub: Running):
    """Even one that verifies decides nothing: whoever saw one can make one. One that does not gets no `success`."""
    body = wish(hub, FULU, TOP_UP, amount="20.00") | {"recipient": magic_mobile(28)}
    order = post(hub, "purchases", body, buyer(hub)).json()
    secret = json.loads((hub.place.partners / FULU / "credentials.json").read_text())["app_secret"]
    push = {"customer_order_no": order["reference"], "order_status": "success", "buy_num": "1", "price": "19.7000"}
    true = push | {"sign": sign(canonical(push), secret)}
    for document, thanks in ((true, "success"), (push | {"sign": "0" * 32}, "fail"), (push, "fail")):
        assert httpx.post(callback(hub, FULU), json=document, trust_env=False).text == thanks
    order = hub.order(order["order_id"])
    assert (order["state"], order["result"], hub.entries(order)) == ("pending", None, [])


def test_forged_events_move_nothing(hub: Running):
    """A visit that nobody signed for is not redeemed, and a webhook with a made-up signature is not thanked for."""
    who = customer()
    order = booked(hub, who)
    payload = {
        "event": "visit.consumed",
        "occurred_at": "2026-11-23T16:00:00+08:00",
        "client_reference": order["reference"],
        "booking": {"client_reference": order["reference"], "venue_name": "nowhere"},
    }
    forged = {"payload": json.dumps(payload), "signature": "0" * 64}
    assert httpx.post(callback(hub, LOUNGES), json=forged, trust_env=False).status_code == 401
    reward = {"event": "ORDERS.APPROVED", "payload": {"meta": {"external_id": order["reference"]}}}
    headers = {"tremendous-webhook-signature": "sha256=" + "0" * 64}
    assert httpx.post(callback(hub, REWARDS), json=reward, headers=headers, trust_env=False).status_code == 401
    assert hub.order(order["order_id"])["timeline"] == order["timeline"]


def test_tier_decides_who_may_enter(hub: Running):
    """The bank's ranking of the customer is asked about, and held again when it is booked."""
    who, free = customer(), bookable(hub)
    consent = who.consent(hub)
    check = {"product_id": free["product_id"], "tier": "silver"}
    assert ask(hub, "eligibility-checks", check, consent).json()["eligible"] is False
    may = ask(hub, "eligibility-checks", check | {"tier": TIER}, consent).json()
    assert (may["eligible"], may["uses_left"]) == (True, 6)
    assert why(settled(hub, "bookings", free | {"tier": "silver"}, consent)) == ("declined", "not-eligible", None)
    order = settled(hub, "bookings", free | {"guests": 2}, consent)
    assert why(order) == ("declined", "not-eligible", "guests")


def test_hours_that_cannot_be_booked(hub: Running):
    """Half past, last year, next year, and a full hour: declined with the field, and nobody has a booking."""
    consent, free = customer().consent(hub), bookable(hub)
    starts_at = datetime.fromisoformat(free["starts_at"])
    for wrong in (timedelta(minutes=30), timedelta(days=-365), timedelta(days=365)):
        order = settled(hub, "bookings", free | {"starts_at": (starts_at + wrong).isoformat()}, consent)
        assert why(order) == ("declined", "outside-window", "starts_at")
        assert hub.entries(order) == []
    full = settled(hub, "bookings", free, consent_of(hub, magic_id(30)))
    assert why(full) == ("declined", "out-of-stock", "starts_at")
    answer = post(hub, "bookings", free | {"starts_at": "2026-11-25T10:00:00"}, consent)
    assert (answer.status_code, fields(answer)) == (422, ["starts_at"])


def test_nothing_is_booked_or_bought_without_consent(hub: Running):
    """Missing, revoked, of other calls only: refused in the header's name. What is bought is somebody's as well."""
    free, number = bookable(hub), customer().id_number
    top_up = wish(hub, FULU, TOP_UP, amount="10.00") | {"recipient": "19800001234"}
    other = consent_of(hub, number, operations=["rights.check_eligibility"])
    revoked = consent_of(hub, number)
    hub.app.post(f"/v1/consents/{revoked}/revoke", {}).raise_for_status()
    for consent in (None, other, revoked):
        for what, body in (("bookings", free), ("purchases", top_up)):
            answer = post(hub, what, body, consent)
            assert (answer.status_code, fields(answer)) == (403, ["Consent-Id"]), answer.text
    check = {"product_id": free["product_id"], "tier": TIER}
    assert ask(hub, "eligibility-checks", check, other).json()["eligible"] is True
    assert ask(hub, "eligibility-checks", check).status_code == 403
    assert not [entry for entry in hub.ledger(LOUNGES) if entry["account"] == number]


def test_booking_for_ones_mother(hub: Running):
    """The visit is hers, whoever acts; without a right to act, or beyond its end, there is no consent."""
    until = (datetime.now(UTC) + timedelta(days=10)).isoformat()
    child = {"name": "周桂英", "id_number": CUSTOMER}
    right = {"relation": "child", "evidence": "household register, page 3", "until": until}
    for changes in ({"actor": child}, {"actor": child, "authority": right | {"until": "2026-11-23T00:00:00Z"}}):
        refused = hub.app.post(
            "/v1/consents",
            {
                "customer": {"name": "王秀兰", "id_number": MOTHER},
                "operations": ["rights.book"],
                "expires_at": until,
                **changes,
            },
        )
        assert refused.status_code == 422, refused.text
    consent = consent_of(hub, MOTHER, actor=child, authority=right, expires_at=until)
    order = settled(hub, "bookings", bookable(hub), consent)
    assert [entry["account"] for entry in hub.entries(order)] == [MOTHER]


def test_nobody_elses_booking(hub: Running):
    """A consent reaches the bookings of its own customer: it moves, cancels, shows and traces no other's."""
    theirs, mine = booked(hub, customer(), today=True), customer().consent(hub)
    moved = {"booking": theirs["order_id"], "starts_at": bookable(hub)["starts_at"]}
    for what, body, field in (
        ("redemption-searches", {"order": theirs["order_id"]}, "order"),
        ("booking-changes", moved, "booking"),
        ("booking-cancellations", {"reverses": theirs["order_id"]}, "reverses"),
        ("booking-passes", {"booking": theirs["order_id"]}, "booking"),
    ):
        answer = post(hub, what, body, mine)
        assert (answer.status_code, fields(answer)) == (422, [field]), answer.text


def test_no_booking_is_traced_without_consent(hub: Running):
    """Missing, revoked, or to other calls: where a booking was used is its customer's business."""
    who = customer()
    search = {"order": booked(hub, who)["order_id"]}
    other = consent_of(hub, who.id_number, operations=["rights.book"])
    revoked = consent_of(hub, who.id_number)
    hub.app.post(f"/v1/consents/{revoked}/revoke", {}).raise_for_status()
    for consent in (None, other, revoked):
        answer = ask(hub, "redemption-searches", search, consent)
        assert (answer.status_code, fields(answer)) == (403, ["Consent-Id"]), answer.text
    own = consent_of(hub, who.id_number, operations=["rights.find_redemptions"])
    assert ask(hub, "redemption-searches", search, own).json()["items"] == []


def test_change_then_cancel_once(hub: Running):
    """Each is an order of its own: a change follows its booking, a cancellation reverses it, and once is enough."""
    who = customer()
    consent, moved = who.consent(hub), change(hub, LOUNGES, who, {})
    order = settled(hub, "booking-changes", moved, consent)
    shown = datetime.fromisoformat(order["result"]["starts_at"])
    assert (order["state"], shown) == ("succeeded", datetime.fromisoformat(moved["starts_at"]))
    assert shown - datetime.fromisoformat(order["result"]["change_until"]) == timedelta(hours=2)
    gone = settled(hub, "booking-cancellations", {"reverses": moved["booking"]}, consent)
    assert (gone["state"], gone["reverses"]) == ("succeeded", moved["booking"])
    assert hub.order(moved["booking"])["state"] == "succeeded", "what was booked was booked; another order undid it"
    answer = post(hub, "booking-cancellations", {"reverses": moved["booking"]}, consent)
    assert (answer.status_code, fields(answer)) == (422, ["reverses"])
    assert why(settled(hub, "booking-changes", moved, consent))[0::2] == ("declined", "booking")


def test_deadlines_are_the_partners(hub: Running):
    """Too late to move or cancel: declined, with the field that says when or what."""
    consent = consent_of(hub, magic_id(31))
    order = settled(hub, "bookings", bookable(hub), consent)
    moved = {"booking": order["order_id"], "starts_at": bookable(hub, skip=1)["starts_at"]}
    assert why(settled(hub, "booking-changes", moved, consent)) == ("declined", "deadline-passed", "starts_at")
    gone = settled(hub, "booking-cancellations", {"reverses": order["order_id"]}, consent)
    assert why(gone) == ("declined", "deadline-passed", "reverses")


def test_cancellation_that_takes_its_time(hub: Running):
    """While it is open no second one is sent, and it succeeds when the venue has agreed."""
    consent = consent_of(hub, magic_id(34))
    undone = {"reverses": settled(hub, "bookings", bookable(hub), consent)["order_id"]}
    first = post(hub, "booking-cancellations", undone, consent).json()
    assert first["state"] == "pending"
    answer = post(hub, "booking-cancellations", undone, consent)
    assert (answer.status_code, fields(answer)) == (422, ["reverses"])
    assert hub.settled(first["order_id"])["state"] == "succeeded"


def test_waiting_list(hub: Running):
    """Waitlisted is pending until the venue decides, and what is not booked yet is neither moved nor shown."""
    free = bookable(hub)
    good, bad = (consent_of(hub, magic_id(tail)) for tail in (26, 27))
    hoping = post(hub, "bookings", free, good).json()
    assert (hoping["state"], hoping["timeline"][-1]["detail"]) == ("pending", "waitlisted, by answer")
    answer = ask(hub, "booking-passes", {"booking": hoping["order_id"]}, good)
    assert (answer.status_code, fields(answer)) == (422, ["booking"])
    assert hub.settled(hoping["order_id"])["state"] == "succeeded"
    assert why(settled(hub, "bookings", free, bad)) == ("declined", "declined", None)


def test_pass_on_the_day_and_the_scanner(hub: Running):
    """A pass is given on the day alone and is another each time; the visit is told of once, and found again."""
    who = customer()
    consent, later, now = who.consent(hub), booked(hub, who), booked(hub, who, today=True)
    assert datetime.fromisoformat(now["result"]["starts_at"]).astimezone(CHINA).date() == datetime.now(CHINA).date()
    answer = ask(hub, "booking-passes", {"booking": later["order_id"]}, consent)
    assert (answer.status_code, fields(answer)) == (422, ["booking"])
    passes = [ask(hub, "booking-passes", {"booking": now["order_id"]}, consent).json()["token"] for _ in range(2)]
    assert len(set(passes)) == 2
    assert ask(hub, "redemption-searches", {"order": now["order_id"]}, consent).json()["items"] == []
    hub.fault(LOUNGES, "duplicate-callback", "push", account=who.id_number)
    hub.door(LOUNGES, "POST", "/_sandbox/redeem", {"code": passes[1].rpartition(":")[2]})
    order = hub.until(now["order_id"], lambda one: "redeemed" in {each["what"] for each in one["timeline"]})
    assert [each["what"] for each in order["timeline"]].count("redeemed") == 1
    assert outbox(hub, order["order_id"])[-1:] == ["order.redeemed"]
    [visit] = ask(hub, "redemption-searches", {"order": now["order_id"]}, consent).json()["items"]
    assert visit["place"] == now["result"]["place"]


def test_what_a_supplier_does_not_do(hub: Running):
    """Nobody pretends: a card is not booked, a lounge not bought, a reward not quoted, a top-up not redeemed."""
    consent, lounge = buyer(hub), bookable(hub)["product_id"]
    card = product(hub, CARDS, "Amazon UK")["product_id"]
    reward = product(hub, REWARDS, "Paper Lane 书店礼品卡")["product_id"]
    bought = settled(hub, "purchases", wish(hub, FULU, TOP_UP, amount="10.00") | {"recipient": "19800001234"}, consent)
    visit = {"product_id": card, "starts_at": "2026-11-25T10:00:00Z", "tier": TIER}
    assert post(hub, "bookings", visit, consent).status_code == 501
    assert post(hub, "purchases", {"product_id": lounge, "max_total": yuan("1.00")}, buyer(hub)).status_code == 501
    assert ask(hub, "quotes", {"product_id": reward, "face_value": yuan("10.00")}).status_code == 501
    assert ask(hub, "redemption-searches", {"order": bought["order_id"]}, consent).status_code == 501
    answer = post(hub, "booking-cancellations", {"reverses": bought["order_id"]}, consent)
    assert (answer.status_code, fields(answer)) == (422, ["reverses"])


def test_offers_near_a_place(hub: Running):
    """Merchants of a county's city, page by page; another country has none, and no such region is refused."""
    near = f"{RIGHTS}/merchant-offers"
    first = hub.app.get(near, region="330106", limit="2").json()
    second = hub.app.get(near, region="330106", limit="2", cursor=first["next"]).json()
    merchants = [one["merchant"] for one in first["items"] + second["items"]]
    assert (len(set(merchants)), second["next"]) == (3, None)
    assert hub.app.get(near, region="US").json()["items"] == []
    answer = hub.app.get(near, region="990000")
    assert (answer.status_code, fields(answer)) == (422, ["region"])
