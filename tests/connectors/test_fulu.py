"""What is odd about this partner: signatures of sorted characters, prices finer than a 分, cards that are asked for."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.fulu.connector import PARTNER, FuluRights
from connectors.fulu.gateway import MANIFEST, FuluAccount
from connectors.fulu.orders import guard
from connectors.kit.channel import Channel
from connectors.kit.signing import aes
from sandbox.stand import fleet
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.money import Money
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.refs import PartnerRef
from schemas.rights import ProductSearch, Purchase, Purchased, QuoteRequest
from tests.connectors.kit.bench import Bench, Watch

SECRET = "0123456789abcdef0123456789ABCDEF"
ACCOUNT = FuluAccount(base_url="https://fulu.example/", app_key="a/b+c=", app_secret=SECRET)
SCENARIO = FuluRights()
REFERENCE = "R" * 26
MEMBERSHIP = {
    "product_id": 1,
    "product_name": "影视会员月卡",
    "product_type": "直充",
    "face_value": 30,
    "purchase_price": 27.9,
    "sales_status": "上架",
    "template_id": "account",
}
VOUCHER = MEMBERSHIP | {"product_id": 2, "product_type": "卡密", "purchase_price": 33.3333, "template_id": None}
GAME = MEMBERSHIP | {"product_id": 3, "template_id": "game"}
ACCOUNT_FIELD = {"name": "charge_account", "label": "充值账号", "required": True}


def sign(text: str) -> str:
    """The partner's recipe, by hand: characters one by one in their order, then the secret."""
    return md5(("".join(sorted(text)) + SECRET).encode(), usedforsecurity=False).hexdigest()


def result(body: Any, code: int = 0, **changes: Any) -> Reply:
    text = "" if body is None else json.dumps(body, ensure_ascii=False)
    envelope = {"code": code, "message": "", "result": text, "sign": sign(text)} | changes
    return Reply(status=200, body=json.dumps(envelope).encode())


def refusal(code: int) -> Reply:
    return result(None, code)


def order(**changes: Any) -> Reply:
    facts = {
        "order_id": "1",
        "customer_order_no": REFERENCE,
        "product_id": 2,
        "charge_account": None,
        "buy_num": 2,
        "order_price": 66.6666,
        "order_state": "success",
        "order_type": 3,
        "cards": None,
    }
    return result(facts | changes)


def sealed(text: str) -> str:
    return b64encode(aes.encrypt_ecb(SECRET.encode(), text.encode())).decode()


def card(number: str) -> dict[str, Any]:
    return {"card_number": sealed(number), "card_pwd": sealed("0042"), "card_deadline": "2027-01-01 07:00:00"}


class Platform:
    """The partner's side: whatever the test puts on a method."""

    def __init__(self) -> None:
        goods = {1: MEMBERSHIP, 2: VOUCHER, 3: GAME}
        templates = {"account": [ACCOUNT_FIELD], "game": [ACCOUNT_FIELD, {"name": "charge_game_srv", "required": True}]}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.on: dict[str, Any] = {
            "goods.list": result(list(goods.values())),
            "goods.info": lambda biz: result(goods[biz["product_id"]]),
            "goods.template": lambda biz: result({"fields": templates[biz["template_id"]]}),
            "goods.stock": result({"product_id": 1, "stock": 3, "stock_status": "警报"}),
        }

    async def __call__(self, message: Http) -> Reply | BaseException:
        fields = json.loads(message.body)
        method = ".".join(fields["method"].split(".")[1:3])
        biz = json.loads(fields["biz_content"])
        self.asked.append((fields["method"], biz))
        answer = self.on[method]
        return answer(biz) if callable(answer) else answer

    def ordered(self) -> list[tuple[str, dict[str, Any]]]:
        return [(method, biz) for method, biz in self.asked if method.endswith(".add")]


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def bench(platform: Platform) -> Bench:
    return Bench(platform, manifest=MANIFEST, account=ACCOUNT)


def ref(local_id: int | str) -> PartnerRef:
    return PartnerRef(MANIFEST.id, str(local_id))


def yuan(amount: str) -> Money:
    return Money(amount=amount, currency="CNY")


def purchase(local_id: int | str = 1, **changes: Any) -> Purchase:
    facts: dict[str, Any] = {"product_id": ref(local_id), "max_total": yuan("100.00"), "recipient": "13900000099"}
    return Purchase(**(facts | changes))


async def test_request_is_signed_over_canonical_text(bench: Bench) -> None:
    """The text signed has bare slashes and Chinese, no spaces, and the local time; biz_content is JSON in a string."""
    await SCENARIO.list_products(ProductSearch(), bench.call())
    message = bench.channel.seen[0]
    fields = json.loads(message.body)
    signature = fields.pop("sign")
    assert signature == sign(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))
    assert message.url == "https://fulu.example/api/getway"
    assert fields["timestamp"] == "2026-11-23 16:00:00"
    assert fields["biz_content"] == "{}"


async def test_products_are_what_can_be_ordered(bench: Bench, platform: Platform) -> None:
    """Prices are rounded up to a 分; what is off sale, of an unknown type, or wants a game's server is left out."""
    odd = [MEMBERSHIP | {"product_id": 4, "sales_status": "下架"}, MEMBERSHIP | {"product_id": 5, "product_type": "?"}]
    platform.on["goods.list"] = result([MEMBERSHIP, VOUCHER, GAME, *odd])
    page = await SCENARIO.list_products(ProductSearch(region="330100"), bench.call())
    assert [product.product_id.local_id for product in page.items] == ["1", "2", "mobile"]
    membership, voucher, mobile = page.items
    assert (membership.kind, voucher.kind, mobile.kind) == ("top-up", "voucher", "top-up")
    assert voucher.prices[0].price == yuan("33.34")
    assert len(mobile.denominations) == 8
    assert (await SCENARIO.list_products(ProductSearch(region="NG"), bench.call())).items == []


async def test_pages_go_on_where_they_ended(bench: Bench, platform: Platform) -> None:
    """A page ends at its limit, or where it would ask for too many templates; the next goes on there."""
    many = [MEMBERSHIP | {"product_id": number, "template_id": f"t{number}"} for number in range(1, 10)]
    platform.on |= {"goods.list": result(many), "goods.template": result({"fields": [ACCOUNT_FIELD]})}
    seen: list[str] = []
    cursor: str | None = None
    sizes = []
    while cursor or not sizes:
        page = await SCENARIO.list_products(ProductSearch(cursor=cursor, limit=8), bench.call())
        seen += [product.product_id.local_id for product in page.items]
        sizes.append(len(page.items))
        cursor = page.next
    assert sizes == [6, 4]
    assert seen == [*(str(number) for number in range(1, 10)), "mobile"]


async def test_quote_adds_up_before_it_rounds(bench: Bench) -> None:
    """Three pieces at 33.3333 are 100.00, not three times 33.34; a mobile top-up is quoted at the contract's rate."""
    quote = await SCENARIO.quote(QuoteRequest(product_id=ref(2), quantity=3), bench.call())
    assert (quote.total, quote.unit_price) == (yuan("100.00"), yuan("33.34"))
    topped = await SCENARIO.quote(QuoteRequest(product_id=ref("mobile"), face_value=yuan("30")), bench.call())
    assert topped.total == yuan("29.55")


@pytest.mark.parametrize(
    ("wanted", "at"),
    [
        (purchase(quantity=4, max_total=yuan("1000")), "quantity"),
        (purchase(max_total=yuan("27.89")), "max_total.amount"),
        (purchase(max_total=Money(amount="100", currency="USD")), "max_total.currency"),
        (purchase(face_value=yuan("31")), "face_value.amount"),
        (purchase(recipient=None), "recipient"),
        (purchase(3), "product_id"),
        (purchase("x"), "product_id"),
        (purchase("mobile", face_value=yuan("51")), "face_value.amount"),
        (purchase("mobile"), "face_value"),
        (purchase("mobile", face_value=yuan("50"), quantity=2), "quantity"),
        (purchase("mobile", face_value=yuan("50"), recipient="someone@example.com"), "recipient"),
    ],
)
async def test_refusal_names_the_field(bench: Bench, wanted: Purchase, at: str) -> None:
    """What breaks a rule is refused before an order exists, at the field that a bank knows."""
    with pytest.raises(Refused) as caught:
        await SCENARIO.check_purchase(wanted, bench.call())
    assert caught.value.field == at


@pytest.mark.parametrize(
    ("method", "answer"), [("goods.info", refusal(3001)), ("goods.info", result(MEMBERSHIP | {"sales_status": "下架"}))]
)
async def test_what_is_not_sold_is_refused(bench: Bench, platform: Platform, method: str, answer: Reply) -> None:
    """A good that is unknown or off sale is refused as such."""
    platform.on[method] = answer
    with pytest.raises(Refused) as caught:
        await SCENARIO.check_purchase(purchase(), bench.call())
    assert caught.value.field == "product_id"


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (
            purchase(quantity=3, max_total=yuan("100.00")),
            (
                "fulu.order.direct.add",
                {"product_id": 1, "charge_account": "13900000099", "buy_num": 3, "customer_price": "33.3333"},
            ),
        ),
        (
            purchase(2, max_total=yuan("40"), recipient=None),
            ("fulu.order.card.add", {"product_id": 2, "buy_num": 1, "customer_price": "40.0000"}),
        ),
        (
            purchase("mobile", face_value=yuan("50"), recipient="+8613900000099"),
            (
                "fulu.order.mobile.add",
                {"charge_phone": "13900000099", "charge_value": 50, "customer_price": "100.0000"},
            ),
        ),
    ],
    ids=["direct", "card", "mobile"],
)
async def test_type_of_the_goods_chooses_the_order(
    bench: Bench, platform: Platform, wanted: Purchase, sent: tuple[str, dict[str, Any]]
) -> None:
    """Each type has an order of its own, under our reference, guarded by the price of one piece, rounded down."""
    platform.on |= {"order.direct": order(), "order.card": order(), "order.mobile": order()}
    outcome = await SCENARIO.buy(wanted, bench.attempt(REFERENCE))
    assert outcome == Pending(stage="accepted")
    assert platform.ordered() == [(sent[0], sent[1] | {"customer_order_no": REFERENCE})]


async def answered(bench: Bench, platform: Platform, answer: Reply, **handles: str) -> Any:
    platform.on["order.direct"] = answer
    return await SCENARIO.buy(purchase(), bench.attempt(REFERENCE, way="direct", **handles))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (3001, "declined"),
        (3002, "declined"),
        (3003, "out-of-stock"),
        (3004, "account-unknown"),
        (3005, "price-changed"),
        (3008, "partner-failure"),
    ],
)
async def test_definite_refusals_are_declined(bench: Bench, platform: Platform, code: int, reason: str) -> None:
    """3001 to 3005 and 3008 mean that nothing was accepted."""
    outcome = await answered(bench, platform, refusal(code))
    assert isinstance(outcome, Declined)
    assert (outcome.reason.code, outcome.reason.partner_code) == (reason, str(code))


@pytest.mark.parametrize(
    ("code", "unmapped"), [(3006, False), (3007, False), (1003, False), (2001, False), (7777, True)]
)
async def test_other_codes_leave_it_open(bench: Bench, platform: Platform, code: int, unmapped: bool) -> None:
    """A number that is known already, an unknown end, a code that nobody mapped: never again, and not failed."""
    outcome = await answered(bench, platform, refusal(code))
    assert isinstance(outcome, Unknown)
    assert outcome.unmapped is unmapped


@pytest.mark.parametrize(
    "answer",
    [
        result({}, sign=sign("x")),
        result({}, sign=""),
        result(None, 3003, sign=""),
        result(None, 3003, sign=None),
        order(customer_order_no="another"),
        result("no object"),
        Reply(status=500, body=b""),
        Reply(status=200, body=b""),
        Reply(status=200, body=b'{"code": 0, "result": "{'),
    ],
)
async def test_unusable_answers_may_have_bought(bench: Bench, platform: Platform, answer: Reply) -> None:
    """An empty, broken, unsigned or foreign answer decides nothing: what public code refunds on sight stays open."""
    with pytest.raises(MaybeSent):
        await answered(bench, platform, answer)


async def find(bench: Bench, platform: Platform, answer: Reply, wanted: Purchase | None = None, **handles: str) -> Any:
    platform.on["order.info"] = answer
    return await SCENARIO.find_purchase(wanted or purchase(2, quantity=2), bench.enquiry(REFERENCE, **handles))


async def test_cards_come_decrypted_and_sealed(bench: Bench, platform: Platform) -> None:
    """Card numbers keep their leading zeros, the deadline is local, what was paid is rounded up, nothing is printed."""
    outcome = await find(bench, platform, order(cards=[card("0012"), card("0013")]), way="card")
    assert isinstance(outcome, Succeeded)
    bought: Purchased = outcome.result
    assert (bought.ordered, bought.delivered, bought.paid) == (2, 2, yuan("66.67"))
    assert bought.pieces is not None
    first, second = bought.pieces.reveal()
    assert (first.number, first.pin, second.number) == ("0012", "0042", "0013")
    assert first.valid_until == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert "0012" not in repr(outcome)


async def test_success_without_cards_is_not_complete(bench: Bench, platform: Platform) -> None:
    """Cards that are null, none or empty are awaited, even where only the partner says that it is a card order."""
    for cards, handles in ((None, {"way": "card"}), ([], {"way": "card"}), ([{"card_number": None}], {})):
        outcome = await find(bench, platform, order(cards=cards), **handles)
        assert isinstance(outcome, Pending)
        assert outcome.stage == "cards-awaited"


async def test_fewer_cards_are_all_that_come(bench: Bench, platform: Platform) -> None:
    """One card of two is a success in part, and says so."""
    outcome = await find(bench, platform, order(cards=[card("1")]), way="card")
    assert (outcome.result.ordered, outcome.result.delivered) == (2, 1)


async def test_cards_that_do_not_open_decide_nothing(bench: Bench, platform: Platform) -> None:
    """A card under another key is garbled, and never shown."""
    for bad in ("###", b64encode(b"x" * 16).decode()):
        with pytest.raises(Garbled):
            await find(bench, platform, order(cards=[{"card_number": bad}]), way="card")


async def test_direct_success_needs_no_cards(bench: Bench, platform: Platform) -> None:
    """A top-up is simply there."""
    answer = order(product_id=1, buy_num=1, order_type=4, charge_account="13900000099", order_price=27.9)
    outcome = await find(bench, platform, answer, purchase(), way="direct")
    assert outcome == Succeeded(result=Purchased(ordered=1, delivered=1, paid=yuan("27.90")))


@pytest.mark.parametrize(
    ("state", "means", "unmapped"),
    [("processing", Pending, False), ("failed", Declined, None), ("refunded", Pending, True), (None, Pending, True)],
)
async def test_state_decides(
    bench: Bench, platform: Platform, state: str | None, means: type, unmapped: bool | None
) -> None:
    """Any state but three is open, and somebody is told."""
    with capture_logs() as logs:
        outcome = await find(bench, platform, order(order_state=state))
    assert isinstance(outcome, means)
    assert getattr(outcome, "unmapped", None) is unmapped
    assert bool(logs) is bool(unmapped)


async def test_unknown_order_is_absent(bench: Bench, platform: Platform) -> None:
    """2001 is absence, which is no failure; any other code says nothing."""
    assert isinstance(await find(bench, platform, refusal(2001)), Absent)
    assert isinstance(await find(bench, platform, refusal(9)), Unknown)


@pytest.mark.parametrize(
    "changes", [{"customer_order_no": "another"}, {"product_id": 9}, {"buy_num": 3}, {"charge_account": "another"}]
)
async def test_another_order_decides_nothing(bench: Bench, platform: Platform, changes: dict[str, Any]) -> None:
    """An order that contradicts ours in anything is no news about it, and is loud."""
    with capture_logs() as logs:
        outcome = await find(bench, platform, order(**changes), way="direct")
    assert isinstance(outcome, Unknown)
    assert [entry["log_level"] for entry in logs] == ["error"]


def push(**changes: str) -> dict[str, str]:
    fields = {
        "order_id": "1",
        "customer_order_no": REFERENCE,
        "order_status": "success",
        "recharge_description": "充值成功/已到账",
        "product_id": "1",
        "price": "27.9000",
        "buy_num": "1",
    } | changes
    return fields | {"sign": sign(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))}


@pytest.mark.parametrize("status", ["success", "failed", "else"])
def test_push_is_a_hint_however_it_is_signed(status: str) -> None:
    """A push whose signature holds, escaped or not, is thanked for and has the enquiry asked; it decides nothing."""
    read = PARTNER.read_callback
    assert read is not None
    for escaped in (True, False):
        news = read(json.dumps(push(order_status=status), ensure_ascii=escaped).encode(), {}, ACCOUNT)
        assert (news.reference, news.trusted, news.outcome) == (REFERENCE, True, None)
        assert news.acknowledgement.body == b"success"


@pytest.mark.parametrize("changes", [{"sign": ""}, {"sign": "0" * 32}, {"buy_num": "3"}])
def test_unsigned_push_is_not_believed(changes: dict[str, str]) -> None:
    """A push that does not verify is neither trusted nor thanked for; one without an order number is unreadable."""
    read = PARTNER.read_callback
    assert read is not None
    news = read(json.dumps(push() | changes).encode(), {}, ACCOUNT)
    assert (news.trusted, news.acknowledgement.body) == (False, b"fail")
    for unreadable in (b"", b"[]", b'{"sign": "x"}', b'{"customer_order_no": 1}'):
        with pytest.raises(Garbled):
            read(unreadable, {}, ACCOUNT)


def test_secrets_are_not_printed() -> None:
    """Neither half of the secret's work shows it."""
    assert SECRET not in repr(ACCOUNT)


def test_guard_never_adds_up_to_more() -> None:
    """The price of one piece, so many times, stays within the price guard."""
    for quantity in (1, 3, 7, 99):
        assert Decimal(guard(purchase(quantity=quantity))) * quantity <= 100


# Over real sockets, against the simulator.


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Stand, FuluAccount]]:
    var = tmp_path_factory.mktemp("fulu")
    fleet.prepare(var, ["fulu"])
    with fleet.start(var, names=["fulu"], processing_seconds=0.1, late_seconds=0.4, retry_seconds=0.05) as running:
        known = json.loads((var / "fulu" / "credentials.json").read_text())
        yield running.stands["fulu"], FuluAccount(base_url=running.stands["fulu"].protocol, **known)


@asynccontextmanager
async def line(account: FuluAccount) -> AsyncIterator[Bench]:
    """A bench on a real channel."""
    bench = Bench(Platform(), manifest=MANIFEST, account=account, watch=Watch(datetime.now(UTC)))
    channel = Channel(connect=timedelta(seconds=1), connections=4)
    bench.line = replace(bench.line, channel=channel, patience=timedelta(seconds=1))
    try:
        yield bench
    finally:
        await channel.close()


async def settled(bench: Bench, wanted: Purchase, reference: str, way: str) -> Any:
    """What the enquiry says once it is no longer pending, or after a second."""
    for _ in range(20):
        outcome = await SCENARIO.find_purchase(wanted, bench.enquiry(reference, way=way))
        if not isinstance(outcome, Pending):
            break
        await asyncio.sleep(0.05)
    return outcome


async def test_walk_from_the_list_to_the_cards(stand: tuple[fleet.Stand, FuluAccount]) -> None:
    """Listed, quoted, checked, bought and found: a top-up, two cards, a mobile, cards in part and late."""
    async with line(stand[1]) as bench:
        page = await SCENARIO.list_products(ProductSearch(limit=200), bench.call())
        assert {"10000003", "10000023"}.isdisjoint(product.product_id.local_id for product in page.items)
        for number, (local_id, quantity, way) in enumerate(
            [
                ("10000001", 1, "direct"),
                ("10000012", 2, "card"),
                ("mobile", 1, "mobile"),
                ("10000031", 2, "card"),
                ("10000032", 1, "card"),
            ]
        ):
            product = next(each for each in page.items if each.product_id.local_id == local_id)
            asked = QuoteRequest(product_id=product.product_id, quantity=quantity, face_value=product.denominations[0])
            quote = await SCENARIO.quote(asked, bench.call())
            wanted = Purchase(
                product_id=product.product_id, quantity=quantity, face_value=product.denominations[0],
                max_total=quote.total, recipient="13900000099",
            )  # fmt: skip
            attempt = bench.attempt(reference := f"W{number}".ljust(26, "0"))
            await SCENARIO.check_purchase(wanted, attempt)
            assert isinstance(await SCENARIO.buy(wanted, attempt), Pending)
            outcome = await settled(bench, wanted, reference, way)
            assert isinstance(outcome, Succeeded)
            assert wanted.contradicts(outcome.result) is None
            assert outcome.result.paid == quote.total
            assert outcome.result.delivered == (1 if local_id == "10000031" else quantity)
            assert (outcome.result.pieces is not None) == (way == "card")
            if outcome.result.pieces:
                assert all((piece.number or "").startswith("0") for piece in outcome.result.pieces.reveal())


@pytest.mark.parametrize(
    ("tail", "bought", "found"),
    [
        (2, MaybeSent, Absent),
        (4, MaybeSent, Succeeded),
        (6, MaybeSent, Succeeded),
        (7, MaybeSent, Succeeded),
        (8, MaybeSent, Succeeded),
        (10, MaybeSent, Succeeded),
        (12, Unknown, Succeeded),
        (17, "account-unknown", Absent),
        (27, Pending, Declined),
        (28, Pending, Pending),
        (30, "out-of-stock", Absent),
        (33, Unknown, Succeeded),
        (34, "price-changed", Absent),
        (35, Unknown, Absent),
        (36, "declined", Absent),
        (37, "partner-failure", Absent),
    ],
)
async def test_misfortunes_are_read_as_they_are_meant(
    stand: tuple[fleet.Stand, FuluAccount], tail: int, bought: Any, found: type
) -> None:
    """What goes wrong on the way is neither believed nor given up, and the enquiry tells."""
    wanted = purchase("10000001", recipient=f"199000000{tail:02}", max_total=yuan("99"))
    reference = f"{tail:M>26}"
    async with line(stand[1]) as bench:
        attempt = bench.attempt(reference)
        try:
            outcome: Any = await SCENARIO.buy(wanted, attempt)
        except MaybeSent:
            outcome = MaybeSent
        assert attempt.submitted
        if isinstance(bought, str):
            assert outcome.reason.code == bought
        else:
            assert outcome is bought or isinstance(outcome, bought)
        if found is Pending:
            assert isinstance(await SCENARIO.find_purchase(wanted, bench.enquiry(reference)), Pending)
        else:
            assert isinstance(await settled(bench, wanted, reference, "direct"), found)


async def test_price_that_rose_is_caught_twice(stand: tuple[fleet.Stand, FuluAccount]) -> None:
    """A good that costs more than its list says is refused by the partner's own guard, and nothing is bought."""
    async with line(stand[1]) as bench:
        quote = await SCENARIO.quote(QuoteRequest(product_id=ref(10000024)), bench.call())
        outcome = await SCENARIO.buy(purchase(10000024, max_total=quote.total), bench.attempt("P" * 26))
        assert isinstance(outcome, Declined)
        assert outcome.reason.code == "price-changed"
        with pytest.raises(Refused) as caught:
            await SCENARIO.check_purchase(purchase(10000021), bench.call())
        assert caught.value.field == "quantity"


async def test_pushes_are_read(stand: tuple[fleet.Stand, FuluAccount]) -> None:
    """What the simulator pushes verifies, and is acknowledged in the words that stop it."""
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nsuccess")
        await writer.drain()
        writer.close()
        if not heard.done():
            heard.set_result(body)

    door, account = stand
    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/callbacks"
    async with line(account) as bench:
        register = Http(method="POST", url=f"{door.door}/_sandbox/notify-url", body=json.dumps({"url": url}).encode())
        assert (await bench.line.channel.exchange(register, timedelta(seconds=1))).status == 200
        await SCENARIO.buy(purchase("10000001"), bench.attempt("C" * 26))
        body = await asyncio.wait_for(heard, 5)
    server.close()
    read = PARTNER.read_callback
    assert read is not None
    news = read(body, {}, account)
    assert (news.reference, news.trusted, news.outcome) == ("C" * 26, True, None)
