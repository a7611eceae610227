"""What is odd about this partner: two steps, three layers of verdict, three legs, and the right to reverse."""

import asyncio
import json
import secrets
import threading
import urllib.request
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import msgspec
import pytest

from connectors.kit.channel import Channel
from connectors.kit.signing import sm2, sm2_keys, sm4
from connectors.kit.signing.sorted_fields import nhsa_text
from connectors.nhsa_mobile_pay.connector import NhsaMobilePay, read_callback
from connectors.nhsa_mobile_pay.envelope import NhsaAccount, open_envelope
from connectors.nhsa_mobile_pay.facts import MANIFEST
from sandbox.stand import fleet
from sandbox.stand.people import id_number, magic_id
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, NotSent, Refused
from schemas.medical_insurance.settlements import FeeItem, Refund, RefundLeg, Revocation, Settled, Settlement
from schemas.medical_insurance.vouchers import PersonSearch, VoucherActivation, VoucherTokenRequest
from schemas.money import Money
from schemas.order import Leg, Original
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.person import Person
from tests import ports
from tests.connectors.kit.bench import START, Answer, Bench

SCENARIO = NhsaMobilePay()
REFERENCE = "0123456789ABCDEFGHJKMNPQRS"
ORDER = "ord_" + "0" * 26
CENTRE, OURS = (sm2_keys._N - serial for serial in (7, 9))  # any two numbers below the order of the curve
SUBJECT = Person(name="张三", id_number=id_number(1))
NUMBERS = msgspec.json.Encoder(decimal_format="number")
HANDLES = {"psn_no": "P1", "insutype": "310"}
PAID = {**HANDLES, "pay_ord_id": "ORD1", "pay_token": "T1", "mdtrt_id": "MD1"}


def public(scalar: int) -> str:
    x, y = sm2_keys.public_half(private(scalar))
    return b64encode(b"\4" + x.to_bytes(32) + y.to_bytes(32)).decode()


def private(scalar: int) -> str:
    return b64encode(scalar.to_bytes(33)).decode()


ACCOUNT = NhsaAccount(
    base_url="https://centre.example",
    app_id="0123456789ABCDEF0123456789ABCDEF",
    app_secret="made-up-secret",
    sm2_user_id="app-secret",
    private_key=private(OURS),
    platform_public_key=public(CENTRE),
    tif_paasid="paas",
    tif_token="made-up",
    org_codg="H12000000001",
    org_name="模拟医院",
)


def yuan(amount: str) -> Money:
    return Money(amount=amount, currency="CNY")


def bill(**fields: Any) -> Settlement:
    plain = {
        "treatment_region": "120000",
        "insured_region": "120100",
        "institution": ACCOUNT.org_codg,
        "business": "outpatient-settlement",
        "voucher_token": "EC1",
        "total": yuan("100"),
        "items": [
            FeeItem(code="X1", name="药", quantity="2", amount=yuan("99.9")),
            FeeItem(code="X2", name="诊", quantity="1", amount=yuan("0.1")),
        ],
    }
    return Settlement(**(plain | fields))


def activation(insured_region: str) -> VoucherActivation:
    return VoucherActivation(treatment_region="120000", insured_region=insured_region)


def envelope(content: Any, key: int = CENTRE) -> dict[str, Any]:
    """Sealed as the centre seals, by its own recipe of the facts."""
    fields = {
        "appCode": ACCOUNT.app_id,
        "version": "1.0.0",
        "encType": "SM4",
        "signType": "sm2",
        "timestamp": "1795420800000",
    }
    text = nhsa_text({**fields, "data": content}, ACCOUNT.app_secret).encode()
    signature = sm2.sign_now(private(key), text, ACCOUNT.user_id)
    sealed = sm4.encrypt_ecb(ACCOUNT.body_key, NUMBERS.encode(content)).hex().upper()
    return {**fields, "data": {"encData": sealed}, "signData": b64encode(signature).decode()}


def answered(content: Any, key: int = CENTRE) -> Reply:
    return Reply(status=200, body=msgspec.json.encode({"code": 0, "message": "成功", "data": envelope(content, key)}))


def state(status: str, **fields: Any) -> dict[str, Any]:
    return {"success": True, "payOrdId": "ORD1", "ordStas": status, **fields}


def legs(setl_type: str = "ALL", **fields: Any) -> dict[str, Any]:
    amounts = {"feeSumamt": "100.00", "ownPayAmt": "15.00", "psnAcctPay": "25.00", "fundPay": "60.00"}
    return amounts | {"setlType": setl_type, "revsToken": "R1", "medOrgOrd": REFERENCE} | fields


@dataclass
class Centre:
    """Answers by path (and transType), and keeps what it was asked, decrypted."""

    on: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    raw: list[dict[str, Any]] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)

    async def __call__(self, message: Http) -> Answer:
        self.nonces.append(message.headers["x-tif-nonce"])
        outer = json.loads(message.body)
        self.raw.append(outer)
        opened = open_envelope(ACCOUNT, outer["data"])
        assert sm2.verify_now(public(OURS), opened.signed, opened.signature, ACCOUNT.user_id)
        path = opened.content.get("transType") or message.url.rsplit("/", 1)[1]
        self.asked.append((path, opened.content))
        answer = self.on[path]
        answer = answer.pop(0) if isinstance(answer, list) else answer
        return answer if isinstance(answer, Reply | BaseException) else answered(answer)

    def last(self, path: str) -> Any:
        return next(content for asked, content in reversed(self.asked) if asked == path)


AUTHORISED = {"code": 0, "data": {"payAuthNo": "AUTH1"}}
UPLOADED = state("0", payToken="T1", extData={"mdtrtId": "MD1"})
INSURED = {
    "success": True,
    "psnNo": "P1",
    "insuInfo": [
        {"insutype": "310", "insuCode": "120100", "psnInsuStas": "1", "balc": "4383.54"},
        {"insutype": "390", "insuCode": "330100", "psnInsuStas": "2"},
    ],
}


def centre(**on: Any) -> Centre:
    usual = {"ec.auth": AUTHORISED, "uldFeeInfo": UPLOADED, "queryInsu": INSURED, "pay_order": state("1")}
    usual["ec.status"] = {"code": 0, "data": {"ecStatus": "1"}}
    return Centre(usual | on)


def bench(script: Any, original: Original | None = None) -> Bench:
    return Bench(script, manifest=MANIFEST, account=ACCOUNT, subject=SUBJECT, original=original)


async def paid(answer: Any) -> Any:
    attempt = bench(centre(pay_order=answer)).attempt(REFERENCE, **HANDLES)
    return await SCENARIO.settle(bill(), attempt)


async def found(answer: Any, *steps: str, **kept: str) -> Any:
    enquiry = bench(centre(query_order_info=answer)).enquiry(REFERENCE, **(kept or PAID))
    enquiry.steps = steps
    return await SCENARIO.find_settlement(bill(), enquiry)


def original(handles: dict[str, str] = PAID, cash: str = "succeeded") -> Original:
    names = (("fund", "60.00", "succeeded"), ("account", "25.00", "succeeded"), ("cash", "15.00", cash))
    split = [Leg(name=name, state=was, amount=yuan(amount)) for name, amount, was in names]  # type: ignore[arg-type]
    return Original(
        order_id=ORDER,
        reference=REFERENCE,
        sent_at=START,
        state="succeeded" if cash == "succeeded" else "pending",
        request=bill(),
        handles=handles,
        result=Settled(total=yuan("100.00"), legs=split),
        legs=tuple(split),
    )


async def test_two_steps() -> None:
    """Fees are uploaded, what the payment needs is remembered, then it is paid; amounts are text with two decimals."""
    there = centre()
    table = bench(there)
    outcome = await SCENARIO.settle(bill(use_account=False), table.attempt(REFERENCE, **HANDLES))
    assert isinstance(outcome, Pending)
    assert [path for path, _ in there.asked] == ["ec.auth", "uldFeeInfo", "pay_order"]
    assert (table.steps, table.kept[0].items() >= PAID.items() - HANDLES.items()) == (["pay"], True)
    uploaded, payment = there.last("uldFeeInfo"), there.last("pay_order")
    assert (uploaded["medfeeSumamt"], uploaded["medOrgOrd"], uploaded["insuCode"]) == ("100.00", REFERENCE, "120100")
    assert [line["detItemFeeSumamt"] for line in uploaded["feedetailList"]] == ["99.90", "0.10"]
    assert (payment["payAuthNo"], payment["mdtrtId"], payment["acctUsedFlag"]) == ("AUTH1", "MD1", "0")
    assert "data" not in there.raw[-1]["data"]["data"]
    assert set(there.raw[-1]["data"]["data"]) == {"encData"}


@pytest.mark.parametrize("code", [1001, 1004])
async def test_protocol_refusal(code: int) -> None:
    """The first layer is not signed: it declines an upload, which moves nothing, and leaves a payment unknown."""
    refusal = Reply(status=200, body=msgspec.json.encode({"code": code, "message": "no", "data": None}))
    attempt = bench(centre(uldFeeInfo=refusal)).attempt(REFERENCE, **HANDLES)
    assert isinstance(await SCENARIO.settle(bill(), attempt), Declined)
    assert isinstance(await paid(refusal), Unknown)


async def test_spent_nonce() -> None:
    """A question that is repeated carries its old nonce; refused for it, it is sealed anew. A payment never is."""
    refusal = Reply(status=200, body=msgspec.json.encode({"code": 1001, "message": "no", "data": None}))
    there = centre(query_order_info=[MaybeSent("no answer"), refusal, state("14")])
    enquiry = bench(there).enquiry(REFERENCE, **PAID)
    enquiry.steps = ("pay",)
    assert isinstance(await SCENARIO.find_settlement(bill(), enquiry), Declined)
    first, second, third = there.nonces
    assert first == second != third
    there = centre(pay_order=refusal)
    assert isinstance(await SCENARIO.settle(bill(), bench(there).attempt(REFERENCE, **HANDLES)), Unknown)
    assert [path for path, _ in there.asked].count("pay_order") == 1


async def test_business_refusal() -> None:
    """The second layer declines, with the field where one is at fault; a code that nobody mapped is unknown."""
    used = {"success": False, "errCode": "2004", "message": "令牌已使用"}
    attempt = bench(centre(uldFeeInfo=used)).attempt(REFERENCE, **HANDLES)
    refused = await SCENARIO.settle(bill(), attempt)
    assert isinstance(refused, Declined)
    assert (refused.reason.code, refused.reason.field) == ("expired", "voucher_token")
    assert isinstance(await paid({"success": False, "errCode": "2011"}), Declined)
    unmapped = await paid({"success": False, "errCode": "2999"})
    assert isinstance(unmapped, Unknown)
    assert unmapped.unmapped


async def test_unclear_authorisation() -> None:
    """An authorisation moves nothing: where its answer says nothing, the order was certainly not sent."""
    there = centre(**{"ec.auth": {"code": 2999, "data": None}})
    attempt = bench(there).attempt(REFERENCE, **HANDLES)
    with pytest.raises(MaybeSent):
        await SCENARIO.settle(bill(), attempt)
    refund = bench(there, original()).attempt("RF1")
    with pytest.raises(MaybeSent):
        await SCENARIO.refund(back(cash="15.00"), refund)
    assert (attempt.submitted, refund.submitted) == (False, False)


async def test_candidate_without_sides_is_not_settled() -> None:
    """An answer to a payment names amounts and not what is paid of them: only the enquiry or a push settles."""
    amounts = legs()
    del amounts["setlType"]
    outcome = await paid(state("6", **amounts))
    assert isinstance(outcome, Pending)
    assert outcome.check_after == START


@pytest.mark.parametrize(
    ("fields", "stage"),
    [
        (legs("ALL"), None),
        (legs("HI"), "cash-open"),
        (legs("HI", ownPayStas="FAIL"), "cash-failed"),
        (legs("CASH"), "insurance-open"),
        (legs("CASH", hiPayStas="FAIL"), "insurance-failed"),
        (legs("HI", ownPayAmt="0.00", fundPay="75.00"), None),
        ({}, "amounts-awaited"),
    ],
)
async def test_settled_is_judged_by_its_legs(fields: dict[str, Any], stage: str | None) -> None:
    """What has settled has succeeded once no leg is open or failed."""
    outcome = await found(state("6", **fields), "pay")
    if stage is None:
        assert isinstance(outcome, Succeeded)
        assert bill().contradicts(outcome.result) is None
    else:
        assert isinstance(outcome, Pending)
        assert outcome.stage == stage


@pytest.mark.parametrize("status", ["3", "4", "5"])
@pytest.mark.parametrize(
    ("fields", "stage", "states"),
    [
        (legs("ALL"), "candidate", "pending pending pending"),
        (legs("ALL", hiPayStas="SUCCESS", ownPayStas="CREATED"), "candidate", "succeeded succeeded pending"),
        (legs("ALL", hiPayStas="SUCCESS", ownPayStas="SUCCESS"), "candidate", "succeeded succeeded succeeded"),
        (legs("HI"), "candidate", "pending pending pending"),
        (legs("HI", hiPayStas="SUCCESS", ownPayStas="FAIL"), "cash-failed", "succeeded succeeded declined"),
        (legs("CASH", hiPayStas="FAIL"), "insurance-failed", "declined declined pending"),
    ],
)
async def test_candidate_is_not_paid(status: str, fields: dict[str, Any], stage: str, states: str) -> None:
    """The hospital's side has still to confirm a candidate: pending, whatever setlType says."""
    outcome = await found(state(status, **fields), "pay")
    assert isinstance(outcome, Pending)
    assert (outcome.stage, outcome.unmapped) == (stage, False)
    assert isinstance(outcome.so_far, Settled)
    assert [leg.state for leg in outcome.so_far.legs] == states.split()


async def test_failed_cash_leg() -> None:
    """Fund and account have paid, the cash has not: the bank sees which, and what the reversal needs is remembered."""
    table = bench(centre(query_order_info=state("4", **legs("HI", hiPayStas="SUCCESS", ownPayStas="FAIL"))))
    enquiry = table.enquiry(REFERENCE, **PAID)
    enquiry.steps = ("pay",)
    outcome = await SCENARIO.find_settlement(bill(), enquiry)
    assert isinstance(outcome, Pending)
    assert isinstance(outcome.so_far, Settled)
    assert [leg.state for leg in outcome.so_far.legs] == ["succeeded", "succeeded", "declined"]
    assert table.kept[-1]["revs_token"] == "R1"


@pytest.mark.parametrize(
    ("fields", "stage"),
    [
        ({"setl_type": "HI", "hiPayStas": "SUCCESS", "ownPayStas": "FAIL"}, "cash-failed"),
        ({"setl_type": "CASH", "hiPayStas": "FAIL", "ownPayStas": "SUCCESS"}, "insurance-failed"),
        ({"hiPayStas": "FAIL", "ownPayStas": "FAIL"}, None),
        ({"fundPay": "0.00", "psnAcctPay": "0.00", "ownPayAmt": "0.00"}, None),
    ],
)
async def test_a_failure_with_a_paid_leg_is_to_be_revoked(fields: dict[str, Any], stage: str | None) -> None:
    """What one side has paid is not lost sight of because the settlement as a whole failed."""
    enquiry = bench(centre(query_order_info=state("14", **legs(**fields)))).enquiry(REFERENCE, **PAID)
    enquiry.steps = ("pay",)
    outcome = await SCENARIO.find_settlement(bill(), enquiry)
    assert isinstance(outcome, Pending if stage else Declined)
    assert getattr(outcome, "stage", None) == stage


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        *[(str(each), Pending, None) for each in (0, 1, 2)],
        ("7", Declined, "revoked"),
        *[(str(each), Declined, "cancelled") for each in range(8, 14)],
        *[(str(each), Declined, "declined") for each in (14, 15, 16)],
        ("99", Pending, None),
    ],
)
async def test_third_layer(status: str, kind: type, reason: str | None) -> None:
    """Every class of ordStas; one that nobody mapped is pending, with an alert."""
    outcome = await found(state(status), "pay")
    assert isinstance(outcome, kind)
    assert getattr(outcome, "unmapped", False) == (status == "99")
    if isinstance(outcome, Declined):
        assert outcome.reason.code == reason


async def test_uploaded_and_not_paid() -> None:
    """Where the payment certainly never left, what was only uploaded is declined; otherwise nobody knows yet."""
    nowhere = {"success": False, "errCode": "2006"}
    for kept in ({"payment": "not-sent", **PAID}, PAID, HANDLES):
        steps = ("pay",) if "payment" in kept else ()
        for answer in (state("0"), nowhere):
            declined = await found(answer, *steps, **kept)
            assert isinstance(declined, Declined)
            assert declined.reason.code == "not-sent"
    assert isinstance(await found(nowhere, "pay", **PAID), Unknown)
    assert isinstance(await found(nowhere, "pay", **HANDLES), Absent)


async def test_payment_that_did_not_leave() -> None:
    """The step is written down before the message leaves; that it then did not is remembered for the enquiry."""
    table = bench(centre(pay_order=NotSent("the gate is shut")))
    with pytest.raises(NotSent):
        await SCENARIO.settle(bill(), table.attempt(REFERENCE, **HANDLES))
    assert (table.steps, table.kept[-1]["payment"]) == (["pay"], "not-sent")


async def test_lost_upload_is_found_by_our_number() -> None:
    """Without the centre's number 6301 is asked by ours, and brings the number and the rights along."""
    there = centre(query_order_info=state("0", payToken="T1", extData={"mdtrtId": "MD1"}))
    table = bench(there)
    await SCENARIO.find_settlement(bill(), table.enquiry(REFERENCE, **HANDLES))
    asked = there.last("query_order_info")
    assert asked["medOrgOrd"] == REFERENCE
    assert "payOrdId" not in asked
    assert table.kept[-1].items() >= PAID.items() - HANDLES.items()


@pytest.mark.parametrize("answer", [answered(state("6", **legs()), key=OURS), answered(state("6", payOrdId="ORD2"))])
async def test_unbelievable_answer(answer: Reply) -> None:
    """A signature that does not hold, or another order: nothing is decided."""
    with pytest.raises(Garbled):
        await found(answer, "pay")


async def test_legs_that_do_not_add_up() -> None:
    """Legs that are not the total are no settlement; one of another total is told, for the hub to object."""
    with pytest.raises(Garbled):
        await found(state("6", **legs(fundPay="61.00")), "pay")
    more = await found(state("6", **legs(feeSumamt="101.00", ownPayAmt="16.00")), "pay")
    assert bill().contradicts(more.result)


async def test_relay_wraps() -> None:
    """A relay in between wraps answers up to three deep, and turns its own time-outs into 502."""
    inner = {"code": 0, "data": envelope(state("6", **legs()))}
    wrapped = Reply(status=200, body=msgspec.json.encode({"data": {"output": {"body": inner}}}))
    assert isinstance(await found(wrapped, "pay"), Succeeded)
    with pytest.raises(MaybeSent):
        await found(Reply(status=502, body=b"504 Gateway Time-out"), "pay")


def pushed(key: int = CENTRE, **fields: Any) -> bytes:
    split = {"feeSumamt": "100.00", "ownpayAmt": "15.00", "psnAcctPay": "25.00", "fundPay": Decimal("60.00")}
    content = {"callType": "SETL", "payOrdId": "ORD1", "medOrgOrd": REFERENCE, "setlType": "ALL", "revsToken": "R1"}
    plain = content | split | {"traceTime": "20261123160000"} | fields
    return msgspec.json.encode({"data": envelope(plain, key)})


def test_callback() -> None:
    """A signed push names no ordStas: it makes the hub ask, grants the right to reverse, and is thanked for."""
    news = read_callback(pushed(), {}, ACCOUNT)
    assert (news.reference, news.trusted, news.acknowledgement.body) == (REFERENCE, True, b"success")
    assert (news.outcome, news.remember) == (None, {"pay_ord_id": "ORD1", "revs_token": "R1"})


def test_forged_callback() -> None:
    """A push that the centre did not sign is a hint, and is not thanked for; what cannot be opened is garbled."""
    news = read_callback(pushed(key=OURS), {}, ACCOUNT)
    assert (news.trusted, news.outcome, news.remember, news.acknowledgement.body) == (False, None, {}, b"fail")
    with pytest.raises(Garbled):
        read_callback(b'{"data": {"signData": "", "data": {"encData": "00"}}}', {}, ACCOUNT)


async def test_revocation() -> None:
    """The right to pay is sent, the right to reverse beside it; what comes back is what the legs had paid."""
    there = centre(revoke_order=state("7"))
    before = original({**PAID, "revs_token": "R1"}, cash="declined")
    done = await SCENARIO.revoke(Revocation(reverses=ORDER), bench(there, before).attempt("RV1"))
    assert isinstance(done, Succeeded)
    assert done.result.returned == yuan("85.00")
    asked = there.last("revoke_order")
    assert (asked["payToken"], asked["revsToken"], asked["orgBizSer"]) == ("T1", "R1", "RV1")
    bare = bench(centre(revoke_order={"success": True}), before).attempt("RV1")
    assert isinstance(await SCENARIO.revoke(Revocation(reverses=ORDER), bare), Pending)  # taken is not done


async def test_enquiry_keeps_the_right_to_pay() -> None:
    """6301 demands payToken, whatever else has been granted meanwhile."""
    there = centre(query_order_info=state("1"))
    await SCENARIO.find_settlement(bill(), bench(there).enquiry(REFERENCE, **PAID, revs_token="R1"))
    asked = there.last("query_order_info")
    assert (asked["payOrdId"], asked["payToken"]) == ("ORD1", "T1")


async def test_revocation_of_what_only_a_push_told() -> None:
    """A push brings the number and the right to reverse; the right to pay is asked for before anything is revoked."""
    pushed_only = original({**HANDLES, "pay_ord_id": "ORD1", "revs_token": "R1"})
    there = centre(revoke_order=state("7"), query_order_info=state("6", payToken="T1", **legs()))
    await SCENARIO.revoke(Revocation(reverses=ORDER), bench(there, pushed_only).attempt("RV1"))
    assert there.last("query_order_info")["medOrgOrd"] == REFERENCE
    asked = there.last("revoke_order")
    assert (asked["payToken"], asked["revsToken"]) == ("T1", "R1")
    mute = bench(centre(query_order_info=state("6", **legs())), pushed_only).attempt("RV1")
    with pytest.raises(Garbled):
        await SCENARIO.revoke(Revocation(reverses=ORDER), mute)
    assert not mute.submitted
    refunded = bench(centre(refund_Order={"success": True, "refStatus": "SUCC"}), pushed_only).attempt("RF1")
    assert isinstance(await SCENARIO.refund(back(cash="15.00"), refunded), Succeeded)  # 6203 demands no right to pay


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (state("7"), Succeeded),
        (state("6", **legs()), Absent),
        (state("14"), Declined),
        (state("99"), Unknown),
        ({"success": False, "errCode": "2006"}, Unknown),
    ],
)
async def test_found_revocation(answer: dict[str, Any], kind: type) -> None:
    """A revocation shows in its settlement's state: one that stands has not been revoked, so far."""
    enquiry = bench(centre(query_order_info=answer), original()).enquiry("RV1")
    assert isinstance(await SCENARIO.find_revocation(Revocation(reverses=ORDER), enquiry), kind)


def back(**amounts: str) -> Refund:
    parts = [RefundLeg(name=name, amount=yuan(amount)) for name, amount in amounts.items()]  # type: ignore[arg-type]
    total = sum((part.amount.value for part in parts), Decimal(0))
    return Refund(reverses=ORDER, total=Money.of(total, "CNY"), legs=parts)


@pytest.mark.parametrize(
    ("refund", "kind"),
    [
        (back(fund="60.00", account="25.00", cash="15.00"), "ALL"),
        (back(cash="15"), "CASH"),
        (back(fund="1.5", account="25.00"), "HI"),
    ],
)
async def test_refund_type(refund: Refund, kind: str) -> None:
    """ALL is every leg whole, CASH no insurance, HI no cash; there is no token, so there is an authorisation."""
    there = centre(refund_Order={"success": True, "refStatus": "SUCC"})
    done = await SCENARIO.refund(refund, bench(there, original()).attempt("RF1"))
    assert isinstance(done, Succeeded)
    assert refund.contradicts(done.result) is None
    asked = there.last("refund_Order")
    assert (asked["refdType"], asked["appRefdSn"], asked["payAuthNo"]) == (kind, "RF1", "AUTH1")
    assert Decimal(asked["totlRefdAmt"]) == refund.total.value
    assert all("." in asked[name] for name in ("cashRefdAmt", "psnAcctRefdAmt", "fundRefdAmt"))
    assert "ecToken" not in asked


async def test_mixed_refund_has_no_word() -> None:
    """A part of the cash and a part of the insurance cannot be asked for at once: declined, and nothing is sent."""
    there = centre()
    declined = await SCENARIO.refund(back(fund="1.00", cash="1.00"), bench(there, original()).attempt("RF1"))
    assert isinstance(declined, Declined)
    assert (declined.reason.field, there.asked) == ("legs", [])


@pytest.mark.parametrize(("status", "kind"), [("FAIL", Declined), ("EXP", Unknown), ("WAIT", Pending)])
async def test_refund_status(status: str, kind: type) -> None:
    """An exception may have refunded; a word that nobody mapped is pending."""
    answer = {"success": True, "refStatus": status}
    attempt = bench(centre(refund_Order=answer), original()).attempt("RF1")
    assert isinstance(await SCENARIO.refund(back(cash="15.00"), attempt), kind)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"business": "admission"}, "business"),
        ({"institution": "H12000000002"}, "institution"),
        ({"insured_region": "110000"}, "insured_region"),
        ({"insured_region": "330100"}, "insured_region"),
    ],
)
async def test_check(fields: dict[str, str], at: str) -> None:
    """What can be known beforehand is refused beforehand, with the field."""
    with pytest.raises(Refused) as refused:
        await SCENARIO.check_settlement(bill(**fields), bench(centre()).call())
    assert refused.value.field == at


async def test_check_of_an_activation() -> None:
    """A voucher is activated wherever the customer has a relation, active or not; elsewhere the region is named."""
    there = centre()
    await SCENARIO.check_activation(activation("330100"), bench(there).call())
    with pytest.raises(Refused) as refused:
        await SCENARIO.check_activation(activation("120000"), bench(there).call())
    assert (refused.value.field, [path for path, _ in there.asked]) == ("insured_region", ["queryInsu"] * 2)


async def test_check_of_the_voucher() -> None:
    """A token of a voucher that is not active pays nothing."""
    inactive = bench(centre(**{"ec.status": {"code": 0, "data": {"ecStatus": "0"}}})).call()
    with pytest.raises(Refused) as refused:
        await SCENARIO.check_settlement(bill(), inactive)
    assert refused.value.field == "voucher_token"


NAMES = ["nhsa_mobile_pay"]


class Walk:
    """The simulator over real sockets, as one customer after the other."""

    def __init__(self, stand: fleet.Stand, credentials: dict[str, str], channel: Channel) -> None:
        self.account = NhsaAccount(base_url=stand.protocol, **credentials)  # type: ignore[arg-type]
        self.door = stand.door
        self._channel = channel

    def bench(self, serial: int, original: Original | None = None) -> Bench:
        who = Person(name="张三", id_number=magic_id(serial) if serial else id_number(1))

        async def exchange(message: Http) -> Reply:
            return await self._channel.exchange(message, timedelta(seconds=1))

        table = Bench(exchange, manifest=MANIFEST, account=self.account, subject=who, original=original)
        table.watch.now = datetime.now(UTC)
        return table

    async def bill(self, table: Bench) -> Settlement:
        relation = (await SCENARIO.find_person(PersonSearch(treatment_region="120000"), table.call()))[0]
        wanted = VoucherTokenRequest(treatment_region="120000", business="outpatient-settlement")
        token = await SCENARIO.issue_token(wanted, table.call())
        place = {"insured_region": relation.insured_region, "institution": self.account.org_codg}
        return bill(voucher_token=token.token, **place)

    async def settle(self, table: Bench, reference: str) -> tuple[Settlement, Any]:
        settlement = await self.bill(table)
        checked = table.call()
        await SCENARIO.check_settlement(settlement, checked)
        attempt = table.attempt(reference, **checked.handles)
        try:
            outcome: Any = await SCENARIO.settle(settlement, attempt)
        except MaybeSent:
            outcome = Unknown(why="as the hub reads it")
        self.handles = dict(attempt.handles)
        return settlement, outcome

    async def find(self, table: Bench, reference: str, settlement: Settlement, wanted: type) -> Any:
        """Asks until it is so, or two seconds are over."""
        outcome: Any = None
        for _ in range(40):
            enquiry = table.enquiry(reference, **self.handles)
            enquiry.steps = ("pay",)
            outcome = await SCENARIO.find_settlement(settlement, enquiry)
            self.handles = dict(enquiry.handles)
            if isinstance(outcome, wanted):
                break
            await asyncio.sleep(0.05)
        return outcome

    def original(self, settlement: Settlement, reference: str, result: Settled) -> Original:
        return Original(
            order_id=ORDER,
            reference=reference,
            sent_at=START,
            state="succeeded",
            request=settlement,
            handles=self.handles,
            result=result,
            legs=tuple(result.legs),
        )

    def notify(self, url: str) -> None:
        body = json.dumps({"url": url}).encode()
        urllib.request.urlopen(f"{self.door}/_sandbox/notify-url", data=body).close()  # noqa: S310 - our own simulator

    def ledger(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.door}/_sandbox/ledger") as reply:  # noqa: S310 - our own simulator
            return {entry["reference"]: entry for entry in json.load(reply)["entries"]}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Stand, dict[str, str]]]:
    var: Path = tmp_path_factory.mktemp("nhsa")
    fleet.prepare(var, NAMES)
    credentials = json.loads((var / NAMES[0] / "credentials.json").read_text())
    with fleet.start(var, names=NAMES, processing_seconds=0.2, late_seconds=1.0) as running:
        yield running.stands[NAMES[0]], credentials


@asynccontextmanager
async def walking(stand: tuple[fleet.Stand, dict[str, str]]) -> AsyncIterator[Walk]:
    channel = Channel(connect=timedelta(seconds=1), connections=4)
    try:
        yield Walk(*stand, channel)
    finally:
        await channel.close()


async def test_walk(stand: tuple[fleet.Stand, dict[str, str]]) -> None:
    """Over real sockets: settled, refunded in parts, and found again; the ledger agrees."""
    async with walking(stand) as walk:
        table, reference = walk.bench(0), secrets.token_hex(13)
        settlement, outcome = await walk.settle(table, reference)
        assert isinstance(outcome, Pending)
        done = await walk.find(table, reference, settlement, Succeeded)
        assert settlement.contradicts(done.result) is None
        cash = next(leg.amount for leg in done.result.legs if leg.name == "cash")
        table = walk.bench(0, walk.original(settlement, reference, done.result))
        refund, number = back(cash=cash.amount), secrets.token_hex(13)
        refunded = await SCENARIO.refund(refund, table.attempt(number))
        assert refunded == await SCENARIO.find_refund(refund, table.enquiry(number))
        assert isinstance(refunded, Succeeded)
        assert isinstance(await SCENARIO.find_refund(refund, table.enquiry("NOSUCH")), Absent)
        assert walk.ledger().keys() >= {reference, number}


async def test_walk_back(stand: tuple[fleet.Stand, dict[str, str]]) -> None:
    """Over real sockets: the cash leg fails, the right to reverse comes with it, and the settlement ends declined."""
    async with walking(stand) as walk:
        table, reference = walk.bench(25), secrets.token_hex(13)
        settlement, _ = await walk.settle(table, reference)
        for _ in range(40):
            outcome = await walk.find(table, reference, settlement, Pending)
            if outcome.stage == "cash-failed":
                break
            await asyncio.sleep(0.05)
        assert outcome.stage == "cash-failed"
        revocation, number = Revocation(reverses=ORDER), secrets.token_hex(13)
        table = walk.bench(25, walk.original(settlement, reference, outcome.so_far))
        assert isinstance(await SCENARIO.find_revocation(revocation, table.enquiry(number)), Absent)
        assert isinstance(await SCENARIO.revoke(revocation, table.attempt(number)), Succeeded)
        assert isinstance(await SCENARIO.find_revocation(revocation, table.enquiry(number)), Succeeded)
        ended = await walk.find(table, reference, settlement, Declined)
        assert ended.reason.code == "revoked"
        assert number in walk.ledger()


@pytest.mark.parametrize(
    ("serial", "first", "then"),
    [
        (2, Unknown, Pending),  # dropped: the fees stay uploaded
        (6, Unknown, Succeeded),
        (8, Unknown, Succeeded),
        (10, Unknown, Succeeded),  # a signature that does not hold
        (11, Pending, Succeeded),  # another amount, for the hub to object to
        (12, Pending, Succeeded),  # ordStas 99 in the answer
        (17, Declined, Pending),
        (27, Pending, Declined),
        (28, Pending, Pending),
        (34, Pending, Succeeded),  # through a relay
        (37, Pending, Succeeded),  # a candidate first
        (38, Pending, Pending),
    ],
)
async def test_misfortunes(stand: tuple[fleet.Stand, dict[str, str]], serial: int, first: type, then: type) -> None:
    """Over real sockets: what the answer leaves open, the enquiry decides as far as it can."""
    async with walking(stand) as walk:
        table, reference = walk.bench(serial), secrets.token_hex(13)
        settlement, outcome = await walk.settle(table, reference)
        assert isinstance(outcome, first)
        assert isinstance(await walk.find(table, reference, settlement, then), then)


@contextmanager
def listening() -> Iterator[tuple[str, Queue[bytes]]]:
    """Where pushes arrive, and are thanked for."""
    arrived: Queue[bytes] = Queue()

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"success")

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", ports.take()), Desk) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", arrived
        server.shutdown()


async def test_walk_to_a_candidate(stand: tuple[fleet.Stand, dict[str, str]]) -> None:
    """Over real sockets: what is never confirmed stays pending, with legs that nobody has paid, until it is revoked."""
    async with walking(stand) as walk:
        table, reference = walk.bench(38), secrets.token_hex(13)
        settlement, _ = await walk.settle(table, reference)
        for _ in range(40):
            outcome = await walk.find(table, reference, settlement, Pending)
            if outcome.stage == "candidate":
                break
            await asyncio.sleep(0.05)
        assert {leg.state for leg in outcome.so_far.legs} == {"pending"}
        table = walk.bench(38, walk.original(settlement, reference, outcome.so_far))
        assert isinstance(await SCENARIO.revoke(Revocation(reverses=ORDER), table.attempt("RV" + reference)), Succeeded)
        ended = await walk.find(table, reference, settlement, Declined)
        assert ended.reason.code == "revoked"


@pytest.mark.parametrize("serial", [0, 25])
async def test_pushed(stand: tuple[fleet.Stand, dict[str, str]], serial: int) -> None:
    """Over real sockets: a push is verified, makes the hub ask, and brings the right to reverse."""
    async with walking(stand) as walk:
        with listening() as (url, arrived):
            walk.notify(url)
            reference = secrets.token_hex(13)
            await walk.settle(walk.bench(serial), reference)
            news = read_callback(await asyncio.to_thread(arrived.get, timeout=5), {}, walk.account)
            walk.notify("")
        assert (news.reference, news.trusted, news.outcome) == (reference, True, None)
        assert news.remember.keys() == {"pay_ord_id", "revs_token"}


async def test_voucher(stand: tuple[fleet.Stand, dict[str, str]]) -> None:
    """Over real sockets: a voucher that is not active gives no token; activated, it is found again, and gives one."""
    async with walking(stand) as walk:
        table, number = walk.bench(33), secrets.token_hex(13)
        wanted = VoucherTokenRequest(treatment_region="120000", business="registration")
        with pytest.raises(Refused, match="not active"):
            await SCENARIO.issue_token(wanted, table.call())
        relation = (await SCENARIO.find_person(PersonSearch(treatment_region="120000"), table.call()))[0]
        wish = activation(relation.insured_region)
        await SCENARIO.check_activation(wish, table.call())
        assert isinstance(await SCENARIO.find_activation(wish, table.enquiry(number)), Absent)
        done = await SCENARIO.activate_voucher(wish, table.attempt(number))
        assert done == await SCENARIO.find_activation(wish, table.enquiry(number))
        assert isinstance(done, Succeeded)
        token = await SCENARIO.issue_token(wanted, table.call())
        assert timedelta(0) < token.expires_at - table.watch.now <= timedelta(minutes=1)
