"""What is odd about this partner: sealed parameters of which only some are signed, and news of what the person did."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

import msgspec
import pytest

from connectors.essc.callback import read_callback
from connectors.essc.connector import EsscCards
from connectors.essc.envelope import EsscAccount
from connectors.essc.facts import MANIFEST
from connectors.kit.channel import Channel
from connectors.kit.partner import Happening, News
from connectors.kit.signing import hmac_sm3, sm2, sm2_keys
from sandbox.stand import fleet, people
from schemas.call import Http, Reply
from schemas.errors import Garbled, MaybeSent, Refused
from schemas.outcome import Absent, Declined, Pending, Succeeded, Unknown
from schemas.person import Person
from schemas.social_security import (
    Card,
    CardIssue,
    CardUnlink,
    InRegion,
    Purpose,
    QrRequest,
    QrToken,
    QrVerification,
    QrVerified,
)
from tests.connectors.kit.bench import START, Bench, Watch
from tests.sandbox.listener import Listener

REFERENCE = "0123456789ABCDEFGHJKMNPQRS"
AREA = "330106"
SECRET = "made-up"
THEIR_KEY = "1" * 64
ACCOUNT = EsscAccount(
    base_url="https://essc.example/",
    access_id="AK1",
    access_secret=SECRET,
    channel_no="C1",
    platform_public_key="04" + "".join(f"{part:064x}" for part in sm2_keys.public_half(THEIR_KEY)),
)
SCENARIO = EsscCards()
ISSUE, UNLINK = CardIssue(region=AREA), CardUnlink(region=AREA)
SIGNED = {"aab301": AREA, "signNo": "S-1"}
HELD = {"signStatus": "1", **SIGNED}
DONE = {"busiSeq": REFERENCE, **SIGNED, "finishTime": "20261123161626"}

Said = str | tuple[str, str] | dict[str, Any]


def person(number: str = people.id_number(7), **changes: Any) -> Person:
    return Person(**({"name": "王小明", "id_number": number, "mobile": "+8619900000001"} | changes))


def answer(said: Said) -> Reply:
    """Data of a success, a code, or a code and its message, signed as the platform signs."""
    code, message = ("0000", "成功") if isinstance(said, dict) else (said, "") if isinstance(said, str) else said
    data = json.dumps(said) if isinstance(said, dict) else "{}"
    signature = hmac_sm3.code(SECRET.encode(), f"{code}{message}1795421786115{data}".encode()).hex()
    body = {"code": code, "message": message, "timestamp": "1795421786115", "data": data, "signature": signature}
    return Reply(status=200, body=json.dumps(body, ensure_ascii=False).encode())


class Platform:
    """The platform's side: opens what it is sent, and answers by API name."""

    def __init__(self) -> None:
        self.on: dict[str, Said | Reply] = {"CARDSIGN_VALID": HELD}
        self.asked: dict[str, dict[str, str]] = {}

    async def __call__(self, message: Http) -> Reply:
        query = dict(parse_qsl(urlsplit(message.url).query))
        plain = await sm2.decrypt(THEIR_KEY, bytes.fromhex(query["security"]))
        self.asked[query["_api_name"]] = msgspec.json.decode(plain, type=dict[str, str])
        said = self.on[query["_api_name"]]
        return said if isinstance(said, Reply) else answer(said)


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def bench(platform: Platform) -> Bench:
    return Bench(platform, manifest=MANIFEST, account=ACCOUNT, subject=person())


def push(**fields: str) -> bytes:
    """A callback as the platform signs it: every field, sorted, the signature apart."""
    form = {
        "_api_name": "ESSC_CALLBACK",
        "_api_access_id": "AK1",
        "_api_timestamp": "1795421786115",
        "actionType": "001",
        "sceneType": "",
        "busiSeq": REFERENCE,
        "code": "0000",
        "message": "成功",
        "aab301": AREA,
        "signNo": "S-1",
    } | fields
    text = "&".join(f"{name}={form[name]}" for name in sorted(form) if name != "_api_signature")
    return urlencode({"_api_signature": hmac_sm3.code(SECRET.encode(), text.encode()).hex()} | form).encode()


def news(**fields: str) -> News:
    return read_callback(push(**fields), {}, ACCOUNT)


async def test_only_underscored_parameters_are_signed(bench: Bench, platform: Platform) -> None:
    """Five parameters in the query of a POST: three signed in order, the content sealed, the signature."""
    platform.on["CARDSIGN_APPLY"] = DONE
    await SCENARIO.issue_card(ISSUE, bench.attempt(REFERENCE))
    (sent,) = bench.channel.seen
    assert (sent.method, sent.body) == ("POST", b"")
    assert sent.url.startswith("https://essc.example/gateway?")
    query = dict(parse_qsl(urlsplit(sent.url).query))
    text = f"_api_access_id=AK1&_api_name=CARDSIGN_APPLY&_api_timestamp={int(START.timestamp())}000"
    assert query["_api_signature"] == hmac_sm3.code(SECRET.encode(), text.encode()).hex()
    assert platform.asked["CARDSIGN_APPLY"] == {
        "channelNo": "C1",
        "aac002": people.id_number(7),
        "aac003": "王小明",
        "aab301": AREA,
        "phone": "19900000001",
        "busiSeq": REFERENCE,
        "notifyUrl": "https://hub.example/callbacks/fake/account-1",
    }


@pytest.mark.parametrize("bent", [{"code": "E3007"}, {"data": '{"busiSeq": "X"}'}, {"signature": ""}])
async def test_an_answer_counts_only_under_its_signature(
    bench: Bench, platform: Platform, bent: dict[str, str]
) -> None:
    """Success and refusal alike: what does not verify decides nothing."""
    body = msgspec.json.decode(answer(DONE).body) | bent
    platform.on["CARDSIGN_APPLY"] = Reply(status=200, body=msgspec.json.encode(body))
    with pytest.raises(Garbled, match="signature"):
        await SCENARIO.issue_card(ISSUE, bench.attempt(REFERENCE))


async def test_a_card_issued_elsewhere_is_the_card(bench: Bench, platform: Platform) -> None:
    """There is one card in the country, so its own area is told, whatever area was asked about."""
    platform.on["CARDSIGN_VALID"] = HELD | {"aab301": "110000"}
    found = await SCENARIO.find_card(InRegion(region=AREA), bench.call())
    assert (found.state, found.region, found.sign_number) == ("issued", "110000", "S-1")


@pytest.mark.parametrize("said", ["E3003", {"signStatus": "0", "aab301": "", "signNo": ""}])
async def test_no_card_is_an_answer(bench: Bench, platform: Platform, said: Said) -> None:
    """Whether the platform says so by a code or by a state."""
    platform.on["CARDSIGN_VALID"] = said
    assert await SCENARIO.find_card(InRegion(region=AREA), bench.call()) == Card(state="none", region=AREA)


@pytest.mark.parametrize("said", [HELD | {"signStatus": "9"}, "E7777", "E1001"])
async def test_an_unmapped_card_is_no_answer(bench: Bench, platform: Platform, said: Said) -> None:
    """A state or a code that says nothing about the card makes neither a card nor none."""
    platform.on["CARDSIGN_VALID"] = said
    with pytest.raises(Garbled):
        await SCENARIO.find_card(InRegion(region=AREA), bench.call())


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ("E3001", "person-unknown", None),
        ("E3005", "not-eligible", "region"),
        (("E2001", "参数缺失或格式错误：aab301"), "declined", "region"),
        (("E2001", "参数缺失或格式错误：phone"), "declined", None),
        ("E1002", "partner-failure", None),
    ],
)
async def test_a_refused_issue_names_its_reason(
    bench: Bench, platform: Platform, said: Said, code: str, field: str | None
) -> None:
    """In the contract's words, with the field where the request has one at fault."""
    platform.on["CARDSIGN_APPLY"] = said
    outcome = await SCENARIO.issue_card(ISSUE, bench.attempt(REFERENCE))
    assert isinstance(outcome, Declined)
    assert (outcome.reason.code, outcome.reason.field) == (code, field)
    assert outcome.reason.partner_code == (said if isinstance(said, str) else said[0])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("0001", Pending(stage="accepted")),
        ("E7777", Unknown(why="the partner answered 'E7777', which nobody has mapped", unmapped=True)),
        ("E2002", Unknown(why="the platform has this number already; the enquiry tells what became of it")),
    ],
)
async def test_an_open_issue_is_neither_success_nor_failure(
    bench: Bench, platform: Platform, said: str, expected: Pending[Card] | Unknown
) -> None:
    """Accepted is pending; what nobody mapped, and a number known already, are unknown."""
    platform.on["CARDSIGN_APPLY"] = said
    assert await SCENARIO.issue_card(ISSUE, bench.attempt(REFERENCE)) == expected


@pytest.mark.parametrize(
    ("subject", "field"),
    [
        (person(mobile=None), "Consent-Id"),
        (person(mobile="+14155550100"), "Consent-Id"),
        (person(mobile="+85291234567"), "Consent-Id"),
        (Person(name="Somebody", id_number="P1234567", id_type="passport"), None),
    ],
)
async def test_what_the_platform_has_no_place_for_is_not_sent(bench: Bench, subject: Person, field: str | None) -> None:
    """No Chinese telephone, or no identity number: declined before anything leaves."""
    bench.subject = subject
    outcome = await SCENARIO.issue_card(ISSUE, bench.attempt(REFERENCE))
    assert isinstance(outcome, Declined)
    assert outcome.reason.field == field
    assert bench.channel.seen == []


async def test_an_unlinking_names_the_card_it_found(bench: Bench, platform: Platform) -> None:
    """The bank knows no 签发号, so the platform is asked for it, and for the area it belongs to."""
    platform.on["CARDSIGN_VALID"] = HELD | {"aab301": "330100"}
    platform.on["UNBOXING"] = DONE
    outcome = await SCENARIO.unlink_card(UNLINK, bench.attempt(REFERENCE))
    assert outcome == Succeeded(result=Card(state="unlinked", region=AREA, sign_number="S-1"))
    asked = platform.asked["UNBOXING"]
    assert (asked["aab301"], asked["signNo"], asked["busiSeq"]) == ("330100", "S-1", REFERENCE)


@pytest.mark.parametrize(("said", "field"), [("E3003", None), (HELD | {"aab301": "110000"}, "region")])
async def test_a_card_that_is_not_there_is_not_unlinked(
    bench: Bench, platform: Platform, said: Said, field: str | None
) -> None:
    """No card, or one of another area: declined, and nothing was submitted."""
    platform.on["CARDSIGN_VALID"] = said
    attempt = bench.attempt(REFERENCE)
    outcome = await SCENARIO.unlink_card(UNLINK, attempt)
    assert isinstance(outcome, Declined)
    assert (outcome.reason.code, outcome.reason.field) == ("account-unknown", field)
    assert not attempt.submitted


async def test_a_question_without_answer_unlinks_nothing(bench: Bench, platform: Platform) -> None:
    """Where the card cannot be found out, the unlinking has not left, and may be tried again."""
    platform.on["CARDSIGN_VALID"] = "E7777"
    attempt = bench.attempt(REFERENCE)
    with pytest.raises(Garbled):
        await SCENARIO.unlink_card(UNLINK, attempt)
    assert not attempt.submitted


async def test_a_token_says_when_it_expires(bench: Bench, platform: Platform) -> None:
    """For the purpose that was asked for, until a time in the platform's zone."""
    platform.on["GET_QRCODE"] = {"qrCode": "Q", "qrPurpose": "02", "validSeconds": 60, "expireTime": "20261123160100"}
    made = await SCENARIO.issue_qr(QrRequest(region=AREA, purpose="hospital"), bench.call())
    assert made == QrToken(token="Q", purpose="hospital", expires_at=START + timedelta(minutes=1))
    platform.on["GET_QRCODE"] = {"qrCode": "Q", "qrPurpose": "01", "expireTime": "20261123160100"}
    with pytest.raises(Garbled, match="purpose"):
        await SCENARIO.issue_qr(QrRequest(region=AREA, purpose="hospital"), bench.call())


@pytest.mark.parametrize("purpose", ["transport", "bank-service"])
async def test_a_purpose_the_platform_lacks_is_refused(bench: Bench, purpose: Purpose) -> None:
    """Neither asked for nor scanned: nothing leaves."""
    with pytest.raises(Refused) as refused:
        await SCENARIO.issue_qr(QrRequest(region=AREA, purpose=purpose), bench.call())
    scanned = QrVerification(region=AREA, token="Q", purpose=purpose)
    outcome = await SCENARIO.verify_qr(scanned, bench.attempt(REFERENCE))
    assert isinstance(outcome, Declined)
    assert refused.value.field == outcome.reason.field == "purpose"
    assert bench.channel.seen == []


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ("E4001", "used", "token"),
        ("E4002", "expired", "token"),
        ("E4003", "declined", "token"),
        ("E4004", "declined", "purpose"),
    ],
)
async def test_a_token_that_does_not_serve_is_declined(
    bench: Bench, platform: Platform, said: str, code: str, field: str
) -> None:
    """Used, expired, unknown, or for another purpose: each says so, and where."""
    platform.on["SCAN_VERIFY"] = said
    scanned = QrVerification(region=AREA, token="Q", purpose="identify")
    outcome = await SCENARIO.verify_qr(scanned, bench.attempt(REFERENCE))
    assert isinstance(outcome, Declined)
    assert (outcome.reason.code, outcome.reason.field) == (code, field)


async def test_a_verification_tells_no_numbers(bench: Bench, platform: Platform) -> None:
    """The platform tells the holder's identity number to whoever scans; nothing of it is handed on."""
    platform.on["SCAN_VERIFY"] = DONE | {"aac002": people.id_number(7)}
    bench.subject = None
    scanned = QrVerification(region=AREA, token="Q", purpose="identify")
    outcome = await SCENARIO.verify_qr(scanned, bench.attempt(REFERENCE))
    at = datetime(2026, 11, 23, 8, 16, 26, tzinfo=UTC)
    assert outcome == Succeeded(result=QrVerified(purpose="identify", verified_at=at))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (DONE | {"state": "1"}, Succeeded(result=Card(state="issued", region=AREA, sign_number="S-1"))),
        ({"busiSeq": REFERENCE, "state": "0"}, Pending(stage="processing")),
        ({"busiSeq": REFERENCE, "state": "7"}, Pending(stage="7", unmapped=True)),
        ({"busiSeq": REFERENCE, "state": "2", "errCode": "E7777"}, Pending(stage="E7777", unmapped=True)),
        ("E2003", Absent(why="no such number")),
        ("E1001", Unknown(why="our signature is not accepted")),
    ],
)
async def test_an_enquiry_says_how_far_it_is(bench: Bench, platform: Platform, said: Said, expected: Any) -> None:
    """By the state, and a failure only by an error code that is mapped."""
    platform.on["QUERY_BUSISEQ"] = said
    assert await SCENARIO.find_card_issue(ISSUE, bench.enquiry(REFERENCE)) == expected


async def test_a_failed_issue_is_declined_by_its_error(bench: Bench, platform: Platform) -> None:
    """The error code says why, as it does where it comes at once."""
    platform.on["QUERY_BUSISEQ"] = {"busiSeq": REFERENCE, "state": "2", "errCode": "E3006"}
    outcome = await SCENARIO.find_card_issue(ISSUE, bench.enquiry(REFERENCE))
    assert isinstance(outcome, Declined)
    assert (outcome.reason.code, outcome.reason.partner_code) == ("not-eligible", "E3006")


async def test_an_answer_about_another_order_is_none(bench: Bench, platform: Platform) -> None:
    """The signature ties an answer to the platform, not to the question: the number does."""
    platform.on["QUERY_BUSISEQ"] = DONE | {"state": "1", "busiSeq": "X"}
    with pytest.raises(Garbled, match="another order"):
        await SCENARIO.find_card_issue(ISSUE, bench.enquiry(REFERENCE))


def test_a_callback_ends_an_issue() -> None:
    """001 brings the card, or the reason why there is none; without either it only makes the hub ask."""
    told = news()
    assert (told.reference, told.trusted, told.acknowledgement.body) == (REFERENCE, True, b"success")
    assert told.outcome == Succeeded(result=Card(state="issued", region=AREA, sign_number="S-1"))
    failed = news(code="E3007", aab301="", signNo="").outcome
    assert isinstance(failed, Declined)
    assert news(signNo="").outcome is None
    assert news(code="E7777").outcome == Pending(stage="E7777", unmapped=True)


def test_an_unlinking_by_the_person_is_told() -> None:
    """003 moves no state, of the issue's order least of all: the bank is told to forget the card."""
    told = news(actionType="003")
    assert (told.outcome, told.trusted) == (None, True)
    assert [happening.what for happening in told.happened] == ["card-unlinked"]
    assert isinstance(told.happened[0], Happening)
    assert news(actionType="003", code="E3007").happened == ()


@pytest.mark.parametrize("action", ["006", "002", "999"])
def test_other_news_only_make_the_hub_ask(action: str) -> None:
    """Nothing in them is about the order that they name."""
    told = news(actionType=action)
    assert (told.outcome, told.happened, told.acknowledgement.body) == (None, (), b"success")


@pytest.mark.parametrize(
    "forged",
    [
        {"_api_signature": "00" * 32},
        {"_api_signature": ""},
        {"_api_access_id": "AK2"},
        {"_api_name": "CARDSIGN_APPLY"},
    ],
)
def test_a_callback_that_cannot_be_believed_is_a_hint(forged: dict[str, str]) -> None:
    """It decides nothing, tells nothing, and is not thanked for, so that a true one comes again."""
    told = news(actionType="003", **forged)
    assert (told.trusted, told.outcome, told.happened) == (False, None, ())
    assert told.acknowledgement.body != b"success"


def test_an_added_field_is_not_believed() -> None:
    """All fields are signed, so one that joined on the way breaks the signature."""
    assert not read_callback(push() + b"&historyFlag=", {}, ACCOUNT).trusted


@pytest.mark.parametrize("raw", [b"", b"hello", b"\xff", b"busiSeq="])
def test_a_callback_that_names_no_order_is_garbled(raw: bytes) -> None:
    """Without a number there is nothing to ask about."""
    with pytest.raises(Garbled):
        read_callback(raw, {}, ACCOUNT)


def test_an_account_needs_a_key_on_the_curve() -> None:
    """Any other is refused when it is set, and the secret is never printed."""
    with pytest.raises(ValueError, match="SM2 public key"):
        msgspec.structs.replace(ACCOUNT, platform_public_key="04" + "11" * 64)
    assert SECRET not in repr(ACCOUNT)


# Over real sockets, against the simulator.


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Stand, EsscAccount]]:
    var: Path = tmp_path_factory.mktemp("essc")
    fleet.prepare(var, ["essc"])
    with fleet.start(var, names=["essc"], processing_seconds=0.2, late_seconds=0.4, token_seconds=20) as running:
        known = json.loads((var / "essc" / "credentials.json").read_text())
        yield running.stands["essc"], EsscAccount(base_url=running.stands["essc"].protocol, **known)


@asynccontextmanager
async def line(
    account: EsscAccount, subject: Person, callback_url: str = "http://127.0.0.1:9/"
) -> AsyncIterator[Bench]:
    """A bench on a real channel."""
    nobody = Platform()
    bench = Bench(nobody, manifest=MANIFEST, account=account, subject=subject, watch=Watch(datetime.now(UTC)))
    channel = Channel(connect=timedelta(seconds=1), connections=4)
    bench.line = replace(bench.line, channel=channel, callback_url=callback_url, patience=timedelta(seconds=2))
    yield bench
    await channel.close()


def reference(letter: str) -> str:
    return letter * 26


async def test_a_card_lives_and_is_shown(stand: tuple[fleet.Stand, EsscAccount]) -> None:
    """Issued, found, shown, verified once, unlinked: every operation, and what each enquiry says afterwards."""
    async with line(stand[1], person(people.id_number(11))) as bench:
        assert (await SCENARIO.find_card(InRegion(region=AREA), bench.call())).state == "none"
        issued = await SCENARIO.issue_card(ISSUE, bench.attempt(reference("A")))
        assert isinstance(issued, Succeeded)
        assert await SCENARIO.find_card_issue(ISSUE, bench.enquiry(reference("A"))) == issued
        assert await SCENARIO.find_card(InRegion(region=AREA), bench.call()) == issued.result
        token = await SCENARIO.issue_qr(QrRequest(region=AREA, purpose="hospital"), bench.call())
        assert bench.watch() < token.expires_at <= bench.watch() + timedelta(minutes=1)
        wrong = QrVerification(region=AREA, token=token.token, purpose="pharmacy")
        right = QrVerification(region=AREA, token=token.token, purpose="hospital")
        assert _declined(await SCENARIO.verify_qr(wrong, bench.attempt(reference("B")))) == ("declined", "purpose")
        verified = await SCENARIO.verify_qr(right, bench.attempt(reference("C")))
        assert isinstance(verified, Succeeded)
        assert await SCENARIO.find_qr_verification(right, bench.enquiry(reference("C"))) == verified
        assert _declined(await SCENARIO.verify_qr(right, bench.attempt(reference("D")))) == ("used", "token")
        assert isinstance(await SCENARIO.find_qr_verification(right, bench.enquiry(reference("D"))), Absent)
        unknown = QrVerification(region=AREA, token="nobody's", purpose="hospital")
        assert _declined(await SCENARIO.verify_qr(unknown, bench.attempt(reference("E")))) == ("declined", "token")
        unlinked = await SCENARIO.unlink_card(UNLINK, bench.attempt(reference("F")))
        assert unlinked == Succeeded(result=msgspec.structs.replace(issued.result, state="unlinked"))
        assert await SCENARIO.find_card_unlinking(UNLINK, bench.enquiry(reference("F"))) == unlinked
        assert _declined(await SCENARIO.unlink_card(UNLINK, bench.attempt(reference("G")))) == ("account-unknown", None)


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (17, ("declined", None)),
        (25, ("person-unknown", None)),
        (30, ("person-unknown", None)),
        (31, ("not-eligible", None)),
        (32, ("not-eligible", "region")),
    ],
)
async def test_refusals_are_read_as_they_are_meant(
    stand: tuple[fleet.Stand, EsscAccount], tail: int, reason: tuple[str, str | None]
) -> None:
    """The simulator's refusals of an issue arrive in the contract's words."""
    async with line(stand[1], person(people.magic_id(tail))) as bench:
        assert _declined(await SCENARIO.issue_card(ISSUE, bench.attempt(f"REFUSED{tail:019}"))) == reason


@pytest.mark.parametrize(("tail", "performed"), [(2, False), (6, True), (7, True), (8, True), (10, True), (12, True)])
async def test_what_was_not_answered_is_found_out(
    stand: tuple[fleet.Stand, EsscAccount], tail: int, performed: bool
) -> None:
    """Whatever went wrong with an issue, the enquiry says whether it was performed."""
    async with line(stand[1], person(people.magic_id(tail))) as bench:
        attempt = bench.attempt(f"DOUBT{tail:021}")
        try:
            assert isinstance(await SCENARIO.issue_card(ISSUE, attempt), Unknown)
        except MaybeSent:
            assert attempt.submitted
        found = await SCENARIO.find_card_issue(ISSUE, bench.enquiry(f"DOUBT{tail:021}"))
        assert isinstance(found, Succeeded if performed else Absent)


async def test_an_expired_token_is_declined(stand: tuple[fleet.Stand, EsscAccount]) -> None:
    """Somebody whose token has expired when it arrives."""
    async with line(stand[1], person(people.magic_id(33))) as bench:
        await SCENARIO.issue_card(ISSUE, bench.attempt(reference("K")))
        token = await SCENARIO.issue_qr(QrRequest(region=AREA, purpose="identify"), bench.call())
        scanned = QrVerification(region=AREA, token=token.token, purpose="identify")
        assert _declined(await SCENARIO.verify_qr(scanned, bench.attempt(reference("L")))) == ("expired", "token")


async def test_the_platform_calls_back(stand: tuple[fleet.Stand, EsscAccount]) -> None:
    """An accepted issue is decided by 001; an unlinking in the person's own app is told by 003 on the issue."""
    door, account = stand
    with Listener(b"success") as listener:
        async with line(account, person(people.magic_id(26)), listener.url) as bench:
            outcome = await SCENARIO.issue_card(ISSUE, bench.attempt(reference("M")))
            assert outcome == Pending(stage="accepted")
            issued = await _letter(listener, 1, account)
            assert (issued.reference, issued.trusted) == (reference("M"), True)
            assert isinstance(issued.outcome, Succeeded)
            assert await SCENARIO.find_card_issue(ISSUE, bench.enquiry(reference("M"))) == issued.outcome
            unlink = json.dumps({"aac002": people.magic_id(26)}).encode()
            await asyncio.to_thread(_post, f"{door.door}/_sandbox/unlink", unlink)
            told = await _letter(listener, 2, account)
            assert (told.reference, told.trusted, told.outcome) == (reference("M"), True, None)
            assert [happening.what for happening in told.happened] == ["card-unlinked"]


def _declined(outcome: object) -> tuple[str, str | None]:
    assert isinstance(outcome, Declined)
    return outcome.reason.code, outcome.reason.field


async def _letter(listener: Listener, number: int, account: EsscAccount) -> News:
    """The callback of this number, once it is there."""
    async with asyncio.timeout(10):
        while len(listener.letters) < number:  # noqa: ASYNC110 - the listener is a thread of its own
            await asyncio.sleep(0.05)
    letter = listener.letters[number - 1]
    return read_callback(letter.body, letter.headers, account)


def _post(url: str, body: bytes) -> None:
    with urlopen(Request(url, data=body, method="POST")) as reply:  # noqa: S310 - our own simulator
        assert reply.status < 300
