"""The mobile payment centre's dialect: sealed envelopes, vouchers, three legs, and the way back."""

import hashlib
import http.client
import json
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.padding import PKCS7
from gmalg import SM2

from sandbox.stand import fleet
from sandbox.stand.people import id_number, magic_id
from sandbox.stand.sm2 import quick
from tests.sandbox.conftest import QUICK, Notified
from tests.sandbox.wire import Door, address, hear, post, refused, until

NAME = "nhsa_mobile_pay"
ROOT = "/org/local/api/hos/"


def strings(value: Any) -> Any:
    """Empty values gone, keys sorted, scalars as text."""
    if isinstance(value, dict):
        return {key: strings(value[key]) for key in sorted(value) if value[key] not in (None, "", [])}
    if isinstance(value, list):
        return [strings(each) for each in value]
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def sign_text(fields: dict[str, Any], secret: str) -> str:
    pieces = []
    for key, value in strings(fields).items():
        shown = json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, dict) else value
        pieces.append(f"{key}={shown}&")
    return "".join(sorted(pieces, key=str.lower)) + "key=" + secret


def sm4(key: bytes, text: bytes, *, back: bool = False) -> bytes:
    cipher = Cipher(SM4(key), ECB())  # noqa: S305 - the partner's own
    if back:
        decryptor, unpadder = cipher.decryptor(), PKCS7(128).unpadder()
        return unpadder.update(decryptor.update(text) + decryptor.finalize()) + unpadder.finalize()
    encryptor, padder = cipher.encryptor(), PKCS7(128).padder()
    return encryptor.update(padder.update(text) + padder.finalize()) + encryptor.finalize()


class Client:
    """Seals requests and opens answers, written from the facts."""

    def __init__(self, stand: fleet.Stand, folder: Path) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.given = json.loads((folder / "credentials.json").read_text())
        secret = self.given["app_secret"]
        self.key = sm4(self.given["app_id"][:16].encode(), secret.encode()).hex().upper()[:16].encode()
        self.user = secret.encode() if self.given["sm2_user_id"] == "app-secret" else b"1234567812345678"

    def envelope(self, content: dict[str, Any], **changed: Any) -> bytes:
        head = {
            "appCode": self.given["app_id"],
            "version": "1.0.0",
            "encType": "SM4",
            "signType": "sm2",
            "timestamp": str(int(time.time() * 1000)),
        }
        text = sign_text({**head, "data": content}, self.given["app_secret"]).encode()
        halves = quick(SM2(b64decode(self.given["private_key"]), self.user)).sign(text)
        signature = b64encode(b"".join(half.rjust(32, b"\0") for half in halves)).decode()
        body = sm4(self.key, json.dumps(content).encode()).hex().upper()
        return json.dumps({"data": {**head, "data": {"encData": body}, "signData": signature, **changed}}).encode()

    def headers(self, **changed: str) -> dict[str, str]:
        stamp, nonce = changed.get("timestamp", str(int(time.time()))), secrets.token_hex(8)
        signature = hashlib.sha256(f"{stamp}{self.given['tif_token']}{nonce}{stamp}".encode()).hexdigest().upper()
        paasid = self.given["tif_paasid"]
        given = {"paasid": paasid, "timestamp": stamp, "nonce": nonce, "signature": signature, **changed}
        return {f"x-tif-{name}": value for name, value in given.items()}

    def raw(self, path: str, body: bytes, headers: dict[str, str]) -> Any:
        connection = http.client.HTTPConnection(*address(self.stand.protocol), timeout=5)
        try:
            connection.request("POST", ROOT + path, body, {"content-type": "application/json", **headers})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def ask(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        answer = self.raw(path, self.envelope(content), self.headers())
        assert answer["code"] == 0, answer
        return self.opened(answer["data"])[0]

    def opened(self, sealed: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """The plain content, and whether its signature is the centre's."""
        plain = json.loads(sm4(self.key, bytes.fromhex(sealed["data"]["encData"]), back=True))
        fields = {name: value for name, value in sealed.items() if name != "signData"} | {"data": plain}
        raw = b64decode(sealed["signData"])
        text = sign_text(fields, self.given["app_secret"]).encode()
        signer = quick(SM2(uid=self.user, pk=b64decode(self.given["platform_public_key"])))
        return plain, signer.verify(text, raw[:32], raw[32:])

    def voucher(self, kind: str, **data: str) -> dict[str, Any]:
        return self.ask("ec", {"transType": kind, "orgId": self.given["org_codg"], "data": data})

    def who(self, id_no: str) -> dict[str, str]:
        return {"idNo": id_no, "userName": "模拟人", "idType": "01"}

    def token(self, id_no: str, business: str = "01301", **more: str) -> str:
        staff = dict.fromkeys(("operatorId", "operatorName", "officeId", "officeName"), "x")
        about = {"orgId": self.given["org_codg"], "businessType": business, **staff, **self.who(id_no), **more}
        return str(self.voucher("ec.query", **about)["data"]["ecToken"])

    def authorisation(self, id_no: str) -> str:
        return str(self.voucher("ec.auth", businessType="01301", **self.who(id_no))["data"]["payAuthNo"])

    def fees(self, id_no: str, **more: Any) -> dict[str, Any]:
        """An out-patient visit for 100.10 yuan."""
        person = self.ask("queryInsu", self.who(id_no))
        relation = person["insuInfo"][0]
        plain = "iptOtpNo deptName deptCode caty feeType psnSetlway chrgBchno pubHospRfomFlag begntime"
        return {
            **dict.fromkeys(plain.split(), "1"),
            **self.who(id_no),
            "ecToken": self.token(id_no),
            "orgCodg": self.given["org_codg"],
            "psnNo": person["psnNo"],
            "insutype": relation["insutype"],
            "insuCode": relation["insuCode"],
            "medOrgOrd": "M" + secrets.token_hex(10),
            "medType": "11",
            "medfeeSumamt": "100.10",
            "feedetailList": [{"detItemFeeSumamt": "100.00"}, {"detItemFeeSumamt": "0.10"}],
            **more,
        }

    def payment(self, fees: dict[str, Any]) -> dict[str, Any]:
        """The 6202 that follows an upload."""
        order = self.ask("uldFeeInfo", fees)
        assert order["success"], order
        return {
            "payAuthNo": self.authorisation(fees["idNo"]),
            "payOrdId": order["payOrdId"],
            "payToken": order["payToken"],
            "mdtrtId": order["extData"]["mdtrtId"],
            "orgBizSer": secrets.token_hex(8),
            "acctUsedFlag": "",
            **{name: fees[name] for name in ("orgCodg", "chrgBchno", "feeType")},
        }

    def enquire(self, fees: dict[str, Any], **by: str) -> dict[str, Any]:
        asked = {**self.who(fees["idNo"]), "orgCodg": fees["orgCodg"], **(by or {"medOrgOrd": fees["medOrgOrd"]})}
        return self.ask("query_order_info", asked)

    def settled(self, id_no: str, status: str = "6") -> tuple[dict[str, Any], dict[str, Any]]:
        """The fees of an order that has settled, and what an enquiry says."""
        fees = self.fees(id_no)
        self.ask("pay_order", self.payment(fees))
        until(lambda: self.enquire(fees)["ordStas"] == status)
        return fees, self.enquire(fees)

    def refund(self, order: dict[str, Any], id_no: str, kind: str, legs: tuple[str, str, str], **more: str) -> Any:
        names = ("cashRefdAmt", "psnAcctRefdAmt", "fundRefdAmt")
        wish = {
            "payOrdId": order["payOrdId"],
            "appRefdSn": "R" + secrets.token_hex(8),
            "appRefdTime": "20261123101112",
            "totlRefdAmt": str(sum(map(Decimal, legs))),
            **dict(zip(names, legs, strict=True)),
            "refdType": kind,
        }
        wish |= more or {"payAuthNo": self.authorisation(id_no)}
        return self.ask("refund_Order", wish) | {"asked": wish["appRefdSn"]}


@pytest.fixture(scope="module")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Fleet, Path]]:
    var = tmp_path_factory.mktemp("nhsa")
    fleet.prepare(var, [NAME])
    with fleet.start(var, names=[NAME], **QUICK) as running:
        yield running, var


@pytest.fixture
def centre(stands: tuple[fleet.Fleet, Path]) -> Iterator[Client]:
    running, var = stands
    client = Client(running.stands[NAME], var / NAME)
    client.door.fresh()
    yield client
    client.door.call("POST", "/_sandbox/notify-url", {"url": ""})
    client.door.clear()


def test_envelope(centre: Client) -> None:
    """Headers, envelope, body and signature are checked in this order; an answer is signed over its plain data."""
    content = centre.who(id_number(1))
    good = centre.envelope(content)
    old = str(int(time.time()) - 3600)
    for body, headers, code in [
        (good, centre.headers(signature="0" * 64), 1001),
        (good, centre.headers(timestamp=old), 1001),
        (centre.envelope(content, version="2.0.0"), centre.headers(), 1002),
        (centre.envelope(content, data={"encData": "00"}), centre.headers(), 1003),
        (centre.envelope(content, signData="AAAA"), centre.headers(), 1004),
        (centre.envelope(content, timestamp="1"), centre.headers(), 1004),
    ]:
        assert centre.raw("queryInsu", body, headers)["code"] == code
    answer = centre.raw("queryInsu", good, centre.headers())
    assert centre.opened(answer["data"])[1]
    centre.door.fault("bad-signature", "person")
    assert not centre.opened(centre.raw("queryInsu", good, centre.headers())["data"])[1]


def test_nonce(centre: Client) -> None:
    """A nonce serves once, whatever it comes with."""
    content, headers = centre.who(id_number(1)), centre.headers()
    codes = [centre.raw("queryInsu", centre.envelope(content), headers)["code"] for _ in range(2)]
    assert codes == [0, 1001]


def test_default_user_id(tmp_path: Path) -> None:
    """With the other variant of the user id both sides sign under the library's default."""
    fleet.prepare(tmp_path, [NAME])
    file = tmp_path / NAME / "credentials.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "sm2_user_id": "default"}))
    with fleet.start(tmp_path, names=[NAME]) as running:
        client = Client(running.stands[NAME], tmp_path / NAME)
        answer = client.raw("queryInsu", client.envelope(client.who(id_number(1))), client.headers())
        assert client.opened(answer["data"])[1]


def test_token(centre: Client) -> None:
    """A token is good once, for its business, for a short while; a QR text too."""
    person = id_number(2)
    fees = centre.fees(person)
    assert centre.ask("uldFeeInfo", fees)["success"]
    again = {**fees, "medOrgOrd": "another"}
    assert centre.ask("uldFeeInfo", again)["errCode"] == "2004"
    for_pharmacy = centre.token(person, "02121")
    assert centre.ask("uldFeeInfo", {**again, "ecToken": for_pharmacy})["errCode"] == "2004"
    text = centre.voucher("ec.qrcode", **centre.who(person))["data"]["ecQrCode"]
    fresh = centre.token("", ecQrCode=text)
    with pytest.raises(TypeError):
        centre.token("", ecQrCode=text)
    assert centre.ask("uldFeeInfo", {**again, "ecToken": fresh})["success"]
    assert centre.ask("uldFeeInfo", centre.fees(magic_id(36)))["errCode"] == "2004"


def test_activation(centre: Client) -> None:
    """Who has no voucher gets no token until it is activated, which is performed once per orgBizSer."""
    person = magic_id(33)
    assert centre.voucher("ec.qrcode", **centre.who(person))["code"] == 2010
    serial = secrets.token_hex(8)
    for _ in range(2):
        assert centre.voucher("ec.activate", orgBizSer=serial, **centre.who(person))["data"]["ecStatus"] == "1"
    assert centre.voucher("ec.qrcode", **centre.who(person))["code"] == 0
    assert centre.voucher("ec.status", orgBizSer=serial)["data"]["orgBizSer"] == serial
    assert len(centre.door.performed(serial)) == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"feedetailList": [{"detItemFeeSumamt": "100.00"}]}, "2002"),
        ({"medfeeSumamt": 100.1}, "2002"),
        ({"medfeeSumamt": "100.100"}, "2002"),
        ({"fulamtOwnpayAmt": "50", "preselfpayAmt": "50", "inscpScpAmt": "0"}, "2002"),
        ({"psnNo": "1"}, "2003"),
        ({"idNo": "990000198506150011"}, "2003"),
        ({"iptOtpNo": ""}, "2001"),
        ({"orgCodg": "H1"}, "2001"),
        ({"ecToken": "", "mdtrtId": "1", "payAuthNo": "AUTH1"}, "2005"),
    ],
)
def test_refused_upload(centre: Client, changed: dict[str, Any], code: str) -> None:
    """Sums that do not agree, persons that do not fit and fields that lack are refused."""
    answer = centre.ask("uldFeeInfo", centre.fees(id_number(3), **changed))
    assert (answer["success"], answer["errCode"]) == (False, code)


def test_settlement(centre: Client, notified: Notified) -> None:
    """No amounts while it is processed; three legs that sum afterwards, with a callback that brings revsToken."""
    pushes: list[bytes] = []
    notified.server.RequestHandlerClass.do_POST = _keeping(pushes)  # type: ignore[attr-defined]
    centre.door.call("POST", "/_sandbox/notify-url", {"url": notified.url})
    fees = centre.fees(id_number(4))
    payment = centre.payment(fees)
    assert centre.enquire(fees)["ordStas"] == "0"
    with centre.door.standing_still():
        answer = centre.ask("pay_order", payment)
        assert (answer["ordStas"], "feeSumamt" in answer) == ("1", False)
        assert "feeSumamt" not in centre.enquire(fees)
    until(lambda: centre.enquire(fees)["ordStas"] == "6")
    order = centre.enquire(fees)
    legs = [Decimal(order[name]) for name in ("ownPayAmt", "psnAcctPay", "fundPay")]
    assert (sum(legs), min(legs) > 0, order["setlType"]) == (Decimal("100.10"), True, "ALL")
    assert centre.ask("pay_order", payment)["ordStas"] == "6"
    (entry,) = centre.door.performed(fees["medOrgOrd"])
    assert (entry["operation"], entry["amount"], entry["account"]) == ("pay", "100.10", id_number(4))
    until(lambda: pushes)
    pushed, signed = centre.opened(json.loads(pushes[0])["data"])
    assert signed
    assert (pushed["revsToken"], pushed["ownpayAmt"]) == (order["revsToken"], order["ownPayAmt"])


def _keeping(pushes: list[bytes]) -> Any:
    def post(handler: Any) -> None:
        pushes.append(handler.rfile.read(int(handler.headers["content-length"])))
        handler.send_response(200)
        handler.send_header("content-length", "7")
        handler.end_headers()
        handler.wfile.write(b"success")

    return post


def test_cash_leg_fails(centre: Client) -> None:
    """The insurance has paid, the cash leg has not: a candidate, revoked once, with payToken and never without it."""
    fees, order = centre.settled(magic_id(25), "4")
    assert (order["setlType"], order["ownPayStas"], order["hiPayStas"]) == ("HI", "FAIL", "SUCCESS")
    insured = Decimal(order["psnAcctPay"]) + Decimal(order["fundPay"])
    assert Decimal(centre.door.performed(fees["medOrgOrd"])[0]["amount"]) == insured
    right = {**centre.who(fees["idNo"]), "orgCodg": fees["orgCodg"], "payOrdId": order["payOrdId"], "orgBizSer": "rv1"}
    for rights in ({}, {"revsToken": order["revsToken"]}):
        assert centre.ask("revoke_order", right | rights)["errCode"] == "2001"
        assert centre.enquire(fees, payOrdId=order["payOrdId"], **rights)["errCode"] == "2001"
    right |= {"payToken": order["payToken"], "revsToken": order["revsToken"]}
    for name in ("payToken", "revsToken"):
        assert centre.ask("revoke_order", right | {name: "0" * 32})["errCode"] == "2006"
    for _ in range(2):
        assert centre.ask("revoke_order", right)["success"]
    assert centre.enquire(fees) | {"extData": 0} == {
        "success": True,
        "message": "成功",
        "payOrdId": order["payOrdId"],
        "payToken": order["payToken"],
        "ordStas": "7",
        "extData": 0,
    }
    (entry,) = centre.door.performed("rv1")
    assert (entry["operation"], Decimal(entry["amount"])) == ("revoke", insured)


def test_refund(centre: Client) -> None:
    """Types bind legs, no leg goes above the original in sum, and one of token and authorisation is needed."""
    person = id_number(5)
    _, order = centre.settled(person)
    cash, account, fund = (order[name] for name in ("ownPayAmt", "psnAcctPay", "fundPay"))
    above = str(Decimal(cash) + 1)
    assert centre.refund(order, person, "CASH", (cash, "0", fund))["errCode"] == "2002"
    assert centre.refund(order, person, "HI", (cash, account, fund))["errCode"] == "2002"
    assert centre.refund(order, person, "ALL", (cash, "0", fund))["errCode"] == "2002"
    assert centre.refund(order, person, "CASH", (above, "0", "0"))["errCode"] == "2008"
    both = {"ecToken": centre.token(person), "payAuthNo": centre.authorisation(person)}
    assert centre.refund(order, person, "CASH", (cash, "0", "0"), **both)["errCode"] == "2001"
    done = centre.refund(order, person, "CASH", (cash, "0", "0"), ecToken=centre.token(person))
    assert done["refStatus"] == "SUCC"
    assert centre.door.performed(done["asked"])[0]["amount"] == cash
    assert centre.refund(order, person, "CASH", ("0.01", "0", "0"))["errCode"] == "2008"
    assert centre.refund(order, person, "HI", ("0.00", account, fund))["refStatus"] == "SUCC"


@pytest.mark.parametrize(("tail", "told", "known", "performed"), [(31, "EXP", "SUCC", 1), (32, "FAIL", "FAIL", 0)])
def test_unsure_refund(centre: Client, tail: int, told: str, known: str, performed: int) -> None:
    """EXP says nothing; an enquiry by appRefdSn does."""
    person = magic_id(tail)
    fees, order = centre.settled(person)
    done = centre.refund(order, person, "CASH", ("1.00", "0", "0"))
    assert done["refStatus"] == told
    assert centre.enquire(fees, appRefdSn=done["asked"])["refStatus"] == known
    assert len(centre.door.performed(done["asked"])) == performed
    assert centre.enquire(fees, appRefdSn="nobody")["errCode"] == "2012"


@pytest.mark.parametrize(
    ("tail", "answered", "first", "last", "performed"),
    [
        (26, "1", "1", "6", 1),
        (27, "1", "1", "14", 0),
        (28, "2", "2", "2", 0),
        (29, "1", "6", "6", 1),
        (30, "99", "99", "99", 1),
        (37, "3", "3", "6", 1),
    ],
)
def test_fates(centre: Client, tail: int, answered: str, first: str, last: str, performed: int) -> None:
    """A magic person's order ends as it says."""
    fees = centre.fees(magic_id(tail))
    payment = centre.payment(fees)
    with centre.door.standing_still():
        assert centre.ask("pay_order", payment)["ordStas"] == answered
        assert centre.enquire(fees)["ordStas"] == first
    until(lambda: centre.enquire(fees)["ordStas"] == last)
    assert len(centre.door.performed(fees["medOrgOrd"])) == performed


def test_candidate(centre: Client) -> None:
    """A candidate shows amounts and the right to reverse, and is not paid: no refund, but a revocation."""
    fees, order = centre.settled(magic_id(38), "3")
    assert (order["setlType"], order["ownPayStas"], order["hiPayStas"]) == ("ALL", "CREATED", "CREATED")
    assert sum(Decimal(order[name]) for name in ("ownPayAmt", "psnAcctPay", "fundPay")) == Decimal("100.10")
    assert centre.refund(order, fees["idNo"], "CASH", ("1.00", "0", "0"))["errCode"] == "2007"
    right = {**centre.who(fees["idNo"]), "orgCodg": fees["orgCodg"], "payOrdId": order["payOrdId"]}
    rights = {name: order[name] for name in ("payToken", "revsToken")}
    assert centre.ask("revoke_order", right | rights)["ordStas"] == "7"


def test_replay(centre: Client) -> None:
    """The same medOrgOrd with the same fees is the same order, with other fees a conflict; unknown is unknown."""
    fees = centre.fees(id_number(6))
    first = centre.ask("uldFeeInfo", fees)
    assert centre.ask("uldFeeInfo", fees)["payOrdId"] == first["payOrdId"]
    assert centre.ask("uldFeeInfo", {**fees, "deptName": "2"})["errCode"] == "2009"
    assert centre.enquire(fees, medOrgOrd="nobody")["errCode"] == "2006"


def test_early_callback(centre: Client, notified: Notified) -> None:
    """The push has arrived when the answer, which still says processing, comes."""
    pushes: list[bytes] = []
    notified.server.RequestHandlerClass.do_POST = _keeping(pushes)  # type: ignore[attr-defined]
    centre.door.call("POST", "/_sandbox/notify-url", {"url": notified.url})
    fees = centre.fees(magic_id(14))
    answer = centre.ask("pay_order", centre.payment(fees))
    assert (len(pushes), answer["ordStas"], centre.enquire(fees)["ordStas"]) == (1, "1", "6")


@pytest.mark.parametrize(("tail", "ending", "performed"), [(2, "reset", 0), (3, "silence", 0), (4, "silence", 1)])
def test_magic_fault(centre: Client, tail: int, ending: str, performed: int) -> None:
    """A magic person meets the fault at the payment, not on the way to it, and can be asked about by medOrgOrd."""
    fees = centre.fees(magic_id(tail))
    body = centre.envelope(centre.payment(fees))
    headers = (f"{name}: {value}" for name, value in centre.headers().items())
    assert (
        hear(centre.stand.protocol, post(ROOT + "pay_order", body, "application/json", *headers), 0.4).ending == ending
    )
    until(lambda: len(centre.door.performed(fees["medOrgOrd"])) == performed)
    until(lambda: centre.enquire(fees)["ordStas"] == ("6" if performed else "0"))


def test_wrong_amount_and_decline(centre: Client) -> None:
    """One yuan more is reported than performed; a declined payment leaves the order as it was uploaded."""
    fees, order = centre.settled(magic_id(11))
    assert order["feeSumamt"] == "101.10"
    assert centre.door.performed(fees["medOrgOrd"])[0]["amount"] == "100.10"
    fees = centre.fees(magic_id(17))
    assert centre.ask("pay_order", centre.payment(fees))["errCode"] == "2011"
    assert centre.enquire(fees)["ordStas"] == "0"


def test_relay_and_refusal(centre: Client) -> None:
    """A relay may wrap the whole envelope; the refusing person closes the port after the payment."""
    body = centre.envelope(centre.who(magic_id(34)))
    answer = centre.raw("queryInsu", body, centre.headers())
    assert centre.opened(answer["output"]["body"]["data"])[0]["success"]
    payment = centre.payment(centre.fees(magic_id(1)))
    with pytest.raises(ConnectionError):
        centre.ask("pay_order", payment)
    assert refused(centre.stand.protocol)
