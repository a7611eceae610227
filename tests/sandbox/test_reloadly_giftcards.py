"""The gift cards' dialect: two currencies, two spellings, and card numbers that are JSON numbers."""

import http.client
import json
import secrets
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.stand import fleet
from sandbox.stand.people import magic_mobile
from tests.sandbox.conftest import QUICK
from tests.sandbox.wire import Door, address, hear, post, until

NAME = "reloadly_giftcards"


class Client:
    """Asks with a token, which it gets once."""

    def __init__(self, stand: fleet.Stand, folder: Path) -> None:
        self.stand = stand
        self.door = Door(stand)
        self.credentials = json.loads((folder / "credentials.json").read_text())
        self.token = ""

    def text(self, method: str, path: str, document: Any = None, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(*address(self.stand.protocol), timeout=5)
        try:
            body = None if document is None else json.dumps(document)
            connection.request(method, path, body, {"content-type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get_token(self, **changed: str) -> tuple[int, Any]:
        asked = {**self.credentials, "grant_type": "client_credentials", **changed}
        status, text = self.text("POST", "/oauth/token", asked)
        return status, json.loads(text)

    def authorised(self, method: str, path: str, document: Any = None) -> tuple[int, str]:
        self.token = self.token or self.get_token()[1]["access_token"]
        return self.text(method, path, document, authorization=f"Bearer {self.token}")

    def call(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        status, text = self.authorised(method, path, document)
        return status, json.loads(text)

    def order(self, tail: int | None = None, **more: Any) -> dict[str, Any]:
        """Two cards of 25 dollars for a recipient, under a reference of its own."""
        phone = "13800000000" if tail is None else magic_mobile(tail)
        recipient = {"recipientPhoneDetails": {"countryCode": "CN", "phoneNumber": phone}}
        wish = {"productId": 1, "quantity": 2, "unitPrice": 25, "senderName": "A Bank", **recipient}
        return {**wish, "customIdentifier": "c-" + secrets.token_hex(8), **more}

    def place(self, order: dict[str, Any]) -> tuple[int, Any]:
        return self.call("POST", "/orders", order)

    def find(self, order: dict[str, Any]) -> Any:
        return self.call("GET", f"/reports/transactions?customIdentifier={order['customIdentifier']}")[1]

    def placed(self, order: dict[str, Any], status: str = "SUCCESSFUL") -> int:
        """The transactionId of an order that has come so far."""
        assert self.place(order)[0] == 200
        until(lambda: self.find(order)[0]["status"] == status)
        return int(self.find(order)[0]["transactionId"])


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[fleet.Stand, Path]]:
    var = tmp_path_factory.mktemp("giftcards")
    fleet.prepare(var, [NAME])
    with fleet.start(var, names=[NAME], **QUICK) as running:
        yield running.stands[NAME], var / NAME


@pytest.fixture
def shop(stand: tuple[fleet.Stand, Path]) -> Client:
    client = Client(*stand)
    client.door.fresh()
    return client


def test_audience(shop: Client) -> None:
    """A token for the house's other product is issued and refused here; a wrong secret gets none."""
    other = shop.get_token(audience="https://utilities-sandbox.reloadly.com")[1]
    shop.token = other["access_token"]
    status, error = shop.call("GET", "/products")
    assert (status, error["errorCode"]) == (401, "INVALID_TOKEN")
    assert shop.get_token(client_secret="x")[0] == 401


def test_shelf(shop: Client) -> None:
    """Gift cards come as bare arrays, page by page, with the document's odd casing."""
    everything = shop.call("GET", "/products")[1]
    assert everything[0]["productName"] == "1-800-PetSupplies"
    assert {"minRecipientDenomination", "maxrecipientDenomination"} < set(everything[0])
    assert {each["denominationType"] for each in everything} == {"FIXED", "RANGE"}
    assert shop.call("GET", "/products?page=2&size=3")[1] == everything[3:6]
    assert shop.call("GET", "/products?page=99")[1] == []
    assert {each["country"]["isoName"] for each in shop.call("GET", "/countries/cn/products")[1]} == {"CN"}
    assert shop.call("GET", "/countries/XX/products")[1]["errorCode"] == "COUNTRY_NOT_SUPPORTED"
    assert shop.call("GET", "/products/1")[1] == everything[0]
    assert shop.call("GET", "/discounts?size=1")[1][0]["product"]["productId"] == 1
    assert shop.call("GET", "/fx-rate?currencyCode=USD&amount=25")[1]["senderAmount"] == 10264.5


def test_order(shop: Client) -> None:
    """An order is priced in one currency and paid in another; reports misspell what the answer spells well."""
    order = shop.order()
    with shop.door.standing_still():
        status, receipt = shop.place(order)
    assert (status, receipt["status"], receipt["currencyCode"]) == (200, "PENDING", "NGN")
    assert receipt["amount"] == pytest.approx(2 * 10264.5 + 205.29 + 56.91)
    assert receipt["recipientPhone"] == 13800000000
    assert (receipt["product"]["totalPrice"], receipt["product"]["currencyCode"]) == (50, "USD")
    assert receipt["balanceInfo"]["cost"] == receipt["amount"]
    until(lambda: shop.find(order)[0]["status"] == "SUCCESSFUL")
    assert shop.find(order)[0]["receipientPhone"] == 13800000000
    assert shop.call("GET", f"/reports/transactions/{receipt['transactionId']}")[1] == shop.find(order)
    (entry,) = shop.door.performed(order["customIdentifier"])
    assert (entry["operation"], entry["account"], entry["amount"], entry["currency"]) == (
        "order",
        "13800000000",
        "50.00",
        "USD",
    )


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"unitPrice": 26}, None, "Invalid price"),
        ({"productId": 4, "unitPrice": 200.01}, None, "Invalid price"),
        ({"productId": 103, "unitPrice": 15}, None, "no longer available"),
        ({"productId": 999}, None, "no longer available"),
        ({"productId": 102, "unitPrice": 59.99}, None, "userId"),
        ({"senderName": ""}, None, "not valid"),
        ({"quantity": 0}, None, "not valid"),
        (
            {"recipientPhoneDetails": {"countryCode": "CN", "phoneNumber": magic_mobile(25)}},
            "INVALID_RECIPIENT_PHONE",
            "",
        ),
        ({"recipientPhoneDetails": {"countryCode": "CN", "phoneNumber": magic_mobile(37)}}, "INSUFFICIENT_BALANCE", ""),
        ({"recipientPhoneDetails": {"countryCode": "CN", "phoneNumber": magic_mobile(17)}}, "INSUFFICIENT_BALANCE", ""),
    ],
)
def test_refused(shop: Client, changed: dict[str, Any], code: str | None, words: str) -> None:
    """What cannot be ordered is a 400, often without an errorCode, and leaves nothing."""
    order = shop.order(**changed)
    status, error = shop.place(order)
    assert (status, error["errorCode"]) == (400, code)
    assert set(error) == {"timeStamp", "message", "path", "errorCode", "infoLink", "details"}
    assert words in error["message"]
    assert shop.find(order) == shop.door.performed(order["customIdentifier"]) == []


def test_allowed(shop: Client) -> None:
    """A range takes any price within it, and what a gift card demands of its user is enough."""
    assert shop.place(shop.order(productId=4, unitPrice=5.25))[0] == 200
    demanded = {"productAdditionalRequirements": {"userId": "player-1"}}
    assert shop.place(shop.order(productId=102, unitPrice=59.99, **demanded))[0] == 200


def test_duplicate(shop: Client) -> None:
    """A customIdentifier is good once."""
    order = shop.order()
    assert shop.place(order)[0] == 200
    status, error = shop.place(order)
    assert (status, error["errorCode"]) == (400, "DUPLICATE_IDENTIFIER")
    assert len(shop.door.performed(order["customIdentifier"])) == 1


def test_cards(shop: Client) -> None:
    """There is a card for each of the quantity once the order succeeded, numbered beyond what a double holds."""
    order = shop.order(quantity=3)
    number = shop.place(order)[1]["transactionId"]
    path = f"/orders/transactions/{number}/cards"
    until(lambda: shop.call("GET", path)[0] == 200)
    cards = shop.call("GET", path)[1]
    assert len({card["cardNumber"] for card in cards}) == 3
    assert all(len(str(card["cardNumber"])) == 16 for card in cards)
    assert all(int(float(card["cardNumber"])) != card["cardNumber"] for card in cards)


@pytest.mark.parametrize(("tail", "digits"), [(42, 19), (43, 12)])
def test_lexical_text(shop: Client, tail: int, digits: int) -> None:
    """A card number is a raw JSON number, longer than an integer of JavaScript or short of its zeros."""
    number = shop.placed(shop.order(tail))
    text = shop.authorised("GET", f"/orders/transactions/{number}/cards")[1]
    for card in json.loads(text, parse_int=Decimal):
        assert f'"cardNumber":{card["cardNumber"]},' in text
        assert len(str(card["cardNumber"])) == digits


def test_odd_cards(shop: Client) -> None:
    """One bare object instead of an array; cards that come late; cards that never come, or not before success."""
    bare, late, never = (shop.placed(shop.order(tail)) for tail in (44, 39, 40))
    pending = shop.placed(shop.order(28), "PENDING")
    assert set(shop.call("GET", f"/orders/transactions/{bare}/cards")[1]) == {"cardNumber", "pinCode", "redemptionUrl"}
    for number in (never, pending):
        status, error = shop.call("GET", f"/orders/transactions/{number}/cards")
        assert (status, error["message"]) == (404, "Invalid transaction id")
    until(lambda: shop.call("GET", f"/orders/transactions/{late}/cards")[0] == 200)


@pytest.mark.parametrize(
    ("tail", "first", "last", "performed"),
    [
        (26, "PENDING", "SUCCESSFUL", 1),
        (27, "PENDING", "FAILED", 0),
        (28, "PENDING", "PENDING", 0),
        (29, "SUCCESSFUL", "SUCCESSFUL", 1),
    ],
)
def test_fates(shop: Client, tail: int, first: str, last: str, performed: int) -> None:
    """A magic recipient's order is acknowledged as pending and ends as it says."""
    order = shop.order(tail)
    with shop.door.standing_still():
        assert shop.place(order)[1]["status"] == "PENDING"
        assert shop.find(order)[0]["status"] == first
    until(lambda: shop.find(order)[0]["status"] == last)
    assert len(shop.door.performed(order["customIdentifier"])) == performed


def test_other_word(shop: Client) -> None:
    """Success may go by the other word of the documents."""
    shop.placed(shop.order(41), "SUCCESS")


def test_faults(shop: Client) -> None:
    """Broken JSON, an unknown status and a wrong amount come from performed orders; a drop performs nothing."""
    for tail, performed in ((2, 0), (7, 1), (10, 1), (11, 1), (12, 1)):
        order = shop.order(tail)
        shop.find(order)
        request = post("/orders", json.dumps(order).encode(), "application/json", f"authorization: Bearer {shop.token}")
        heard = hear(shop.stand.protocol, request)
        assert len(shop.door.performed(order["customIdentifier"])) == performed, tail
        if tail == 10:
            with pytest.raises(json.JSONDecodeError):
                json.loads(heard.body)
        if tail == 11:
            assert shop.find(order)[0]["product"]["totalPrice"] == 51
        if tail == 12:
            assert json.loads(heard.body)["status"] == "ON_HOLD"
