"""The office's dialect: signed headers, AAC/AAB/AAE fields, a certificate, a transfer that advances with time."""

import hmac
import http.client
import json
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sandbox.stand import fleet
from sandbox.stand.people import id_number, magic_id
from tests.sandbox.conftest import QUICK
from tests.sandbox.wire import Door, address, hear, until

INSURED, ACCOUNT, ESTIMATE = "queryInsured", "queryPensionAccount", "estimatePension"
CERTIFICATE, TRANSFER, ENQUIRY = "contributionCertificate", "applyTransfer", "queryApplication"
ISSUE, UNLINK, STATUS = "issueCard", "unlinkCard", "queryCard"
HERE, THERE = "330100", "310100"
CHINA = timezone(timedelta(hours=8))


class Application:
    """Signs and asks."""

    def __init__(self, stand: fleet.Stand, folder: Path) -> None:
        self.stand, self.door = stand, Door(stand)
        self.known = json.loads((folder / "credentials.json").read_text())

    def headers(self, body: bytes, **changed: str) -> dict[str, str]:
        stamp = changed.get("timestamp", datetime.now(CHINA).strftime("%Y%m%d%H%M%S"))
        nonce = changed.get("nonce", secrets.token_hex(8))
        mac = hmac.digest(self.known["app_secret"].encode(), f"{stamp}{nonce}".encode() + body, sha256)
        signed = {"app-key": self.known["app_key"], "signature": b64encode(mac).decode()}
        return {**signed, "timestamp": stamp, "nonce": nonce, **changed}

    def raw(self, operation: str, body: bytes, **changed: str) -> bytes:
        connection = http.client.HTTPConnection(*address(self.stand.protocol), timeout=5)
        try:
            connection.request("POST", f"/rs/{operation}", body, self.headers(body, **changed))
            return connection.getresponse().read()
        finally:
            connection.close()

    def ask(self, operation: str, content: Any, **changed: str) -> tuple[str, dict[str, Any]]:
        answer = json.loads(self.raw(operation, json.dumps(content).encode(), **changed))
        return answer["code"], answer["data"]

    def told(self, operation: str, content: Any) -> dict[str, Any]:
        code, data = self.ask(operation, content)
        assert code == "0"
        return data

    def enquire(self, wish: dict[str, str]) -> dict[str, Any]:
        return self.told(ENQUIRY, {"ywlsh": wish["ywlsh"]})

    def performed(self, wish: dict[str, str]) -> int:
        return len(self.door.performed(wish["ywlsh"]))


def person(aac002: str, **more: str) -> dict[str, str]:
    return {"AAC002": aac002, "AAC003": "李四", "AAB301": HERE, **more}


def transfer(aac002: str, **more: str) -> dict[str, str]:
    return person(aac002, outAAB301=THERE, AAE140="110", ywlsh=reference(), **more)


def reference() -> str:
    return "T" + secrets.token_hex(10)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    var = tmp_path_factory.mktemp("hrss")
    fleet.prepare(var, ["hrss_province"])
    with fleet.start(var, names=["hrss_province"], **{**QUICK, "processing_seconds": 0.15}) as running:
        yield Application(running.stands["hrss_province"], var / "hrss_province")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"signature": "Zm9v"}, "1001"),
        ({"app-key": "nobody"}, "1001"),
        ({"timestamp": "20200101000000"}, "1002"),
        ({"timestamp": "soon"}, "1002"),
        ({"nonce": "short"}, "1002"),
    ],
)
def test_signed(office: Application, changed: dict[str, str], code: str) -> None:
    """A request that is not signed, not fresh or has no proper nonce is refused."""
    assert office.ask(INSURED, person(id_number(1)), **changed)[0] == code


def test_nonce_is_good_once(office: Application) -> None:
    """The same nonce again is refused, though it is signed."""
    nonce = secrets.token_hex(8)
    assert office.ask(INSURED, person(id_number(1)), nonce=nonce)[0] == "0"
    assert office.ask(INSURED, person(id_number(1)), nonce=nonce)[0] == "1002"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ([], "2001"),
        (person(id_number(1)[:17] + "#"), "2001"),
        (person(id_number(1), AAB301="999999"), "2001"),
        (person(id_number(1), AAB301=THERE), "2004"),
        (person(magic_id(25)), "3001"),
        (person(magic_id(30)), "3002"),
        (person(magic_id(31)), "3004"),
    ],
)
def test_refused(office: Application, content: Any, code: str) -> None:
    """What is malformed, elsewhere or unknown is refused with a code of its own, in an answer of HTTP 200."""
    assert office.ask(ACCOUNT, content)[0] == code


def test_insured(office: Application) -> None:
    """Each insurance type is an element, open-ended while it runs; being insured for nothing is no error."""
    data = office.told(INSURED, person(id_number(2)))
    assert [each["AAE140"] for each in data["insured"]] == ["110", "210", "310", "410"]
    assert {each["AAE042"] for each in data["insured"]} == {""}
    assert all(re.fullmatch(r"(19|20)\d{4}", each["AAE041"]) for each in data["insured"])
    assert data["AAC001"] == office.told(INSURED, person(id_number(2)))["AAC001"]
    assert office.told(INSURED, person(magic_id(31)))["insured"] == []
    second = office.told(INSURED, person(magic_id(33)))["insured"][-1]
    assert (second["AAE140"], second["AAB301"], second["AAC031"]) == ("110", "330200", "2")


def test_account(office: Application) -> None:
    """The account names the person by AAE135, not AAC002, and its parts sum up."""
    data = office.told(ACCOUNT, person(id_number(3)))
    assert (data["AAE135"], "AAC002" in data) == (id_number(3), False)
    assert Decimal(data["personalPaid"]) + Decimal(data["interest"]) == Decimal(data["balance"])
    assert office.told(ACCOUNT, person(id_number(4)))["balance"] != data["balance"]


def test_estimate(office: Application) -> None:
    """An estimate says what it assumes; faster wages raise it, and a month that is over is refused."""
    data = office.told(ESTIMATE, person(id_number(5)))
    assert data["assumptions"]["retireMonth"] == "204506"
    assert data["assumptions"]["payMonths"] == 139
    assert Decimal(data["basicPension"]) + Decimal(data["personalPension"]) == Decimal(data["monthlyPension"])
    faster = office.told(ESTIMATE, person(id_number(5), wageGrowth="0.05", retireMonth="204006"))
    assert (faster["assumptions"]["wageGrowth"], faster["assumptions"]["payMonths"]) == ("0.05", 170)
    assert Decimal(faster["monthlyPension"]) > Decimal(data["personalPension"])
    for month in ("202001", "203001", "204513"):
        assert office.ask(ESTIMATE, person(id_number(5), retireMonth=month))[0] == "2001"


def test_certificate(office: Application) -> None:
    """The certificate is a PDF whose cross-reference table is right, with a code and an end."""
    wish = person(id_number(6), AAE140="110", AAE041="199001", AAE042="202406")
    data = office.told(CERTIFICATE, wish)
    file = b64decode(data["fileContent"], validate=True)
    assert file.startswith(b"%PDF-1.")
    assert file.endswith(b"%%EOF\n")
    table = int(file.split(b"startxref\n")[1].split(b"\n")[0])
    assert file[table:].startswith(b"xref\n")
    for number, offset in enumerate(re.findall(rb"(\d{10}) 00000 n \n", file), start=1):
        assert file[int(offset) :].startswith(b"%d 0 obj\n" % number)
    stream = re.search(rb"/Length (\d+) >>\nstream\n(.*)\nendstream", file, re.DOTALL)
    assert stream
    assert len(stream[2]) == int(stream[1])
    assert data["verifyCode"].encode("utf-16-be").hex().encode() in stream[2]
    assert data["AAE041"] > "199001"  # cut to what was contributed
    assert data["validUntil"] > datetime.now(CHINA).strftime("%Y%m%d%H%M%S")
    for wrong in ({"AAE041": "202407"}, {"AAE042": "209901"}, {"AAE041": "202413"}, {"AAE140": "999"}):
        assert office.ask(CERTIFICATE, wish | wrong)[0] == "2001"


def test_transfer_advances(office: Application) -> None:
    """A transfer is submitted, then goes from step to step by itself until it is done, and brings its funds."""
    wish = transfer(id_number(7))
    with office.door.standing_still():
        assert office.told(TRANSFER, wish)["busiState"] == "01"
        assert office.performed(wish) == 1
        assert office.ask(TRANSFER, wish)[0] == "2002"
        seen = [office.enquire(wish)]
    until(lambda: seen.append(office.enquire(wish)) or seen[-1]["busiState"] == "05")
    states = [each["busiState"] for each in seen]
    assert states == sorted(states)
    assert {"01", "02", "03", "04", "05"} >= set(states)
    assert [each["busiState"] for each in seen[-1]["progress"]] == ["01", "02", "03", "04", "05"]
    assert "transferAmount" not in seen[0]
    assert seen[-1]["transferAmount"] == office.told(ACCOUNT, person(id_number(7)))["balance"]


@pytest.mark.parametrize(("tail", "steps"), [(27, ["01", "06"]), (34, ["01", "02", "03", "06"])])
def test_transfer_is_returned(office: Application, tail: int, steps: list[str]) -> None:
    """A transfer that is returned in the end was never performed."""
    wish = transfer(magic_id(tail))
    with office.door.standing_still():
        assert office.told(TRANSFER, wish)["busiState"] == "01"
    until(lambda: office.enquire(wish)["busiState"] == "06")
    found = office.enquire(wish)
    assert [each["busiState"] for each in found["progress"]] == steps
    assert found["returnReason"]
    assert office.performed(wish) == 0


def test_transfer_without_progress(office: Application) -> None:
    """A transfer may stay submitted, or be done as soon as somebody asks."""
    stuck, done = transfer(magic_id(28)), transfer(magic_id(29))
    with office.door.standing_still():
        assert {office.told(TRANSFER, wish)["busiState"] for wish in (stuck, done)} == {"01"}
    assert office.enquire(done)["busiState"] == "05"
    office.door.forward(10)
    assert office.enquire(stuck)["busiState"] == "01"


def test_transfer_needs_two_areas(office: Application) -> None:
    """Two different areas, one of them of this province, and contributions to take along."""
    for wrong, code in (
        ({"outAAB301": HERE}, "2001"),
        ({"AAB301": "440100"}, "2004"),
        ({"AAC002": magic_id(31)}, "3004"),
        ({"AAC002": magic_id(17)}, "3006"),
    ):
        wish = transfer(id_number(8)) | wrong
        assert office.ask(TRANSFER, wish)[0] == code
        assert office.ask(ENQUIRY, {"ywlsh": wish["ywlsh"]})[0] == "2003"
    assert office.ask(TRANSFER, transfer(id_number(8)) | {"AAB301": "440100", "outAAB301": HERE})[0] == "0"


def test_card(office: Application) -> None:
    """A card is issued, shown and unlinked at once, each time under a reference that is found again."""
    who = person(id_number(9))
    issue = {**who, "AAE005": "19900000001", "ywlsh": reference()}
    card = office.told(ISSUE, issue)
    assert office.enquire(issue)["AAZ500"] == card["AAZ500"] == office.told(STATUS, who)["AAZ500"]
    unlink = {**who, "ywlsh": reference()}
    assert office.told(UNLINK, unlink)["AAZ502"] == "0"
    assert (office.performed(issue), office.performed(unlink)) == (1, 1)
    assert office.told(STATUS, who)["AAZ502"] == "0"
    assert office.ask(UNLINK, {**who, "ywlsh": reference()})[0] == "3003"
    assert office.told(ISSUE, {**issue, "ywlsh": reference()})["AAZ500"] != card["AAZ500"]
    assert office.ask(ISSUE, {**issue, "AAC002": magic_id(32), "AAB301": "330200", "ywlsh": reference()})[0] == "3005"


def test_magic_faults(office: Application) -> None:
    """A person carries a fault into whatever is performed; an enquiry knows it, and may lie about the amount."""
    hang, broken, unmapped = (transfer(magic_id(tail)) for tail in (4, 10, 12))
    body = json.dumps(hang).encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in office.headers(body).items())
    request = f"POST /rs/{TRANSFER} HTTP/1.1\r\nhost: sandbox\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    assert hear(office.stand.protocol, request.encode() + body, 0.3).ending == "silence"
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(office.raw(TRANSFER, json.dumps(broken).encode()))
    assert office.ask(TRANSFER, unmapped) == ("7777", {})
    for wish in (hang, broken, unmapped):
        assert (office.enquire(wish)["AAC002"], office.performed(wish)) == (wish["AAC002"], 1)
    lying = transfer(magic_id(11))
    assert office.ask(TRANSFER, lying)[0] == "0"
    until(lambda: office.enquire(lying)["busiState"] == "05")
    truth = Decimal(office.told(ACCOUNT, person(magic_id(11)))["balance"])
    assert Decimal(office.enquire(lying)["transferAmount"]) == truth + 1
    assert office.ask(UNLINK, person(magic_id(17), ywlsh=reference()))[0] == "3006"
