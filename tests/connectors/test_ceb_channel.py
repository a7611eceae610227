"""What is odd about this partner: two units in one message, doubled Base64, rules with their own directions."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from structlog.testing import capture_logs

from connectors.ceb_channel import bills, catalogue, envelope, payments, wire
from connectors.ceb_channel.connector import CebAccount, CebUtilityBills, read_callback
from connectors.ceb_channel.facts import MANIFEST
from connectors.kit.attempt import Errand, Line, PartnerAttempt, PartnerCall
from connectors.kit.sessions import Sessions
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, NotReady, Refused
from schemas.money import Money
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.refs import PartnerRef
from schemas.utility_bills import AmountRule, Bill, BillerSearch, BillPayment, BillSearch, PayWindow

NOON = datetime(2026, 3, 2, 4, 0, 0, tzinfo=UTC)
"""12:00 in Shanghai."""
REFERENCE = "1234567890123456789012345678"
ACCOUNT = "3301009876"
POWER = PartnerRef(MANIFEST.id, "330100.P1")
BILLER = CebUtilityBills()

Data = dict[str, Any]
Scripted = Data | str | Reply | Exception


def yuan(amount: str) -> Money:
    return Money(amount=amount, currency="CNY")


def power(**changes: Any) -> Data:
    """An electricity item as the channel lists it."""
    return {
        "paymentItemId": "P1",
        "paymentItemCode": "PC1",
        "paymentItemName": "杭州电力",
        "companyId": "024001301",
        "categoryType": "01",
        "cityCode": "330100",
        "rangLimit": "1",
        "amountLimit": "0-100000",
        "chooseAmount": "",
        "timeRangeLimit": "25200000-86400000|0-10800000",
        "payTimeTips": "",
        "businessFlow": "0",
        "extraFields": [],
        "needContractNo": "0",
    } | changes


def item(**changes: Any) -> wire.Item:
    return msgspec.convert(power(**changes), wire.Item)


def row(**changes: Any) -> Data:
    return {
        "contractNo": "C-1",
        "customerName": "张*",
        "originalCustomerName": "张三",
        "balance": 0,
        "payAmount": 12345,
        "beginDate": "202602",
        "endDate": "202602",
    } | changes


def fetched(*rows: Data, **changes: Any) -> Data:
    return {"qryAcqSsn": "SSN1", "queryState": "0", "billKey": ACCOUNT, "data": list(rows)} | changes


def order(**changes: Any) -> Data:
    return {
        "merOrderNo": REFERENCE,
        "merOrderDate": "20260302",
        "transacNo": "T-9",
        "orderDate": "20260302120005",
        "order_status": "3",
        "payAmount": "123.45",
        "errorCode": "",
        "errorMessage": "",
    } | changes


def detail(**changes: Any) -> Data:
    """An order as an enquiry shows it."""
    return {
        "orderNo": REFERENCE,
        "transacNo": "T-9",
        "payDate": "20260302120005",
        "status": 3,
        "payAmount": "123.45",
        "errorCode": "",
    } | changes


class TheirSide:
    """The channel's end: answers a script, signs as the facts say, and keeps what it was sent."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ours = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.script: dict[str, list[Scripted]] = {}
        self.received: list[tuple[str, Data]] = []
        self.patience: list[timedelta] = []

    def answers(self, transac_code: str, *scripted: Scripted) -> None:
        """Data for success, a string for a code, a Reply as it is, an exception to raise; the last one repeats."""
        self.script[transac_code] = list(scripted)

    def asked(self, transac_code: str) -> list[Data]:
        return [data for code, data in self.received if code == transac_code]

    def sign(self, text: bytes) -> str:
        signature = self.key.sign(text, PKCS1v15(), hashes.MD5())  # noqa: S303 - the dialect
        return base64.b64encode(base64.b64encode(signature)).decode()

    def reply(self, code: str, message: str, data: Data | None) -> Reply:
        plain = b"" if data is None else json.dumps(data, ensure_ascii=False).encode()
        body = {
            "respCode": code,
            "respMsg": message,
            "respData": base64.b64encode(plain).decode(),
            "signature": self.sign(f"{code}{message}".encode() + plain),
        }
        return Reply(status=200, body=json.dumps(body, ensure_ascii=False).encode())

    def push(self, account: CebAccount, data: Data, **changes: str) -> bytes:
        plain = json.dumps(data, ensure_ascii=False).encode()
        form = {
            "siteCode": account.site_code,
            "version": "1.0.0",
            "transacCode": "TMRI_ORDER_RESULT",
            "charset": "UTF-8",
            "reqdata": base64.b64encode(plain).decode(),
            "signature": self.sign(f"{account.site_code}1.0.0TMRI_ORDER_RESULT".encode() + plain),
        }
        return urlencode(form | changes).encode()

    async def exchange(self, message: Http, patience: timedelta) -> Reply:
        form = {name: values[0] for name, values in parse_qs(message.body.decode()).items()}
        plain = base64.b64decode(form["reqdata"])
        signature = base64.b64decode(base64.b64decode(form["signature"]))
        text = f"{form['siteCode']}1.0.0{form['transacCode']}".encode() + plain
        self.ours.public_key().verify(signature, text, PKCS1v15(), hashes.MD5())  # noqa: S303 - the dialect
        self.received.append((form["transacCode"], json.loads(plain)))
        self.patience.append(patience)
        return self._next(form["transacCode"])

    def _next(self, transac_code: str) -> Reply:
        waiting = self.script[transac_code]
        scripted = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(scripted, Exception):
            raise scripted
        if isinstance(scripted, Reply):
            return scripted
        if isinstance(scripted, str):
            return self.reply(scripted, "失败", None)
        return self.reply("0000", "成功", scripted)


class OpenGate:
    @asynccontextmanager
    async def enter(self, _deadline: datetime) -> AsyncIterator[None]:
        yield


@pytest.fixture(scope="module")
def keyed() -> TheirSide:
    """Keys are slow to make, and no test changes them."""
    return TheirSide()


@pytest.fixture
def them(keyed: TheirSide) -> TheirSide:
    keyed.script, keyed.received, keyed.patience = {}, [], []
    keyed.answers(wire.LOGIN, {"sessionId": "S-1", "userStatus": "0"}, {"sessionId": "S-2", "userStatus": "0"})
    keyed.answers(wire.CITIES, {"cityList": [{"cityCode": "330100", "cityName": "杭州"}]})
    keyed.answers(wire.ITEMS, {"payItemList": [power()]})
    return keyed


@pytest.fixture
def account(them: TheirSide) -> CebAccount:
    private = them.ours.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = them.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return CebAccount(
        base_url="http://channel.test",
        site_code="SITE1",
        private_key=private.decode(),
        public_key=public.decode(),
        user_id="U1",
    )


@pytest.fixture
def line(them: TheirSide, account: CebAccount) -> Line:
    def clock() -> datetime:
        return NOON

    return Line(
        manifest=MANIFEST,
        account=account,
        account_id="A1",
        callback_url="https://hub.test/callbacks/ceb_channel/A1",
        channel=them,  # type: ignore[arg-type] - the seam below is one method
        gate=OpenGate(),
        sessions=Sessions(clock),
        clock=clock,
        patience=timedelta(seconds=30),
    )


async def forget(_handles: dict[str, str]) -> None:
    pass


async def commit(_step: str) -> None:
    pass


def errand(handles: dict[str, str] | None = None) -> Errand:
    return Errand(
        tenant="bank",
        trace_id="t",
        deadline=NOON + timedelta(minutes=5),
        keep=forget,
        reference=REFERENCE,
        handles=dict(handles or {}),
    )


@pytest.fixture
def call(line: Line) -> PartnerCall:
    return PartnerCall(line, errand())


@pytest.fixture
def attempt(line: Line) -> Callable[..., PartnerAttempt]:
    def begin(handles: dict[str, str] | None = None) -> PartnerAttempt:
        kept = payments.handles(item(), msgspec.convert(row(), wire.Row), "SSN1") if handles is None else handles
        return PartnerAttempt(line, errand(kept), order_id="o", sent_at=NOON, commit_step=commit)

    return begin


def payment(bill_id: PartnerRef | None = None, amount: str = "123.45", **changes: Any) -> BillPayment:
    asked: Data = {"biller_id": POWER, "account": ACCOUNT, "amount": yuan(amount), "bill_id": bill_id}
    return BillPayment(**(asked | changes))


async def found(call: PartnerCall, them: TheirSide, *rows: Data) -> list[Bill]:
    them.answers(wire.BILL, fetched(*(rows or (row(),))))
    return await BILLER.find_bills(BillSearch(biller_id=POWER, account=ACCOUNT), call)


# The envelope


async def test_a_request_is_signed_over_its_plain_text_in_base64_twice(account: CebAccount) -> None:
    """What travels is Base64, what is signed is the plain JSON, and the signature is encoded twice."""
    message = await envelope.seal(account, wire.LOGIN, wire.LoginRequest(userId="U1"))
    form = {name: values[0] for name, values in parse_qs(message.body.decode()).items()}
    assert message.url == "http://channel.test/channel/gateway.do"
    assert base64.b64decode(form["reqdata"]) == b'{"userId":"U1"}'
    assert len(base64.b64decode(base64.b64decode(form["signature"]))) == 256


async def test_a_changed_reply_is_garbled(them: TheirSide, account: CebAccount) -> None:
    """No code is believed, and no failure either, once a byte of the reply was changed."""
    good = them.reply("DEF0010", "用户不存在", None)
    assert (await envelope.unseal(account, good)).code == "DEF0010"
    with pytest.raises(Garbled):
        await envelope.unseal(account, Reply(status=200, body=good.body.replace(b"DEF0010", b"DEF0013")))
    with pytest.raises(Garbled):
        await envelope.unseal(account, Reply(status=200, body=b"<html>busy</html>"))
    with pytest.raises(Garbled):
        await envelope.unseal(account, Reply(status=200, body=b'{"respCode":"0000","signature":"A"}'))


async def test_an_http_failure_is_no_answer(account: CebAccount) -> None:
    """A 5xx may have been performed."""
    with pytest.raises(Garbled, match="503") as caught:
        await envelope.unseal(account, Reply(status=503, body=b"busy"))
    assert caught.value.evidence == b"busy"


@pytest.mark.parametrize("length", range(1, 7))
def test_base64_survives_a_second_form_encoding(length: int) -> None:
    """Padding that still says %3D, and plus signs that became %2B or spaces, read as what was meant."""
    plain = b"\xfb\xff\xbe" * length + b"\xfb" * (length % 3)
    text = base64.b64encode(plain).decode()
    assert envelope.undo(text.replace("=", "%3D")) == plain
    assert envelope.undo(text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3d")) == plain
    assert envelope.undo(text.replace("+", " ")) == plain
    assert envelope.undo(text[:4] + "\r\n" + text[4:]) == plain


def test_an_account_never_shows_its_key(account: CebAccount) -> None:
    """The private key is no part of what an account prints as, and a broken one is refused where it is set."""
    assert "PRIVATE" not in repr(account)
    settings = msgspec.to_builtins(account) | {"private_key": "x"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(settings, CebAccount)


# The catalogue


@pytest.mark.parametrize(
    ("limit", "paid_less", "paid_all", "paid_more"),
    [
        ("-10", True, True, True),
        ("-2", True, False, False),
        ("-1", True, True, False),
        ("0", False, True, False),
        (0, False, True, False),
        ("1", False, True, True),
        ("2", False, False, True),
    ],
)
def test_rang_limit_says_how_the_paid_amount_stands_to_the_bill(
    limit: str | int, paid_less: bool, paid_all: bool, paid_more: bool
) -> None:
    """-2 is below the bill, 2 above it: the paid amount is on the left of the sign."""
    rule = catalogue.rule(item(rangLimit=limit), bill_first=True)
    taken = [rule.refusal(yuan(amount), yuan("10.00")) is None for amount in ("9.99", "10.00", "10.01")]
    assert taken == [paid_less, paid_all, paid_more]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("", []),
        ("25200000-86400000|0-10800000", [PayWindow(opens=time(7), closes=time(3))]),
        ("0-10800000|25200000-86400000", [PayWindow(opens=time(7), closes=time(3))]),
        ("0-86400000", [PayWindow(opens=time(0), closes=time(0))]),
        ("28800000-43200000", [PayWindow(opens=time(8), closes=time(12))]),
        ("72000000-86400000", [PayWindow(opens=time(20), closes=time(0))]),
        (
            "28800000-43200000|50400000-61200500",
            [
                PayWindow(opens=time(8), closes=time(12)),
                PayWindow(opens=time(14), closes=time(17, 0, 0, 500_000)),
            ],
        ),
    ],
)
def test_windows_are_milliseconds_of_the_day_and_may_wrap_midnight(limit: str, expected: list[PayWindow]) -> None:
    """Two spans that meet at midnight are one window, and 24:00 is 00:00."""
    assert catalogue.windows(limit) == expected


@pytest.mark.parametrize(
    "broken",
    [
        {"timeRangeLimit": "0-0"},
        {"timeRangeLimit": "0-86400001"},
        {"timeRangeLimit": "all day"},
        {"rangLimit": "3"},
        {"rangLimit": None},
        {"amountLimit": "100"},
        {"amountLimit": "100-1"},
        {"amountLimit": "0-100.005"},
        {"chooseAmount": "30|"},
        {"businessFlow": "2"},
        {"extraFields": [{"name": "idCard", "label": "", "required": True}]},
        {"extraFields": [{"name": "filed1", "pattern": "["}]},
        {"businessFlow": "1", "needContractNo": "1"},
        {"paymentItemName": None},
    ],
)
def test_a_rule_that_cannot_be_read_hides_its_own_biller_only(broken: Data) -> None:
    """No rule is ever guessed: the biller is left out and logged, the others stay."""
    raws = [msgspec.Raw(msgspec.json.encode(one)) for one in (power(**broken), power(paymentItemId="P2"))]
    with capture_logs() as logs:
        assert list(catalogue.listed(raws, "330100")) == ["330100.P2"]
    assert [entry["event"] for entry in logs] == ["biller-left-out"]


def test_amounts_of_a_rule_are_in_yuan() -> None:
    """Limits and choices are 元, though the bill beside them is in 分."""
    rule = catalogue.rule(item(amountLimit="1-100000", chooseAmount="30|100"), bill_first=False)
    assert rule == AmountRule(minimum=yuan("1.00"), maximum=yuan("100000.00"), choices=[yuan("30.00"), yuan("100.00")])


async def test_a_county_is_served_by_its_city(them: TheirSide, call: PartnerCall) -> None:
    """A region inside a city finds the city's billers; another city's items are not even asked for."""
    cities = [{"cityCode": "330100"}, {"cityCode": "440300"}]
    them.answers(wire.CITIES, {"cityList": cities})
    page = await BILLER.list_billers(BillerSearch(region="330106"), call)
    assert [biller.biller_id for biller in page.items] == [POWER]
    assert them.asked(wire.ITEMS) == [{"cityCode": "330100"}]


async def test_pages_run_through_cities(them: TheirSide, line: Line) -> None:
    """A cursor goes on where the page ended, across cities, and misses and repeats nothing."""
    cities = [f"3301{number:02}" for number in range(9)]
    them.answers(wire.CITIES, {"cityList": [{"cityCode": city} for city in cities]})
    them.answers(wire.ITEMS, {"payItemList": [power(paymentItemId=one) for one in ("P1", "P2", "P3")]})
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = await BILLER.list_billers(BillerSearch(cursor=cursor, limit=2), PartnerCall(line, errand()))
        seen += [biller.biller_id.local_id for biller in page.items]
        cursor, pages = page.next, pages + 1
    assert seen == [f"{city}.{one}" for city in cities for one in ("P1", "P2", "P3")]


async def test_a_page_stays_within_the_exchanges_of_a_call(them: TheirSide, call: PartnerCall) -> None:
    """Without a region a page visits a few cities, and says where to go on."""
    them.answers(wire.CITIES, {"cityList": [{"cityCode": f"3301{number:02}"} for number in range(30)]})
    page = await BILLER.list_billers(BillerSearch(), call)
    assert (len(page.items), page.next) == (6, "330106:0")


# Bills


async def test_a_bill_is_in_fen(them: TheirSide, call: PartnerCall) -> None:
    """12345 分 are 123.45 元; the name stays as the partner masked it; months are read from both ends."""
    (bill,) = await found(call, them)
    assert bill.amount == yuan("123.45")
    assert bill.customer_name == "张*"
    assert bill.period
    assert (bill.period.begins, bill.period.ends) == (date(2026, 2, 1), date(2026, 2, 28))
    assert them.patience[-1] == timedelta(seconds=180)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("20260215", date(2026, 2, 15), date(2026, 2, 15)),
        ("202402", date(2024, 2, 1), date(2024, 2, 29)),
        ("", None, None),
        (None, None, None),
        ("20261301", None, None),
        ("2026", None, None),
    ],
)
def test_a_date_is_a_day_a_month_or_nothing(text: str | None, first: date | None, last: date | None) -> None:
    """yyyyMMdd, yyyyMM and empty are all in use."""
    assert (bills.day(text), bills.day(text, last=True)) == (first, last)


@pytest.mark.parametrize("code", ["DEF0001", "DEF0002"])
async def test_nothing_due_is_an_empty_list_on_a_query(them: TheirSide, call: PartnerCall, code: str) -> None:
    """The codes that end a payment say, on a query, that nothing is owed."""
    them.answers(wire.BILL, code)
    assert await BILLER.find_bills(BillSearch(biller_id=POWER, account=ACCOUNT), call) == []


async def test_an_unknown_account_is_refused_by_its_field(them: TheirSide, call: PartnerCall) -> None:
    """DEF0010 is about the account number."""
    them.answers(wire.BILL, "DEF0010")
    with pytest.raises(Refused) as refused:
        await BILLER.find_bills(BillSearch(biller_id=POWER, account=ACCOUNT), call)
    assert refused.value.field == "account"


async def test_a_bill_is_fetched_in_the_background_and_polled(them: TheirSide, line: Line) -> None:
    """A fetch under way is remembered by its number, and asked about again after the partner's own pause."""
    busy = fetched(queryState="1", pollingInterval="7")
    them.answers(wire.BILL, busy, busy, fetched(row()))
    kept: dict[str, str] = {}
    for _ in range(2):
        call = PartnerCall(line, errand(kept))
        with pytest.raises(NotReady) as later:
            await BILLER.find_bills(BillSearch(biller_id=POWER, account=ACCOUNT), call)
        assert later.value.check_after == timedelta(seconds=7)
        kept = dict(call.handles)
    call = PartnerCall(line, errand(kept))
    assert len(await BILLER.find_bills(BillSearch(biller_id=POWER, account=ACCOUNT), call)) == 1
    polls = [(asked["pollingTimes"], asked["qryAcqSsn"]) for asked in them.asked(wire.BILL)]
    assert polls == [(1, ""), (2, "SSN1"), (3, "SSN1")]


async def test_a_refused_session_is_opened_anew_once(them: TheirSide, call: PartnerCall) -> None:
    """1002 costs a login and one more question."""
    them.answers(wire.BILL, "1002", fetched(row()))
    assert await BILLER.find_bills(BillSearch(biller_id=POWER, account=ACCOUNT), call)
    assert [asked["sessionId"] for asked in them.asked(wire.BILL)] == ["S-1", "S-2"]


async def test_a_bill_id_names_no_customer(them: TheirSide, call: PartnerCall) -> None:
    """References are not masked in logs, so they hold neither account nor contract nor name; twins differ."""
    twins = await found(call, them, row(), row(payAmount=500))
    assert len({bill.bill_id for bill in twins}) == 2
    for bill in twins:
        assert not any(personal in str(bill.bill_id) for personal in (ACCOUNT, "C-1", "张"))
        assert len(bill.bill_id.local_id) < 200


async def test_an_answer_about_another_account_is_garbled(them: TheirSide, call: PartnerCall) -> None:
    """Crossed answers must not show one customer another's bills."""
    them.answers(wire.BILL, fetched(row(), billKey="7777"))
    with pytest.raises(Garbled) as garbled:
        await BILLER.find_bills(BillSearch(biller_id=POWER, account=ACCOUNT), call)
    assert "7777" not in str(garbled.value)


async def test_a_top_up_has_a_bill_query_of_its_own(them: TheirSide, call: PartnerCall) -> None:
    """Category 04 is asked about under another name."""
    them.answers(wire.ITEMS, {"payItemList": [power(categoryType="04")]})
    them.answers(wire.MOBILE_BILL, fetched(row()))
    assert await BILLER.find_bills(BillSearch(biller_id=POWER, account=ACCOUNT), call)


# The check


async def refused_field(asked: BillPayment, call: PartnerCall) -> str | None:
    with pytest.raises(Refused) as refused:
        await BILLER.check_payment(asked, call)
    return refused.value.field


async def test_a_check_keeps_what_paying_needs(them: TheirSide, call: PartnerCall) -> None:
    """The bill is asked for again by its number, and goes with the order as the partner wrote it."""
    (bill,) = await found(call, them)
    await BILLER.check_payment(payment(bill.bill_id, "200.00"), call)
    assert them.asked(wire.BILL)[-1]["qryAcqSsn"] == "SSN1"
    assert call.handles["item_code"] == "PC1"
    assert json.loads(call.handles["bill"])["originalCustomerName"] == "张三"


async def test_the_amount_is_held_against_the_bill(them: TheirSide, call: PartnerCall) -> None:
    """With rangLimit 1, less than the bill is refused; another currency always is."""
    (bill,) = await found(call, them)
    assert await refused_field(payment(bill.bill_id, "123.44"), call) == "amount.amount"
    dollars = payment(bill.bill_id, amount="123.45")
    dollars = msgspec.structs.replace(dollars, amount=Money(amount="500", currency="USD"))
    assert await refused_field(dollars, call) == "amount.currency"


async def test_a_bill_without_an_amount_takes_no_rule_that_needs_one(them: TheirSide, call: PartnerCall) -> None:
    """A rule that cannot be checked is not waived."""
    (bill,) = await found(call, them, row(payAmount=""))
    assert bill.amount is None
    assert await refused_field(payment(bill.bill_id), call) == "amount.amount"


async def test_a_bill_belongs_to_its_biller_and_account(them: TheirSide, call: PartnerCall) -> None:
    """Neither another account nor another biller can be paid with it, and without one nothing is."""
    them.answers(wire.ITEMS, {"payItemList": [power(), power(paymentItemId="P2")]})
    (bill,) = await found(call, them)
    other = PartnerRef(MANIFEST.id, "330100.P2")
    assert await refused_field(payment(bill.bill_id, account="1"), call) == "account"
    assert await refused_field(payment(bill.bill_id, biller_id=other), call) == "bill_id"
    assert await refused_field(payment(PartnerRef(MANIFEST.id, "made up")), call) == "bill_id"
    assert await refused_field(payment(None), call) == "bill_id"
    assert await refused_field(payment(None, biller_id=PartnerRef(MANIFEST.id, "330100.P9")), call) == "biller_id"


@pytest.mark.parametrize(
    "later", ["DEF0002", "1005", fetched(queryState="1"), fetched(), fetched(row(), qryAcqSsn="SSN2")]
)
async def test_a_bill_that_is_gone_must_be_searched_for_again(
    them: TheirSide, call: PartnerCall, later: Scripted
) -> None:
    """A fetch is kept for half an hour; after it, whatever the partner answers instead, the bill is no more."""
    (bill,) = await found(call, them)
    them.answers(wire.BILL, later)
    assert await refused_field(payment(bill.bill_id), call) == "bill_id"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({}, "fields.filed1"), ({"filed1": "１２"}, "fields.filed1"), ({"filed1": "12", "filed2": "x"}, "fields.filed2")],
)
async def test_extra_fields_are_those_the_biller_demands(
    them: TheirSide, call: PartnerCall, fields: dict[str, str], field: str
) -> None:
    """Missing, unlike their pattern (full-width digits are no digits) or unasked for: each is named."""
    demanded = [{"name": "filed1", "label": "区号", "pattern": r"^\d{2}$", "required": "1"}]
    them.answers(wire.ITEMS, {"payItemList": [power(businessFlow="1", extraFields=demanded)]})
    assert await refused_field(payment(fields=fields), call) == field
    await BILLER.check_payment(payment(fields={"filed1": "12"}), call)


async def test_no_pattern_takes_long(them: TheirSide, call: PartnerCall) -> None:
    """One that can be read in more ways than anybody can try is matched all the same, and at once."""
    demanded = [{"name": "filed1", "label": "区号", "pattern": "^([A-Z]*[0-9]*)+$", "required": "1"}]
    them.answers(wire.ITEMS, {"payItemList": [power(businessFlow="1", extraFields=demanded)]})
    started = monotonic()
    assert await refused_field(payment(fields={"filed1": "1" * 60 + "!"}), call) == "fields.filed1"
    assert monotonic() - started < 1


async def test_windows_are_in_the_partners_time(them: TheirSide, call: PartnerCall) -> None:
    """At 04:00 UTC it is noon in Shanghai, where a window of the small hours is closed."""
    them.answers(wire.ITEMS, {"payItemList": [power(businessFlow="1", timeRangeLimit="10800000-25200000")]})
    assert await refused_field(payment(), call) == "biller_id"


async def test_a_demanded_contract_number_must_be_on_the_bill(them: TheirSide, call: PartnerCall) -> None:
    """A biller with needContractNo 1 cannot be paid for a bill that names no contract."""
    them.answers(wire.ITEMS, {"payItemList": [power(needContractNo="1")]})
    (bill,) = await found(call, them, row(contractNo=""))
    assert await refused_field(payment(bill.bill_id), call) == "bill_id"


# The order


async def test_an_order_is_in_yuan_for_a_bill_in_fen(them: TheirSide, attempt: Callable[..., PartnerAttempt]) -> None:
    """One message holds both units, Shanghai's time, and the name as it was before it was masked."""
    them.answers(wire.CREATE, order(payAmount="200.00"))
    await BILLER.pay(payment(amount="200"), attempt())
    (created,) = them.asked(wire.CREATE)
    assert (created["payAmount"], created["billAmount"]) == ("200.00", 12345)
    assert (created["merOrderNo"], created["merOrderDate"]) == (REFERENCE, "20260302")
    assert json.loads(created["billQueryResultDataModel"]) == row()
    assert (created["customerName"], created["contractNo"], created["queryAcqSsn"]) == ("张三", "C-1", "SSN1")
    assert created["notifyUrl"] == "https://hub.test/callbacks/ceb_channel/A1"
    assert "type" not in created


async def test_an_order_is_dated_in_china(them: TheirSide, line: Line) -> None:
    """What is sent at 20:00 UTC is of the next day, in the creation and in every enquiry about it."""
    them.answers(wire.CREATE, order())
    them.answers(wire.ORDER, detail())
    kept = payments.handles(item())
    sent = PartnerAttempt(line, errand(kept), order_id="o", sent_at=NOON + timedelta(hours=16), commit_step=commit)
    await BILLER.pay(payment(), sent)
    await BILLER.find_payment(payment(), sent)
    assert them.asked(wire.CREATE)[0]["merOrderDate"] == "20260303"
    assert them.asked(wire.ORDER)[0]["tranDate"] == "2026-03-03"


@pytest.mark.parametrize("unnamed", ["", None])
async def test_a_bill_without_a_full_name_is_paid_under_its_masked_one(
    them: TheirSide, attempt: Callable[..., PartnerAttempt], unnamed: str | None
) -> None:
    """CustomerName stands in where originalCustomerName is empty."""
    them.answers(wire.CREATE, order())
    bill = msgspec.convert(row(originalCustomerName=unnamed), wire.Row)
    await BILLER.pay(payment(), attempt(payments.handles(item(), bill, "SSN1")))
    assert them.asked(wire.CREATE)[0]["customerName"] == "张*"


async def test_a_top_up_is_an_order_of_type_1(them: TheirSide, attempt: Callable[..., PartnerAttempt]) -> None:
    """Mobile top-ups say so, and carry no bill."""
    them.answers(wire.CREATE, order())
    await BILLER.pay(payment(), attempt(payments.handles(item(categoryType="04"))))
    (created,) = them.asked(wire.CREATE)
    assert created["type"] == "1"
    assert not {"billAmount", "queryAcqSsn", "contractNo", "customerName"} & created.keys()


async def test_the_receipt_says_what_the_partner_says(them: TheirSide, attempt: Callable[..., PartnerAttempt]) -> None:
    """Another amount than ordered is reported as it is, whether it came as a string or as a number."""
    for amount in ("100.5", 100.5):
        them.answers(wire.CREATE, order(payAmount=amount))
        outcome = await BILLER.pay(payment(), attempt())
        assert isinstance(outcome, Succeeded)
        assert outcome.result.paid == yuan("100.50")
        assert outcome.result.paid_at == NOON + timedelta(seconds=5)
        assert outcome.result.receipt_number == "T-9"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (order(order_status="0", payAmount=""), Pending),
        (order(order_status="1"), Pending),  # paid by the customer, and not yet posted at the biller
        (order(order_status="2", errorCode="DEF0010"), Declined),
        (order(order_status="2", payAmount=None), Declined),
        (order(order_status="2", errorCode="NPP0005"), Unknown),
        (order(order_status="2", errorCode="XYZ"), Pending),
        (order(order_status="7"), Pending),
        ("DEF0002", Declined),
        ("NPP0001", Declined),
        ("NPP0003", Unknown),
        ("NPP0008", Unknown),
        ("DEF0003", Unknown),
        ("1004", Unknown),
        ("XYZ", Unknown),
    ],
)
async def test_only_certainty_is_final(
    them: TheirSide, attempt: Callable[..., PartnerAttempt], answer: Scripted, expected: type
) -> None:
    """Unmapped is pending once the order is acknowledged, and unknown before; a doubtful code is never a decline."""
    them.answers(wire.CREATE, answer)
    assert isinstance(await BILLER.pay(payment(), attempt()), expected)


async def test_a_refused_session_costs_exactly_one_more_submission(
    them: TheirSide, attempt: Callable[..., PartnerAttempt]
) -> None:
    """1002 performed nothing, so the order goes out once more, under a new session and the same number."""
    them.answers(wire.CREATE, "1002", order())
    assert isinstance(await BILLER.pay(payment(), attempt()), Succeeded)
    created = them.asked(wire.CREATE)
    assert [one["sessionId"] for one in created] == ["S-1", "S-2"]
    assert {one["merOrderNo"] for one in created} == {REFERENCE}


async def test_a_session_refused_twice_ends_the_order(them: TheirSide, attempt: Callable[..., PartnerAttempt]) -> None:
    """Two verified refusals: nothing was performed, and nothing more is sent."""
    them.answers(wire.CREATE, "1002")
    assert isinstance(await BILLER.pay(payment(), attempt()), Declined)
    assert len(them.asked(wire.CREATE)) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Reply(status=502),
        Reply(status=200, body=b'{"respCode":"0000","respMsg":"","respData":"","signature":"QUE9PQ=="}'),
        order(merOrderNo="999"),
        order(payAmount=""),
        order(payAmount="1.234"),
        MaybeSent("reset"),
    ],
)
async def test_a_submission_without_a_believable_answer_may_have_been_performed(
    them: TheirSide, attempt: Callable[..., PartnerAttempt], answer: Scripted
) -> None:
    """It is sent once, and raised as what it is: the hub makes it unknown."""
    them.answers(wire.CREATE, answer)
    begun = attempt()
    with pytest.raises(MaybeSent):
        await BILLER.pay(payment(), begun)
    assert begun.submitted
    assert len(them.asked(wire.CREATE)) == 1


async def test_a_success_with_a_wrong_signature_is_no_success(
    them: TheirSide, attempt: Callable[..., PartnerAttempt]
) -> None:
    """An order that reads as paid, signed over other words, decides nothing."""
    true = them.reply("0000", "成功", order())
    them.answers(wire.CREATE, Reply(status=200, body=true.body.replace("成功".encode(), b"ok")))
    begun = attempt()
    with pytest.raises(Garbled):
        await BILLER.pay(payment(), begun)
    assert begun.submitted


async def test_a_login_that_hangs_submits_nothing(them: TheirSide, attempt: Callable[..., PartnerAttempt]) -> None:
    """Before the first submission, every failure leaves the order unsent."""
    them.answers(wire.LOGIN, "NPP0005")
    begun = attempt()
    with pytest.raises(MaybeSent):
        await BILLER.pay(payment(), begun)
    assert not begun.submitted


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (detail(), Succeeded),
        (detail(status="3"), Succeeded),
        (detail(status=1), Pending),
        (detail(status="5"), Pending),
        (detail(status=2), Declined),
        (detail(status="4", payAmount=None), Declined),
        (detail(status=8, errorCode="DEF0013"), Declined),
        (detail(status=2, errorCode="NPP0005"), Unknown),
        (detail(status=8, errorCode="XYZ"), Pending),
        (detail(status=0), Pending),
        (detail(status=6), Pending),
        (detail(status="-1"), Pending),
        ("1002", Unknown),
        ("1005", Absent),
        ("DEF0002", Unknown),
        ("NPP0001", Unknown),
        ("XYZ", Unknown),
    ],
)
async def test_an_enquiry_that_fails_says_nothing_about_the_order(
    them: TheirSide, attempt: Callable[..., PartnerAttempt], answer: Scripted, expected: type
) -> None:
    """Codes that decline a payment decide nothing when they answer an enquiry; only 1005 knows of no order."""
    them.answers(wire.ORDER, answer)
    assert isinstance(await BILLER.find_payment(payment(), attempt()), expected)
    asked = {"sessionId": "S-1", "orderNo": REFERENCE, "tranDate": "2026-03-02"}
    assert them.asked(wire.ORDER)[0] == asked


async def test_an_enquiry_tells_what_was_paid_as_a_creation_does(
    them: TheirSide, attempt: Callable[..., PartnerAttempt]
) -> None:
    """The receipt is the same, whichever message brought it."""
    them.answers(wire.CREATE, order())
    them.answers(wire.ORDER, detail(payAmount=123.45))
    assert await BILLER.find_payment(payment(), attempt()) == await BILLER.pay(payment(), attempt())


async def test_a_spent_session_costs_an_enquiry_one_login(
    them: TheirSide, attempt: Callable[..., PartnerAttempt]
) -> None:
    """1002 renews the session and asks once more; twice, it decides nothing and asks no further."""
    them.answers(wire.ORDER, "1002", detail())
    assert isinstance(await BILLER.find_payment(payment(), attempt()), Succeeded)
    assert [one["sessionId"] for one in them.asked(wire.ORDER)] == ["S-1", "S-2"]
    them.answers(wire.ORDER, "1002")
    assert isinstance(await BILLER.find_payment(payment(), attempt()), Unknown)
    assert len(them.asked(wire.ORDER)) == 4


@pytest.mark.parametrize("answer", [detail(orderNo="999"), detail(payAmount=""), order(), Reply(status=502)])
async def test_an_enquiry_without_a_believable_answer_decides_nothing(
    them: TheirSide, attempt: Callable[..., PartnerAttempt], answer: Scripted
) -> None:
    """Another order's detail, a success without an amount, or a message of another shape is no answer."""
    them.answers(wire.ORDER, answer)
    with pytest.raises(MaybeSent):
        await BILLER.find_payment(payment(), attempt())


async def test_an_enquiry_without_a_login_decides_nothing(
    them: TheirSide, attempt: Callable[..., PartnerAttempt]
) -> None:
    """A code that would decline a payment says, as the answer to a login, nothing about the order."""
    them.answers(wire.LOGIN, "DEF0013")
    with pytest.raises(MaybeSent):
        await BILLER.find_payment(payment(), attempt())
    assert them.asked(wire.ORDER) == []


# News


def test_a_push_is_believed_by_its_signature(them: TheirSide, account: CebAccount) -> None:
    """A signed result is an outcome, thanked for with the literal word, padding encoded twice or not."""
    plain = them.push(account, order())
    for raw in (plain, plain.replace(b"%3D", b"%253D")):
        news = read_callback(raw, {}, account)
        assert news.trusted
        assert (news.reference, news.acknowledgement.body) == (REFERENCE, b"success")
        assert isinstance(news.outcome, Succeeded)


@pytest.mark.parametrize(
    "forged", [{"signature": "QUE9PQ=="}, {"signature": "%"}, {"siteCode": "SITE2"}, {"transacCode": "OTHER"}]
)
def test_a_push_that_cannot_be_believed_is_a_hint(them: TheirSide, account: CebAccount, forged: dict[str, str]) -> None:
    """It names an order to ask about, decides nothing, and is not thanked for."""
    news = read_callback(them.push(account, order(), **forged), {}, account)
    assert (news.reference, news.trusted, news.outcome) == (REFERENCE, False, None)
    assert news.acknowledgement.body != b"success"


def test_a_push_for_another_site_is_none_for_this_account(them: TheirSide, account: CebAccount) -> None:
    """The channel signs for all sites with one key; another bank's true result must not pass here."""
    other = msgspec.structs.replace(account, site_code="SITE2")
    assert not read_callback(them.push(other, order()), {}, account).trusted


def test_a_true_push_without_an_amount_only_triggers_an_enquiry(them: TheirSide, account: CebAccount) -> None:
    """What was paid is never filled in from the request."""
    news = read_callback(them.push(account, order(payAmount="")), {}, account)
    assert (news.trusted, news.outcome) == (True, None)


@pytest.mark.parametrize("raw", [b"", b"hello", b"reqdata=%25", b"\xff\xfe", b"reqdata=e30="])
def test_a_push_that_names_no_order_is_garbled(account: CebAccount, raw: bytes) -> None:
    """Without a reference there is nothing to ask about."""
    with pytest.raises(Garbled):
        read_callback(raw, {}, account)


async def test_bill_ids_confirm_no_guess(call: PartnerCall, them: TheirSide, account: CebAccount) -> None:
    """A bill id names its account by a digest that only the bank's key makes, and always makes alike."""
    [bill] = await found(call, them)
    named = msgspec.json.decode(bill.bill_id.local_id)[2]
    ssn = msgspec.json.decode(bill.bill_id.local_id)[1]
    guessed = sha256(msgspec.json.encode([ssn, ACCOUNT])).hexdigest()
    assert named != guessed[: len(named)]
    assert named == account.digest(ssn, ACCOUNT)
    assert named != msgspec.structs.replace(account, private_key=OTHER_KEY).digest(ssn, ACCOUNT)


OTHER_KEY = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)
