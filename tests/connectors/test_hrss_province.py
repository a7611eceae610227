"""What is odd about this partner: a nonce that may not come twice, answers nobody signed, and transfers by stages."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hmac import digest
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from connectors.hrss_province.connector import HrssProvince
from connectors.hrss_province.envelope import HrssAccount
from connectors.hrss_province.facts import MANIFEST
from connectors.kit.channel import Channel
from sandbox.stand import fleet, people
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.money import Money
from schemas.outcome import Absent, Declined, Found, Pending, Succeeded, Unknown
from schemas.person import Person
from schemas.social_security import (
    Card,
    CardIssue,
    CardUnlink,
    CertificateRequest,
    EstimateRequest,
    InRegion,
    Insurance,
    InsuranceKind,
    Transfer,
    TransferRequest,
)
from tests.connectors.kit.bench import Bench, Watch

REFERENCE = "0123456789ABCDEFGHJKMNPQRS"
AREA = "330106"
SECRET = "made-up"
ACCOUNT = HrssAccount(base_url="https://hrss.example/", app_key="APP1", app_secret=SECRET, province_area="330000")
SCENARIO = HrssProvince()
HERE = InRegion(region=AREA)
MOVE = TransferRequest(to_region=AREA, from_region="110000", insurance="pension")
ESTIMATE = EstimateRequest(region=AREA, retires_at_age=63, wage_growth="0.05")
CERTIFICATE = CertificateRequest(region=AREA, insurance="pension", begins="2024-01", ends="2024-12")
RELATION = {"AAE140": "110", "AAB301": AREA, "AAB004": "", "AAC031": "1", "AAE041": "200507", "AAE042": ""}
CARD = {"ywlsh": REFERENCE, "AAB301": AREA, "AAZ500": "F1", "AAZ502": "1"}

Said = str | tuple[str, str] | dict[str, Any] | MaybeSent


def person(number: str = people.id_number(7), **changes: Any) -> Person:
    return Person(**({"name": "王小明", "id_number": number, "mobile": "+8619900000001"} | changes))


def answer(said: str | tuple[str, str] | dict[str, Any]) -> Reply:
    """Data of a success, a code, or a code and its message."""
    code, message = ("0", "成功") if isinstance(said, dict) else (said, "") if isinstance(said, str) else said
    body = {"code": code, "message": message, "data": said if isinstance(said, dict) else {}}
    return Reply(status=200, body=json.dumps(body, ensure_ascii=False).encode())


class Office:
    """The office's side: answers in turn, the last one again and again, and keeps the nonces it was sent."""

    def __init__(self) -> None:
        self.says: list[Said] = []
        self.asked: list[dict[str, str]] = []
        self.nonces: list[str] = []

    async def __call__(self, message: Http) -> Reply | MaybeSent:
        self.nonces.append(message.headers["nonce"])
        self.asked.append(msgspec.json.decode(message.body, type=dict[str, str]))
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        return said if isinstance(said, MaybeSent) else answer(said)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def bench(office: Office) -> Bench:
    return Bench(office, manifest=MANIFEST, account=ACCOUNT, subject=person())


async def test_the_bytes_are_signed_with_time_and_nonce(bench: Bench, office: Office) -> None:
    """The office's local time, then the nonce, then exactly the body that travels."""
    office.says = [{"insured": []}]
    assert await SCENARIO.find_insurances(HERE, bench.call()) == []
    (sent,) = bench.channel.seen
    assert (sent.method, sent.url) == ("POST", "https://hrss.example/rs/queryInsured")
    assert (sent.headers["app-key"], sent.headers["timestamp"]) == ("APP1", "20261123160000")
    text = f"20261123160000{sent.headers['nonce']}".encode() + sent.body
    assert sent.headers["signature"] == b64encode(digest(SECRET.encode(), text, "sha256")).decode()
    assert office.asked == [{"AAC002": people.id_number(7), "AAC003": "王小明", "AAB301": AREA}]


async def test_a_question_refused_for_its_nonce_is_sealed_anew(bench: Bench, office: Office) -> None:
    """A question that got no answer was repeated, nonce and all; once more under another, and then it is no answer."""
    office.says = [MaybeSent("no answer in time"), "1002", {"insured": []}]
    assert await SCENARIO.find_insurances(HERE, bench.call()) == []
    first, repeated, anew = office.nonces
    assert first == repeated != anew
    office.says = ["1002"]
    with pytest.raises(Garbled):
        await SCENARIO.find_insurances(HERE, bench.call())
    assert len(office.nonces) == 5


async def test_an_order_refused_for_its_time_or_nonce_is_unknown(bench: Bench, office: Office) -> None:
    """We send it once; whoever carries it may deliver it twice, and the second is refused after the first was done."""
    office.says = ["1002"]
    outcome = await SCENARIO.transfer(MOVE, bench.attempt(REFERENCE))
    assert isinstance(outcome, Unknown)
    assert len(office.nonces) == 1


@pytest.mark.parametrize("field", ["AAC002", "AAE135"])
async def test_an_answer_about_another_person_is_none(bench: Bench, office: Office, field: str) -> None:
    """Nobody signed it, and another person's record must not reach this one's bank."""
    office.says = [{field: people.id_number(8), "insured": []}]
    with pytest.raises(Garbled, match="another person"):
        await SCENARIO.find_insurances(HERE, bench.call())


async def test_another_province_is_told_nothing(bench: Bench) -> None:
    """Neither of its areas concerns this office, so who is asked about stays here."""
    with pytest.raises(Refused) as refused:
        await SCENARIO.find_pension_account(InRegion(region="440100"), bench.call())
    assert refused.value.field == "region"
    elsewhere = TransferRequest(to_region="440100", from_region="110000", insurance="pension")
    assert _declined(await SCENARIO.transfer(elsewhere, bench.attempt(REFERENCE))) == ("not-eligible", "to_region")
    assert bench.channel.seen == []


async def test_relations_that_cannot_be_read_are_left_out_aloud(bench: Bench, office: Office) -> None:
    """An insurance or a state that nobody mapped hides no other relation."""
    suspended = RELATION | {"AAB301": "330200", "AAC031": "2", "AAE042": "199612", "AAB004": "示例单位"}
    office.says = [{"insured": [RELATION, RELATION | {"AAE140": "999"}, RELATION | {"AAC031": "9"}, suspended]}]
    with capture_logs() as logs:
        found = await SCENARIO.find_insurances(HERE, bench.call())
    assert found == [
        Insurance(kind="pension", region=AREA, state="active", begins="2005-07"),
        Insurance(
            kind="pension",
            region="330200",
            state="suspended",
            begins="2005-07",
            ends="1996-12",
            employer="示例单位",
        ),
    ]
    assert [entry["event"] for entry in logs] == ["rows-left-out"]


@pytest.mark.parametrize("bent", [{"AAC031": "9"}, {"AAE140": "999"}, {"AAE041": "2005"}])
async def test_an_unmapped_relation_is_not_no_insurance(bench: Bench, office: Office, bent: dict[str, str]) -> None:
    """Where there are relations and not one can be read, an empty list would say that there are none."""
    office.says = [{"insured": [RELATION | bent]}]
    with pytest.raises(Garbled, match="no row can be read"):
        await SCENARIO.find_insurances(HERE, bench.call())


async def test_a_pension_account_counts_to_the_end_of_a_month(bench: Bench, office: Office) -> None:
    """Yuan with two places, and the last month counted as its last day."""
    office.says = [{"AAB301": AREA, "AAE042": "202402", "paidMonths": 255, "balance": "163251.00"}]
    found = await SCENARIO.find_pension_account(HERE, bench.call())
    assert (found.balance, found.months) == (Money(amount="163251.00", currency="CNY"), 255)
    assert found.as_of == date(2024, 2, 29)


async def test_an_age_is_the_month_it_is_reached_in(bench: Bench, office: Office) -> None:
    """The office wants a month of retirement; it is the birthday's, so many years on."""
    office.says = [{"monthlyPension": "6971.94", "assumptions": {"retireMonth": "204806", "paidMonths": 478}}]
    found = await SCENARIO.estimate_pension(ESTIMATE, bench.call())
    assert (office.asked[0]["retireMonth"], office.asked[0]["wageGrowth"]) == ("204806", "0.05")
    assert (found.monthly.amount, found.from_month) == ("6971.94", "2048-06")
    assert [(each.name, each.value) for each in found.assumptions] == [("retireMonth", "204806"), ("paidMonths", "478")]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (("2001", "参数缺失或格式错误：retireMonth"), "retires_at_age"),
        (("2004", "非本省经办地区：AAB301"), "region"),
        ("3004", None),
    ],
)
async def test_a_refusal_names_the_field_as_ours(bench: Bench, office: Office, said: Said, field: str | None) -> None:
    """The office's name for it stands at the end of its message."""
    office.says = [said]
    with pytest.raises(Refused) as refused:
        await SCENARIO.estimate_pension(ESTIMATE, bench.call())
    assert refused.value.field == field


async def test_an_unmapped_code_answers_no_question(bench: Bench, office: Office) -> None:
    """It is neither a record nor a refusal."""
    office.says = ["7777"]
    with pytest.raises(Garbled):
        await SCENARIO.find_pension_account(HERE, bench.call())


@pytest.mark.parametrize("bent", [{"fileType": "ofd"}, {"fileContent": b64encode(b"<html>").decode()}])
async def test_a_certificate_is_a_pdf(bench: Bench, office: Office, bent: dict[str, str]) -> None:
    """By what the office calls it and by how it begins; anything else is not handed on."""
    file = {"fileType": "pdf", "fileContent": b64encode(b"%PDF-1.5 ...").decode()}
    numbers = {"certNo": "N1", "verifyCode": "V1", "validUntil": "20261124001642"}
    office.says = [numbers | file, numbers | file | bent]
    made = await SCENARIO.certify_contributions(CERTIFICATE, bench.call())
    assert (made.certificate_number, made.verification_code, made.valid_until) == ("N1", "V1", date(2026, 11, 24))
    assert (made.document.content, made.document.media_type) == (b"%PDF-1.5 ...", "application/pdf")
    assert (office.asked[0]["AAE140"], office.asked[0]["AAE041"], office.asked[0]["AAE042"]) == (
        "110",
        "202401",
        "202412",
    )
    with pytest.raises(Garbled, match="PDF"):
        await SCENARIO.certify_contributions(CERTIFICATE, bench.call())


async def test_an_insurance_the_office_lacks_is_refused(bench: Bench) -> None:
    """Its documentation names no code for maternity."""
    lacking: InsuranceKind = "maternity"
    request = CertificateRequest(region=AREA, insurance=lacking, begins="2024-01", ends="2024-12")
    with pytest.raises(Refused) as refused:
        await SCENARIO.certify_contributions(request, bench.call())
    assert refused.value.field == "insurance"
    assert bench.channel.seen == []


async def test_a_card_is_issued_at_once(bench: Bench, office: Office) -> None:
    """Under our number and with the telephone; an answer about another application is none."""
    office.says = [CARD, CARD | {"ywlsh": "X"}]
    outcome = await SCENARIO.issue_card(CardIssue(region=AREA), bench.attempt(REFERENCE))
    assert outcome == Succeeded(result=Card(state="issued", region=AREA, sign_number="F1"))
    assert (office.asked[0]["ywlsh"], office.asked[0]["AAE005"]) == (REFERENCE, "19900000001")
    with pytest.raises(Garbled, match="another application"):
        await SCENARIO.issue_card(CardIssue(region=AREA), bench.attempt(REFERENCE))


async def test_a_card_in_use_still_is_not_unlinked(bench: Bench, office: Office) -> None:
    """What the office says is reported, and the request contradicts it."""
    office.says = [CARD | {"AAZ502": "0"}, CARD]
    unlink = CardUnlink(region=AREA)
    outcome = await SCENARIO.unlink_card(unlink, bench.attempt(REFERENCE))
    assert outcome == Succeeded(result=Card(state="unlinked", region=AREA, sign_number="F1"))
    assert "AAE005" not in office.asked[0]
    outcome = await SCENARIO.unlink_card(unlink, bench.attempt(REFERENCE))
    assert isinstance(outcome, Succeeded)
    assert unlink.contradicts(outcome.result)


@pytest.mark.parametrize(
    ("subject", "field"),
    [
        (person(mobile=None), "Consent-Id"),
        (person(mobile="+14155550100"), "Consent-Id"),
        (person(mobile="+85291234567"), "Consent-Id"),
        (Person(name="Somebody", id_number="P1234567", id_type="passport"), None),
    ],
)
async def test_what_the_office_has_no_place_for_is_not_sent(bench: Bench, subject: Person, field: str | None) -> None:
    """No Chinese telephone, or no identity number: declined before anything leaves."""
    bench.subject = subject
    outcome = await SCENARIO.issue_card(CardIssue(region=AREA), bench.attempt(REFERENCE))
    assert _declined(outcome) == ("not-eligible", field)
    assert bench.channel.seen == []


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        ("01", "submitted"),
        ("02", "origin-confirmed"),
        ("03", "information-received"),
        ("04", "funds-received"),
        ("05", "done"),
    ],
)
async def test_a_transfer_tells_its_stage(bench: Bench, office: Office, state: str, stage: Any) -> None:
    """Pending with what there is so far, until the last stage, funds in yuan once they are there."""
    funds = {"transferAmount": "163251.00"} if state >= "04" else {}
    office.says = [{"ywlsh": REFERENCE, "busiState": state} | funds]
    outcome = await SCENARIO.find_transfer(MOVE, bench.enquiry(REFERENCE))
    so_far = Transfer(
        stage=stage,
        from_region="110000",
        to_region=AREA,
        funds=Money(amount="163251.00", currency="CNY") if funds else None,
    )
    done = Succeeded(result=so_far)
    assert outcome == (done if stage == "done" else Pending(stage=stage, so_far=so_far))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"ywlsh": REFERENCE, "busiState": "09"}, Pending(stage="09", unmapped=True)),
        ("2003", Absent(why="no such number")),
        ("7777", Unknown(why="the partner answered '7777', which nobody has mapped", unmapped=True)),
    ],
)
async def test_an_enquiry_decides_nothing_by_itself(
    bench: Bench, office: Office, said: Said, expected: Found[Transfer]
) -> None:
    """A state or a code that nobody mapped, and a number the office does not know."""
    office.says = [said]
    assert await SCENARIO.find_transfer(MOVE, bench.enquiry(REFERENCE)) == expected


async def test_a_returned_transfer_is_declined_with_its_reason(bench: Bench, office: Office) -> None:
    """The other area's reason, where the office tells it."""
    office.says = [{"ywlsh": REFERENCE, "busiState": "06", "returnReason": "转出地未能确认参保关系"}]
    outcome = await SCENARIO.find_transfer(MOVE, bench.enquiry(REFERENCE))
    assert isinstance(outcome, Declined)
    assert (outcome.reason.code, outcome.reason.message) == ("returned", "转出地未能确认参保关系")


@pytest.mark.parametrize(("said", "field"), [("AAB301", "to_region"), ("outAAB301", "from_region")])
async def test_a_refused_transfer_names_the_area(bench: Bench, office: Office, said: str, field: str) -> None:
    """Two areas take part, and one name ends in the other."""
    office.says = [("2001", f"参数缺失或格式错误：{said}")]
    assert _declined(await SCENARIO.transfer(MOVE, bench.attempt(REFERENCE))) == ("declined", field)


async def test_a_card_of_another_area_names_the_region(bench: Bench, office: Office) -> None:
    """The office names no field there; the code itself says which."""
    office.says = ["3005"]
    outcome = await SCENARIO.issue_card(CardIssue(region=AREA), bench.attempt(REFERENCE))
    assert _declined(outcome) == ("not-eligible", "region")


def test_the_secret_is_never_printed() -> None:
    """An account in a log shows which one it is, and no more."""
    assert SECRET not in repr(ACCOUNT)


# Over real sockets, against the simulator.


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HrssAccount]:
    var: Path = tmp_path_factory.mktemp("hrss")
    name = "hrss_province"
    fleet.prepare(var, [name])
    with fleet.start(var, names=[name], processing_seconds=0.1, late_seconds=0.2) as running:
        known = json.loads((var / name / "credentials.json").read_text())
        yield HrssAccount(base_url=running.stands[name].protocol, **known)


@asynccontextmanager
async def line(account: HrssAccount, subject: Person) -> AsyncIterator[Bench]:
    """A bench on a real channel."""
    bench = Bench(Office(), manifest=MANIFEST, account=account, subject=subject, watch=Watch(datetime.now(UTC)))
    channel = Channel(connect=timedelta(seconds=1), connections=4)
    bench.line = replace(bench.line, channel=channel, patience=timedelta(seconds=2))
    yield bench
    await channel.close()


async def test_every_question_is_answered(account: HrssAccount) -> None:
    """Insured status, account, estimate and certificate of one person, and those of somebody without any."""
    async with line(account, person()) as bench:
        found = await SCENARIO.find_insurances(HERE, bench.call())
        assert {each.kind for each in found} == {"pension", "unemployment", "medical", "work-injury"}
        assert (await SCENARIO.find_pension_account(HERE, bench.call())).months > 0
        assert (await SCENARIO.estimate_pension(ESTIMATE, bench.call())).from_month == "2048-06"
        made = await SCENARIO.certify_contributions(CERTIFICATE, bench.call())
        assert made.document.content.rstrip().endswith(b"%%EOF")
        young = msgspec.structs.replace(ESTIMATE, retires_at_age=45)
        with pytest.raises(Refused) as refused:
            await SCENARIO.estimate_pension(young, bench.call())
        assert refused.value.field == "retires_at_age"
    async with line(account, person(people.magic_id(31))) as bench:
        assert await SCENARIO.find_insurances(HERE, bench.call()) == []
        with pytest.raises(Refused, match="no contributions"):
            await SCENARIO.find_pension_account(HERE, bench.call())
    async with line(account, person(people.magic_id(33))) as bench:
        found = await SCENARIO.find_insurances(HERE, bench.call())
        pensions = [(each.region, each.state) for each in found if each.kind == "pension"]
        assert pensions == [(AREA, "active"), ("330200", "suspended")]


async def test_a_card_lives(account: HrssAccount) -> None:
    """Issued, found, unlinked, gone; each enquiry says what its order said."""
    issue, unlink = CardIssue(region=AREA), CardUnlink(region=AREA)
    async with line(account, person(people.id_number(12))) as bench:
        assert (await SCENARIO.find_card(HERE, bench.call())).state == "none"
        issued = await SCENARIO.issue_card(issue, bench.attempt("A" * 26))
        assert isinstance(issued, Succeeded)
        assert await SCENARIO.find_card(HERE, bench.call()) == issued.result
        assert await SCENARIO.find_card_issue(issue, bench.enquiry("A" * 26)) == issued
        unlinked = await SCENARIO.unlink_card(unlink, bench.attempt("B" * 26))
        assert unlinked == Succeeded(result=msgspec.structs.replace(issued.result, state="unlinked"))
        assert await SCENARIO.find_card_unlinking(unlink, bench.enquiry("B" * 26)) == unlinked
        assert _declined(await SCENARIO.unlink_card(unlink, bench.attempt("C" * 26))) == ("account-unknown", None)
        assert isinstance(await SCENARIO.find_card_unlinking(unlink, bench.enquiry("C" * 26)), Absent)


@pytest.mark.parametrize(("tail", "ends"), [(40, "done"), (29, "done"), (34, "returned"), (27, "returned")])
async def test_a_transfer_ends_as_it_should(account: HrssAccount, tail: int, ends: str) -> None:
    """Accepted as submitted, and asked about until it is done or returned."""
    reference = f"MOVE{tail:022}"
    async with line(account, person(people.magic_id(tail))) as bench:
        accepted = await SCENARIO.transfer(MOVE, bench.attempt(reference))
        assert isinstance(accepted, Pending)
        assert accepted.so_far == Transfer(stage="submitted", from_region="110000", to_region=AREA)
        async with asyncio.timeout(10):
            found: Found[Transfer] = accepted
            while isinstance(found, Pending):
                await asyncio.sleep(0.05)
                found = await SCENARIO.find_transfer(MOVE, bench.enquiry(reference))
    if ends == "done":
        assert isinstance(found, Succeeded)
        assert found.result.stage == "done"
        assert found.result.funds is not None
    else:
        assert _declined(found) == ("returned", None)


@pytest.mark.parametrize(
    ("tail", "reason"), [(17, "declined"), (25, "person-unknown"), (30, "person-unknown"), (31, "not-eligible")]
)
async def test_refusals_are_read_as_they_are_meant(account: HrssAccount, tail: int, reason: str) -> None:
    """The simulator's refusals of a transfer arrive in the contract's words."""
    async with line(account, person(people.magic_id(tail))) as bench:
        assert _declined(await SCENARIO.transfer(MOVE, bench.attempt(f"REFUSED{tail:019}"))) == (reason, None)


@pytest.mark.parametrize(("tail", "performed"), [(2, False), (6, True), (7, True), (8, True), (10, True), (12, True)])
async def test_what_was_not_answered_is_found_out(account: HrssAccount, tail: int, performed: bool) -> None:
    """Whatever went wrong with a transfer, the enquiry says whether it is under way."""
    reference = f"DOUBT{tail:021}"
    async with line(account, person(people.magic_id(tail))) as bench:
        attempt = bench.attempt(reference)
        try:
            assert isinstance(await SCENARIO.transfer(MOVE, attempt), Unknown)
        except MaybeSent:
            assert attempt.submitted
        found = await SCENARIO.find_transfer(MOVE, bench.enquiry(reference))
        assert isinstance(found, (Pending, Succeeded) if performed else Absent)


def _declined(outcome: object) -> tuple[str, str | None]:
    assert isinstance(outcome, Declined)
    return outcome.reason.code, outcome.reason.field
