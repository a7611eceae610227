"""What is odd about this partner: a sign-in first, a msgid that undoes, two areas, numbers that stay exact."""

import hashlib
import json
import secrets
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.fsi_institution.connector import FsiInstitution
from connectors.fsi_institution.envelope import FsiAccount
from connectors.fsi_institution.facts import MANIFEST, local
from connectors.kit.channel import Channel
from sandbox.stand import fleet
from sandbox.stand.people import id_number, magic_id
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.medical_insurance.settlements import FeeItem, RecordSearch, Revocation, Settled, Settlement
from schemas.medical_insurance.vouchers import InstitutionSearch, PersonSearch
from schemas.money import Money
from schemas.order import Original
from schemas.outcome import Absent, Declined, Succeeded, Unknown
from schemas.person import Person
from tests.connectors.kit.bench import START, Answer, Bench

SCENARIO = FsiInstitution()
REFERENCE = "0123456789ABCDEFGHJKMNPQRS"
ORDER = "ord_" + "0" * 26
SUBJECT = Person(name="张三", id_number=id_number(1))
HANDLES = {"psn_no": "P1", "insutype": "310"}
ACCOUNT = FsiAccount(
    base_url="https://platform.example",
    fixmedins_code="H21010000001",
    fixmedins_name="模拟医院",
    mdtrtarea_admvs="210100",
    recer_sys_code="HIS",
    opter="0001",
    opter_name="经办",
    tif_paasid="paas",
    tif_token="made-up",
)


def yuan(amount: str) -> Money:
    return Money(amount=amount, currency="CNY")


def bill(**fields: Any) -> Settlement:
    plain = {
        "treatment_region": "210100",
        "insured_region": "440300",
        "institution": ACCOUNT.fixmedins_code,
        "business": "outpatient-settlement",
        "voucher_token": "EC1",
        "total": yuan("100.1"),
        "items": [FeeItem(code="X1", name="药", quantity="2", amount=yuan("100.1"))],
    }
    return Settlement(**(plain | fields))


def setlinfo(**fields: Any) -> dict[str, Any]:
    plain = {
        "setl_id": "S1",
        "psn_no": "P1",
        "mdtrt_id": "MD1",
        "setl_time": "2026-11-23 16:00:00",
        "medfee_sumamt": 100.1,
        "fund_pay_sumamt": 60.0,
        "acct_pay": 25.1,
        "psn_cash_pay": 15,
        "medins_setl_id": REFERENCE,
        "refd_setl_flag": "0",
    }
    return {"setlinfo": plain | fields}


INSURED = {
    "baseinfo": {"psn_no": "P1"},
    "insuinfo": [
        {"insutype": "390", "insuplc_admdvs": "330100", "psn_insu_stas": "2", "balc": None},
        {"insutype": "310", "insuplc_admdvs": "440300", "psn_insu_stas": "1", "balc": 2008.41},
    ],
}


@dataclass
class Platform:
    """Answers by infno: an output, an infcode, or a reply; a list answers in turn."""

    on: dict[str, Any] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)
    signed_in: int = 0

    async def __call__(self, message: Http) -> Answer:
        seconds, nonce = message.headers["x-tif-timestamp"], message.headers["x-tif-nonce"]
        self.nonces.append(nonce)
        text = f"{seconds}{ACCOUNT.tif_token}{nonce}{seconds}"
        assert message.headers["x-tif-signature"] == hashlib.sha256(text.encode()).hexdigest().upper()
        envelope = json.loads(message.body)
        self.asked.append(envelope)
        self.bodies.append(message.body)
        if envelope["infno"] == "9001":
            self.signed_in += 1
            return answered({"signinoutb": {"sign_no": f"SIGN{self.signed_in}"}})
        answer = self.on[envelope["infno"]]
        answer = answer.pop(0) if isinstance(answer, list) else answer
        return answer if isinstance(answer, Reply | BaseException) else answered(answer)

    def last(self, infno: str) -> dict[str, Any]:
        return next(envelope for envelope in reversed(self.asked) if envelope["infno"] == infno)


def answered(answer: Any) -> Reply:
    code, output = (answer, {}) if isinstance(answer, int) else (0, answer)
    return Reply(status=200, body=msgspec.json.encode({"infcode": code, "err_msg": "", "output": output}))


def platform(**on: Any) -> Platform:
    usual = {"_1101": INSURED, "_2201": {"data": {"mdtrt_id": "MD1"}}, "_2207": setlinfo()}
    return Platform({name[1:]: answer for name, answer in (usual | on).items()})


def bench(script: Any, original: Original | None = None) -> Bench:
    return Bench(script, manifest=MANIFEST, account=ACCOUNT, subject=SUBJECT, original=original)


def original(**more: str) -> Original:
    handles = {**HANDLES, "msgid": "H21010000001202611231600000001", "mdtrt_id": "MD1", **more}
    return Original(
        order_id=ORDER, reference=REFERENCE, sent_at=START, state="unknown", request=bill(), handles=handles
    )


async def settled(answer: Any) -> Any:
    return await SCENARIO.settle(bill(), bench(platform(_2207=answer)).attempt(REFERENCE, **HANDLES))


async def test_settle() -> None:
    """Signed in, registered, settled: two areas under their two spellings, and an amount that is written exactly."""
    there = platform()
    table = bench(there)
    outcome = await SCENARIO.settle(bill(), table.attempt(REFERENCE, **HANDLES))
    assert isinstance(outcome, Succeeded)
    assert [leg.amount.amount for leg in outcome.result.legs] == ["60.00", "25.10", "15.00"]
    assert outcome.result.settled_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert [envelope["infno"] for envelope in there.asked] == ["9001", "2201", "2207"]
    sent = there.last("2207")
    assert (sent["mdtrtarea_admvs"], sent["insuplc_admdvs"], sent["sign_no"]) == ("210100", "440300", "SIGN1")
    assert sent["input"]["data"]["medins_setl_id"] == REFERENCE
    assert sent["input"]["data"]["mdtrt_cert_no"] == SUBJECT.id_number
    assert b'"medfee_sumamt":100.10,' in there.bodies[-1]


async def test_token_where_the_province_takes_it() -> None:
    """The token, or the identity number, stands for the e-voucher; one that is refused is named."""
    table = bench(there := platform(_2206=setlinfo()))
    table.line = replace(table.line, account=msgspec.structs.replace(ACCOUNT, voucher_cert_no="token"))
    await SCENARIO.settle(bill(), table.attempt(REFERENCE, **HANDLES))
    await SCENARIO.preview(bill(), table.call())
    shown = [there.last(infno)["input"]["data"]["mdtrt_cert_no"] for infno in ("2201", "2206", "2207")]
    assert shown == ["EC1"] * 3
    refused = await settled(2010)
    assert isinstance(refused, Declined)
    assert (refused.reason.code, refused.reason.field) == ("expired", "voucher_token")


async def test_msgid_is_kept_before_it_is_needed() -> None:
    """30 characters, no two alike, and remembered before the settlement leaves: a lost answer is undone by it."""
    there = platform(_2207=MaybeSent("no answer"))
    table = bench(there)
    with pytest.raises(MaybeSent):
        await SCENARIO.settle(bill(), table.attempt(REFERENCE, **HANDLES))
    msgids = [envelope["msgid"] for envelope in there.asked]
    assert table.kept[-1]["msgid"] == msgids[-1]
    assert len(set(msgids)) == 3
    assert all(len(each) == 30 and each.startswith("H2101000000120261123160000") for each in msgids)


async def test_refused_sign_in() -> None:
    """A sign-in that ended is replaced once, for a settlement too, which keeps its msgid; twice decides nothing."""
    there = platform(_2207=[1003, setlinfo()])
    outcome = await SCENARIO.settle(bill(), bench(there).attempt(REFERENCE, **HANDLES))
    assert isinstance(outcome, Succeeded)
    first, second = (envelope for envelope in there.asked if envelope["infno"] == "2207")
    assert (first["msgid"], first["sign_no"], second["sign_no"]) == (second["msgid"], "SIGN1", "SIGN2")
    with pytest.raises(MaybeSent):
        await settled([1003, 1003])


async def test_spent_nonce() -> None:
    """A question that is repeated carries its old nonce; refused for it, it is made anew. A settlement never is."""
    there = platform(_2201=[MaybeSent("no answer"), 1001, {"data": {"mdtrt_id": "MD1"}}])
    outcome = await SCENARIO.settle(bill(), bench(there).attempt(REFERENCE, **HANDLES))
    assert isinstance(outcome, Succeeded)
    assert [envelope["infno"] for envelope in there.asked] == ["9001", "2201", "2201", "2201", "2207"]
    _, first, second, third, _ = there.nonces
    assert first == second != third
    there = platform(_2207=1001)
    await SCENARIO.settle(bill(), bench(there).attempt(REFERENCE, **HANDLES))
    assert [envelope["infno"] for envelope in there.asked].count("2207") == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (2008, Declined),
        (2005, Unknown),
        (9999, Unknown),
        (777, Unknown),
        (setlinfo(refd_setl_flag="1"), Declined),
    ],
)
async def test_verdict(answer: Any, kind: type) -> None:
    """A refusal declines; a time-out, a known reference and a code that nobody mapped leave it open."""
    outcome = await settled(answer)
    assert isinstance(outcome, kind)
    assert getattr(outcome, "unmapped", False) == (answer == 777)


async def test_refusal_names_the_field() -> None:
    """Registering is where an insured area is first refused; nothing was submitted then."""
    attempt = bench(platform(_2201=2009)).attempt(REFERENCE, **HANDLES)
    outcome = await SCENARIO.settle(bill(), attempt)
    assert isinstance(outcome, Declined)
    assert (outcome.reason.field, attempt.submitted) == ("insured_region", False)


@pytest.mark.parametrize("answer", [9999, 777, 1002, MaybeSent("no answer"), Reply(status=502, body=b"Bad Gateway")])
async def test_unclear_registration(answer: Any) -> None:
    """A visit moves nothing: where its answer says nothing, the order was certainly not sent, and is due again."""
    there = platform(_2201=answer)
    attempt = bench(there).attempt(REFERENCE, **HANDLES)
    with pytest.raises(MaybeSent):
        await SCENARIO.settle(bill(), attempt)
    assert not attempt.submitted
    assert "2207" not in {envelope["infno"] for envelope in there.asked}


@pytest.mark.parametrize(
    "answer",
    [
        setlinfo(medins_setl_id="ANOTHER"),
        setlinfo(psn_no="P2"),
        setlinfo(acct_pay=25.11),
        Reply(status=200, body=b'{"infcode":0,"output":{"setlinfo"'),
        Reply(status=502, body=b"Bad Gateway"),
    ],
)
async def test_unbelievable_answer(answer: Any) -> None:
    """Another's settlement, legs that do not add up, half an answer: nothing is decided."""
    with pytest.raises(Garbled):
        await settled(answer)


async def test_a_message_that_came_before_decides_nothing() -> None:
    """Whoever carries a message may deliver it twice; the second is refused for its nonce after the first was done."""
    assert isinstance(await settled(1001), Unknown)
    revoked = await SCENARIO.revoke(Revocation(reverses=ORDER), bench(platform(_2601=1001), original()).attempt("RV1"))
    assert isinstance(revoked, Unknown)


async def test_way_back() -> None:
    """A settlement whose number is known is undone by it (2208), one whose answer was lost by its msgid (2601)."""
    revocation, there = Revocation(reverses=ORDER), platform(_2208=setlinfo(init_setl_id="S1"), _2601={})
    undone = await SCENARIO.revoke(revocation, bench(there, original(setl_id="S1")).attempt("RV1"))
    reversed_ = await SCENARIO.revoke(revocation, bench(there, original()).attempt("RV1"))
    assert isinstance(undone, Succeeded)
    assert isinstance(reversed_, Succeeded)
    assert there.last("2208")["input"]["data"]["setl_id"] == "S1"
    sent = there.last("2601")
    assert sent["input"]["data"] == {
        "psn_no": "P1",
        "oinfno": "2207",
        "omsgid": "H21010000001202611231600000001",
        "medins_setl_id": "RV1",
    }
    assert sent["insuplc_admdvs"] == "440300"


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"business": "admission"}, "business"),
        ({"institution": "H21010000002"}, "institution"),
        ({"treatment_region": "210200"}, "treatment_region"),
        ({"insured_region": "110000"}, "insured_region"),
        ({"insured_region": "330100"}, "insured_region"),
    ],
)
async def test_check(fields: dict[str, str], at: str) -> None:
    """What can be known beforehand is refused beforehand, with the field."""
    with pytest.raises(Refused) as refused:
        await SCENARIO.check_settlement(bill(**fields), bench(platform()).call())
    assert refused.value.field == at


async def test_person() -> None:
    """Several relations, none at all, and a code that says nothing about the person."""
    search = PersonSearch(treatment_region="210000")
    found = await SCENARIO.find_person(search, bench(platform()).call())
    assert [(each.kind, each.active, each.account_balance) for each in found] == [
        ("resident", False, None),
        ("employee", True, yuan("2008.41")),
    ]
    assert await SCENARIO.find_person(search, bench(platform(_1101=2001)).call()) == []
    with pytest.raises(MaybeSent):
        await SCENARIO.find_person(search, bench(platform(_1101=9999)).call())


NAMES = ["fsi_institution"]


class Walk:
    """The simulator over real sockets, as one customer after the other."""

    def __init__(self, stand: fleet.Stand, credentials: dict[str, str], channel: Channel) -> None:
        self.account = FsiAccount(base_url=stand.protocol, **credentials)
        self.door = stand.door
        self._channel = channel

    def bench(self, serial: int, original: Original | None = None) -> Bench:
        who = Person(name="张三", id_number=magic_id(serial) if serial else id_number(1))

        async def exchange(message: Http) -> Reply:
            return await self._channel.exchange(message, timedelta(seconds=1))

        table = Bench(exchange, manifest=MANIFEST, account=self.account, subject=who, original=original)
        table.watch.now = datetime.now(UTC)
        return table

    async def settle(self, table: Bench, reference: str) -> tuple[Settlement, Any]:
        found = await SCENARIO.find_person(PersonSearch(treatment_region="210100"), table.call())
        region = next(relation.insured_region for relation in found if relation.active)
        settlement = bill(insured_region=region)
        checked = table.call()
        await SCENARIO.check_settlement(settlement, checked)
        attempt = table.attempt(reference, **checked.handles)
        try:
            outcome: Any = await SCENARIO.settle(settlement, attempt)
        except MaybeSent:
            outcome = Unknown(why="as the hub reads it")
        self.handles = dict(attempt.handles)
        return settlement, outcome

    async def find(self, table: Bench, reference: str, settlement: Settlement) -> Any:
        enquiry = table.enquiry(reference, **self.handles)
        outcome = await SCENARIO.find_settlement(settlement, enquiry)
        self.handles = dict(enquiry.handles)
        return outcome

    def original(self, settlement: Settlement, reference: str, result: Settled | None) -> Original:
        return Original(
            order_id=ORDER,
            reference=reference,
            sent_at=START,
            state="succeeded" if result else "unknown",
            request=settlement,
            handles=self.handles,
            result=result,
            legs=tuple(result.legs) if result else (),
        )

    def ledger(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.door}/_sandbox/ledger") as reply:  # noqa: S310 - our own simulator
            return {entry["reference"]: entry for entry in json.load(reply)["entries"]}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Stand, dict[str, str]]]:
    """The simulated institution, and what it hands out."""
    var: Path = tmp_path_factory.mktemp("fsi")
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
    """Over real sockets: previewed, settled as previewed, found, recorded, taken back, and then a record no more."""
    async with walking(stand) as walk:
        table, reference, number = walk.bench(0), secrets.token_hex(13), secrets.token_hex(13)
        settlement, outcome = await walk.settle(table, reference)
        assert isinstance(outcome, Succeeded)
        assert settlement.contradicts(outcome.result) is None
        seen = await SCENARIO.preview(settlement, table.call())
        assert [seen.fund, seen.account, seen.cash] == [leg.amount for leg in outcome.result.legs]
        assert await walk.find(table, reference, settlement) == outcome
        month = local(table.watch.now, "%Y-%m")
        search = RecordSearch(treatment_region="210100", begins=month, ends=month)
        records = await SCENARIO.find_records(search, table.call())
        assert [record.settlement_number for record in records] == [outcome.result.settlement_number]
        table = walk.bench(0, walk.original(settlement, reference, outcome.result))
        revocation = Revocation(reverses=ORDER)
        assert isinstance(await SCENARIO.find_revocation(revocation, table.enquiry(number)), Absent)
        undone = await SCENARIO.revoke(revocation, table.attempt(number))
        assert undone == await SCENARIO.find_revocation(revocation, table.enquiry(number))
        assert isinstance(undone, Succeeded)
        assert undone.result.returned == Money.of(Decimal("100.1"), "CNY")
        assert isinstance(await walk.find(table, reference, settlement), Declined)
        assert await SCENARIO.find_records(search, table.call()) == []
        assert walk.ledger().keys() >= {reference, number}


@pytest.mark.parametrize(
    ("serial", "first", "then"),
    [
        (2, Unknown, Absent),
        (4, Unknown, Succeeded),
        (5, Unknown, Absent),
        (6, Unknown, Succeeded),
        (7, Unknown, Succeeded),
        (10, Unknown, Succeeded),  # broken JSON
        (11, Succeeded, Succeeded),  # another amount, for the hub to object to
        (12, Unknown, Succeeded),  # infcode 777
        (17, Declined, Absent),
        (26, Succeeded, Succeeded),  # two relations
        (27, Succeeded, Succeeded),  # an area that is no division
        (29, Unknown, Succeeded),  # infcode 9999, performed
        (30, Unknown, Absent),  # infcode 9999, not performed
    ],
)
async def test_misfortunes(stand: tuple[fleet.Stand, dict[str, str]], serial: int, first: type, then: type) -> None:
    """Over real sockets: what the answer leaves open, the enquiry decides."""
    async with walking(stand) as walk:
        table, reference = walk.bench(serial), secrets.token_hex(13)
        settlement, outcome = await walk.settle(table, reference)
        assert isinstance(outcome, first)
        assert isinstance(await walk.find(table, reference, settlement), then)


async def test_lost_answer_is_reversed(stand: tuple[fleet.Stand, dict[str, str]]) -> None:
    """Over real sockets: a settlement whose answer was lost is reversed by its msgid; where books are closed, not."""
    revocation = Revocation(reverses=ORDER)
    async with walking(stand) as walk:
        table, reference, number = walk.bench(29), secrets.token_hex(13), secrets.token_hex(13)
        settlement, outcome = await walk.settle(table, reference)
        assert isinstance(outcome, Unknown)
        table = walk.bench(29, walk.original(settlement, reference, None))
        assert isinstance(await SCENARIO.revoke(revocation, table.attempt(number)), Succeeded)
        assert isinstance(await SCENARIO.find_revocation(revocation, table.enquiry(number)), Succeeded)
        assert isinstance(await walk.find(table, reference, settlement), Declined)
        settlement, outcome = await walk.settle(walk.bench(31), reference := secrets.token_hex(13))
        table = walk.bench(31, walk.original(settlement, reference, outcome.result))
        assert isinstance(await SCENARIO.revoke(revocation, table.attempt(secrets.token_hex(13))), Declined)


async def test_institutions(stand: tuple[fleet.Stand, dict[str, str]]) -> None:
    """Over real sockets: a province's pharmacies page by page, every one once; other countries have none."""
    async with walking(stand) as walk:
        call, seen, cursor = walk.bench(0).call, [], None
        while True:
            search = InstitutionSearch(region="210000", kind="pharmacy", limit=20, cursor=cursor)
            page = await SCENARIO.list_institutions(search, call())
            seen += page.items
            if (cursor := page.next) is None:
                break
        assert len({each.institution for each in seen}) == len(seen) == 42
        assert all(each.kind == "pharmacy" and each.region.startswith("21") for each in seen)
        assert (await SCENARIO.list_institutions(InstitutionSearch(region="NG"), call())).items == []


async def test_institutions_beyond_a_page_of_the_platform(stand: tuple[fleet.Stand, dict[str, str]]) -> None:
    """Over real sockets: whatever lengths a bank asks for in turn, and however long, every institution comes once."""
    async with walking(stand) as walk:
        call = walk.bench(0).call
        for limits in ((200,), (20, 50, 7, 200)):
            seen, cursor = [], None
            for limit in cycle(limits):
                search = InstitutionSearch(region="510000", limit=limit, cursor=cursor)
                page = await SCENARIO.list_institutions(search, call())
                seen += page.items
                if (cursor := page.next) is None:
                    break
            assert len({each.institution for each in seen}) == len(seen) == 147
