"""The platform's dialect: sorted characters, JSON in a string, pushes that speak otherwise, and encrypted cards."""

import http.client
import json
import secrets
import threading
from base64 import b64decode
from collections.abc import Iterator
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from sandbox.stand import fleet
from sandbox.stand.people import magic_mobile
from tests import ports
from tests.sandbox.conftest import QUICK
from tests.sandbox.wire import Door, address, hear, post, until

ORDINARY = "13800000000"


class Client:
    """Signs requests and checks what comes back, written from the facts."""

    def __init__(self, stand: fleet.Stand, folder: Path) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.credentials = json.loads((folder / "credentials.json").read_text())

    def sign(self, text: str) -> str:
        return md5(("".join(sorted(text)) + self.credentials["app_secret"]).encode()).hexdigest()  # noqa: S324

    def canonical(self, document: dict[str, Any]) -> str:
        unsigned = {name: value for name, value in document.items() if name != "sign"}
        return json.dumps(unsigned, ensure_ascii=False, separators=(",", ":"))

    def body(self, method: str, content: Any, **changed: Any) -> bytes:
        """Spaces, escaped unicode and escaped slashes on the wire: the signature does not mind."""
        parameters = {
            "app_key": self.credentials["app_key"],
            "method": f"fulu.{method}",
            "timestamp": "2026-11-23 10:11:12",
            "version": "2.0",
            "format": "json",
            "charset": "utf-8",
            "sign_type": "md5",
            "app_auth_token": "",
            "biz_content": content if isinstance(content, str) else json.dumps(content, ensure_ascii=False),
        }
        parameters["sign"] = self.sign(self.canonical(parameters))
        return json.dumps({**parameters, **changed}, indent=1).replace("/", "\\/").encode()

    def reply(self, method: str, content: Any, **changed: Any) -> dict[str, Any]:
        connection = http.client.HTTPConnection(*address(self.stand.protocol), timeout=5)
        try:
            connection.request("POST", "/api/getway", self.body(method, content, **changed))
            answer = connection.getresponse()
            assert answer.status == 200
            document: dict[str, Any] = json.loads(answer.read())
            return document
        finally:
            connection.close()

    def call(self, method: str, content: Any) -> tuple[int, Any]:
        """The code, and the result read once its signature holds."""
        reply = self.reply(method, content)
        assert reply["sign"] == self.sign(reply["result"])
        return reply["code"], json.loads(reply["result"] or "null")

    def order(self, account: str = ORDINARY, **more: Any) -> dict[str, Any]:
        wish = {"product_id": 10000001, "buy_num": 1, "charge_account": account}
        return {**wish, "customer_order_no": "f" + secrets.token_hex(8), **more}

    def cards(self, product_id: int, buy_num: int) -> dict[str, Any]:
        number = "f" + secrets.token_hex(8)
        return {"product_id": product_id, "buy_num": buy_num, "customer_order_no": number}

    def find(self, order: dict[str, Any]) -> tuple[int, Any]:
        return self.call("order.info.get", {"customer_order_no": order["customer_order_no"]})

    def state(self, order: dict[str, Any]) -> str:
        return str(self.find(order)[1]["order_state"])

    def performed(self, order: dict[str, Any]) -> list[dict[str, str]]:
        return self.door.performed(order["customer_order_no"])

    def opened(self, text: str) -> str:
        decryptor = Cipher(AES256(self.credentials["app_secret"].encode()), ECB()).decryptor()  # noqa: S305
        data = decryptor.update(b64decode(text)) + decryptor.finalize()
        return data[: -data[-1]].decode()


class Notified:
    """A notify URL: remembers the bodies that arrived and answers what it is told to."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.answers: list[bytes] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.bodies.append(self.rfile.read(int(self.headers["content-length"])).decode())
                answer = outer.answers.pop(0) if outer.answers else b"success"
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the library's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", ports.take()), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/fulu"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def of(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        documents = [json.loads(body) for body in self.bodies]
        return [each for each in documents if each["customer_order_no"] == order["customer_order_no"]]

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Stand, Path]]:
    var = tmp_path_factory.mktemp("platform")
    fleet.prepare(var, ["fulu"])
    with fleet.start(var, names=["fulu"], **QUICK) as running:
        yield running.stands["fulu"], var / "fulu"


@pytest.fixture
def platform(stand: tuple[fleet.Stand, Path]) -> Client:
    client = Client(*stand)
    client.door.fresh()
    return client


@pytest.fixture
def notified(platform: Client) -> Iterator[Notified]:
    listener = Notified()
    assert platform.door.call("POST", "/_sandbox/notify-url", {"url": listener.url}) == (200, {"url": listener.url})
    yield listener
    platform.door.call("POST", "/_sandbox/notify-url", {"url": ""})
    listener.stop()


def test_signature(platform: Client) -> None:
    """The canonical text is signed, not the wire; strangers get an unsigned refusal; moved characters pass."""
    query = {"product_name": "影视", "note": "a/b"}
    assert platform.call("goods.list.get", query)[0] == 0
    for changed, code in (({"sign": "0" * 32}, 1003), ({"app_key": "x"}, 1002)):
        reply = platform.reply("goods.list.get", query, **changed)
        assert (reply["code"], reply["result"], reply["sign"]) == (code, "", "")
    content = json.dumps({"product_id": "10000012", "buy_num": "1"})
    moved = json.dumps({"product_id": "10000011", "buy_num": "2"})
    assert platform.reply("goods.stock.check", content, biz_content=moved)["code"] == 0


@pytest.mark.parametrize(
    ("changed", "method", "content", "code"),
    [
        ({"timestamp": ""}, "user.info.get", {}, 1001),
        ({}, "user.info.put", {}, 1005),
        ({}, "goods.info.get", "[]", 1006),
        ({}, "order.info.get", {}, 1001),
    ],
)
def test_envelope(platform: Client, changed: dict[str, Any], method: str, content: Any, code: int) -> None:
    """An envelope that is not whole is refused with its code."""
    assert platform.reply(method, content, **changed)["code"] == code


def test_goods(platform: Client) -> None:
    """Goods have prices of four places, stock that may be nothing, and fields that an order needs."""
    goods = platform.call("goods.list.get", {"product_type": "直充"})[1]
    assert {each["product_type"] for each in goods} == {"直充"}
    assert platform.call("goods.info.get", {"product_id": "10000012"})[1]["purchase_price"] == 24.8825
    assert platform.call("goods.stock.check", {"product_id": 10000021, "buy_num": 1})[1]["stock_status"] == "断货"
    game = platform.call("goods.info.get", {"product_id": 10000003})[1]
    fields = platform.call("goods.template.get", {"template_id": game["template_id"]})[1]["fields"]
    assert "charge_game_srv" in {each["name"] for each in fields}


def test_direct(platform: Client) -> None:
    """Code 0 is an acceptance; the enquiry tells the rest in numbers, and the balance has paid."""
    before = platform.call("user.info.get", {})[1]["balance"]
    order = platform.order(product_id="10000002", buy_num="2")
    code, accepted = platform.call("order.direct.add", order)
    assert (code, accepted["order_state"], accepted["cards"]) == (0, "processing", None)
    until(lambda: platform.state(order) == "success")
    result = platform.find(order)[1]
    assert (result["order_price"], result["buy_num"], result["product_id"]) == (81.025, 2, 10000002)
    (entry,) = platform.performed(order)
    assert (entry["operation"], entry["account"], entry["amount"]) == ("direct", ORDINARY, "81.0250")
    assert platform.call("user.info.get", {})[1]["balance"] == pytest.approx(before - 81.025)


def test_mobile(platform: Client) -> None:
    """A mobile number is topped up by face value."""
    order = {"charge_phone": ORDINARY, "charge_value": 50, "customer_order_no": "m" + secrets.token_hex(8)}
    assert platform.call("order.mobile.add", order)[1]["order_price"] == 49.25
    assert platform.performed(order)[0]["operation"] == "mobile"
    assert platform.call("order.mobile.add", {**order, "charge_value": 51})[0] == 3001


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"product_id": 1}, 3001),
        ({"product_id": 10000011}, 3001),
        ({"product_id": 10000023}, 3002),
        ({"product_id": 10000021}, 3003),
        ({"product_id": 10000003}, 3004),
        ({"charge_account": magic_mobile(25)}, 3004),
        ({"charge_account": magic_mobile(17)}, 3004),
        ({"product_id": 10000024, "customer_price": "19.9000"}, 3005),
        ({"charge_account": magic_mobile(34), "customer_price": 99}, 3005),
        ({"charge_account": magic_mobile(35)}, 3007),
        ({"charge_account": magic_mobile(37)}, 3008),
        ({"buy_num": 0}, 1006),
        ({"customer_order_no": "f" * 51}, 1006),
    ],
)
def test_refused(platform: Client, changed: dict[str, Any], code: int) -> None:
    """What is not accepted has its code and leaves nothing: the enquiry does not know it."""
    order = platform.order(**changed)
    assert platform.call("order.direct.add", order)[0] == code
    assert (platform.find(order)[0], platform.performed(order)) == (2001, [])


def test_open_codes(platform: Client) -> None:
    """A known order number and an unknown outcome are no refusals: the order is there."""
    order = platform.order(product_id=10000024, customer_price="21.9")
    assert [platform.call("order.direct.add", order)[0] for _ in range(2)] == [0, 3006]
    unsure = platform.order(magic_mobile(33))
    assert platform.call("order.direct.add", unsure)[0] == 3007
    for each in (order, unsure):
        assert platform.find(each)[0] == 0
        assert len(platform.performed(each)) == 1


def test_cards(platform: Client) -> None:
    """Cards come with the enquiry alone, encrypted with the secret, one for each piece."""
    order = platform.cards(10000012, 3)
    assert platform.call("order.card.add", order)[1]["cards"] is None
    until(lambda: platform.state(order) == "success")
    cards = platform.find(order)[1]["cards"]
    numbers = {platform.opened(card["card_number"]) for card in cards}
    assert len(numbers) == 3
    assert all(number.startswith("0") and len(number) == 16 for number in numbers)
    assert all(len(platform.opened(card["card_pwd"])) == 12 for card in cards)


def test_odd_cards(platform: Client) -> None:
    """Success may come with one card fewer, with cards that follow, or with none for ever."""
    partial, late, never = (platform.cards(number, 3) for number in (10000031, 10000032, 10000033))
    for order in (partial, late, never):
        platform.call("order.card.add", order)
        until(lambda order=order: platform.state(order) == "success")
    assert (len(platform.find(partial)[1]["cards"]), platform.find(partial)[1]["buy_num"]) == (2, 3)
    until(lambda: platform.find(late)[1]["cards"])
    assert platform.find(never)[1]["cards"] is None


def test_push(platform: Client, notified: Notified) -> None:
    """A result is pushed in strings and other names, escaped on the wire, until it is answered with `success`."""
    notified.answers = [b"SUCCESS", b"ok"]
    order, failing = platform.order(), platform.order(magic_mobile(27))
    for each in (order, failing):
        platform.call("order.direct.add", each)
    until(lambda: len(notified.of(order)) == 3 and notified.of(failing))
    push = notified.of(order)[0]
    assert (push["order_status"], push["price"], push["buy_num"]) == ("success", "27.9000", "1")
    assert "order_state" not in push
    assert push["sign"] == platform.sign(platform.canonical(push))
    assert "\\/" in notified.bodies[0]
    assert notified.bodies[0].isascii()
    assert notified.of(failing)[0]["order_status"] == "failed"
    assert platform.performed(failing) == []


@pytest.mark.parametrize(("tail", "count"), [(13, 2), (14, 1), (15, 1)])
def test_push_faults(platform: Client, notified: Notified, tail: int, count: int) -> None:
    """Pushes come twice, before the answer, or late."""
    order = platform.order(magic_mobile(tail))
    platform.call("order.direct.add", order)
    if tail == 14:
        assert len(notified.of(order)) == 1
    until(lambda: len(notified.of(order)) == count)


def test_faults(platform: Client) -> None:
    """Wrong signature, code and price come from performed orders, which an enquiry knows."""
    for tail, performed in ((2, 0), (7, 1), (10, 1), (11, 1), (12, 1)):
        order = platform.order(magic_mobile(tail))
        heard = hear(platform.stand.protocol, post("/api/getway", platform.body("order.direct.add", order), "json"))
        assert len(platform.performed(order)) == performed, tail
        if tail == 10:
            reply = json.loads(heard.body)
            assert reply["sign"] != platform.sign(reply["result"])
        if tail == 11:
            assert platform.find(order)[1]["order_price"] == 28.9
        if tail == 12:
            assert json.loads(heard.body)["code"] == 7777


def test_unheard_of(platform: Client, notified: Notified) -> None:
    """Enquiry and push may tell a state that nobody has heard of."""
    order = platform.order(magic_mobile(28))
    platform.call("order.direct.add", order)
    platform.door.fault("unmapped-code", "enquiry")
    assert [platform.state(order) for _ in range(2)] == ["suspended", "processing"]
    platform.door.fault("unmapped-code", "push", account=ORDINARY)
    order = platform.order()
    platform.call("order.direct.add", order)
    until(lambda: notified.of(order))
    assert notified.of(order)[0]["order_status"] == "suspended"


def test_notify_url(platform: Client) -> None:
    """Only a URL can be registered."""
    assert platform.door.call("POST", "/_sandbox/notify-url", {"url": "ftp://x"})[0] == 400
    assert platform.door.call("POST", "/_sandbox/notify-url", ["x"])[0] == 400
