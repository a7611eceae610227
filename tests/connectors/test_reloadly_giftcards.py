"""What is odd about this partner: two currencies, numbers of cards as JSON numbers, cards by a call of their own."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from structlog.testing import capture_logs

from connectors.kit.channel import Channel
from connectors.reloadly_giftcards.connector import ReloadlyGiftCards
from connectors.reloadly_giftcards.exchange import MANIFEST, GiftcardsAccount
from sandbox.stand import fleet
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.money import Money
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.refs import PartnerRef
from schemas.rights import Piece, ProductSearch, Purchase, QuoteRequest
from tests.connectors.kit.bench import START, Bench, Watch

REFERENCE = "R" * 26
ACCOUNT = GiftcardsAccount(
    base_url="https://giftcards.example/",
    client_id="client-1",
    client_secret="made-up",
    audience="https://cards.example",
)
SCENARIO = ReloadlyGiftCards()

PETS = b"""{"productId": 1, "productName": "1-800-PetSupplies", "global": false, "senderFee": 205.29,
  "discountPercentage": 7.5, "denominationType": "FIXED", "recipientCurrencyCode": "USD",
  "minRecipientDenomination": null, "maxrecipientDenomination": null, "senderCurrencyCode": "NGN",
  "minSenderDenomination": null, "maxSenderDenomination": null, "fixedRecipientDenominations": [25, 50],
  "fixedSenderDenominations": [10264.5, 20529],
  "fixedRecipientToSenderDenominationsMap": [{"25.00": 10264.5}, {"50.00": 20529}],
  "brand": {"brandId": 1, "brandName": "1-800-PetSupplies"},
  "country": {"isoName": "US", "name": "United States", "flagUrl": "https://flags.example/us.svg"},
  "redeemInstruction": {"concise": "This card is redeemable for merchandise", "verbose": "Your acceptance"}}"""
"""The document's own example."""
FAILURE = {"timeStamp": "2021-03-19 21:14:00", "path": "/orders", "infoLink": None, "details": []}
PRICE = "Invalid price, please ensure you selected the right price."
GONE = "The product was either not found or is no longer available, Please contact support"


def answer(body: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def error(code: str | None, message: str = "", status: int = 400) -> Reply:
    return answer(FAILURE | {"errorCode": code, "message": message}, status)


def gift_card(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(PETS)
    return row | changes


def ranged(**changes: Any) -> dict[str, Any]:
    """A card of any amount from 5 to 200 euros, whose most is spelt as in the example."""
    facts: dict[str, Any] = {
        "productId": 4,
        "denominationType": "RANGE",
        "recipientCurrencyCode": "EUR",
        "minRecipientDenomination": 5,
        "maxrecipientDenomination": 200,
        "fixedRecipientDenominations": [],
        "fixedRecipientToSenderDenominationsMap": None,
        "country": {"isoName": "ES"},
    }
    return gift_card(**(facts | changes))


def transaction(ordered: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The document's transaction, under our reference, for two of the first card."""
    facts = {
        "transactionId": 7,
        "amount": 20734.2901,
        "discount": 1539.675,
        "currencyCode": "NGN",
        "fee": 205.29,
        "smsFee": 0,
        "customIdentifier": REFERENCE,
        "status": "SUCCESSFUL",
        "transactionCreatedTime": "2026-11-23 08:00:00",
    }
    product = {"productId": 1, "quantity": 2, "unitPrice": 25.00000, "totalPrice": 50, "currencyCode": "USD"}
    return facts | {"product": product | (ordered or {})} | changes


class Service:
    """The partner's side: a token, and whatever the test puts on a path."""

    def __init__(self) -> None:
        self.on: dict[str, Any] = {
            "/products": answer([gift_card(), ranged()]),
            "/products/1": answer(PETS),
            "/products/4": answer(ranged()),
            "/fx-rate": answer({"senderCurrency": "NGN", "senderAmount": 24630.6942, "recipientCurrency": "EUR"}),
            "/reports/transactions": answer([transaction()]),
            "/orders/transactions/7/cards": answer([{"cardNumber": 1}, {"cardNumber": 2}]),
        }

    async def __call__(self, message: Http) -> Reply | BaseException:
        path = urlsplit(message.url).path
        if path == "/oauth/token":
            return answer({"access_token": "token-1", "expires_in": 300, "token_type": "Bearer"})
        found: Reply = self.on[path]
        return found


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def bench(service: Service) -> Bench:
    return Bench(service, manifest=MANIFEST, account=ACCOUNT)


def ref(local_id: int | str) -> PartnerRef:
    return PartnerRef(MANIFEST.id, str(local_id))


def money(amount: str, currency: str = "USD") -> Money:
    return Money(amount=amount, currency=currency)


def purchase(local_id: int | str = 1, **changes: Any) -> Purchase:
    facts: dict[str, Any] = {
        "product_id": ref(local_id),
        "quantity": 2,
        "face_value": money("25.00"),
        "max_total": money("50000", "NGN"),
    }
    return Purchase(**(facts | changes))


def sent_to(bench: Bench, path: str) -> list[Http]:
    return [message for message in bench.channel.seen if urlsplit(message.url).path == path]


async def test_token_is_asked_for_where_the_account_says(bench: Bench) -> None:
    """Without an address of its own the token is asked for at the product's; the call names this product's version."""
    await SCENARIO.list_products(ProductSearch(), bench.call())
    asked, listed = bench.channel.seen
    assert asked.url == "https://giftcards.example/oauth/token"
    assert json.loads(asked.body)["audience"] == "https://cards.example"
    assert listed.headers["Accept"] == "application/com.reloadly.giftcards-v1+json"


async def test_products_have_choices_or_bounds(bench: Bench, service: Service) -> None:
    """Face values are in the card's currency; what is off sale goes unseen, and what is in doubt is left out loudly."""
    odd = [
        gift_card(status="INACTIVE"),
        gift_card(fixedRecipientDenominations=[]),
        ranged(maxrecipientDenomination=None),
        gift_card(country=None),
        {},
    ]
    service.on["/products"] = answer([gift_card(), ranged(), ranged(**{"global": True}), *odd])
    with capture_logs() as logs:
        page = await SCENARIO.list_products(ProductSearch(limit=8), bench.call())
    fixed, any_amount, everywhere = page.items
    assert fixed.denominations == [money("25.00"), money("50.00")]
    assert (any_amount.denominations, any_amount.minimum, any_amount.maximum) == (
        [],
        money("5.00", "EUR"),
        money("200.00", "EUR"),
    )
    assert (fixed.region, any_amount.region, everywhere.region) == ("US", "ES", None)
    assert fixed.rule == "This card is redeemable for merchandise"
    assert page.next is None
    assert [entry["rows"] for entry in logs] == [4]


async def test_pages_differ_in_length(bench: Bench, service: Service) -> None:
    """A bank may want fewer cards, then more: none is seen twice or passed over, whatever the partner's pages hold."""
    whole, rest = [gift_card(productId=number) for number in range(200)], [gift_card(productId=200)]
    seen, cursor = [], None
    for limit in (3, 200, 50):
        service.on["/products"] = answer(rest if cursor == "200" else whole)
        page = await SCENARIO.list_products(ProductSearch(limit=limit, cursor=cursor), bench.call())
        seen += [one.product_id.local_id for one in page.items]
        cursor = page.next
    assert cursor is None
    assert [parse_qs(urlsplit(one.url).query)["page"] for one in sent_to(bench, "/products")] == [["1"], ["1"], ["2"]]
    assert seen == [str(number) for number in range(201)]


async def test_country_has_a_list_of_its_own(bench: Bench, service: Service) -> None:
    """A region is asked for by its country, paged here; a country that the partner does not serve has nothing."""
    rows = [gift_card(productId=number) for number in range(1, 4)]
    service.on["/countries/US/products"] = answer([*rows, ranged()])
    service.on["/countries/FR/products"] = error("COUNTRY_NOT_SUPPORTED", status=404)
    first = await SCENARIO.list_products(ProductSearch(region="US", limit=2), bench.call())
    second = await SCENARIO.list_products(ProductSearch(region="US", limit=2, cursor=first.next), bench.call())
    assert [one.product_id.local_id for one in [*first.items, *second.items]] == ["1", "2", "3"]
    assert (await SCENARIO.list_products(ProductSearch(region="FR"), bench.call())).items == []
    assert (await SCENARIO.list_products(ProductSearch(kind="lounge"), bench.call())).items == []


async def test_quote_is_in_the_wallets_currency(bench: Bench) -> None:
    """A fixed card has its price with it, a range is asked for; sums are rounded up, the discount is not taken off."""
    quote = await SCENARIO.quote(QuoteRequest(product_id=ref(1), quantity=2, face_value=money("25")), bench.call())
    assert (quote.total, quote.unit_price, quote.fee) == (
        money("20734.29", "NGN"),
        money("10264.50", "NGN"),
        money("205.29", "NGN"),
    )
    wanted = QuoteRequest(product_id=ref(4), quantity=3, face_value=money("20.50", "EUR"))
    assert (await SCENARIO.quote(wanted, bench.call())).total == money("24835.99", "NGN")
    (asked,) = sent_to(bench, "/fx-rate")
    assert parse_qs(urlsplit(asked.url).query) == {"currencyCode": ["EUR"], "amount": ["61.50"]}


@pytest.mark.parametrize(
    ("wanted", "at"),
    [
        (purchase(face_value=money("26")), "face_value.amount"),
        (purchase(face_value=money("25", "EUR")), "face_value.currency"),
        (purchase(face_value=None), "face_value"),
        (purchase(4, face_value=money("200.01", "EUR")), "face_value.amount"),
        (purchase(4, face_value=money("4.99", "EUR")), "face_value.amount"),
        (purchase(max_total=money("20734.28", "NGN")), "max_total.amount"),
        (purchase(max_total=money("50000")), "max_total.currency"),
        (purchase(max_total=money("20734.29", "NGN"), recipient="13900000099"), "max_total.amount"),
        (purchase(recipient="+4915100000000"), "recipient"),
        (purchase("../1"), "product_id"),
    ],
)
async def test_refusal_names_the_field(bench: Bench, wanted: Purchase, at: str) -> None:
    """What breaks a rule is refused before an order exists; a text message needs room under the price guard."""
    with pytest.raises(Refused) as caught:
        await SCENARIO.check_purchase(wanted, bench.call())
    assert caught.value.field == at


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        ("/products/4", answer(ranged(status="INACTIVE"))),
        ("/products/4", error(None, GONE)),
        ("/fx-rate", error("FX_RATE_NOT_AVAILABLE", status=500)),
    ],
)
async def test_what_is_not_sold_is_refused(bench: Bench, service: Service, path: str, reply: Reply) -> None:
    """A card that is off sale, gone, or without a rate is refused as such."""
    service.on[path] = reply
    with pytest.raises(Refused) as caught:
        await SCENARIO.check_purchase(purchase(4, face_value=money("5", "EUR")), bench.call())
    assert caught.value.field == "product_id"


@pytest.mark.parametrize(
    ("recipient", "extra"),
    [
        (None, {}),
        ("a@example.com", {"recipientEmail": "a@example.com"}),
        ("+8613900000099", {"recipientPhoneDetails": {"countryCode": "CN", "phoneNumber": "13900000099"}}),
    ],
)
async def test_order_is_exact(bench: Bench, service: Service, recipient: str | None, extra: dict[str, Any]) -> None:
    """The price leaves as an exact number in the card's currency, under our reference, with whom to tell."""
    service.on["/orders"] = answer(transaction(status="PENDING"))
    outcome = await SCENARIO.buy(purchase(recipient=recipient), bench.attempt(REFERENCE))
    assert outcome == Pending(stage="pending")
    (sent,) = sent_to(bench, "/orders")
    assert b'"unitPrice":25.00,' in sent.body
    assert json.loads(sent.body) == {
        "productId": 1,
        "quantity": 2,
        "unitPrice": 25,
        "senderName": "Your bank",
        "customIdentifier": REFERENCE,
        **extra,
    }
    assert bench.kept[-1]["transaction_id"] == "7"


async def test_user_id_is_the_recipient(bench: Bench, service: Service) -> None:
    """A card that wants a user id takes the recipient for it, and demands one."""
    service.on |= {
        "/products/1": answer(gift_card(additionalRequirements={"userIdRequired": True})),
        "/orders": answer(transaction(status="PENDING")),
    }
    with pytest.raises(Refused) as caught:
        await SCENARIO.check_purchase(purchase(), bench.call())
    assert caught.value.field == "recipient"
    await SCENARIO.buy(purchase(recipient="13900000099"), bench.attempt(REFERENCE))
    (sent,) = sent_to(bench, "/orders")
    order = json.loads(sent.body)
    assert order["productAdditionalRequirements"] == {"userId": "13900000099"}
    assert "recipientPhoneDetails" not in order


async def buy(bench: Bench, service: Service, reply: Reply) -> Any:
    service.on["/orders"] = reply
    return await SCENARIO.buy(purchase(), bench.attempt(REFERENCE, unit_price="25.00", recipient="contact"))


@pytest.mark.parametrize(
    ("status", "means", "unmapped"),
    [
        ("SUCCESSFUL", Pending, False),
        ("SUCCESS", Pending, False),
        ("PROCESSING", Pending, False),
        ("ON_HOLD", Pending, True),
        ("FAILED", Declined, None),
        ("REFUNDED", Declined, None),
    ],
)
async def test_acknowledgement_brings_no_cards(
    bench: Bench, service: Service, status: str, means: type, unmapped: bool | None
) -> None:
    """Even success waits for the enquiry, which is due at once; a status that nobody mapped is open."""
    outcome = await buy(bench, service, answer(transaction(status=status)))
    assert isinstance(outcome, means)
    assert getattr(outcome, "unmapped", None) is unmapped
    assert getattr(outcome, "check_after", None) == (START if status.startswith("SUCCESS") else None)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (error(None, PRICE), "amount-refused"),
        (error(None, GONE), "declined"),
        (error(None, "The product requires a userId"), "declined"),
        (error(None, "The request body is not valid"), "declined"),
        (error("INSUFFICIENT_BALANCE"), "partner-failure"),
        (error("INVALID_RECIPIENT_PHONE"), "account-unknown"),
    ],
)
async def test_refused_orders_are_declined(bench: Bench, service: Service, reply: Reply, reason: str) -> None:
    """Where an error has no code, its message stands for it."""
    outcome = await buy(bench, service, reply)
    assert isinstance(outcome, Declined)
    assert outcome.reason.code == reason


@pytest.mark.parametrize(
    ("reply", "unmapped"),
    [
        (error("DUPLICATE_IDENTIFIER"), False),
        (error("NEVER_HEARD_OF"), True),
        (error(None, PRICE[:-1], 404), True),
        (error(None, "Something else about the body"), True),
        (error(None), True),
        (answer(b"", 400), True),
        (answer(b"<html>", 400), True),
        (answer(b"<html>", 403), True),
    ],
)
async def test_other_errors_are_unknown(bench: Bench, service: Service, reply: Reply, unmapped: bool) -> None:
    """A reference that exists already, and whatever nobody mapped, decides nothing."""
    outcome = await buy(bench, service, reply)
    assert isinstance(outcome, Unknown)
    assert outcome.unmapped is unmapped


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"", 502),
        answer(b"{"),
        answer({}),
        answer(transaction(customIdentifier="another")),
        error("X", PRICE, 500),
    ],
)
async def test_unusable_answers_may_have_bought(bench: Bench, service: Service, reply: Reply) -> None:
    """A 5xx, garbage, and an answer about another order leave it open."""
    with pytest.raises(Garbled):
        await buy(bench, service, reply)


async def find(bench: Bench, service: Service, rows: Any, cards: Any = None, **handles: str) -> Any:
    service.on["/reports/transactions"] = rows if isinstance(rows, Reply) else answer(rows)
    if cards is not None:
        service.on["/orders/transactions/7/cards"] = cards if isinstance(cards, Reply) else answer(cards)
    return await SCENARIO.find_purchase(purchase(), bench.enquiry(REFERENCE, **handles))


async def test_numbers_keep_what_was_written(bench: Bench, service: Service) -> None:
    """Digits beyond 2^53 and leading zeros in quotes survive; nothing is read as a number on the way."""
    cards = b"""[{"cardNumber": 9007199254740993123, "pinCode": 1000, "redemptionUrl": "https://x.example/1"},
      {"cardNumber": "0000600000000001", "pinCode": "0042"}]"""
    outcome = await find(bench, service, [transaction()], cards)
    assert isinstance(outcome, Succeeded)
    assert outcome.result.pieces.reveal() == [
        Piece(number="9007199254740993123", pin="1000", link="https://x.example/1"),
        Piece(number="0000600000000001", pin="0042"),
    ]
    assert (outcome.result.ordered, outcome.result.delivered) == (2, 2)
    assert outcome.result.paid == money("20734.30", "NGN")
    assert "9007199254740993123" not in repr(outcome)
    (asked,) = sent_to(bench, "/reports/transactions")
    assert parse_qs(urlsplit(asked.url).query) == {"customIdentifier": [REFERENCE]}


async def test_one_card_may_come_bare(bench: Bench, service: Service) -> None:
    """The document's sample is one object: enough for one piece, and not for two."""
    bare = b'{"cardNumber": 6000000000000000, "pinCode": 1000}'
    one = purchase(quantity=1)
    service.on["/orders/transactions/7/cards"] = answer(bare)
    service.on["/reports/transactions"] = answer([transaction({"quantity": 1, "totalPrice": 25})])
    outcome = await SCENARIO.find_purchase(one, bench.enquiry(REFERENCE))
    assert isinstance(outcome, Succeeded)
    assert outcome.result.pieces is not None
    assert outcome.result.pieces.reveal() == [Piece(number="6000000000000000", pin="1000")]
    assert isinstance(await find(bench, service, [transaction()], bare), Pending)


@pytest.mark.parametrize(
    "cards",
    [
        error(None, "Invalid transaction id", 404),
        [],
        [{"cardNumber": 1}],
        [{"cardNumber": 1}, {"cardNumber": None, "pinCode": ""}],
    ],
)
async def test_cards_that_are_missing_are_awaited(bench: Bench, service: Service, cards: Any) -> None:
    """A success is not complete without a card for each piece; not yet there looks like an unknown order, here only."""
    outcome = await find(bench, service, [transaction()], cards)
    assert isinstance(outcome, Pending)
    assert (outcome.stage, outcome.unmapped) == ("cards-awaited", False)


@pytest.mark.parametrize(
    "cards", [b'[{"cardNumber": 6e15}, {"cardNumber": 1}]', b'[{"cardNumber": true}]', b"[0012]", error(None, "", 404)]
)
async def test_unusable_cards_decide_nothing(bench: Bench, service: Service, cards: bytes | Reply) -> None:
    """A number that is no text of digits is garbled, without showing it as evidence."""
    with pytest.raises(Garbled) as caught:
        await find(bench, service, [transaction()], cards)
    assert b"cardNumber" not in caught.value.evidence


@pytest.mark.parametrize(
    ("status", "means", "unmapped"),
    [
        ("PENDING", Pending, False),
        ("PROCESSING", Pending, False),
        ("FAILED", Declined, None),
        ("REFUNDED", Declined, None),
        ("DONE", Pending, True),
        (None, Pending, True),
    ],
)
async def test_status_decides(
    bench: Bench, service: Service, status: str | None, means: type, unmapped: bool | None
) -> None:
    """The document and the SDK disagree about the words, so any other is open."""
    outcome = await find(bench, service, [transaction(status=status)])
    assert isinstance(outcome, means)
    assert getattr(outcome, "unmapped", None) is unmapped


async def test_no_transaction_is_absent(bench: Bench, service: Service) -> None:
    """An empty array is absence; a filter that was overlooked is not."""
    assert isinstance(await find(bench, service, []), Absent)
    assert isinstance(await find(bench, service, [transaction(customIdentifier="another"), {}]), Unknown)


@pytest.mark.parametrize(
    "rows",
    [
        [transaction(), transaction(transactionId=8)],
        [transaction({"productId": 2})],
        [transaction({"quantity": 1, "totalPrice": 25})],
        [transaction({"unitPrice": 50, "totalPrice": 100})],
        [transaction({"totalPrice": 51})],
        [transaction(transactionId=8)],
    ],
    ids=["twice", "product", "quantity", "face-value", "total", "number"],
)
async def test_another_order_decides_nothing(bench: Bench, service: Service, rows: list[Any]) -> None:
    """Two transactions under our reference, or one that contradicts our order or itself: loud, and open."""
    with capture_logs() as logs:
        outcome = await find(bench, service, rows, unit_price="25.00", transaction_id="7")
    assert isinstance(outcome, Unknown)
    assert [entry["log_level"] for entry in logs] == ["error"]


@pytest.mark.parametrize("reply", [answer(b"", 500), answer(b"nonsense"), answer(FAILURE, 404)])
async def test_unusable_enquiry_says_nothing(bench: Bench, service: Service, reply: Reply) -> None:
    """An enquiry that fails is no absence."""
    with pytest.raises(MaybeSent):
        await find(bench, service, reply)


# Over real sockets, against the simulator.


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GiftcardsAccount]:
    var, name = tmp_path_factory.mktemp("giftcards"), "reloadly_giftcards"
    fleet.prepare(var, [name])
    with fleet.start(var, names=[name], processing_seconds=0.1, late_seconds=0.4) as running:
        known = msgspec.json.decode((var / name / "credentials.json").read_bytes())
        yield GiftcardsAccount(base_url=running.stands[name].protocol, **known)


@asynccontextmanager
async def line(account: GiftcardsAccount) -> AsyncIterator[Bench]:
    """A bench on a real channel."""
    bench = Bench(Service(), manifest=MANIFEST, account=account, watch=Watch(datetime.now(UTC)))
    channel = Channel(connect=timedelta(seconds=1), connections=4)
    bench.line = replace(bench.line, channel=channel, patience=timedelta(seconds=1))
    try:
        yield bench
    finally:
        await channel.close()


async def settled(bench: Bench, wanted: Purchase, reference: str) -> Any:
    """What the enquiry says once it is no longer pending, or after a second."""
    for _ in range(20):
        outcome = await SCENARIO.find_purchase(wanted, bench.enquiry(reference))
        if not isinstance(outcome, Pending):
            break
        await asyncio.sleep(0.05)
    return outcome


async def test_walk_from_the_list_to_the_cards(stand: GiftcardsAccount) -> None:
    """Listed, quoted, checked, bought and found: face values on a list, a range, a user id, a yen without decimals."""
    async with line(stand) as bench:
        first = await SCENARIO.list_products(ProductSearch(limit=6), bench.call())
        second = await SCENARIO.list_products(ProductSearch(limit=6, cursor=first.next), bench.call())
        found = {one.product_id.local_id: one for one in [*first.items, *second.items]}
        assert "103" not in found
        spanish = await SCENARIO.list_products(ProductSearch(region="ES"), bench.call())
        assert "4" in {one.product_id.local_id for one in spanish.items}
        for number, local_id in enumerate(["1", "4", "102", "104"]):
            product = found[local_id]
            face_value = product.denominations[-1] if product.denominations else product.minimum
            asked = QuoteRequest(product_id=product.product_id, quantity=2, face_value=face_value)
            quote = await SCENARIO.quote(asked, bench.call())
            wanted = Purchase(
                product_id=product.product_id, quantity=2, face_value=face_value,
                max_total=quote.total, recipient="someone@example.com",
            )  # fmt: skip
            attempt = bench.attempt(reference := f"W{number}".ljust(26, "0"))
            await SCENARIO.check_purchase(wanted, attempt)
            assert isinstance(await SCENARIO.buy(wanted, attempt), Pending)
            outcome = await settled(bench, wanted, reference)
            assert isinstance(outcome, Succeeded)
            assert wanted.contradicts(outcome.result) is None
            assert outcome.result.paid == quote.total
            assert outcome.result.pieces is not None
            assert len(outcome.result.pieces.reveal()) == 2


@pytest.mark.parametrize(
    ("tail", "bought", "found"),
    [
        (2, MaybeSent, Absent),
        (4, MaybeSent, Succeeded),
        (6, MaybeSent, Succeeded),
        (7, MaybeSent, Succeeded),
        (8, MaybeSent, Succeeded),
        (10, MaybeSent, Succeeded),
        (11, Pending, Unknown),
        (12, Pending, Succeeded),
        (17, "partner-failure", Absent),
        (25, "account-unknown", Absent),
        (27, Pending, Declined),
        (28, Pending, Pending),
        (29, Pending, Succeeded),
        (39, Pending, Succeeded),
        (40, Pending, Pending),
        (41, Pending, Succeeded),
        (42, Pending, Succeeded),
        (43, Pending, Succeeded),
        (44, Pending, Pending),
    ],
)
async def test_misfortunes_are_read_as_they_are_meant(
    stand: GiftcardsAccount, tail: int, bought: Any, found: type
) -> None:
    """What goes wrong on the way is neither believed nor given up, and the enquiry tells."""
    wanted = purchase(recipient=f"199000000{tail:02}")
    reference = f"{tail:M>26}"
    async with line(stand) as bench:
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
            return
        outcome = await settled(bench, wanted, reference)
        assert isinstance(outcome, found)
        digits = {42: 19, 43: 12}.get(tail)
        if digits:
            assert {len(piece.number) for piece in outcome.result.pieces.reveal()} == {digits}
