"""What is odd about this partner: doubt is a duplicate, 万元 becomes 元, and nobody knows who sealed a push."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from itertools import count
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa as keys

from connectors.kit.channel import Channel
from connectors.kit.signing import aes, rsa
from connectors.kit.whose import mark_of
from connectors.wanlitong import loans, prechecks, units, wire
from connectors.wanlitong.connector import WanlitongLending, read_callback
from connectors.wanlitong.envelope import WanlitongAccount
from connectors.wanlitong.facts import MANIFEST
from sandbox.stand import fleet, people
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, NotSent, Refused
from schemas.lending.applications import Acceptance, Application, Applied, OfferSearch, Referral
from schemas.lending.loans import LoanSearch, LoansSearch, Repayment
from schemas.lending.products import EstimateSearch, PreCheck, ProductSearch, Qualification
from schemas.money import Money
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.person import Person
from schemas.refs import PartnerRef
from tests.connectors.kit.bench import START, Bench, Watch
from tests.sandbox.listener import Listener
from tests.sandbox.wire import Door

REFERENCE = "0123456789ABCDEFGHJKMNPQRS"
MOBILE = "19912345678"
LENDING = WanlitongLending()
PRODUCT = PartnerRef(MANIFEST.id, "WLT-1")
ROWS = [
    {
        "productId": "WLT-1",
        "productName": "惠农贷",
        "companyName": "沙盒消费金融",
        "minAmount": 0.5,
        "maxAmount": 20.0,
        "maxTerm": 24,
        "minYearRate": "0.0840",
    }
]
STRUCK = {
    "applyNo": "AP1",
    "userId": "U1",
    "companyName": "沙盒消费金融",
    "protocols": [{"name": "授权书", "url": "https://h5.example/1"}],
    "url": "https://h5.example/authorize",
}


def pem_pair() -> tuple[str, str]:
    key = keys.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


OURS, OUR_PUBLIC = pem_pair()
THEIRS, THEIR_PUBLIC = pem_pair()
ACCOUNT = WanlitongAccount(
    base_url="https://wanlitong.example", channel_code="CH1", platform_public_key=THEIR_PUBLIC, private_key=OURS
)


def yuan(amount: str) -> Money:
    return Money(amount=amount, currency="CNY")


def digest(mobile: str) -> str:
    return md5(mobile.encode(), usedforsecurity=False).hexdigest()


def person(mobile: str | None = "+86" + MOBILE) -> Person:
    return Person(name="王小明", id_number=people.id_number(7), mobile=mobile)


def pre_check(mobile: str = MOBILE, **changes: Any) -> PreCheck:
    said = {"product_id": PRODUCT, "amount": yuan("50000"), "term_months": 12} | changes
    return PreCheck(mobile_mask=mobile[:8], mobile_digest=digest(mobile), **said)


async def nobody(_: Http) -> NotSent:
    return NotSent("nobody is asked")


def pre_check_id(product_id: str = "WLT-1", mobile: str = MOBILE) -> PartnerRef:
    call = Bench(nobody, manifest=MANIFEST, account=ACCOUNT).call()
    theirs = mark_of(call, "AP1", digest(mobile))
    return PartnerRef(MANIFEST.id, msgspec.json.encode(["AP1", "U1", product_id, theirs]).decode())


PRE_CHECK_ID = pre_check_id()
APPLICATION = Application(
    product_id=PRODUCT, amount=yuan("50000.00"), term_months=12, purpose="farming", pre_check_id=PRE_CHECK_ID
)
REFERRAL = Referral(region="330100", amount=yuan("50000"), term_months=12, purpose="farming", reason="score")
SEARCH = OfferSearch(amount=yuan("50000"), term_months=12, purpose="farming")


def sealed(content: Any, public: str = OUR_PUBLIC, channel_code: str = "CH1") -> bytes:
    key = b"k" * 16
    data = rsa.wrap_now(public, key, "PKCS1") + aes.encrypt_ecb(key, json.dumps(content).encode())
    return json.dumps({"channelCode": channel_code, "data": b64encode(data).decode()}).encode()


class Platform:
    """The platform's side: opens what it is sent, and answers by path: data, a code, a reply or a failure."""

    def __init__(self) -> None:
        self.on: dict[str, Any] = {"products": {"products": ROWS}, "strike": STRUCK, "downstream/auth-callback": {}}
        self.asked: dict[str, Any] = {}
        self.plain: dict[str, bytes] = {}
        self.delay = 0.0

    async def __call__(self, message: Http) -> Reply | BaseException:
        path = message.url.removeprefix("https://wanlitong.example/api/platform/")
        data = b64decode(json.loads(message.body)["data"])
        key = rsa.unwrap_now(THEIRS, data[:256], 16, "PKCS1")
        self.plain[path] = aes.decrypt_ecb(key, data[256:])
        self.asked[path] = json.loads(self.plain[path])
        await asyncio.sleep(self.delay)
        said = self.on[path]
        if isinstance(said, Reply | BaseException):
            return said
        code, data = (said, None) if isinstance(said, int) else (0, said)
        return Reply(status=200, body=json.dumps({"code": code, "msg": "", "data": data}).encode())


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def bench(platform: Platform) -> Bench:
    return Bench(platform, manifest=MANIFEST, account=ACCOUNT, subject=person())


async def enquire(bench: Bench, platform: Platform, find: Any, request: Any, **order: Any) -> Any:
    platform.on["progress"] = {"orderNo": REFERENCE, "amount": "50000.00", **order}
    enquiry = bench.enquiry(REFERENCE)
    enquiry.steps = ("apply",)
    return await find(request, enquiry)


async def test_pre_check_names_nobody(bench: Bench, platform: Platform) -> None:
    """Mask, digest and qualification, in 万元 as a JSON number, whoever the consent names."""
    known = Qualification(age=35, education="college", housing="rented", has_car=False, overdue=True)
    checked = await LENDING.pre_check(pre_check(qualification=known), bench.call())
    assert (checked.verdict, checked.pre_check_id) == ("may-apply", PRE_CHECK_ID)
    assert (checked.authorise_url, checked.agreements) == ("https://h5.example/authorize", ["https://h5.example/1"])
    assert platform.asked["strike"] == {
        "mobileMask": MOBILE[:8],
        "mobileMd5": digest(MOBILE),
        "loanAmount": 5,
        "loanTime": 12,
        "productId": "WLT-1",
        "age": 35,
        "education": 2,
        "housingStatus": 3,
        "hasCar": 0,
        "overdue": 1,
    }
    assert MOBILE.encode() not in platform.plain["strike"]
    assert people.id_number(7).encode() not in platform.plain["strike"]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (2001, "duplicate"),
        (2002, "refused"),
        (2003, "refused"),
        (1009, "refused"),
        (1001, "duplicate"),
        (7777, "duplicate"),
        ({"applyNo": 5}, "duplicate"),
        (Reply(status=500), "duplicate"),
        (Reply(status=200, body=b'{"code":0,'), "duplicate"),
        (MaybeSent("reset"), "duplicate"),
        (NotSent("refused"), "duplicate"),
    ],
)
async def test_doubt_is_a_duplicate(bench: Bench, platform: Platform, said: Any, verdict: str) -> None:
    """Only a clear answer admits or refuses."""
    platform.on["strike"] = said
    checked = await LENDING.pre_check(pre_check(), bench.call())
    assert (checked.verdict, checked.pre_check_id) == (verdict, None)
    assert checked.message


async def test_silence_is_a_duplicate(bench: Bench, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that takes longer than the patience is none; a referred customer is then not submitted."""
    assert timedelta(seconds=3) == prechecks.PATIENCE
    monkeypatch.setattr(prechecks, "PATIENCE", timedelta(seconds=0.05))
    platform.delay = 0.5
    assert (await LENDING.pre_check(pre_check(), bench.call())).verdict == "duplicate"
    outcome = await LENDING.refer(REFERRAL, bench.attempt(REFERENCE))
    assert outcome.reason.code == "duplicate"
    assert "apply" not in platform.asked


def test_wan_and_yuan_are_exact() -> None:
    """万元 and back, to the last 分, and never in powers of ten."""
    for amount, wan in (("50000.00", "5"), ("12345.67", "1.234567"), ("100000.00", "10"), ("0.01", "0.000001")):
        assert str(units.to_wan(yuan(amount))) == wan
        assert units.from_wan(units.to_wan(yuan(amount))) == yuan(amount)
    assert wire.write(wire.Strike("1", "2", units.to_wan(yuan("100000")), 12)).count(b'"loanAmount":10,') == 1


async def test_application_agrees_first_and_tells_the_number(bench: Bench, platform: Platform) -> None:
    """授权, then 进件 with the plain number, in 元, where to push to, under our own number."""
    platform.on["apply"] = {"orderNo": REFERENCE, "status": "10"}
    outcome = await LENDING.apply(APPLICATION, bench.attempt(REFERENCE))
    assert outcome == Pending(stage="under review")
    assert bench.steps == ["apply"]
    assert platform.asked["downstream/auth-callback"] == {"applyNo": "AP1", "userId": "U1"}
    assert platform.asked["apply"] == {
        "orderNo": REFERENCE,
        "applyNo": "AP1",
        "mobile": MOBILE,
        "amount": "50000.00",
        "term": 12,
        "notifyUrl": "https://hub.example/callbacks/fake/account-1",
    }


async def test_without_the_application_nobody_applied(bench: Bench, platform: Platform) -> None:
    """Silence at the agreement ends the attempt, and the enquiry knows that the application never left."""
    platform.on["downstream/auth-callback"] = MaybeSent("reset")
    attempt = bench.attempt(REFERENCE)
    with pytest.raises(MaybeSent):
        await LENDING.apply(APPLICATION, attempt)
    assert attempt.submitted
    assert (await LENDING.find_application(APPLICATION, bench.enquiry(REFERENCE))).reason.code == "not-sent"
    platform.on["downstream/auth-callback"] = 1004
    reason = (await LENDING.apply(APPLICATION, bench.attempt(REFERENCE))).reason
    assert (reason.code, reason.field) == ("expired", "pre_check_id")


async def test_credit_is_what_was_granted(bench: Bench, platform: Platform) -> None:
    """Credit may be less than was asked for, ends at a local time, and is an offer that carries all of it."""
    credit = {"creditAmount": "25000.00", "yearRate": "0.1320", "maxTerm": 6, "validTo": "2026-11-23 16:01:00"}
    outcome = await enquire(
        bench, platform, LENDING.find_application, APPLICATION, type="apply", status="20", applyNo="AP1", **credit
    )
    (offer,) = outcome.result.offers
    assert (offer.amount, offer.term_months, offer.annual_rate) == (yuan("25000.00"), 6, "13.2")
    assert offer.valid_until == START + timedelta(minutes=1)
    acceptance = Acceptance(offer_id=offer.offer_id, amount=yuan("25000"))
    await LENDING.check_acceptance(acceptance, bench.call())
    for changes, field in (({"amount": yuan("50000")}, "amount.amount"), ({"offer_id": PRODUCT}, "offer_id")):
        with pytest.raises(Refused) as refused:
            await LENDING.check_acceptance(msgspec.structs.replace(acceptance, **changes), bench.call())
        assert refused.value.field == field
    platform.on["loan"] = {"orderNo": REFERENCE, "status": "40"}
    assert await LENDING.accept(acceptance, bench.attempt(REFERENCE)) == Pending(stage="paying out")
    assert (platform.asked["loan"]["amount"], platform.asked["loan"]["term"]) == ("25000.00", 6)
    bench.watch.forward(minutes=1)
    with pytest.raises(Refused) as refused:
        await LENDING.check_acceptance(acceptance, bench.call())
    assert refused.value.field == "offer_id"


async def test_what_is_somebody_elses_is_nobodys(bench: Bench, platform: Platform) -> None:
    """A loan that is not in the customer's list, and an offer to somebody else, are none; nothing is ordered."""
    credit = {"creditAmount": "25000.00", "yearRate": "0.1320", "maxTerm": 6, "validTo": "2026-11-23 16:01:00"}
    told = {"type": "apply", "status": "20", "applyNo": "AP1", **credit}
    outcome = await enquire(bench, platform, LENDING.find_application, APPLICATION, **told)
    acceptance = Acceptance(offer_id=outcome.result.offers[0].offer_id, amount=yuan("25000"))
    await LENDING.check_acceptance(acceptance, bench.call())
    bench.subject = Person(name="李小红", id_number=people.id_number(8), mobile="19987654321")
    with pytest.raises(Refused, match="is no offer of this partner"):
        await LENDING.check_acceptance(acceptance, bench.call())
    platform.on["loans"], foreign = {"loans": []}, PartnerRef(MANIFEST.id, "WL1")
    for question in (LENDING.find_loan, LENDING.find_plan):
        with pytest.raises(Refused) as refused:
            await question(LoanSearch(loan_id=foreign), bench.call())
        assert refused.value.field == "loan_id"
    attempt = bench.attempt(REFERENCE)
    reason = (await LENDING.repay(Repayment(loan_id=foreign, amount=yuan("100")), attempt)).reason
    assert (reason.code, reason.field, attempt.submitted) == ("account-unknown", "loan_id", False)
    assert platform.asked["loans"] == {"mobile": "19987654321"}
    assert not platform.asked.keys() & {"plan", "repay", "loan"}


async def test_quote_cannot_be_accepted(bench: Bench, platform: Platform) -> None:
    """What it would cost is no offer yet; what no product is for is not even asked."""
    platform.on["trial"] = {"yearRate": "0.132", "interest": "6600.00", "plan": []}
    (offer,) = (await LENDING.find_offers(SEARCH, bench.call())).items
    assert (offer.binding, offer.total_repayable) == (False, yuan("56600.00"))
    assert platform.asked["trial"]["loanAmount"] == "50000.00"
    with pytest.raises(Refused) as refused:
        await LENDING.check_acceptance(Acceptance(offer_id=offer.offer_id, amount=offer.amount), bench.call())
    assert refused.value.field == "offer_id"
    platform.on["trial"] = MaybeSent("asked")
    for changes in ({"amount": yuan("200000.01")}, {"term_months": 25}, {"region": "IN"}):
        assert (await LENDING.find_offers(msgspec.structs.replace(SEARCH, **changes), bench.call())).items == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pre_check_id": None}, "pre_check_id"),
        ({"pre_check_id": pre_check_id("WLT-2")}, "pre_check_id"),
        ({"amount": yuan("4999.99")}, "amount.amount"),
        ({"amount": Money(amount="50000", currency="INR")}, "amount.currency"),
        ({"term_months": 25}, "term_months"),
    ],
)
async def test_application_is_held_to_its_product(bench: Bench, changes: dict[str, Any], field: str) -> None:
    """What the rules exclude is refused, naming the field."""
    await LENDING.check_application(APPLICATION, bench.call())
    with pytest.raises(Refused) as refused:
        await LENDING.check_application(msgspec.structs.replace(APPLICATION, **changes), bench.call())
    assert refused.value.field == field


async def test_pre_check_is_one_customers(bench: Bench, platform: Platform) -> None:
    """Under another's consent nobody's agreement is reported, and nothing is applied for."""
    platform.on["apply"] = {"orderNo": REFERENCE, "status": "10"}
    checked = await LENDING.pre_check(pre_check("19987654321"), bench.call())
    anothers = msgspec.structs.replace(APPLICATION, pre_check_id=checked.pre_check_id)
    with pytest.raises(Refused) as refused:
        await LENDING.check_application(anothers, bench.call())
    assert refused.value.field == "pre_check_id"
    outcome = await LENDING.apply(anothers, bench.attempt(REFERENCE))
    assert (outcome.reason.code, outcome.reason.field) == ("not-eligible", "pre_check_id")
    assert not platform.asked.keys() & {"downstream/auth-callback", "apply"}


@pytest.mark.parametrize("mobile", [None, "+919912345678", "1381234567", "+861381234567x"])
async def test_consent_without_a_number(bench: Bench, platform: Platform, mobile: str | None) -> None:
    """A customer is known by a Chinese mobile number: without one, the consent is at fault and nothing leaves."""
    bench.subject = person(mobile=mobile)
    with pytest.raises(Refused) as refused:
        await LENDING.check_application(APPLICATION, bench.call())
    assert refused.value.field == "Consent-Id"
    assert (await LENDING.refer(REFERRAL, bench.attempt(REFERENCE))).reason.field == "Consent-Id"
    assert "strike" not in platform.asked


@pytest.mark.parametrize(
    ("code", "outcome"), [(2008, Declined), (2007, Declined), (1006, Unknown), (1007, Unknown), (7777, Unknown)]
)
async def test_what_was_not_taken(bench: Bench, platform: Platform, code: int, outcome: type) -> None:
    """Only a code that is mapped so declines; a number that is known is asked about."""
    platform.on["apply"] = code
    assert isinstance(await LENDING.apply(APPLICATION, bench.attempt(REFERENCE)), outcome)


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        ({"type": "apply", "status": "10"}, Pending),
        ({"type": "apply", "status": "30"}, Declined),
        ({"type": "apply", "status": "99"}, Pending),
        ({"type": "apply", "status": "20", "amount": "50001.00"}, Unknown),
    ],
)
async def test_progress_decides(bench: Bench, platform: Platform, order: dict[str, Any], outcome: type) -> None:
    """By a status that is mapped, for the amount that was applied for."""
    found = await enquire(bench, platform, LENDING.find_application, APPLICATION, **order)
    assert isinstance(found, outcome)
    assert getattr(found, "unmapped", False) == (order["status"] == "99")


async def test_order_of_another_kind_is_garbled(bench: Bench, platform: Platform) -> None:
    """An answer about another order, or another kind, decides nothing."""
    for order in ({"type": "repay", "status": "30"}, {"type": "apply", "status": "30", "orderNo": "X"}):
        with pytest.raises(Garbled):
            await enquire(bench, platform, LENDING.find_application, APPLICATION, **order)


async def test_push_is_only_a_hint() -> None:
    """It opens with our key and is thanked for literally, but nobody knows who sealed it."""
    told = read_callback(sealed({"orderNo": REFERENCE, "status": "20"}), {}, ACCOUNT)
    assert (told.reference, told.trusted, told.outcome) == (REFERENCE, False, None)
    assert told.acknowledgement.body == b'{"code":0}'
    order = {"orderNo": REFERENCE, "status": "20"}
    for bad in (sealed(order, THEIR_PUBLIC), sealed(order, channel_code="CH2"), b"{}", sealed({"status": "20"})):
        with pytest.raises(Garbled):
            read_callback(bad, {}, ACCOUNT)


async def test_instalments_past_their_day_are_overdue() -> None:
    """Paid, due and overdue follow from the day in the platform's zone."""
    row = wire.Instalment(1, "2026-11-23", *(Decimal(1),) * 3, paid=0)
    assert loans.instalment(row, date(2026, 11, 23)).state == "due"
    assert loans.instalment(row, date(2026, 11, 24)).state == "overdue"
    row.paid = 1
    assert loans.instalment(row, date(2026, 11, 24)).state == "paid"


# Over real sockets, against the simulator.


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Stand, WanlitongAccount]]:
    var = tmp_path_factory.mktemp("wanlitong")
    fleet.prepare(var, ["wanlitong"])
    with fleet.start(var, names=["wanlitong"], processing_seconds=0.1, late_seconds=0.4) as running:
        known = json.loads((var / "wanlitong" / "credentials.json").read_text())
        stand = running.stands["wanlitong"]
        yield stand, WanlitongAccount(base_url=stand.protocol, **known)


NUMBERS = count(1)


class Walk:
    """One customer at the simulator, and a little of the hub: it asks until it knows."""

    def __init__(self, bench: Bench, mobile: str) -> None:
        self.bench = bench
        self.mobile = mobile
        self.reference = ""

    async def order(self, order: Any, enquiry: Any, request: Any, **handles: str) -> Any:
        self.reference = f"WALK{next(NUMBERS):022}"
        attempt = self.bench.attempt(self.reference, **handles)
        try:
            outcome = await order(request, attempt)
        except MaybeSent:
            assert attempt.submitted
            outcome = Unknown(why="no answer")
        async with asyncio.timeout(10):
            while isinstance(outcome, Pending | Unknown):
                await asyncio.sleep(0.05)
                asking = self.bench.enquiry(self.reference, **attempt.handles)
                asking.steps = attempt.steps
                outcome = await enquiry(request, asking)
        return outcome

    async def apply(self) -> Any:
        product_id = PartnerRef(MANIFEST.id, "WLT-JSD")
        checked = await LENDING.pre_check(pre_check(self.mobile, product_id=product_id), self.bench.call())
        assert checked.verdict == "may-apply"
        wish = msgspec.structs.replace(APPLICATION, product_id=product_id, pre_check_id=checked.pre_check_id)
        check = self.bench.call()
        await LENDING.check_application(wish, check)
        return await self.order(LENDING.apply, LENDING.find_application, wish, **check.handles)

    async def accept(self, applied: Applied) -> Any:
        (offer,) = applied.offers
        acceptance = Acceptance(offer_id=offer.offer_id, amount=offer.amount)
        return await self.order(LENDING.accept, LENDING.find_acceptance, acceptance)

    async def repay(self, loan_id: PartnerRef, amount: Money) -> Any:
        repayment = Repayment(loan_id=loan_id, amount=amount)
        return await self.order(LENDING.repay, LENDING.find_repayment, repayment)


@asynccontextmanager
async def walk(stand: tuple[fleet.Stand, WanlitongAccount], mobile: str, url: str = "http://127.0.0.1:9/") -> Any:
    """A bench on a real channel."""
    bench = Bench(
        Platform(), manifest=MANIFEST, account=stand[1], subject=person(mobile), watch=Watch(datetime.now(UTC))
    )
    channel = Channel(connect=timedelta(seconds=1), connections=4)
    bench.line = replace(bench.line, channel=channel, callback_url=url, patience=timedelta(seconds=0.5))
    try:
        yield Walk(bench, mobile)
    finally:
        await channel.close()


async def test_a_loan_lives(stand: tuple[fleet.Stand, WanlitongAccount]) -> None:
    """Products, limit, quote, pre-check, application, credit, loan, plan, repayment, list; a push on the way."""
    with Listener(b'{"code":0}') as listener:
        async with walk(stand, "13812345678", listener.url) as at:
            call = at.bench.call
            products = (await LENDING.list_products(ProductSearch(), call())).items
            assert products[0].maximum == yuan("50000.00")
            estimates = (await LENDING.estimate(EstimateSearch(), call())).items
            assert estimates[0].up_to.value <= products[0].maximum.value
            assert not (await LENDING.find_offers(SEARCH, call())).items[0].binding
            applied = await at.apply()
            assert (applied.result.state, applied.result.offers[0].lender) == ("offered", products[0].lender)
            told = read_callback(listener.letters[0].body, listener.letters[0].headers, stand[1])
            assert told.reference == at.reference
            borrowed = await at.accept(applied.result)
            loan_id = borrowed.result.loan_id
            assert borrowed.result.principal == applied.result.offers[0].amount
            assert (await LENDING.find_loan(LoanSearch(loan_id=loan_id), call())).state == "active"
            (first, *_) = await LENDING.find_plan(LoanSearch(loan_id=loan_id), call())
            assert (await at.repay(loan_id, first.amount)).result.paid == first.amount
            (first, *_) = await LENDING.find_plan(LoanSearch(loan_id=loan_id), call())
            assert first.state == "paid"
            listed = (await LENDING.list_loans(LoansSearch(), call())).items
            assert [one.loan_id.local_id for one in listed] == ["WLOLD13812345678", loan_id.local_id]
            too_much = (await at.repay(loan_id, yuan("400000"))).reason
            assert (too_much.code, too_much.field) == ("amount-refused", "amount.amount")
            for question in (LENDING.find_loan, LENDING.find_plan):
                with pytest.raises(Refused) as refused:
                    await question(LoanSearch(loan_id=PartnerRef(MANIFEST.id, "NOBODYS")), call())
                assert refused.value.field == "loan_id"


async def test_referral_is_a_lead(stand: tuple[fleet.Stand, WanlitongAccount]) -> None:
    """A customer whom the bank declined is pre-checked and applied for in one; a known one is not."""
    async with walk(stand, "13812345679") as at:
        outcome = await at.order(LENDING.refer, LENDING.find_referral, REFERRAL)
        assert outcome.result.offers[0].lender == "沙盒消费金融"
    async with walk(stand, people.magic_mobile(26)) as at:
        assert (await at.order(LENDING.refer, LENDING.find_referral, REFERRAL)).reason.code == "duplicate"
        assert Door(stand[0]).performed(at.reference) == []


@pytest.mark.parametrize(("tail", "verdict"), [(26, "duplicate"), (27, "refused"), (34, "refused")])
async def test_pre_check_verdicts(stand: tuple[fleet.Stand, WanlitongAccount], tail: int, verdict: str) -> None:
    """The simulator's answers arrive as they are meant."""
    mobile = people.magic_mobile(tail)
    async with walk(stand, mobile) as at:
        asked = pre_check(mobile, product_id=PartnerRef(MANIFEST.id, "WLT-JSD"))
        assert (await LENDING.pre_check(asked, at.bench.call())).verdict == verdict


async def test_credit_situations(stand: tuple[fleet.Stand, WanlitongAccount]) -> None:
    """Declined, refused, halved, past its validity, not paid out, not repaid."""
    for tail, code in ((17, "declined"), (28, "not-eligible")):
        async with walk(stand, people.magic_mobile(tail)) as at:
            assert (await at.apply()).reason.code == code
    async with walk(stand, people.magic_mobile(30)) as at:
        assert (await at.apply()).result.offers[0].amount == yuan("25000.00")
    async with walk(stand, people.magic_mobile(31)) as at:
        reason = (await at.accept((await at.apply()).result)).reason
        assert (reason.code, reason.field) == ("expired", "offer_id")
    async with walk(stand, people.magic_mobile(32)) as at:
        assert isinstance(await at.accept((await at.apply()).result), Declined)
    async with walk(stand, people.magic_mobile(33)) as at:
        loan_id = PartnerRef(MANIFEST.id, "WLOLD" + people.magic_mobile(33))
        assert isinstance(await at.repay(loan_id, yuan("100")), Declined)


@pytest.mark.parametrize(
    ("tail", "performed"), [(2, False), (4, True), (6, True), (7, True), (8, True), (10, True), (12, True), (16, True)]
)
async def test_what_was_not_answered_is_found_out(
    stand: tuple[fleet.Stand, WanlitongAccount], tail: int, performed: bool
) -> None:
    """Whatever went wrong with an application or a repayment, progress tells."""
    mobile = people.magic_mobile(tail)
    async with walk(stand, mobile) as at:
        assert isinstance(await at.apply(), Succeeded if performed else Absent)
        assert len(Door(stand[0]).performed(at.reference)) == performed
        repaid = await at.repay(PartnerRef(MANIFEST.id, "WLOLD" + mobile), yuan("100"))
        assert isinstance(repaid, Succeeded if performed else Absent)
