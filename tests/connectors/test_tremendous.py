"""What is odd about this partner: replays, approval, and a charge that is no delivery yet."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.kit.channel import Channel
from connectors.kit.partner import Happening
from connectors.tremendous.connector import PARTNER, TremendousRights
from connectors.tremendous.exchange import MANIFEST, TremendousAccount
from sandbox.stand import fleet, people
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.money import Money
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.refs import PartnerRef
from schemas.rights import Piece, ProductSearch, Purchase, Purchased
from schemas.secret import Secret
from tests.connectors.kit.bench import Bench, Watch, in_turn
from tests.sandbox.listener import Listener
from tests.sandbox.wire import Door, until

REFERENCE = "R" * 26
SCENARIO = TremendousRights()
ACCOUNT = TremendousAccount(
    base_url="https://rewards.example/v2", api_key="k1", webhook_secret="made-up", funding_source_id="FUND1"
)
GIFT = {
    "id": "PRD1",
    "name": "Gift card",
    "category": "merchant_card",
    "currency_codes": ["USD"],
    "countries": [{"abbr": "US"}],
    "skus": [{"min": 10, "max": 10}, {"min": 25, "max": 25}],
}


def json_reply(body: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=msgspec.json.encode(body))


def usd(amount: str) -> Money:
    return Money(amount=amount, currency="USD")


def purchase(**changes: Any) -> Purchase:
    facts: dict[str, Any] = {
        "product_id": PartnerRef(MANIFEST.id, "PRD1"),
        "max_total": usd("50.00"),
        "quantity": 2,
        "face_value": usd("25.00"),
        "recipient": "+8613900000000",
    }
    return Purchase(**(facts | changes))


def order(*deliveries: str, **changes: Any) -> dict[str, Any]:
    """An order of ours, with a reward for each delivery."""
    rewards = [
        {
            "id": f"RWD{number}",
            "order_id": "ORD1",
            "value": {"denomination": 25.0, "currency_code": "USD"},
            "products": ["PRD1"],
            "delivery": {"method": "LINK", "status": status},
        }
        for number, status in enumerate(deliveries)
    ]
    payment = {"subtotal": 25 * len(rewards), "fees": 0, "total": 25 * len(rewards), "currency_code": "USD"}
    facts = {"id": "ORD1", "external_id": REFERENCE, "status": "EXECUTED", "payment": payment, "rewards": rewards}
    return facts | changes


def reward(number: int, link: str | None, **changes: Any) -> Reply:
    found = order("SUCCEEDED", "SUCCEEDED")["rewards"][number]
    found["delivery"] |= {"link": link} if link else {}
    return json_reply({"reward": found | changes})


def bench(*answers: Reply | BaseException) -> Bench:
    return Bench(in_turn(*answers), manifest=MANIFEST, account=ACCOUNT)


async def bought(answer: Reply) -> Any:
    return await SCENARIO.buy(purchase(), bench(answer).attempt(REFERENCE))


async def found(*answers: Reply) -> Any:
    return await SCENARIO.find_purchase(purchase(), bench(*answers).enquiry(REFERENCE))


def listed(*orders: dict[str, Any]) -> Reply:
    return json_reply({"orders": orders, "total_count": len(orders)})


async def test_an_order_has_a_reward_for_each_piece_and_exact_amounts() -> None:
    """Our reference is the external_id; amounts are JSON numbers as exact as the decimals they came from."""
    at = bench(json_reply({"order": order("PENDING", "PENDING")}, 201))
    await SCENARIO.buy(purchase(), at.attempt(REFERENCE))
    (sent,) = at.channel.seen
    assert (sent.method, sent.url) == ("POST", "https://rewards.example/v2/orders")
    assert sent.headers["Authorization"] == "Bearer k1"
    assert b'"denomination":25.00,' in sent.body
    body = msgspec.json.decode(sent.body)
    assert (body["external_id"], body["payment"]) == (REFERENCE, {"funding_source_id": "FUND1"})
    assert [one["delivery"]["method"] for one in body["rewards"]] == ["LINK", "LINK"]
    assert body["rewards"][0]["recipient"] == {"name": "Customer", "phone": "+8613900000000"}


async def test_executed_is_not_delivered() -> None:
    """Charged at once, delivered or not: the order waits for its links, which only an enquiry brings."""
    for delivery in ("PENDING", "SUCCEEDED"):
        assert await bought(json_reply({"order": order(delivery, delivery)}, 201)) == Pending(
            stage="executed, links awaited"
        )


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("PENDING APPROVAL", Pending(stage="awaiting approval: a person must release the order")),
        ("PENDING INTERNAL PAYMENT APPROVAL", Pending(stage="awaiting approval: a person must release the payment")),
        ("CART", Pending(stage="in the cart: nobody has checked it out")),
        ("ON HOLD", Pending(stage="ON HOLD", unmapped=True)),
    ],
)
async def test_an_accepted_order_is_pending_at_its_stage(status: str, outcome: Any) -> None:
    """Approval is a stage that a bank can show; a status nobody knows is one that a person looks into."""
    answer = order("PENDING", "PENDING", status=status)
    assert await bought(json_reply({"order": answer}, 201)) == outcome
    assert await found(listed(answer)) == outcome


@pytest.mark.parametrize(("status", "code"), [("CANCELED", "cancelled"), ("FAILED", "partner-failure")])
async def test_an_order_that_was_not_executed_is_declined(status: str, code: str) -> None:
    """An approval that was refused is a decline under the partner's own code."""
    outcome = await found(listed(order("PENDING", "PENDING", status=status)))
    assert isinstance(outcome, Declined)
    assert (outcome.reason.code, outcome.reason.partner_code) == (code, status)


async def test_an_answer_need_not_name_the_product() -> None:
    """What is left out contradicts nothing."""
    rewards = order("PENDING", "PENDING")["rewards"]
    unnamed = [{name: one[name] for name in one.keys() - {"products"}} for one in rewards]
    assert isinstance(await bought(json_reply({"order": order("PENDING", "PENDING", rewards=unnamed)}, 201)), Pending)


@pytest.mark.parametrize(
    "changes",
    [
        {"external_id": "somebody-else"},
        {"rewards": order("PENDING")["rewards"]},
        {"rewards": [one | {"products": ["PRD2"]} for one in order("PENDING", "PENDING")["rewards"]]},
        {"payment": {"subtotal": 51, "fees": 0, "total": 51, "currency_code": "USD"}},
        {"payment": {"subtotal": 50, "fees": 0, "total": 50, "currency_code": "CNY"}},
    ],
    ids=["reference", "pieces", "product", "subtotal", "currency"],
)
async def test_a_replay_of_another_order_is_unknown(changes: dict[str, Any]) -> None:
    """A known external_id is answered 201 with whatever stands under it, so each part is held against ours."""
    assert isinstance(await bought(json_reply({"order": order("PENDING", "PENDING", **changes)}, 201)), Unknown)


async def test_links_are_fetched_reward_by_reward() -> None:
    """Each piece's link comes from GET /rewards/{id}; the charge is the partner's own total."""
    at = bench(
        listed(order("SUCCEEDED", "SUCCEEDED")), reward(0, "https://r.example/1"), reward(1, "https://r.example/2")
    )
    outcome = await SCENARIO.find_purchase(purchase(), at.enquiry(REFERENCE))
    pieces = [Piece(link="https://r.example/1"), Piece(link="https://r.example/2")]
    assert outcome == Succeeded(result=Purchased(ordered=2, delivered=2, paid=usd("50.00"), pieces=Secret(pieces)))
    assert [seen.url.removeprefix("https://rewards.example/v2") for seen in at.channel.seen] == [
        f"/orders?external_id={REFERENCE}",
        "/rewards/RWD0",
        "/rewards/RWD1",
    ]


async def test_nothing_is_handed_over_until_each_piece_is_decided() -> None:
    """A piece that is on its way, or whose link is not there yet, keeps the whole order pending."""
    awaited = Pending[Purchased](stage="executed, links awaited")
    assert await found(listed(order("SUCCEEDED", "PENDING"))) == awaited
    half = (reward(0, "https://r.example/1"), reward(1, None))
    assert await found(listed(order("SUCCEEDED", "SUCCEEDED")), *half) == awaited
    assert await found(listed(order("SUCCEEDED", "SENT BY PIGEON"))) == Pending(stage="SENT BY PIGEON", unmapped=True)


async def test_a_piece_that_failed_for_good_is_not_coming() -> None:
    """Fewer pieces than ordered are a success that says so, with the whole charge."""
    outcome = await found(listed(order("SUCCEEDED", "FAILED")), reward(0, "https://r.example/1"))
    assert (outcome.result.ordered, outcome.result.delivered, outcome.result.paid) == (2, 1, usd("50.00"))


async def test_nothing_delivered_is_no_success() -> None:
    """Once no piece can come any more; what was charged all the same is said. Until then it is pending."""
    outcome = await found(listed(order("FAILED", "FAILED")))
    assert (type(outcome), outcome.reason.code, outcome.reason.partner_code) == (Declined, "partner-failure", "FAILED")
    assert "charged 50" in outcome.reason.message
    assert isinstance(await found(listed(order("FAILED", "PENDING"))), Pending)


@pytest.mark.parametrize(
    "answer", [reward(0, "https://r.example/1", order_id="ORD2"), Reply(status=200, body=b'{"reward": {"link": "ht')]
)
async def test_a_link_that_cannot_be_believed_is_no_evidence(answer: Reply) -> None:
    """Another reward, or half of one, is garbled, and its link is kept nowhere."""
    with pytest.raises(Garbled) as raised:
        await found(listed(order("SUCCEEDED", "SUCCEEDED")), answer)
    assert raised.value.evidence == b""


async def test_an_empty_list_knows_no_order() -> None:
    """Only an empty list is absence; orders that are not ours prove nothing."""
    assert isinstance(await found(listed()), Absent)
    assert isinstance(await found(listed(order("PENDING", "PENDING", external_id="other"))), Unknown)


@pytest.mark.parametrize(
    ("status", "code", "payload", "reason"),
    [
        (422, "INVALID", {"rewards[0].value": "no"}, ("declined", "face_value")),
        (422, "RECIPIENT_REJECTED", {}, ("not-eligible", None)),
        (402, "INSUFFICIENT_FUNDS", {}, ("partner-failure", None)),
        (409, "DUPLICATE_EXTERNAL_ID", {}, None),
        (422, "NEVER_HEARD_OF", {}, None),
    ],
)
async def test_only_a_mapped_error_declines(
    status: int, code: str, payload: dict[str, str], reason: tuple[str, str | None] | None
) -> None:
    """An error's code decides, and its payload names the field; a doubled reference or a new code decides nothing."""
    outcome = await bought(json_reply({"errors": {"code": code, "message": "", "payload": payload}}, status))
    if reason is None:
        assert isinstance(outcome, Unknown)
    else:
        assert (outcome.reason.code, outcome.reason.field) == reason


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product_id": PartnerRef(MANIFEST.id, "PRD9")}, "product_id"),
        ({"face_value": None}, "face_value"),
        ({"face_value": usd("26")}, "face_value.amount"),
        ({"face_value": Money(amount="25", currency="CNY")}, "face_value.currency"),
        ({"quantity": 6, "max_total": usd("500")}, "quantity"),
        ({"max_total": usd("49.99")}, "max_total.amount"),
        ({"max_total": Money(amount="50", currency="CNY")}, "max_total.currency"),
        ({"recipient": None}, "recipient"),
        ({"recipient": "nobody"}, "recipient"),
    ],
)
async def test_what_cannot_be_bought_is_refused_by_field(changes: dict[str, Any], field: str) -> None:
    """Nothing is ordered that the catalogue, the price guard or a link's delivery forbids."""
    with pytest.raises(Refused) as refused:
        await SCENARIO.check_purchase(purchase(**changes), bench(json_reply({"products": [GIFT]})).call())
    assert refused.value.field == field


async def test_products_in_doubt_are_left_out() -> None:
    """Fixed amounts or one range; a product of two currencies, or of mixed amounts, spoils no list."""
    ranged = GIFT | {"id": "PRD2", "category": "visa_card", "skus": [{"min": 5, "max": 1000}], "countries": []}
    rows = [
        GIFT,
        ranged,
        GIFT | {"id": "PRD3", "currency_codes": ["USD", "EUR"]},
        GIFT | {"id": "PRD4", "skus": [{"min": 5, "max": 10}, {"min": 20, "max": 20}]},
        GIFT | {"id": "PRD5", "countries": [{"abbr": "GB"}]},
        {"id": "PRD6"},
    ]
    page = await SCENARIO.list_products(ProductSearch(region="US"), bench(json_reply({"products": rows})).call())
    assert [one.product_id.local_id for one in page.items] == ["PRD1", "PRD2"]
    assert page.items[0].denominations == [usd("10.00"), usd("25.00")]
    assert (page.items[1].minimum, page.items[1].maximum) == (usd("5.00"), usd("1000.00"))


async def test_a_product_is_found_in_its_countries() -> None:
    """In each of several, in none beside them, and everywhere where it names none."""
    rows = [
        GIFT | {"id": "PRD1", "countries": [{"abbr": "US"}, {"abbr": "DE"}]},
        GIFT | {"id": "PRD2", "countries": []},
        GIFT | {"id": "PRD3", "countries": [{"abbr": "CN"}]},
    ]
    at = bench(json_reply({"products": rows}))
    for region, numbers in (
        ("CN", ["PRD2", "PRD3"]),
        ("330100", ["PRD2", "PRD3"]),
        ("DE", ["PRD1", "PRD2"]),
        ("US", ["PRD1", "PRD2"]),
        (None, ["PRD1", "PRD2", "PRD3"]),
    ):
        page = await SCENARIO.list_products(ProductSearch(region=region), at.call())
        assert [one.product_id.local_id for one in page.items] == numbers
    assert page.items[0].rule == "handed over as a link; of use in DE, US"


def webhook(meta: dict[str, Any], event: str = "ORDERS.CREATED") -> bytes:
    payload = {"resource": {"id": "ORD1", "type": "orders"}, "meta": meta}
    return msgspec.json.encode({"uuid": "u1", "event": event, "created_utc": "x", "payload": payload})


def read(raw: bytes, signature: str | None = None) -> Any:
    headers = {"tremendous-webhook-signature": signature or f"sha256={hmac.digest(b'made-up', raw, 'sha256').hex()}"}
    assert PARTNER.read_callback is not None
    return PARTNER.read_callback(raw, headers, ACCOUNT)


def test_a_webhook_only_makes_the_hub_ask() -> None:
    """It names neither amount nor link: even a proven one decides nothing and leaves nothing behind."""
    news = read(webhook({"external_id": REFERENCE, "status": "EXECUTED"}))
    assert (news.reference, news.trusted, news.outcome, news.remember, news.happened) == (REFERENCE, True, None, {}, ())
    assert news.acknowledgement.status == 200


def test_an_approval_is_told_to_the_bank() -> None:
    """A person must release the order: the bank hears of it, if the webhook is proven."""
    raw = webhook({"external_id": REFERENCE, "status": "PENDING APPROVAL"})
    said = Happening("action-required", "awaiting approval: a person must release the order")
    assert read(raw).happened == (said,)
    forged = read(raw, "sha256=" + "0" * 64)
    assert (forged.trusted, forged.happened, forged.acknowledgement.status) == (False, (), 401)
    assert not read(raw, hmac.digest(b"made-up", raw, "sha256").hex()).trusted, "the scheme is part of the header"


def test_a_webhook_about_nobodys_order_is_taken() -> None:
    """An order that somebody placed by hand has no external_id; what is no webhook at all is garbled."""
    assert read(webhook({"external_id": None, "status": "EXECUTED"})).reference == ""
    with pytest.raises(Garbled):
        read(b"{}")


# Against the simulator, over real sockets.


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Stand, TremendousAccount]]:
    var: Path = tmp_path_factory.mktemp("tremendous")
    fleet.prepare(var, ["tremendous"])
    with fleet.start(var, names=["tremendous"], processing_seconds=0.1, late_seconds=0.4) as started:
        known = json.loads((var / "tremendous" / "credentials.json").read_text())
        stand = started.stands["tremendous"]
        yield stand, TremendousAccount(base_url=stand.protocol, **known)


@pytest.fixture
def stand(running: tuple[fleet.Stand, TremendousAccount]) -> TremendousAccount:
    return running[1]


async def nobody(_: Http) -> Reply:
    raise AssertionError


@asynccontextmanager
async def line(account: TremendousAccount) -> AsyncIterator[Bench]:
    """A bench on a real channel."""
    made = Bench(nobody, manifest=MANIFEST, account=account, watch=Watch(datetime.now(UTC)))
    channel = Channel(connect=timedelta(seconds=1), connections=4)
    made.line = replace(made.line, channel=channel, patience=timedelta(seconds=1))
    yield made
    await channel.close()


async def gift(at: Bench, **changes: Any) -> Purchase:
    """A purchase of what the simulator sells."""
    (product,) = (await SCENARIO.list_products(ProductSearch(region="US", kind="gift-card", limit=1), at.call())).items
    face = product.denominations[0] if product.denominations else product.minimum
    assert face is not None
    total = Money.of(face.value * 2, face.currency)
    facts: dict[str, Any] = {"product_id": product.product_id, "face_value": face, "max_total": total, "quantity": 2}
    wanted = Purchase(**(facts | {"recipient": "13900000001"} | changes))
    await SCENARIO.check_purchase(wanted, at.call())
    return wanted


async def settled(at: Bench, wanted: Purchase, reference: str) -> Any:
    for _ in range(40):
        outcome = await SCENARIO.find_purchase(wanted, at.enquiry(reference))
        if not isinstance(outcome, Pending):
            return outcome
        await asyncio.sleep(0.05)
    return outcome


async def test_a_purchase_is_charged_then_delivered(stand: TremendousAccount) -> None:
    """Listed, checked, bought, its links awaited and fetched; a reference that was never used is absent."""
    async with line(stand) as at:
        wanted = await gift(at)
        assert isinstance(await SCENARIO.find_purchase(wanted, at.enquiry("NEVER" * 5)), Absent)
        assert isinstance(await SCENARIO.buy(wanted, at.attempt("A" * 26)), Pending)
        outcome = await settled(at, wanted, "A" * 26)
        assert (outcome.result.ordered, outcome.result.delivered, outcome.result.paid) == (2, 2, wanted.max_total)
        assert len({piece.link for piece in outcome.result.pieces.reveal()}) == 2
        replay = await SCENARIO.buy(await gift(at, quantity=1), at.attempt("A" * 26))
        assert isinstance(replay, Unknown)


@pytest.mark.parametrize(
    ("tail", "fate"),
    [
        (17, ("declined", "partner-failure")),
        (25, ("declined", "not-eligible")),
        (26, ("delivered", 2)),
        (27, ("declined", "partner-failure")),
        (29, ("delivered", 2)),
        (30, ("declined", "cancelled")),
        (31, ("delivered", 2)),
        (33, ("declined", "partner-failure")),
        (35, ("delivered", 1)),
    ],
)
async def test_fates_of_magic_recipients(stand: TremendousAccount, tail: int, fate: tuple[str, Any]) -> None:
    """Approved, refused, cancelled, delivered in part or not at all: each ends as what is true."""
    async with line(stand) as at:
        wanted, reference = await gift(at, recipient=people.magic_mobile(tail)), f"FATE{tail:022}"
        outcome = await SCENARIO.buy(wanted, at.attempt(reference))
        if isinstance(outcome, Pending):
            outcome = await settled(at, wanted, reference)
        if isinstance(outcome, Declined):
            assert ("declined", outcome.reason.code) == fate
        else:
            assert isinstance(outcome, Succeeded)
            assert ("delivered", outcome.result.delivered) == fate


@pytest.mark.parametrize(
    ("tail", "found"), [(2, Absent), (6, Succeeded), (10, Succeeded), (11, Unknown), (12, Succeeded)]
)
async def test_what_was_not_answered_is_found_out(stand: TremendousAccount, tail: int, found: type) -> None:
    """Whatever went wrong with an order, or was reported wrongly, the enquiry says what became of it."""
    async with line(stand) as at:
        wanted, reference = await gift(at, recipient=people.magic_mobile(tail)), f"DOUBT{tail:021}"
        with suppress(MaybeSent):
            assert isinstance(await SCENARIO.buy(wanted, at.attempt(reference)), Unknown | Pending)
        assert isinstance(await settled(at, wanted, reference), found)


async def test_a_real_webhook_is_believed(running: tuple[fleet.Stand, TremendousAccount]) -> None:
    """What the simulator signs is proven, names our reference, and tells of the approval."""
    stand, account = running
    with Listener(b"") as listener:
        assert Door(stand).call("POST", "/_sandbox/notify-url", {"url": listener.url})[0] == 200
        async with line(account) as at:
            await SCENARIO.buy(await gift(at, recipient=people.magic_mobile(28)), at.attempt("W" * 26))
        until(lambda: bool(listener.letters))
    letter = listener.letters[0]
    assert PARTNER.read_callback is not None
    news = PARTNER.read_callback(letter.body, letter.headers, account)
    assert (news.reference, news.trusted, [one.what for one in news.happened]) == ("W" * 26, True, ["action-required"])
