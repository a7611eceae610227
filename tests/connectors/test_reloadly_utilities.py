"""What is odd about this partner. Payloads are the published document's own examples, or say where they differ."""

import asyncio
import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from structlog.testing import capture_logs

from connectors.reloadly_utilities.billers import terms_of
from connectors.reloadly_utilities.connector import ReloadlyUtilityBills
from connectors.reloadly_utilities.exchange import MANIFEST, ReloadlyAccount
from connectors.reloadly_utilities.wire import TRANSACTIONS, BillerRow, TransactionPage
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.money import Money
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.refs import PartnerRef
from schemas.utility_bills import BillerSearch, BillPayment, BillSearch
from tests.connectors.kit.bench import START, Bench

REFERENCE = "0d6c2f0e-5f7a-4c1e-9b55-0b7c2a2f3a11"
ACCOUNT = ReloadlyAccount(
    base_url="https://utilities.example",
    auth_url="https://auth.example/",
    client_id="client-1",
    client_secret="made-up",
    audience="https://utilities.example",
)
SCENARIO = ReloadlyUtilityBills()

BILLER = b"""{"id": 1, "name": "Ikeja Electricity Postpaid", "countryIsoCode": "NG", "type": "ELECTRICITY_BILL_PAYMENT",
  "serviceType": "POSTPAID", "localAmountSupported": true, "localTransactionCurrencyCode": "NGN",
  "minLocalTransactionAmount": 1000, "maxLocalTransactionAmount": 300000, "localTransactionFee": 227.83997,
  "localTransactionFeeCurrencyCode": "INR", "localDiscountPercentage": 0, "internatonalAmountSupported": true,
  "internationalTransactionCurrencyCode": "INR", "minInternationalTransactionAmount": 194.73483,
  "maxInternationalTransactionAmount": 45567.996, "internationalTransactionFee": 227.83997,
  "internationalTransactionFeeCurrencyCode": "INR", "internationalDiscountPercentage": 0,
  "fx": [{"rate": 5.20265}, {"curencyCode": "INR"}]}"""
PAID = b"""{"code": "PAYMENT_PROCESSED_SUCCESSFULLY", "message": "The payment was processed successfully",
  "transaction": {"id": 13, "status": "SUCCESSFUL", "referenceId": null, "amount": 1000, "amountCurrencyCode": "NGN",
    "deliveryAmount": 1000, "deliveryAmountCurrencyCode": "NGN", "fee": 0.25, "feeCurrencyCode": "USD", "discount": 0,
    "discountCurrencyCode": "USD", "submittedAt": "2022-03-29 07:04:21",
    "balanceInfo": {"oldBalance": 9997.34912, "newBalance": 9994.69824, "cost": 2.65088, "currencyCode": "USD",
      "curencyName": "US Dollar", "updatedAt": "2022-03-29 11:04:21"},
    "billDetails": {"type": "ELECTRICITY_BILL_PAYMENT", "billerId": 2, "billerName": "Abuja Electricity Postpaid",
      "billerCountryCode": "NG", "serviceType": "POSTPAID", "completedAt": "2022-03-29 07:04:25",
      "subscriberDetails": {"accountNumber": 1000000000}}}}"""
ACKNOWLEDGED = {
    "id": 36,
    "status": "PROCESSING",
    "referenceId": REFERENCE,
    "code": "PAYMENT_PROCESSING_IN_PROGRESS",
    "message": "The payment is being processed, status will be updated when biller processes the payment.",
    "submittedAt": "2022-05-18 09:13:53",
    "finalStatusAvailabilityAt": "2026-11-24 08:00:00",
}
TOKEN_REFUSED = {
    "timeStamp": "2022-01-06 18:37:10",
    "message": "Full authentication is required to access this resource",
    "path": "/pay",
    "errorCode": "INVALID_TOKEN",
    "infoLink": None,
    "details": [],
}


def json(body: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=body if isinstance(body, bytes) else msgspec.json.encode(body))


def error(code: str, status: int = 400) -> Reply:
    return json({**TOKEN_REFUSED, "errorCode": code}, status)


class Service:
    """The partner's side: a token a time, and whatever the test puts on a path."""

    def __init__(self) -> None:
        self.tokens = 0
        self.accepted: set[str] | None = None
        self.on: dict[str, Any] = {"/billers": json(page(BILLER))}

    async def __call__(self, message: Http) -> Reply | BaseException:
        await asyncio.sleep(0)
        path = urlsplit(message.url).path
        if path == "/oauth/token":
            self.tokens += 1
            return json({"access_token": f"token-{self.tokens}", "expires_in": 5184000, "token_type": "Bearer"})
        if self.accepted is not None and message.headers["Authorization"] not in self.accepted:
            return json(TOKEN_REFUSED, 401)
        answer = self.on[path]
        return answer.pop(0) if isinstance(answer, list) else answer


def page(*billers: bytes) -> bytes:
    return b'{"content": [' + b", ".join(billers) + b"]}"


def biller(**changes: Any) -> bytes:
    """The document's biller, changed; None takes a field away."""
    row = msgspec.json.decode(BILLER) | changes
    return msgspec.json.encode({name: value for name, value in row.items() if value is not None})


def transaction(details: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The document's transaction under our reference, for our biller."""
    row = msgspec.json.decode(PAID)["transaction"] | {"referenceId": REFERENCE} | changes
    row["billDetails"] |= {"billerId": 1} | (details or {})
    return {"code": "X", "message": "", "transaction": row}


def payment(**changes: Any) -> BillPayment:
    facts: dict[str, Any] = {
        "biller_id": PartnerRef(MANIFEST.id, "1"),
        "account": "01000000000",
        "amount": Money(amount="1000", currency="NGN"),
    }
    return BillPayment(**(facts | changes))


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def bench(service: Service) -> Bench:
    return Bench(service, manifest=MANIFEST, account=ACCOUNT)


def sent_to(bench: Bench, path: str) -> list[Http]:
    return [message for message in bench.channel.seen if urlsplit(message.url).path == path]


async def test_token_is_asked_for_with_the_audience(bench: Bench) -> None:
    """The token request names the product; every business call carries the token and the versioned Accept header."""
    await SCENARIO.list_billers(BillerSearch(), bench.call())
    asked, listed = bench.channel.seen
    assert asked.url == "https://auth.example/oauth/token"
    assert msgspec.json.decode(asked.body) == {
        "client_id": "client-1",
        "client_secret": "made-up",
        "audience": "https://utilities.example",
        "grant_type": "client_credentials",
    }
    assert listed.headers["Authorization"] == "Bearer token-1"
    assert listed.headers["Accept"] == "application/com.reloadly.utilities-v1+json"


async def test_first_calls_share_one_token(bench: Bench, service: Service) -> None:
    """Fifty calls that come together open one token."""
    await asyncio.gather(*(SCENARIO.list_billers(BillerSearch(), bench.call()) for _ in range(50)))
    assert service.tokens == 1


async def test_token_ends_before_the_partner_says_so(bench: Bench, service: Service) -> None:
    """A token is replaced a minute before its end."""
    await SCENARIO.list_billers(BillerSearch(), bench.call())
    bench.watch.forward(seconds=5184000 - 61)
    await SCENARIO.list_billers(BillerSearch(), bench.call())
    assert service.tokens == 1
    bench.watch.forward(seconds=2)
    await SCENARIO.list_billers(BillerSearch(), bench.call())
    assert service.tokens == 2


async def test_unreadable_token_is_no_evidence() -> None:
    """A token answer that cannot be read is kept nowhere: it may hold the token."""

    async def strange(_: Http) -> Reply:
        return json({"access_token": "in the open", "expires_in": 60})

    bench = Bench(strange, manifest=MANIFEST, account=ACCOUNT)
    with pytest.raises(Garbled) as caught:
        await SCENARIO.list_billers(BillerSearch(), bench.call())
    assert caught.value.evidence == b""
    assert "open" not in str(caught.value)
    assert "made-up" not in repr(ACCOUNT)


async def test_refused_token_is_replaced_once_by_all(bench: Bench, service: Service) -> None:
    """When a token is withdrawn, concurrent calls open one new token between them, and all go through."""
    await SCENARIO.list_billers(BillerSearch(), bench.call())
    service.accepted = {"Bearer token-2"}
    await asyncio.gather(*(SCENARIO.list_billers(BillerSearch(), bench.call()) for _ in range(20)))
    assert service.tokens == 2


async def test_payment_survives_a_refused_token(bench: Bench, service: Service) -> None:
    """A 401 on /pay performs nothing, so it is submitted once more under a new token, and no more often."""
    service.on["/pay"] = json(ACKNOWLEDGED)
    attempt = bench.attempt(REFERENCE)
    await SCENARIO.check_payment(payment(), attempt)
    service.accepted = {"Bearer token-2"}
    outcome = await SCENARIO.pay(payment(), attempt)
    assert isinstance(outcome, Pending)
    first, second = sent_to(bench, "/pay")
    assert first.body == second.body
    assert bench.steps == ["pay"]


async def test_payment_refused_twice_over_the_token_is_declined(bench: Bench, service: Service) -> None:
    """Two 401s: certainly not performed, and not tried a third time."""
    attempt = bench.attempt(REFERENCE)
    await SCENARIO.check_payment(payment(), attempt)
    service.accepted = set()
    outcome = await SCENARIO.pay(payment(), attempt)
    assert isinstance(outcome, Declined)
    assert outcome.reason.partner_code == "INVALID_TOKEN"
    assert len(sent_to(bench, "/pay")) == 2


async def test_document_biller_reads(bench: Bench) -> None:
    """The document's own biller is read, and its two empty rows are left out."""
    answer = await SCENARIO.list_billers(BillerSearch(), bench.call())
    (found,) = answer.items
    assert found.rule.minimum == Money(amount="1000.00", currency="NGN")
    assert found.rule.maximum == Money(amount="300000.00", currency="NGN")
    assert (found.category, found.regions, found.prepaid, found.bill) == ("electricity", ["NG"], False, "none")
    assert answer.next is None


async def test_bad_billers_are_left_out_aloud(bench: Bench, service: Service) -> None:
    """A row that cannot be read spoils no page, and is logged."""
    service.on["/billers"] = json(page(b"{}", BILLER, biller(id=2, minLocalTransactionAmount=None)))
    with capture_logs() as logs:
        answer = await SCENARIO.list_billers(BillerSearch(limit=3), bench.call())
    assert [found.biller_id.local_id for found in answer.items] == ["1"]
    assert [entry["event"] for entry in logs] == ["biller-left-out"] * 2


async def test_pages_are_cut_from_the_partners(bench: Bench, service: Service) -> None:
    """Whatever lengths a bank asks for in turn, every biller is given once: the partner's pages are always as long."""
    rows = [biller(id=number) for number in range(1, 204)]
    pages = {"1": json(page(*rows[:200])), "2": json(page(*rows[200:]))}
    seen, cursor = [], None
    for limit in (50, 100, 20, 7, 200, 2, 200):
        service.on["/billers"] = pages["2" if cursor and int(cursor) >= 200 else "1"]
        found = await SCENARIO.list_billers(BillerSearch(limit=limit, cursor=cursor), bench.call())
        assert len(found.items) <= limit
        seen += [each.biller_id.local_id for each in found.items]
        if (cursor := found.next) is None:
            break
    assert (seen, cursor) == ([str(number) for number in range(1, 204)], None)
    asked = [parse_qs(urlsplit(message.url).query) for message in sent_to(bench, "/billers")]
    assert [query["page"] for query in asked] == [["1"]] * 5 + [["2"]] * 2
    assert {tuple(query["size"]) for query in asked} == {("200",)}


async def test_the_last_page_of_the_partner(bench: Bench, service: Service) -> None:
    """What a page says of being the last counts, and else whether it is full; filters go along."""
    full = [biller(id=number) for number in range(200)]
    last, capped = page(*full)[:-1] + b', "last": true}', page(BILLER)[:-1] + b', "last": false}'
    service.on["/billers"] = json(capped)
    assert (await SCENARIO.list_billers(BillerSearch(limit=200), bench.call())).next == "200"
    bench.channel.seen.clear()
    service.on["/billers"] = [json(page(*full)), json(page(BILLER)), json(last)]
    first = await SCENARIO.list_billers(BillerSearch(limit=200, region="NG", category="electricity"), bench.call())
    second = await SCENARIO.list_billers(BillerSearch(limit=200, cursor=first.next), bench.call())
    third = await SCENARIO.list_billers(BillerSearch(limit=200, cursor="400"), bench.call())
    assert (first.next, second.next, third.next) == ("200", None, None)
    asked = [parse_qs(urlsplit(message.url).query) for message in sent_to(bench, "/billers")]
    assert asked == [
        {"page": ["1"], "size": ["200"], "countryISOCode": ["NG"], "type": ["ELECTRICITY_BILL_PAYMENT"]},
        {"page": ["2"], "size": ["200"]},
        {"page": ["3"], "size": ["200"]},
    ]


@pytest.mark.parametrize("search", [{"region": "330100"}, {"region": "CN"}, {"category": "heating"}])
async def test_nobody_is_asked_about_what_it_cannot_serve(bench: Bench, search: dict[str, Any]) -> None:
    """Chinese divisions and kinds of bills that the dialect has no word for give no billers, and no call."""
    answer = await SCENARIO.list_billers(BillerSearch(**search), bench.call())
    assert (answer.items, bench.channel.seen) == ([], [])


async def test_a_filter_the_partner_ignored_is_applied(bench: Bench) -> None:
    """Billers of other countries do not slip through."""
    answer = await SCENARIO.list_billers(BillerSearch(region="SN"), bench.call())
    assert answer.items == []


def rule(**changes: Any) -> Any:
    row = msgspec.json.decode(biller(**changes), type=BillerRow)
    return terms_of(row, PartnerRef(MANIFEST.id, "1"), "USD")


def test_converted_bounds_are_rounded_inwards() -> None:
    """Bounds with five decimals become bounds of two, never laxer; without local amounts the wallet's money rules."""
    terms = rule(localAmountSupported=False, internationalTransactionCurrencyCode="USD")
    assert terms.use_local is False
    assert terms.biller.currency == "USD"
    assert terms.biller.rule.minimum == Money(amount="194.74", currency="USD")
    assert terms.biller.rule.maximum == Money(amount="45567.99", currency="USD")


def test_fixed_amounts_are_choices_and_doubles_are_none() -> None:
    """Fixed amounts are choices that remember their number; one price for two products names neither."""
    fixed = [{"id": 39, "amount": 400.0}, {"id": 40, "amount": 900}, {"id": 41, "amount": 900.0}]
    terms = rule(denominationType="FIXED", localFixedAmounts=fixed)
    assert terms.biller.rule.choices == [Money(amount="400.00", currency="NGN")]
    assert terms.amount_ids == {"400.00": 39}


@pytest.mark.parametrize(
    "changes",
    [
        {"maxLocalTransactionAmount": None},
        {"minLocalTransactionAmount": "NaN"},
        {"minLocalTransactionAmount": 1e30},
        {"minLocalTransactionAmount": -1},
        {"minLocalTransactionAmount": 300001},
        {"denominationType": "FIXED"},
        {"denominationType": "FIXED", "localFixedAmounts": [{"id": 1, "amount": 0.001}]},
        {"denominationType": "SOMETHING"},
        {"localTransactionCurrencyCode": None},
        {"localTransactionCurrencyCode": "XXQ"},
        {"localAmountSupported": False},
        {"localAmountSupported": False, "internatonalAmountSupported": False},
        {"serviceType": "HIRE"},
        {"countryIsoCode": "Nigeria"},
        {"requiresInvoice": True},
    ],
)
def test_doubtful_biller_has_no_rule(changes: dict[str, Any]) -> None:
    """Data that leave the rule in doubt (the last currency contradicts the wallet's) never make a laxer one."""
    with pytest.raises(Garbled):
        rule(**changes)


def test_every_spelling_of_a_biller_is_read() -> None:
    """The example, the schema and the live service spell three fields differently."""
    assert rule(countryIsoCode=None, countryCode="NG").biller.regions == ["NG"]
    assert rule(localTransactionCurrencyCode=None, localTransactionCurencyCode="NGN").biller.currency == "NGN"
    for spelling in ("internatonalAmountSupported", "internationalAmountSupported"):
        changes = {"localAmountSupported": False, "internatonalAmountSupported": None, spelling: True}
        assert rule(**changes, internationalTransactionCurrencyCode="USD").biller.currency == "USD"


async def test_no_bills_but_a_biller(bench: Bench, service: Service) -> None:
    """There is nothing to find at a biller that exists, and a refusal at one that does not."""
    search = BillSearch(biller_id=PartnerRef(MANIFEST.id, "1"), account="1")
    assert await SCENARIO.find_bills(search, bench.call()) == []
    service.on["/billers"] = json(page())
    unknown = BillSearch(biller_id=PartnerRef(MANIFEST.id, "77"), account="1")
    with pytest.raises(Refused) as caught:
        await SCENARIO.find_bills(unknown, bench.call())
    assert caught.value.field == "biller_id"


async def test_biller_is_looked_up_once_in_ten_minutes(bench: Bench) -> None:
    """A biller is asked for by its number, not by walking pages, and kept for ten minutes."""
    for _ in range(3):
        await SCENARIO.check_payment(payment(), bench.call())
    (asked,) = sent_to(bench, "/billers")
    assert parse_qs(urlsplit(asked.url).query)["id"] == ["1"]
    bench.watch.forward(minutes=11)
    await SCENARIO.check_payment(payment(), bench.call())
    assert len(sent_to(bench, "/billers")) == 2


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"amount": Money(amount="999.99", currency="NGN")}, "amount.amount"),
        ({"amount": Money(amount="300000.01", currency="NGN")}, "amount.amount"),
        ({"amount": Money(amount="1000", currency="USD")}, "amount.currency"),
        ({"fields": {"meter": "1"}}, "fields.meter"),
        ({"bill_id": PartnerRef(MANIFEST.id, "9")}, "bill_id"),
        ({"biller_id": PartnerRef(MANIFEST.id, "../1")}, "biller_id"),
    ],
)
async def test_refusal_names_the_field(bench: Bench, changes: dict[str, Any], at: str) -> None:
    """What breaks a rule is refused before an order exists, at the field that a bank knows."""
    with pytest.raises(Refused) as caught:
        await SCENARIO.check_payment(payment(**changes), bench.call())
    assert caught.value.field == at


async def pay(bench: Bench, service: Service, answer: Any, **changes: Any) -> Any:
    service.on["/pay"] = answer
    return await SCENARIO.pay(payment(**changes), bench.attempt(REFERENCE))


async def test_payment_is_in_local_currency_and_exact(bench: Bench, service: Service) -> None:
    """The amount leaves as an exact number in the biller's currency, never in the wallet's by omission."""
    await pay(bench, service, json(ACKNOWLEDGED), amount=Money(amount="1234.10", currency="NGN"))
    (sent,) = sent_to(bench, "/pay")
    assert re.search(rb'"amount":1234\.10[,}]', sent.body)
    assert msgspec.json.decode(sent.body) == {
        "subscriberAccountNumber": "01000000000",
        "amount": 1234.1,
        "billerId": 1,
        "useLocalAmount": True,
        "referenceId": REFERENCE,
    }


async def test_payment_names_the_amount_on_sale(bench: Bench, service: Service) -> None:
    """A fixed amount travels with its number, which the check remembered."""
    fixed = [{"id": 39, "amount": 400.0}]
    service.on["/billers"] = json(page(biller(denominationType="FIXED", localFixedAmounts=fixed)))
    await pay(bench, service, json(ACKNOWLEDGED), amount=Money(amount="400", currency="NGN"))
    (sent,) = sent_to(bench, "/pay")
    assert msgspec.json.decode(sent.body)["amountId"] == 39


async def test_processing_is_looked_at_early(bench: Bench, service: Service) -> None:
    """The partner promises an end within a day; it is asked after five seconds, or at the promise if that is sooner."""
    outcome = await pay(bench, service, json(ACKNOWLEDGED))
    assert outcome == Pending(stage="processing", check_after=START.replace(second=5))
    soon = json(ACKNOWLEDGED | {"finalStatusAvailabilityAt": "2026-11-23 08:00:02"})
    assert (await pay(bench, service, soon)).check_after == START.replace(second=2)
    never = json(ACKNOWLEDGED | {"finalStatusAvailabilityAt": "tomorrow"})
    assert (await pay(bench, service, never)).check_after == START.replace(second=5)


async def test_success_without_amounts_is_pending(bench: Bench, service: Service) -> None:
    """The answer to /pay names no amount, so its success is asked about at once rather than believed."""
    outcome = await pay(bench, service, json(ACKNOWLEDGED | {"status": "SUCCESSFUL"}))
    assert isinstance(outcome, Pending)
    assert outcome.check_after == START


async def test_unmapped_status_is_pending(bench: Bench, service: Service) -> None:
    """A status nobody mapped, on a payment that was taken, is pending, and raises an alert."""
    with capture_logs() as logs:
        outcome = await pay(bench, service, json(ACKNOWLEDGED | {"status": "PONDERING"}))
    assert isinstance(outcome, Pending)
    assert outcome.unmapped
    assert [entry["event"] for entry in logs] == ["unmapped-code"]


@pytest.mark.parametrize("status", ["FAILED", "REFUNDED"])
async def test_final_failures_are_declined(bench: Bench, service: Service, status: str) -> None:
    """FAILED and REFUNDED are declined, and the reason tells which."""
    outcome = await pay(bench, service, json(ACKNOWLEDGED | {"status": status}))
    assert isinstance(outcome, Declined)
    assert outcome.reason.partner_code == status
    assert ("refunded" in outcome.reason.message) == (status == "REFUNDED")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("INVALID_AMOUNT", "amount-refused"),
        ("BILLER_NOT_FOUND", "declined"),
        ("INSUFFICIENT_BALANCE", "partner-failure"),
        ("SUBSCRIBER_NOT_FOUND", "account-unknown"),
    ],
)
async def test_mapped_errors_are_declined(bench: Bench, service: Service, code: str, reason: str) -> None:
    """A code that means "not performed" declines the payment in the contract's words."""
    outcome = await pay(bench, service, error(code))
    assert isinstance(outcome, Declined)
    assert outcome.reason.code == reason


@pytest.mark.parametrize(
    "answer",
    [
        error("DUPLICATE_REFERENCE"),
        error("REFERENCE_ID_ALREADY_USED"),
        error("NEVER_HEARD_OF"),
        error("SOMETHING_ELSE", 401),
        json({"timeStamp": "", "status": 404, "error": "Not Found", "message": "", "path": "/pays"}, 404),
        json(b"<html>", 400),
    ],
)
async def test_other_errors_are_unknown(bench: Bench, service: Service, answer: Reply) -> None:
    """A reference that exists already, and whatever nobody mapped, decides nothing."""
    assert isinstance(await pay(bench, service, answer), Unknown)


@pytest.mark.parametrize(
    "answer",
    [
        json(b"", 502),
        error("INVALID_AMOUNT", 500),
        json(b"{"),
        json(b"[" * 100_000),
        json({"id": "x"}),
        json(ACKNOWLEDGED | {"referenceId": "somebody else's"}),
    ],
)
async def test_unusable_answers_may_have_paid(bench: Bench, service: Service, answer: Reply) -> None:
    """A 5xx, garbage, and an answer about another payment leave the payment in doubt."""
    with pytest.raises(Garbled):
        await pay(bench, service, answer)


async def test_login_failure_submits_nothing(bench: Bench) -> None:
    """A token that cannot be had leaves the order unsubmitted."""

    async def no_token(_: Http) -> Reply:
        return error("INVALID_CREDENTIALS", 401)

    attempt = bench.attempt(REFERENCE, use_local="yes", service="POSTPAID")
    bench.channel.script = no_token
    with pytest.raises(MaybeSent, match="INVALID_CREDENTIALS"):
        await SCENARIO.pay(payment(), attempt)
    assert attempt.submitted is False


async def find(bench: Bench, service: Service, answer: Any, /, **handles: str) -> Any:
    service.on["/transactions"] = answer if isinstance(answer, Reply) else json(answer)
    return await SCENARIO.find_payment(payment(), bench.enquiry(REFERENCE, **handles))


@pytest.mark.parametrize("frame", [lambda rows: rows, lambda rows: {"content": rows}])
async def test_transaction_of_ours_succeeds(bench: Bench, service: Service, frame: Any) -> None:
    """The enquiry reads an array, as in the example, or a page, as in the schema; the amount is the partner's."""
    outcome = await find(bench, service, frame([transaction(amount=1000.00000)]), transaction_id="13")
    assert isinstance(outcome, Succeeded)
    assert outcome.result.paid == Money(amount="1000.00", currency="NGN")
    assert outcome.result.receipt_number == "13"
    assert outcome.result.paid_at is not None
    assert outcome.result.token is None
    (asked,) = sent_to(bench, "/transactions")
    assert parse_qs(urlsplit(asked.url).query) == {"referenceId": [REFERENCE]}


async def test_no_transaction_is_absent(bench: Bench, service: Service) -> None:
    """An empty array says that the partner has no such payment."""
    assert isinstance(await find(bench, service, []), Absent)


async def test_two_transactions_are_unknown_and_loud(bench: Bench, service: Service) -> None:
    """Two payments under one reference: perhaps paid twice, so nothing is decided and somebody is called."""
    with capture_logs() as logs:
        outcome = await find(bench, service, [transaction(), transaction(id=14)])
    assert isinstance(outcome, Unknown)
    assert [entry["log_level"] for entry in logs] == ["error"]
    assert "01000000000" not in str(logs) + str(outcome)


@pytest.mark.parametrize(
    "rows",
    [
        [{}],
        [transaction(referenceId="another")],
        [transaction(details={"billerId": 2})],
        [transaction(details={"subscriberDetails": {"accountNumber": "1000000000"}})],
        [transaction(id=14)],
        [transaction(deliveryAmount=999)],
    ],
    ids=["nothing", "reference", "biller", "account", "number", "delivered"],
)
async def test_another_payment_decides_nothing(bench: Bench, service: Service, rows: list[Any]) -> None:
    """A transaction that contradicts our payment in anything is no news about it (a string keeps its zeros)."""
    assert isinstance(await find(bench, service, rows, transaction_id="13"), Unknown)


async def test_amount_is_the_partners(bench: Bench, service: Service) -> None:
    """What was paid is never taken from our request, so that a contradiction can be seen."""
    outcome = await find(bench, service, [transaction(amount=900, deliveryAmount=900)])
    assert isinstance(outcome, Succeeded)
    assert payment().contradicts(outcome.result)
    exchanged = transaction(amount=2.65088, amountCurrencyCode="USD")
    assert (await find(bench, service, [exchanged])).result.paid.amount == "1000.00"
    wallet = transaction(amount=1000, amountCurrencyCode="USD", deliveryAmountCurrencyCode="GHS")
    assert payment().contradicts((await find(bench, service, [wallet])).result)


async def test_null_reference_must_fit_in_everything(bench: Bench, service: Service) -> None:
    """The example's null reference is ours only as the sole row, with all else ours, and not from the past."""
    ours = transaction(referenceId=None, submittedAt="2026-11-23 04:00:00")
    assert isinstance(await find(bench, service, [ours]), Succeeded)
    for doubtful in (
        [ours, transaction(referenceId="another")],
        [transaction(referenceId=None)],
        [transaction(referenceId=None, submittedAt="2026-11-23 04:00:00", amount=900)],
        [transaction({"subscriberDetails": {}}, referenceId=None, submittedAt="2026-11-23 04:00:00")],
    ):
        assert isinstance(await find(bench, service, doubtful), Unknown)


@pytest.mark.parametrize(
    ("service_type", "remembered"), [("PREPAID", {}), ("POSTPAID", {"service": "PREPAID"}), (None, {})]
)
async def test_prepaid_success_waits_for_its_token(
    bench: Bench, service: Service, service_type: str | None, remembered: dict[str, str]
) -> None:
    """A prepaid payment is not complete without its token, whoever says that it is prepaid."""
    for pin in (None, {"token": None}, {"token": ""}):
        row = transaction({"serviceType": service_type, "pinDetails": pin})
        outcome = await find(bench, service, [row], **remembered)
        assert isinstance(outcome, Pending)
        assert outcome.stage == "token-awaited"
    row = transaction({"serviceType": service_type, "pinDetails": {"token": "2737-6032-5315-7183-0856"}})
    outcome = await find(bench, service, [row], **remembered)
    assert outcome.result.token.reveal() == "2737-6032-5315-7183-0856"
    assert "2737" not in repr(outcome)


@pytest.mark.parametrize(("status", "means"), [("PROCESSING", Pending), ("FAILED", Declined), ("REFUNDED", Declined)])
async def test_status_of_a_transaction_decides(bench: Bench, service: Service, status: str, means: type) -> None:
    """Without success, the status of our transaction is the outcome."""
    assert isinstance(await find(bench, service, [transaction(status=status)]), means)


@pytest.mark.parametrize("answer", [json(b"", 500), json(b"nonsense"), error("NO", 404), json(TOKEN_REFUSED, 401)])
async def test_unusable_enquiry_says_nothing(bench: Bench, service: Service, answer: Reply) -> None:
    """An enquiry that fails is no absence."""
    with pytest.raises(MaybeSent):
        await find(bench, service, answer)


def test_document_transactions_read_exactly() -> None:
    """The document's answer reads with its empty rows, and a number keeps every digit it was written with."""
    rows = TRANSACTIONS.decode(b"[" + PAID + b", {}, {}]")
    assert not isinstance(rows, TransactionPage)
    assert [row.transaction is None for row in rows] == [False, True, True]
    first = rows[0].transaction
    assert first is not None
    assert first.amount == Decimal(1000)
    exact = PAID.replace(b'"amount": 1000', b'"amount": 0.1000000000000000055511151231257827')
    (row,) = TRANSACTIONS.decode(b"[" + exact + b"]")  # type: ignore[misc]
    assert str(row.transaction.amount) == "0.1000000000000000055511151231257827"
