"""What is odd about this partner: pairs, bills as data, a list for lost payments. The shapes are the document's."""

import asyncio
import json as jsonlib
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from connectors.kit import references
from connectors.kit.channel import Channel
from connectors.setu_bbps.billers import pattern_of, refuse_customer, terms_of
from connectors.setu_bbps.connector import SetuUtilityBills, read_callback
from connectors.setu_bbps.exchange import SetuAccount
from connectors.setu_bbps.facts import MANIFEST
from connectors.setu_bbps.wire import BillerRow, Param
from sandbox.stand import fleet
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, NotReady, Refused
from schemas.money import Money
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.refs import PartnerRef
from schemas.utility_bills import Bill, Biller, BillerSearch, BillPayment, BillSearch
from tests.connectors.kit.bench import START, Bench

REFERENCE = "01J0000000SETU000000000001"
MOBILE = {"mobile": "9000000000"}
ACCOUNT = SetuAccount(
    base_url="https://bills.example/",
    client_id="client-1",
    client_secret="made-up",
    partner_id="1000000000000000000",
    agent_id="AX01AI06512391457204",
    agent_channel="INTB",
    agent_ip="192.0.2.1",
    agent_mac="00-00-00-00-00-00",
    remitter_name="TEST BANK",
)
SCENARIO = SetuUtilityBills()
POWER = PartnerRef(MANIFEST.id, "POWR00000NAT01")

Data = dict[str, Any]


def rupees(amount: str) -> Money:
    return Money(amount=amount, currency="INR")


def param(name: str, **changes: Any) -> Data:
    return {
        "paramName": name,
        "dataType": "NUMERIC",
        "minLength": 8,
        "maxLength": 13,
        "regex": "^[0-9]{8,13}$",
        "optional": False,
        "visibility": True,
        "values": "",
    } | changes


def biller(**changes: Any) -> Data:
    return {
        "id": POWER.local_id,
        "name": "Made-up Power",
        "categoryName": "electricity",
        "status": "ACTIVE",
        "country": "IND",
        "fetchApiType": "BILL_FETCH",
        "exactness": "Exact",
        "responseType": "SINGLE",
        "payWithoutFetchAllowed": False,
        "customerParams": [param("Consumer Number")],
        "paymentModes": [{"paymentMode": "Internet Banking", "minLimit": 100, "maxLimit": 20000000}],
        "paymentChannels": [{"paymentChannel": "INTB", "minLimit": 1000, "maxLimit": 10000000}],
    } | changes


def bill(**changes: Any) -> Data:
    return {"billNumber": "1232332", "amount": 12850, "dueDate": "2026-11-30", "customerName": "A. CUSTOMER"} | changes


def ok(data: Data, status: int = 200) -> Reply:
    return Reply(status=status, body=jsonlib.dumps({"success": True, "traceId": "T", "data": data}).encode())


def error(code: str, status: int = 400) -> Reply:
    body = {"success": False, "traceId": "T", "error": {"code": code, "message": "Input is invalid"}}
    return Reply(status=status, body=jsonlib.dumps(body).encode())


def fetched(*rows: Data, **changes: Any) -> Reply:
    return ok({"refId": "F1", "status": "Success", "exactness": "Exact", "bills": list(rows)} | changes)


def payment(**changes: Any) -> BillPayment:
    told: Data = {"biller_id": POWER, "account": "20260001", "amount": rupees("128.50"), "fields": MOBILE}
    return BillPayment(**(told | changes))


class Service:
    """The partner as a table of answers by path. A list is answered in turn, its last one for ever."""

    def __init__(self) -> None:
        self.on: dict[str, Reply | list[Reply]] = {
            "/auth/token": Reply(status=200, body=b'{"success":true,"token":"t1","expiresIn":300,"traceId":"T"}'),
            "/billers": ok({"billers": [biller()]}),
            "/bills/fetch/request": ok({"refId": "F1"}),
            "/bills/fetch/response": fetched(bill()),
        }

    async def __call__(self, asked: Http) -> Reply:
        answer = self.on[path_of(asked)]
        if isinstance(answer, list):
            return answer.pop(0) if len(answer) > 1 else answer[0]
        return answer


def path_of(asked: Http) -> str:
    return urlsplit(asked.url).path.removeprefix("/api/v2").removeprefix("/bbps")


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def bench(service: Service) -> Bench:
    return Bench(service, manifest=MANIFEST, account=ACCOUNT)


def sent_to(bench: Bench, path: str) -> list[Http]:
    return [asked for asked in bench.channel.seen if path_of(asked) == path]


async def bills_of(bench: Bench, **changes: Any) -> list[Bill]:
    search = BillSearch(**({"biller_id": POWER, "account": "20260001", "fields": MOBILE} | changes))
    return await SCENARIO.find_bills(search, bench.call())


async def test_fetch_is_a_pair_that_is_remembered(bench: Bench, service: Service) -> None:
    """One fetch is asked for; its number is kept and asked about again until the biller has answered."""
    processing = fetched(status="Processing", bills=None)
    service.on["/bills/fetch/response"] = [processing, processing, fetched(bill())]
    search = BillSearch(biller_id=POWER, account="20260001", fields=MOBILE)
    with pytest.raises(NotReady) as not_ready:
        await SCENARIO.find_bills(search, bench.call())
    assert not_ready.value.check_after == timedelta(seconds=3)
    with pytest.raises(NotReady):
        await SCENARIO.find_bills(search, bench.call(**bench.kept[-1]))
    (found,) = await SCENARIO.find_bills(search, bench.call(**bench.kept[-1]))
    assert (found.amount, found.due_date, found.rule) == (rupees("128.50"), date(2026, 11, 30), None)
    (asked,) = sent_to(bench, "/bills/fetch/request")
    assert jsonlib.loads(asked.body)["customer"] == {
        "mobile": "9000000000",
        "customerParams": [{"name": "Consumer Number", "value": "20260001"}],
    }
    assert asked.headers["X-PARTNER-ID"] == ACCOUNT.partner_id


async def test_empty_parameters_are_left_out(bench: Bench, service: Service) -> None:
    """An optional parameter without a value is not sent, and one with a value goes under the partner's name."""
    optional = [param(name, optional=True, regex="", minLength=0) for name in ("Billing Unit", "Cycle")]
    service.on["/billers"] = ok({"billers": [biller(customerParams=[param("Number"), *optional])]})
    await bills_of(bench, fields=MOBILE | {"billing_unit": "1", "cycle": ""})
    (asked,) = sent_to(bench, "/bills/fetch/request")
    sent = jsonlib.loads(asked.body)["customer"]["customerParams"]
    assert sent == [{"name": "Number", "value": "20260001"}, {"name": "Billing Unit", "value": "1"}]


async def test_fetch_is_given_up(bench: Bench, service: Service) -> None:
    """A biller that stays silent for three minutes is waited for no longer; a forgotten fetch is asked for anew."""
    service.on["/bills/fetch/response"] = fetched(status="Processing", bills=None)
    with pytest.raises(NotReady):
        await bills_of(bench)
    search = BillSearch(biller_id=POWER, account="20260001", fields=MOBILE)
    bench.watch.forward(seconds=181)
    with pytest.raises(MaybeSent, match="in time"):
        await SCENARIO.find_bills(search, bench.call(**bench.kept[-1]))
    service.on["/bills/fetch/response"] = error("not-found")
    with pytest.raises(MaybeSent):
        await SCENARIO.find_bills(search, bench.call(**bench.kept[-1]))
    service.on["/bills/fetch/response"] = fetched(bill())
    assert await SCENARIO.find_bills(search, bench.call(**bench.kept[-1]))
    assert len(sent_to(bench, "/bills/fetch/request")) == 2


async def test_failed_fetch(bench: Bench, service: Service) -> None:
    """No bill due is an empty answer, an unknown customer a refusal, anything unmapped neither; the reason wins."""
    reason = {"type": "BBPS", "code": "BFR004", "message": ""}
    service.on["/bills/fetch/response"] = fetched(status="Failure", failureReason=reason)
    assert await bills_of(bench) == []
    service.on["/bills/fetch/response"] = fetched(failureReason=reason | {"code": "ERR004"})
    with pytest.raises(Refused) as refused:
        await bills_of(bench)
    assert refused.value.field == "account"
    service.on["/bills/fetch/response"] = fetched(status="Failure", failureReason=reason | {"code": "NEW001"})
    with pytest.raises(MaybeSent, match="NEW001"):
        await bills_of(bench)


def terms(**changes: Any) -> Biller:
    return terms_of(msgspec.convert(biller(**changes), BillerRow), POWER, "INTB").biller


def test_metadata_becomes_a_biller() -> None:
    """Limits are the narrower ones, parameters beyond the first become fields, and every biller wants a mobile."""
    billing_unit = param("Billing Unit", minLength=4, maxLength=4, regex="^[0-9]{4}$")
    cycle = param("Processing Cycle", optional=True, values="00,01,02")
    made = terms(customerParams=[param("Consumer Number"), billing_unit, cycle])
    assert (made.rule.minimum, made.rule.maximum) == (rupees("10.00"), rupees("100000.00"))
    assert (made.rule.against_bill, made.category, made.regions) == ("exact", "electricity", ["IN"])
    assert [(each.name, each.required) for each in made.fields] == [
        ("billing_unit", True),
        ("processing_cycle", False),
        ("mobile", True),
    ]
    assert made.fields[1].pattern == "00|01|02"
    assert terms(exactness="Exact and above").rule.against_bill == "at-least"
    assert terms(exactness="Exact and below").rule.against_bill == "at-most"
    wanted = [
        terms(fetchApiType=kind, payWithoutFetchAllowed=adhoc).bill
        for kind, adhoc in (
            ("BILL_FETCH", False),
            ("BILL_FETCH", True),
            ("BILL_VALIDATE", False),
            ("BILL_DIRECT", True),
        )
    ]
    assert wanted == ["required", "optional", "required", "none"]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "DEACTIVATED"},
        {"fetchApiType": "BILL_MANDATE"},
        {"exactness": "Roughly"},
        {"planRequirement": "MANDATORY"},
        {"paymentModes": []},
        {"customerParams": [param("A"), param("Mobile")]},
        {"customerParams": [param("A"), param("B", visibility=False)]},
        {"customerParams": [param("A", regex="(")]},
        {"customerParams": [param("A", regex="^(?!0)[0-9]+$")]},
    ],
)
def test_doubtful_billers_are_left_out(changes: Data) -> None:
    """A biller that could not be paid as it says is not offered."""
    with pytest.raises(Garbled):
        terms(**changes)


async def test_pages_of_billers(bench: Bench, service: Service) -> None:
    """A page's cursor is taken out of an address without a version, and a bad row spoils nothing but itself."""
    next_page = "/api/bbps/billers?search=A&after=ABCC00000PTNNS"
    service.on["/billers"] = ok({"billers": [biller(exactness=None), biller()], "nextPage": next_page})
    search = BillerSearch(region="IN", category="electricity", cursor="AAAA00000NAT00")
    page = await SCENARIO.list_billers(search, bench.call())
    assert ([each.biller_id for each in page.items], page.next) == ([POWER], "ABCC00000PTNNS")
    (asked,) = sent_to(bench, "/billers")
    query = parse_qs(urlsplit(asked.url).query)
    assert query == {"limit": ["50"], "after": ["AAAA00000NAT00"], "categoryName": ["Electricity"]}
    assert (await SCENARIO.list_billers(BillerSearch(region="NG"), bench.call())).items == []


def test_pattern_is_closed() -> None:
    """The document's expression is open at its end; here it holds for the whole value, and for its length."""
    made = pattern_of(msgspec.convert(param("P", regex="^[a-z]{2,}", minLength=2, maxLength=3), Param))
    for value, fits in (("abc", True), ("abcd", False), ("ab-", False), ("a", False)):
        assert made.matches(value) is bool(re.fullmatch(made.text, value)) is fits


def test_no_pattern_takes_long() -> None:
    """One that can be read in more ways than anybody can try is matched all the same, and at once."""
    made = terms_of(
        msgspec.convert(biller(customerParams=[param("A", regex="^([A-Z]*[0-9]*)+$", maxLength=64)]), BillerRow),
        POWER,
        "INTB",
    )
    started = monotonic()
    with pytest.raises(Refused) as refused:
        refuse_customer(made, "1" * 63 + "!", {"mobile": "9900000001"})
    assert refused.value.field == "account"
    assert monotonic() - started < 1
    refuse_customer(made, "AB" * 32, {"mobile": "9900000001"})


OPTIONS = [
    {"name": "Early Payment Amount", "amount": 12350},
    {"name": "Late Payment Amount", "amount": 13850},
]


@pytest.mark.parametrize(
    ("now", "early", "choices"),
    [
        (datetime(2026, 11, 26, 18, 29, tzinfo=UTC), "2026-11-26", ["123.50", "128.50"]),
        (datetime(2026, 11, 26, 18, 30, tzinfo=UTC), "2026-11-26", None),
        (datetime(2026, 11, 30, 18, 30, tzinfo=UTC), "2026-11-26", ["128.50", "138.50"]),
        (datetime(2026, 11, 20, 8, 0, tzinfo=UTC), "soon", None),
    ],
)
async def test_options_hold_by_the_day_in_india(
    bench: Bench, service: Service, now: datetime, early: str, choices: list[str] | None
) -> None:
    """An early amount holds to its date, a late one after the due date, in IST; without either the bill is exact."""
    info = [{"name": "Early Payment Date", "value": early}]
    service.on["/bills/fetch/response"] = fetched(bill(paymentOptions=OPTIONS), additionalInfo=info)
    bench.watch.now = now
    (found,) = await bills_of(bench)
    assert ([choice.amount for choice in found.rule.choices] if found.rule else None) == choices


async def order(bench: Bench, ordered: BillPayment) -> Data:
    """Checks and pays; what the partner was sent."""
    call = bench.call(REFERENCE)
    await SCENARIO.check_payment(ordered, call)
    attempt = bench.attempt(REFERENCE, **call.handles)
    await SCENARIO.pay(ordered, attempt)
    return dict(jsonlib.loads(sent_to(bench, "/bills/payment/request")[-1].body))


async def test_option_is_named(bench: Bench, service: Service) -> None:
    """A chosen option is named with its amount; the bill's own amount names none, and nothing of the customer goes."""
    service.on["/bills/payment/request"] = ok({"refId": "P1"})
    info = [{"name": "Early Payment Date", "value": "2026-11-26"}]
    options = [*OPTIONS, {"name": "Full Amount", "amount": 12850}]
    service.on["/bills/fetch/response"] = fetched(bill(paymentOptions=options), additionalInfo=info)
    (found,) = await bills_of(bench)
    early = await order(bench, payment(bill_id=found.bill_id, amount=rupees("123.50")))
    assert early == {
        "refId": "F1",
        "paymentDetails": {
            "amount": 12350,
            "mode": "Internet Banking",
            "paymentRefId": REFERENCE,
            "timestamp": "2026-11-23T13:30:00.000+05:30",
            "selectedPaymentOptions": [{"name": "Early Payment Amount", "amount": 12350}],
        },
        "remitter": {"name": "TEST BANK"},
    }
    own = await order(bench, payment(bill_id=found.bill_id))
    assert "selectedPaymentOptions" not in own["paymentDetails"]
    with pytest.raises(Refused, match="one of"):
        await order(bench, payment(bill_id=found.bill_id, amount=rupees("138.50")))


async def test_lists_of_bills(bench: Bench, service: Service) -> None:
    """Of a list one bill is selected by its number; where all must be paid they are one bill of the sum."""
    service.on["/bills/payment/request"] = ok({"refId": "P1"})
    service.on["/bills/fetch/response"] = fetched(bill(), bill(billNumber="2", amount=100000))
    service.on["/billers"] = ok({"billers": [biller(responseType="LIST", selectionType="SINGLE")]})
    _, second = await bills_of(bench)
    sent = await order(bench, payment(bill_id=second.bill_id, amount=rupees("1000.00")))
    assert sent["bills"] == [{"billNumber": "2", "amount": 100000}]
    bench.watch.forward(hours=1)
    service.on["/billers"] = ok({"billers": [biller(responseType="LIST", selectionType="ALL")]})
    (whole,) = await bills_of(bench)
    assert whole.amount == rupees("1128.50")
    sent = await order(bench, payment(bill_id=whole.bill_id, amount=rupees("1128.50")))
    assert [each["amount"] for each in sent["bills"]] == [12850, 100000]


async def test_range_bill_has_its_own_bounds(bench: Bench, service: Service) -> None:
    """A bill of a RANGE biller takes what lies in its bounds and is a multiple."""
    bounds = {"minAmount": 5000, "maxAmount": 20000, "amountMultiple": 50}
    service.on["/bills/fetch/response"] = fetched(bill(**bounds), exactness="RANGE")
    (found,) = await bills_of(bench)
    assert found.rule is not None
    refusals = [found.rule.refusal(rupees(amount), found.amount) for amount in ("49.50", "100.20", "200.50", "100.50")]
    assert [refusal is None for refusal in refusals] == [False, False, False, True]


async def test_validated_account_is_a_bill_without_amount(bench: Bench, service: Service) -> None:
    """A fetch that only proves the account ends empty, and what it proved can be paid by its number."""
    service.on["/bills/payment/request"] = ok({"refId": "P1"})
    service.on["/billers"] = ok({"billers": [biller(fetchApiType="BILL_VALIDATE", exactness="Any")]})
    service.on["/bills/fetch/response"] = fetched(exactness="Any")
    (proved,) = await bills_of(bench)
    assert proved.amount is None
    sent = await order(bench, payment(bill_id=proved.bill_id, amount=rupees("50.00")))
    assert (sent["refId"], "bills" in sent) == ("F1", False)


async def test_bills_of_others_are_refused(bench: Bench, service: Service) -> None:
    """A bill is paid for the customer it was found for, on the day where that matters, while the partner knows it."""
    service.on["/billers"] = ok({"billers": [biller(enforcesSameDayFetchPay=True)]})
    (found,) = await bills_of(bench)
    assert "20260001" not in found.bill_id.local_id
    good = payment(bill_id=found.bill_id)
    await SCENARIO.check_payment(good, bench.call())
    refused: list[tuple[BillPayment, str]] = [
        (payment(bill_id=found.bill_id, account="20260002"), "account"),
        (payment(), "bill_id"),
        (payment(bill_id=found.bill_id, fields={}), "fields.mobile"),
        (payment(bill_id=PartnerRef(MANIFEST.id, "[]")), "bill_id"),
        (payment(bill_id=found.bill_id, account="abc"), "account"),
    ]
    for bad, field in refused:
        with pytest.raises(Refused) as refusal:
            await SCENARIO.check_payment(bad, bench.call())
        assert refusal.value.field == field
    service.on["/bills/fetch/response"] = error("not-found")
    with pytest.raises(Refused, match="no longer known"):
        await SCENARIO.check_payment(good, bench.call())
    service.on["/bills/fetch/response"] = fetched(bill())
    bench.watch.forward(hours=12)
    with pytest.raises(Refused, match="on the day"):
        await SCENARIO.check_payment(good, bench.call())


DIRECT = ok({"billers": [biller(fetchApiType="BILL_DIRECT", exactness="Any", payWithoutFetchAllowed=True)]})


async def pay(bench: Bench, service: Service, answer: Reply | list[Reply]) -> Any:
    service.on["/billers"] = DIRECT
    service.on["/bills/payment/request"] = answer
    return await SCENARIO.pay(payment(), bench.attempt(REFERENCE))


async def test_payment_is_acknowledged(bench: Bench, service: Service) -> None:
    """A refId is an acknowledgement, kept for the enquiry; a payment without a fetch names agent and customer."""
    outcome = await pay(bench, service, ok({"refId": "P1"}))
    assert outcome == Pending(stage="accepted", check_after=START + timedelta(seconds=3))
    assert bench.kept[-1]["payment_ref"] == "P1"
    (asked,) = sent_to(bench, "/bills/payment/request")
    sent = jsonlib.loads(asked.body)
    assert (sent["agent"]["channel"], sent["biller"]["id"]) == ("INTB", POWER.local_id)
    assert sent["customer"]["customerParams"] == [{"name": "Consumer Number", "value": "20260001"}]
    assert "refId" not in sent


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (error("validation-error"), Declined),
        (error("not-found"), Declined),
        (error("forbidden", 403), Declined),
        (error("never-heard-of"), Unknown),
        (ok({"duplicate": {"code": "duplicate-ref-id", "refId": "P1"}, "refId": "P1"}, 409), Unknown),
        (Reply(status=400, body=b"<html>"), Unknown),
        (Reply(status=400, body=b'{"success": true, "error": {"code": "validation-error"}}'), Unknown),
    ],
)
async def test_only_mapped_refusals_decline(bench: Bench, service: Service, answer: Reply, means: type) -> None:
    """A 400 declines by a code that is mapped so, and a reference that is known already decides nothing."""
    with capture_logs():
        outcome = await pay(bench, service, answer)
    assert isinstance(outcome, means)
    assert len(sent_to(bench, "/bills/payment/request")) == 1


@pytest.mark.parametrize(
    "answer", [error("validation-error", 500), Reply(status=200, body=b"{"), error("validation-error", 200)]
)
async def test_unusable_answers_may_have_paid(bench: Bench, service: Service, answer: Reply) -> None:
    """A 500 declines nothing, though the document's own carries a refusal's code."""
    with pytest.raises(Garbled):
        await pay(bench, service, answer)


async def test_refused_token_is_replaced_once(bench: Bench, service: Service) -> None:
    """A 401 performed nothing: one new token, one more try."""
    outcome = await pay(bench, service, [error("unauthorized", 401), ok({"refId": "P1"})])
    assert isinstance(outcome, Pending)
    assert len(sent_to(bench, "/auth/token")) == 2
    assert isinstance(await pay(bench, service, error("unauthorized", 401)), Declined)


def answered(**changes: Any) -> Reply:
    details = {"amount": 12850, "mode": "Internet Banking", "paymentRefId": REFERENCE}
    found = {
        "refId": "P1",
        "status": "Success",
        "billerId": POWER.local_id,
        "transactionId": "AX30910192192192192",
        "lastPaidDate": "2026-11-23T13:30:02+05:30",
        "paymentDetails": details,
    }
    return ok(found | changes)


async def find(bench: Bench, service: Service, answer: Reply) -> Any:
    service.on["/bills/payment/response"] = answer
    return await SCENARIO.find_payment(payment(), bench.enquiry(REFERENCE, payment_ref="P1"))


async def test_success_is_a_receipt(bench: Bench, service: Service) -> None:
    """The amount is the partner's, never ours."""
    outcome = await find(bench, service, answered())
    assert isinstance(outcome, Succeeded)
    assert outcome.result.paid == rupees("128.50")
    assert outcome.result.receipt_number == "AX30910192192192192"
    assert outcome.result.paid_at == datetime(2026, 11, 23, 8, 0, 2, tzinfo=UTC)
    more = await find(bench, service, answered(paymentDetails={"amount": 12950, "paymentRefId": REFERENCE}))
    assert payment().contradicts(more.result)


@pytest.mark.parametrize(
    ("changes", "means", "code"),
    [
        ({"status": "Processing"}, Pending, None),
        ({"status": "Pondering"}, Pending, None),
        ({"status": "Failure", "failureReason": {"code": "ERR004"}}, Declined, "account-unknown"),
        ({"status": "Failure", "failureReason": {"code": "NEW001"}}, Declined, "declined"),
        ({"status": "Failure", "failureReason": {"code": "npci-connectivity-timeout"}}, Unknown, None),
        ({"status": "Credit_Adjustment"}, Declined, "returned"),
        ({"paymentDetails": {"amount": 12850, "paymentRefId": "ANOTHER"}}, Unknown, None),
        ({"billerId": "OTHR00000NAT01"}, Unknown, None),
        ({"refId": "P2"}, Unknown, None),
        ({"failureReason": {"code": "ERR004"}}, Unknown, None),
    ],
)
async def test_status_decides(bench: Bench, service: Service, changes: Data, means: type, code: str | None) -> None:
    """A failure declines, a credit is money returned, and what is not clearly ours decides nothing."""
    with capture_logs():
        outcome = await find(bench, service, answered(**changes))
    assert isinstance(outcome, means)
    assert (outcome.reason.code if isinstance(outcome, Declined) else None) == code
    assert getattr(outcome, "unmapped", False) == (changes.get("status") == "Pondering")


def row(**changes: Any) -> Data:
    found = {"refId": "P1", "paymentRefId": REFERENCE, "status": "Success", "amount": 12850, "billerId": POWER.local_id}
    return found | changes


def listed(*rows: Data, after: str | None = None) -> Reply:
    more = {"nextPage": f"/api/bbps/transactions?after={after}"} if after else {}
    return ok({"transactions": list(rows)} | more)


async def lost(bench: Bench, service: Service, answer: Reply | list[Reply], **handles: str) -> Any:
    """What an enquiry finds that knows no refId."""
    service.on["/transactions"] = answer
    return await SCENARIO.find_payment(payment(), bench.enquiry(REFERENCE, **handles))


@pytest.mark.parametrize(
    ("status", "means"),
    [("Success", Succeeded), ("Processing", Pending), ("Error", Declined), ("Credit_Adjustment", Declined)],
)
async def test_lost_payment_is_found_in_the_list(bench: Bench, service: Service, status: str, means: type) -> None:
    """The list of the day in India is searched for our reference, and read in its own words: Error is Failure."""
    bench.watch.now = datetime(2026, 11, 23, 18, 45, tzinfo=UTC)
    outcome = await lost(bench, service, listed(row(paymentRefId="ANOTHER", status="Error"), row(status=status)))
    assert isinstance(outcome, means)
    (asked,) = sent_to(bench, "/transactions")
    query = parse_qs(urlsplit(asked.url).query)
    assert (query["startDate"], query["endDate"]) == (["2026-11-24"], ["2026-11-24"])


async def test_words_of_the_response_are_not_the_lists(bench: Bench, service: Service) -> None:
    """Failure in the list is a word that nobody has mapped."""
    with capture_logs():
        outcome = await lost(bench, service, listed(row(status="Failure")))
    assert isinstance(outcome, Pending)
    assert outcome.unmapped


async def test_absence_needs_the_whole_list(bench: Bench, service: Service) -> None:
    """A list that is too long for one enquiry says nothing yet; the next one reads on from where it stopped."""
    assert isinstance(await lost(bench, service, listed()), Absent)
    pages = [listed(after="A"), listed(after="B"), listed(after="C")]
    assert isinstance(await lost(bench, service, pages), Unknown)
    assert bench.kept[-1]["list_after"] == "C"
    assert isinstance(await lost(bench, service, listed(row()), **bench.kept[-1]), Succeeded)
    assert parse_qs(urlsplit(bench.channel.seen[-1].url).query)["after"] == ["C"]
    with capture_logs() as logs:
        assert isinstance(await lost(bench, service, listed(row(), row(refId="P2"))), Unknown)
    assert [entry["log_level"] for entry in logs] == ["error"]


def test_webhook_is_a_hint() -> None:
    """Nobody signs a webhook: it names the payment, decides nothing, and is thanked for in the partner's words."""
    raw = {"event": "BILL_PAY", "data": {"status": "Success", "paymentDetails": {"paymentRefId": REFERENCE}}}
    news = read_callback(jsonlib.dumps(raw).encode(), {}, ACCOUNT)
    assert (news.reference, news.outcome, news.trusted) == (REFERENCE, None, False)
    assert news.acknowledgement.body == b'{"success":true}'
    for other in ({"event": "BILLER_UPDATES", "data": {"BillerID": "X"}}, {"event": "BILL_PAY", "error": {}}):
        assert read_callback(jsonlib.dumps(other).encode(), {}, ACCOUNT).reference == ""
    with pytest.raises(Garbled):
        read_callback(b"<xml>", {}, ACCOUNT)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The simulated partner, in a process of its own, and an account there."""
    var = tmp_path_factory.mktemp("partners")
    fleet.prepare(var, ["setu_bbps"])
    with fleet.start(var, names=["setu_bbps"], processing_seconds=0.1, late_seconds=0.4, bill_seconds=0.1) as running:
        told = jsonlib.loads((var / "setu_bbps" / "credentials.json").read_text())
        found = running.stands["setu_bbps"]
        yield found.door, msgspec.convert({"base_url": found.protocol} | told, SetuAccount)


@pytest.fixture
async def live(stand: Any) -> AsyncIterator[Bench]:
    """A bench whose channel is real, and whose clock is the world's."""
    channel = Channel(connect=timedelta(seconds=1), connections=4)

    async def exchange(asked: Http) -> Reply:
        return await channel.exchange(asked, timedelta(seconds=2))

    made = Bench(exchange, manifest=MANIFEST, account=stand[1])
    made.watch.now = datetime.now(UTC)
    yield made
    await channel.close()


class Walk:
    """A customer's way through every operation, over real sockets."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    async def biller(self, local_id: str) -> Biller:
        page = await SCENARIO.list_billers(BillerSearch(region="IN"), self.bench.call())
        return next(each for each in page.items if each.biller_id.local_id == local_id)

    async def bills(self, local_id: str, account: str, **fields: str) -> list[Bill]:
        search = BillSearch(biller_id=self.bench.call().ref(local_id), account=account, fields=MOBILE | fields)
        call = self.bench.call()
        for _ in range(20):
            try:
                return await SCENARIO.find_bills(search, call)
            except NotReady:
                await asyncio.sleep(0.05)
        raise AssertionError("the bill never came")

    async def paid(self, local_id: str, account: str, amount: Money, owed: Bill | None = None, **fields: str) -> Any:
        """The outcome in the end, by the partner's refId or, where the answer was lost, by its list."""
        ordered = BillPayment(
            biller_id=self.bench.call().ref(local_id),
            account=account,
            amount=amount,
            bill_id=owed.bill_id if owed else None,
            fields=MOBILE | fields,
        )
        attempt = self.bench.attempt(reference := references.make(MANIFEST.reference), seconds=3)
        await SCENARIO.check_payment(ordered, attempt)
        try:
            outcome: Any = await SCENARIO.pay(ordered, attempt)
        except MaybeSent:
            outcome = Unknown(why="no answer")
        for _ in range(20):
            if isinstance(outcome, Succeeded | Declined):
                return outcome
            await asyncio.sleep(0.05)
            outcome = await SCENARIO.find_payment(ordered, self.bench.enquiry(reference, **attempt.handles))
        return outcome


async def test_walk_of_bills(live: Bench) -> None:
    """Against the simulator: one bill, one of a list, all of a list, an option, a span, an account without a bill."""
    walk = Walk(live)
    page = await SCENARIO.list_billers(BillerSearch(limit=3), live.call())
    assert (len(page.items), page.next is None) == (3, False)
    power = {"billing_unit": "1234"}
    (early,) = await walk.bills("SBXE00000MAH02", "9900000041", **power)
    assert early.rule is not None
    assert isinstance(await walk.paid("SBXE00000MAH02", "9900000041", early.rule.choices[0], early, **power), Succeeded)
    (late,) = await walk.bills("SBXE00000MAH02", "9900000042", **power)
    assert late.rule is not None
    assert isinstance(await walk.paid("SBXE00000MAH02", "9900000042", late.rule.choices[-1], late, **power), Succeeded)
    (plain,) = await walk.bills("SBXE00000MAH02", "9900000043", **power)
    assert plain.rule is None
    for local_id in ("SBXE00000KAR01", "SBXL00000NAT08", "SBXS00000NAT10", "ADIT00000NAT0T"):
        owed = (await walk.bills(local_id, "20260001"))[0]
        assert owed.amount is not None
        assert isinstance(await walk.paid(local_id, "20260001", owed.amount, owed), Succeeded), local_id
    (double,) = await walk.bills("ADIT00000NAT0T", "20260001")
    assert double.rule is not None
    assert double.rule.maximum is not None
    assert isinstance(await walk.paid("ADIT00000NAT0T", "20260001", double.rule.maximum, double), Succeeded)
    (proved,) = await walk.bills("SBXD00000NAT12", "20260001")
    assert isinstance(await walk.paid("SBXD00000NAT12", "20260001", rupees("99.00"), proved), Succeeded)
    assert await walk.bills("SBXE00000KAR01", "9900000030") == []
    with pytest.raises(Refused):
        await walk.bills("SBXE00000KAR01", "9900000025")
    (yesterdays,) = await walk.bills("SBXE00000KAR01", "9900000034")
    assert isinstance(await walk.paid("SBXE00000KAR01", "9900000034", rupees("128.50"), yesterdays), Declined)


FATES: dict[str, tuple[type, str | None]] = {
    "20260001": (Succeeded, None),
    "9900000002": (Absent, None),
    "9900000004": (Succeeded, None),
    "9900000006": (Succeeded, None),
    "9900000010": (Succeeded, None),
    "9900000012": (Succeeded, None),
    "9900000017": (Declined, "partner-failure"),
    "9900000025": (Declined, "account-unknown"),
    "9900000026": (Succeeded, None),
    "9900000027": (Declined, "declined"),
    "9900000028": (Pending, None),
    "9900000032": (Declined, "returned"),
    "9900000033": (Declined, "returned"),
}


async def test_walk_of_fates(live: Bench, stand: Any) -> None:
    """Against the simulator: what is paid, lost and found again, refused, credited back, and never final."""
    walk = Walk(live)
    assert (await walk.biller("SBXC00000NAT13")).bill == "none"
    with capture_logs():
        paid = await asyncio.gather(*(walk.paid("SBXC00000NAT13", account, rupees("50.00")) for account in FATES))
    met = {
        account: (type(outcome), outcome.reason.code if isinstance(outcome, Declined) else None)
        for account, outcome in zip(FATES, paid, strict=True)
    }
    assert met == FATES
    lied = await walk.paid("SBXC00000NAT13", "9900000011", rupees("50.00"))
    assert lied.result.paid == rupees("51.00")
    async with httpx.AsyncClient() as client:
        await client.post(f"{stand[0]}/_sandbox/expire-tokens")
    assert isinstance(await walk.paid("SBXC00000NAT13", "20260001", rupees("50.00")), Succeeded)
