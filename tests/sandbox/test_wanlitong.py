"""A loan supermarket: digests before consent, hybrid encryption, 万元 then 元, sealed pushes."""

import http.client
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from decimal import Decimal
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from sandbox.stand.fleet import Stand
from sandbox.stand.people import magic_mobile
from tests.sandbox.conftest import Opened
from tests.sandbox.listener import Listener
from tests.sandbox.wire import Door, address, until

ROOT = "/api/platform/"
ACK = b'{"code":0}'


class Channel:
    """A channel, written from the facts."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.told = json.loads((folder / "credentials.json").read_text())
        self.own: Any = load_pem_private_key(self.told["private_key"].encode(), None)
        self.platform: Any = load_pem_public_key(self.told["platform_public_key"].encode())
        self.patience = 5.0

    def seal(self, content: dict[str, Any]) -> dict[str, str]:
        key, padder = secrets.token_bytes(16), PKCS7(128).padder()
        padded = padder.update(json.dumps(content).encode()) + padder.finalize()
        encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - the platform's own
        data = self.platform.encrypt(key, PKCS1v15()) + encryptor.update(padded) + encryptor.finalize()
        return {"channelCode": self.told["channel_code"], "data": b64encode(data).decode()}

    def open(self, body: bytes) -> Any:
        data = b64decode(json.loads(body)["data"])
        key = self.own.decrypt(data[:256], PKCS1v15())
        decryptor = Cipher(algorithms.AES(key), modes.ECB()).decryptor()  # noqa: S305 - the platform's own
        unpadder = PKCS7(128).unpadder()
        return json.loads(unpadder.update(decryptor.update(data[256:])) + unpadder.finalize())

    def post(self, path: str, document: Any) -> Any:
        connection = http.client.HTTPConnection(*address(self.stand.protocol), timeout=self.patience)
        try:
            connection.request("POST", ROOT + path, json.dumps(document), {"content-type": "application/json"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def ask(self, path: str, **content: Any) -> Any:
        return self.post(path, self.seal(content))

    def precheck(self, mobile: str, **changed: Any) -> Any:
        digest = md5(mobile.encode(), usedforsecurity=False).hexdigest()
        wish = {"mobileMask": mobile[:8], "mobileMd5": digest, "loanAmount": 5, "loanTime": 12, "age": 35, "overdue": 0}
        return self.ask("strike", **{**wish, **changed})

    def agreed(self, mobile: str) -> str:
        """The applyNo of a customer who has passed the precheck and agreed."""
        data = self.precheck(mobile)["data"]
        answer = self.ask("downstream/auth-callback", applyNo=data["applyNo"], userId=data["userId"])
        assert answer["code"] == 0
        apply_no: str = data["applyNo"]
        return apply_no

    def application(self, mobile: str, **more: Any) -> dict[str, Any]:
        number = "A" + secrets.token_hex(8)
        return {
            "orderNo": number,
            "applyNo": self.agreed(mobile),
            "mobile": mobile,
            "amount": "50000",
            "term": 12,
            **more,
        }

    def progress(self, order_no: str) -> Any:
        return self.ask("progress", orderNo=order_no)["data"]

    def credit(self, mobile: str, **more: Any) -> Any:
        """What was granted, with its applyNo, amount and validity."""
        wish = self.application(mobile, **more)
        assert self.ask("apply", **wish)["code"] == 0
        until(lambda: self.progress(wish["orderNo"])["status"] != "10")
        return self.progress(wish["orderNo"])

    def borrow(self, mobile: str) -> dict[str, Any]:
        granted = self.credit(mobile)
        number = "L" + secrets.token_hex(8)
        return {"orderNo": number, "applyNo": granted["applyNo"], "amount": granted["creditAmount"], "term": 12}


def anybody() -> str:
    return "138" + f"{secrets.randbelow(10**8):08d}"


@pytest.fixture
def channel(opened: Opened) -> Iterator[Channel]:
    found = Channel(*opened("wanlitong"))
    found.door.fresh()
    yield found
    found.door.clear()


def test_precheck(channel: Channel) -> None:
    """A mask, a digest and an amount in 万元 bring an applyNo, protocols and a page; nothing is performed."""
    before = len(channel.door.call("GET", "/_sandbox/ledger")[1]["entries"])
    answer = channel.precheck(anybody())
    assert answer["code"] == 0
    assert {"userId", "applyNo", "channelId", "price", "discountPrice", "protocols", "url"} <= set(answer["data"])
    assert len(channel.door.call("GET", "/_sandbox/ledger")[1]["entries"]) == before


def test_exact_digest(channel: Channel) -> None:
    """The digest is of the plain digits, in lower-case hex, and fits the mask."""
    mobile = anybody()
    wrong = [md5(("+86" + mobile).encode(), usedforsecurity=False).hexdigest(), "A" * 32]
    wrong.append(md5(mobile.encode(), usedforsecurity=False).hexdigest().upper())
    for digest in wrong:
        assert channel.precheck(mobile, mobileMd5=digest)["msg"] == "参数错误：mobileMd5"
    assert channel.precheck(mobile, mobileMask=mobile)["msg"] == "参数错误：mobileMask"


@pytest.mark.parametrize(
    ("tail", "changed", "code"),
    [(26, {}, 2001), (27, {}, 2002), (34, {}, 2003), (99, {"overdue": 1}, 2002), (99, {"loanAmount": 50000}, 1009)],
)
def test_not_admitted(channel: Channel, tail: int, changed: dict[str, Any], code: int) -> None:
    """Duplicates, refusals and a spent quota have codes of their own; 元 where 万元 belongs is no amount."""
    answer = channel.precheck(magic_mobile(tail), **changed)
    assert (answer["code"], answer["data"]) == (code, None)


def test_silence(channel: Channel) -> None:
    """A precheck can come too late to count."""
    channel.patience = 0.4
    with pytest.raises(TimeoutError):
        channel.precheck(magic_mobile(25))
    channel.patience = 5.0
    assert channel.precheck(magic_mobile(25))["code"] == 0


def test_envelope(channel: Channel) -> None:
    """What does not open is 1002, another channel 1003, always in HTTP 200."""
    sealed = channel.seal({})
    assert channel.post("products", {**sealed, "data": "AAAA"})["code"] == 1002
    assert channel.post("products", {"mobile": "13800000000"})["code"] == 1002
    assert channel.post("products", {**sealed, "channelCode": "CH1"})["code"] == 1003
    assert channel.post("products", sealed)["data"]["products"][0]["maxAmount"] == 5.0


def test_consent_first(channel: Channel) -> None:
    """An application needs the customer's agreement and the very mobile number of the digest, in 元."""
    mobile = anybody()
    wish = {"orderNo": "A" + secrets.token_hex(8), "mobile": mobile, "amount": "50000", "term": 12}
    unasked = channel.precheck(mobile)["data"]["applyNo"]
    assert channel.ask("apply", **wish, applyNo=unasked)["code"] == 1005
    agreed = channel.agreed(mobile)
    assert channel.ask("apply", **{**wish, "mobile": anybody()}, applyNo=agreed)["code"] == 2004
    assert channel.ask("apply", **{**wish, "amount": 5}, applyNo=agreed)["code"] == 1009
    assert channel.ask("apply", **wish, applyNo=agreed)["code"] == 0
    (entry,) = channel.door.performed(wish["orderNo"])
    assert (entry["operation"], entry["account"], entry["amount"]) == ("credit-application", mobile, "50000.00")


def test_order_number(channel: Channel) -> None:
    """The same order again is answered, not performed; its number for another, or a second lead, is refused."""
    wish = channel.application(anybody())
    assert channel.ask("apply", **wish)["code"] == channel.ask("apply", **wish)["code"] == 0
    assert channel.ask("apply", **{**wish, "amount": "40000"})["code"] == 1006
    assert channel.ask("apply", **{**wish, "orderNo": "B" + wish["orderNo"]})["code"] == 2007
    assert len(channel.door.performed(wish["orderNo"])) == 1
    assert channel.ask("progress", orderNo="unheard-of")["code"] == 1007


def test_from_credit_to_instalments(channel: Channel) -> None:
    """Credit is taken, paid out, planned, and repaid up to what is owed."""
    mobile = anybody()
    wish = channel.borrow(mobile)
    assert channel.ask("loan", **wish)["data"]["status"] == "40"
    until(lambda: channel.progress(wish["orderNo"])["status"] == "50")
    loan_no = channel.progress(wish["orderNo"])["loanNo"]
    assert [each["loanNo"] for each in channel.ask("loans", mobile=mobile)["data"]["loans"]] == [
        "WLOLD" + mobile,
        loan_no,
    ]
    plan = channel.ask("plan", loanNo=loan_no)["data"]
    assert sum(Decimal(each["amount"]) for each in plan["plan"]) == Decimal(plan["outstanding"])
    repayment = {"orderNo": "R" + wish["orderNo"], "loanNo": loan_no, "amount": plan["plan"][0]["amount"]}
    too_much = {**repayment, "orderNo": "M" + wish["orderNo"], "amount": plan["outstanding"] + "1"}
    assert channel.ask("repay", **too_much)["code"] == 1009
    assert channel.ask("repay", **repayment)["data"]["status"] == "70"
    assert [each["paid"] for each in channel.ask("plan", loanNo=loan_no)["data"]["plan"][:2]] == [1, 0]
    assert channel.door.performed(repayment["orderNo"])[0]["operation"] == "repayment"


def test_credit_situations(channel: Channel) -> None:
    """Credit may be refused, halved, or past its validity before it is taken."""
    refused = channel.application(magic_mobile(28))
    channel.ask("apply", **refused)
    until(lambda: channel.progress(refused["orderNo"])["status"] == "30")
    assert channel.door.performed(refused["orderNo"]) == []
    assert channel.credit(magic_mobile(30))["creditAmount"] == "25000.00"
    assert channel.ask("loan", **channel.borrow(magic_mobile(31)))["code"] == 2006


def test_payout_fails(channel: Channel) -> None:
    """A loan that could not be paid out is no loan, and not in the ledger."""
    wish = channel.borrow(magic_mobile(32))
    channel.ask("loan", **wish)
    until(lambda: channel.progress(wish["orderNo"])["status"] == "60")
    assert "loanNo" not in channel.progress(wish["orderNo"])
    assert channel.door.performed(wish["orderNo"]) == []


def test_push(channel: Channel) -> None:
    """A result is sealed for the channel and pushed until the literal acknowledgement."""
    with Listener(ACK) as listener:
        listener.answers = [b"success"]
        wish = channel.application(anybody(), notifyUrl=listener.url)
        channel.ask("apply", **wish)
        until(lambda: len(listener.letters) == 2)
        result = channel.open(listener.letters[1].body)
        assert (result["orderNo"], result["type"], result["status"]) == (wish["orderNo"], "apply", "20")
        assert result == channel.progress(wish["orderNo"])


@pytest.mark.parametrize("tail", [4, 10, 11, 12])
def test_only_a_query_can_tell(channel: Channel, tail: int) -> None:
    """What was performed but badly answered is known to the progress query, if with another amount."""
    wish = channel.application(magic_mobile(tail))
    channel.patience = 0.4 if tail == 4 else 5.0
    try:
        code = channel.ask("apply", **wish)["code"]
    except (TimeoutError, json.JSONDecodeError):
        code = None
    channel.patience = 5.0
    assert code == {4: None, 10: None, 11: 0, 12: 7777}[tail]
    assert channel.door.performed(wish["orderNo"])[0]["amount"] == "50000.00"
    assert channel.progress(wish["orderNo"])["amount"] == ("50001.00" if tail == 11 else "50000.00")


def test_estimate(channel: Channel) -> None:
    """What somebody could borrow is told in 万元 to whoever has a mask and a digest."""
    mobile = anybody()
    asked = {"mobileMask": mobile[:8] + "***", "mobileMd5": md5(mobile.encode(), usedforsecurity=False).hexdigest()}
    assert 3 <= channel.ask("estimate", **asked)["data"]["maxAmount"] <= 20
