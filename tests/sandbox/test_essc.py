"""The card platform's dialect: an encrypted and signed URL, cards, QR tokens, callbacks by actionType."""

import http.client
import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC
from gmalg import SM2

from sandbox.stand import fleet
from sandbox.stand.people import id_number, magic_id
from tests.sandbox.conftest import QUICK, Notified
from tests.sandbox.wire import Door, address, hear, until

ISSUE, UNLINK, STATUS = "CARDSIGN_APPLY", "UNBOXING", "CARDSIGN_VALID"
QR, SCAN, ENQUIRY = "GET_QRCODE", "SCAN_VERIFY", "QUERY_BUSISEQ"
AREA, PHONE = "330500", "19900000001"


class Channel:
    """Encrypts, signs and asks; verifies what comes back."""

    def __init__(self, stand: fleet.Stand, folder: Path) -> None:
        self.stand, self.door = stand, Door(stand)
        self.known = json.loads((folder / "credentials.json").read_text())
        self._sm2 = SM2(pk=bytes.fromhex(self.known["platform_public_key"]))

    def mac(self, text: str) -> str:
        mac = HMAC(self.known["access_secret"].encode(), SM3())
        mac.update(text.encode())
        return mac.finalize().hex()

    def url(self, api: str, content: Any, **changed: str) -> str:
        text = json.dumps({"channelNo": self.known["channel_no"], **content}).encode()
        parameters = {
            "_api_name": api,
            "_api_access_id": self.known["access_id"],
            "_api_timestamp": changed.pop("_api_timestamp", str(int(time.time() * 1000))),
        }
        signed = self.mac("&".join(f"{name}={parameters[name]}" for name in sorted(parameters)))
        sealed = {"security": self._sm2.encrypt(text).hex(), "_api_signature": signed}
        return "/gateway?" + urlencode({**parameters, **sealed, **changed})

    def ask(self, api: str, content: Any, **changed: str) -> tuple[str, dict[str, Any]]:
        connection = http.client.HTTPConnection(*address(self.stand.protocol), timeout=5)
        try:
            connection.request("POST", self.url(api, content, **changed))
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        assert answer["signature"] == self.mac(
            "".join(answer[each] for each in ("code", "message", "timestamp", "data"))
        )
        return answer["code"], json.loads(answer["data"])

    def issue(self, aac002: str, **more: str) -> tuple[str, dict[str, Any]]:
        return self.ask(ISSUE, self.wish(aac002, **more))

    def wish(self, aac002: str, **more: str) -> dict[str, str]:
        return {"aac002": aac002, "aac003": "张三", "aab301": AREA, "phone": PHONE, "busiSeq": reference(), **more}

    def card(self, aac002: str) -> dict[str, str]:
        """What names the card of a person, who gets one if there is none."""
        code, data = self.issue(aac002)
        assert code == "0000"
        return {"aac002": aac002, "aab301": data["aab301"], "signNo": data["signNo"]}

    def qr(self, card: dict[str, str], purpose: str = "02") -> dict[str, Any]:
        code, data = self.ask(QR, {**card, "qrPurpose": purpose})
        assert code == "0000"
        return data

    def scan(self, qr_code: str, purpose: str = "02") -> tuple[str, dict[str, Any]]:
        return self.ask(SCAN, {"qrCode": qr_code, "qrPurpose": purpose, "busiSeq": reference()})

    def state(self, wish: dict[str, str]) -> str:
        """What an enquiry says of a request: its state, or the code of a refusal."""
        code, data = self.ask(ENQUIRY, {"busiSeq": wish["busiSeq"]})
        return str(data.get("state", code))


def reference() -> str:
    return "B" + secrets.token_hex(10)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Channel]:
    var = tmp_path_factory.mktemp("essc")
    fleet.prepare(var, ["essc"])
    with fleet.start(var, names=["essc"], **QUICK) as running:
        yield Channel(running.stands["essc"], var / "essc")


@pytest.fixture
def platform(started: Channel) -> Channel:
    started.door.fresh()
    return started


def test_issue_is_immediate(platform: Channel) -> None:
    """An ordinary issue answers aab301 and signNo at once, is in the ledger once, and is found by its busiSeq."""
    wish = platform.wish(id_number(1))
    code, data = platform.ask(ISSUE, wish)
    assert (code, data["aab301"], len(data["signNo"])) == ("0000", AREA, 32)
    (entry,) = platform.door.performed(wish["busiSeq"])
    assert (entry["operation"], entry["account"], entry["amount"], entry["currency"]) == (
        "issue", id_number(1), "0", "XXX",
    )  # fmt: skip
    assert platform.ask(ENQUIRY, {"busiSeq": wish["busiSeq"]})[1]["signNo"] == data["signNo"]
    assert platform.ask(ISSUE, wish)[0] == "E2002"
    assert platform.state(platform.wish(id_number(1))) == "E2003"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"_api_signature": "0" * 64}, "E1001"),
        ({"_api_access_id": "AKNOBODY"}, "E1001"),
        ({"_api_name": UNLINK}, "E1001"),
        ({"_api_timestamp": "1700000000000"}, "E1002"),
        ({"security": "04" + "00" * 130}, "E1003"),
        ({"security": ""}, "E1003"),
        ({"security": "no hex"}, "E1003"),
    ],
)
def test_envelope(platform: Channel, changed: dict[str, str], code: str) -> None:
    """A URL that is bent, stale or sealed for somebody else is refused, in a signed answer."""
    assert platform.ask(STATUS, {"aac002": id_number(2)}, **changed)[0] == code


def test_security_is_not_signed(platform: Channel) -> None:
    """The signature covers the underscore-prefixed parameters alone: another `security` under it is taken."""
    other = platform._sm2.encrypt(
        json.dumps({"channelNo": platform.known["channel_no"], "aac002": magic_id(32)}).encode()
    )
    code, data = platform.ask(STATUS, {"aac002": id_number(3)}, security=other.hex().upper())
    assert (code, data["aab301"]) == ("0000", "110000")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"aac002": id_number(4)[:17] + "#"}, "E2001"),
        ({"aac002": id_number(4)[:16] + "00"}, "E2001"),
        ({"aab301": "999999"}, "E2001"),
        ({"channelNo": "0000000000"}, "E2001"),
        ({"phone": ""}, "E2001"),
        ({"busiSeq": "with space"}, "E2001"),
        ({"aac002": magic_id(25)}, "E3001"),
        ({"aac002": magic_id(30)}, "E3002"),
        ({"aac002": magic_id(31)}, "E3006"),
        ({"aac002": magic_id(32)}, "E3005"),
        ({"aac002": magic_id(17)}, "E3007"),
    ],
)
def test_refused(platform: Channel, changed: dict[str, str], code: str) -> None:
    """What is malformed or not allowed is refused, performs nothing and leaves no trace."""
    wish = platform.wish(id_number(4)) | changed
    assert platform.ask(ISSUE, wish)[0] == code
    assert platform.door.performed(wish["busiSeq"]) == []
    assert platform.state(wish).startswith("E200")


def test_unlink(platform: Channel) -> None:
    """Unlinking needs the card's own signNo; afterwards there is none, and the next card has another."""
    card = platform.card(id_number(5))
    assert platform.ask(STATUS, {"aac002": card["aac002"]})[1]["signNo"] == card["signNo"]
    assert platform.ask(UNLINK, {**card, "signNo": "0" * 32, "busiSeq": reference()})[0] == "E3004"
    assert platform.ask(UNLINK, {**card, "busiSeq": reference()})[0] == "0000"
    assert platform.ask(STATUS, {"aac002": card["aac002"]})[1]["signStatus"] == "0"
    assert platform.ask(UNLINK, {**card, "busiSeq": reference()})[0] == "E3003"
    assert platform.card(id_number(5))["signNo"] != card["signNo"]


def test_qr_is_used_once(platform: Channel) -> None:
    """A token shows its card once, for the purpose it was made for; the scan is in the ledger, the token is not."""
    card = platform.card(id_number(6))
    token = platform.qr(card)
    assert token["validSeconds"] == 60
    assert platform.scan(token["qrCode"], "03")[0] == "E4004"
    wish = {"qrCode": token["qrCode"], "qrPurpose": "02", "busiSeq": reference()}
    code, data = platform.ask(SCAN, wish)
    assert (code, data["aac002"], data["signNo"]) == ("0000", card["aac002"], card["signNo"])
    assert [entry["operation"] for entry in platform.door.performed(wish["busiSeq"])] == ["scan"]
    assert platform.scan(token["qrCode"])[0] == "E4001"
    assert platform.scan("nobody's")[0] == "E4003"
    assert platform.scan(platform.qr(platform.card(magic_id(33)))["qrCode"])[0] == "E4002"


def test_qr_dies_with_its_card(platform: Channel) -> None:
    """A token of a card that was unlinked since shows nothing."""
    card = platform.card(id_number(7))
    token = platform.qr(card)
    platform.ask(UNLINK, {**card, "busiSeq": reference()})
    assert platform.scan(token["qrCode"])[0] == "E3003"


def test_qr_expires_by_settings(tmp_path: Path) -> None:
    """A shorter --token-seconds makes tokens shorter."""
    fleet.prepare(tmp_path, ["essc"])
    with fleet.start(tmp_path, names=["essc"], token_seconds=0.1) as running:
        platform = Channel(running.stands["essc"], tmp_path / "essc")
        token = platform.qr(platform.card(id_number(8)))
        time.sleep(0.15)
        assert platform.scan(token["qrCode"])[0] == "E4002"


@pytest.mark.parametrize(("tail", "state", "code", "performed"), [(26, "1", "0000", 1), (27, "2", "E3007", 0)])
def test_issue_decided_later(
    platform: Channel, notified: Notified, tail: int, state: str, code: str, performed: int
) -> None:
    """An issue that is only accepted is processing until callback 001 says what became of it."""
    wish = platform.wish(magic_id(tail), notifyUrl=notified.url)
    with platform.door.standing_still():
        assert platform.ask(ISSUE, wish) == ("0001", {"busiSeq": wish["busiSeq"]})
        assert platform.state(wish) == "0"
    until(lambda: notified.forms)
    (form,) = notified.forms
    assert (form["actionType"], form["busiSeq"], form["code"]) == ("001", wish["busiSeq"], code)
    assert platform.state(wish) == state
    assert len(platform.door.performed(wish["busiSeq"])) == performed


def test_undecided(platform: Channel, notified: Notified) -> None:
    """An issue may stay in processing for ever, or be known to the enquiry alone."""
    for tail, state in ((28, "0"), (29, "1")):
        wish = platform.wish(magic_id(tail), notifyUrl=notified.url)
        assert platform.ask(ISSUE, wish)[0] == "0001"
        assert platform.state(wish) == state
    time.sleep(0.3)
    assert notified.forms == []


def test_callback_is_signed_whole(platform: Channel, notified: Notified) -> None:
    """Each action has its actionType, every field is signed, and only `success` ends the repeats."""
    notified.answers = [b"ok"]
    card = platform.card(id_number(9))
    platform.ask(ISSUE, platform.wish(id_number(9), notifyUrl=notified.url))
    until(lambda: len(notified.forms) == 2)
    platform.ask(STATUS, {"aac002": id_number(9), "notifyUrl": notified.url})
    until(lambda: len(notified.forms) == 3)
    platform.door.call("POST", "/_sandbox/unlink", {"aac002": id_number(9)})
    until(lambda: len(notified.forms) == 4)
    assert [form["actionType"] for form in notified.forms] == ["001", "001", "006", "003"]
    for form in notified.forms:
        assert form["signNo"] == card["signNo"]
        signed = {name: value for name, value in form.items() if name != "_api_signature"}
        assert form["_api_signature"] == platform.mac("&".join(f"{name}={signed[name]}" for name in sorted(signed)))
    assert platform.ask(STATUS, {"aac002": id_number(9)})[1]["signStatus"] == "0"


def test_early_and_spoilt_callbacks(platform: Channel, notified: Notified) -> None:
    """An early callback is there before the answer; one with a wrong signature spoils nothing but itself."""
    wish = platform.wish(magic_id(14), notifyUrl=notified.url)
    assert platform.ask(ISSUE, wish)[0] == "0001"
    assert (len(notified.forms), platform.state(wish)) == (1, "1")
    platform.door.fault("bad-signature", "push")
    card = platform.card(id_number(10))
    assert platform.ask(UNLINK, {**card, "busiSeq": reference(), "notifyUrl": notified.url})[0] == "0000"
    until(lambda: len(notified.forms) == 2)
    signed = {name: value for name, value in notified.forms[1].items() if name != "_api_signature"}
    assert notified.forms[1]["_api_signature"] != platform.mac("&".join(f"{n}={signed[n]}" for n in sorted(signed)))


def test_magic_faults(platform: Channel) -> None:
    """A person carries a fault to issue and unlinking alike; an enquiry knows what was performed."""
    hang, unmapped = platform.wish(magic_id(4)), platform.wish(magic_id(12))
    request = f"POST {platform.url(ISSUE, hang)} HTTP/1.1\r\nhost: sandbox\r\ncontent-length: 0\r\n\r\n".encode()
    assert hear(platform.stand.protocol, request, 0.3).ending == "silence"
    assert platform.ask(ISSUE, unmapped) == ("E7777", {})
    for wish in (hang, unmapped):
        assert (platform.state(wish), len(platform.door.performed(wish["busiSeq"]))) == ("1", 1)
    held = platform.ask(STATUS, {"aac002": magic_id(17)})[1]
    unlink = {"aac002": magic_id(17), "aab301": held["aab301"], "signNo": held["signNo"], "busiSeq": reference()}
    assert platform.ask(UNLINK, unlink)[0] == "E3007"
