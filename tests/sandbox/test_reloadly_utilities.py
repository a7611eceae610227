"""The product's dialect: tokens, billers, payments and transactions."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.conftest import QUICK
from tests.sandbox.reloadly import Client
from tests.sandbox.wire import patience, refused, until

ERROR = {"timeStamp", "message", "path", "errorCode", "infoLink", "details"}


def test_token(product: Client) -> None:
    """A token has the document's fields."""
    status, token = product.get_token()
    assert status == 200
    assert set(token) == {"access_token", "scope", "expires_in", "token_type"}
    assert (token["scope"], token["token_type"], token["expires_in"]) == ("developer", "Bearer", 300)


@pytest.mark.parametrize(
    "changed",
    [{"client_secret": "x"}, {"client_id": "x"}, {"grant_type": "password"}, {"audience": "https://example.org"}],
)
def test_no_token(product: Client, changed: dict[str, str]) -> None:
    """Wrong credentials, grant or audience: 401 in the document's shape."""
    status, error = product.get_token(**changed)
    assert (status, error["errorCode"], set(error)) == (401, "INVALID_CREDENTIALS", ERROR)


def test_token_of_another_product(product: Client) -> None:
    """A token for another product is issued and refused here."""
    status, token = product.get_token(audience="https://topups-sandbox.reloadly.com")
    assert status == 200
    product.token = token["access_token"]
    status, error = product.call("GET", "/billers")
    assert (status, error["errorCode"], error["path"]) == (401, "INVALID_TOKEN", "/billers")


@pytest.mark.parametrize("path", ["/billers", "/transactions", "/transactions/1", "/pay"])
def test_no_bearer(product: Client, path: str) -> None:
    """Nothing is told without a token."""
    method = "POST" if path == "/pay" else "GET"
    status, error = product.call(method, path, {}, authorised=False)
    assert (status, error["errorCode"]) == (401, "INVALID_TOKEN")


def test_tokens_expire(own: Any) -> None:
    """A token is refused once its time is over, a fresh one is good."""
    fleet, folder = own("reloadly_utilities", token_seconds=1)
    client = Client(fleet.stands["reloadly_utilities"], folder)
    with client.door.standing_still():
        assert client.call("GET", "/billers")[0] == 200
        client.door.forward(1.1)
        assert client.call("GET", "/billers")[0] == 401
        client.token = ""
        assert client.call("GET", "/billers")[0] == 200


def test_tokens_are_revoked(product: Client) -> None:
    """All tokens can be revoked at once."""
    assert product.call("GET", "/billers")[0] == 200
    status, answer = product.door.call("POST", "/_sandbox/expire-tokens")
    assert status == 200
    assert answer["expired"] >= 1
    assert product.call("GET", "/billers")[0] == 401


def test_headers(product: Client) -> None:
    """The product's own media type is accepted, another product's not; a POST must be JSON."""
    own, other = "application/com.reloadly.utilities-v1+json", "application/com.reloadly.topups-v1+json"
    assert product.call("GET", "/billers", accept=own)[0] == 200
    assert product.call("GET", "/billers", accept=other)[0] == 406
    assert product.call("POST", "/pay", product.payment(), **{"content-type": "text/plain"})[0] == 415


def test_unknown_path(product: Client) -> None:
    """An unknown path is 404 in the server's own shape."""
    status, error = product.call("GET", "/biller")
    assert (status, error["status"], error["error"]) == (404, 404, "Not Found")


def test_first_biller_is_the_document_s(product: Client) -> None:
    """Biller 1 is the document's example, odd spellings included."""
    biller = product.call("GET", "/billers?id=1")[1]["content"][0]
    assert biller["name"] == "Ikeja Electricity Postpaid"
    assert biller["internatonalAmountSupported"] is True
    assert biller["localTransactionFee"] == 227.83997
    assert biller["fx"] == [{"rate": 5.20265}, {"curencyCode": "INR"}]


def test_billers_in_pages(product: Client) -> None:
    """Pages count from 1, do not overlap, and end with a short one."""
    pages = [product.call("GET", f"/billers?page={page}&size=10")[1]["content"] for page in range(1, 5)]
    assert [len(page) for page in pages] == [10, 10, 6, 0]
    assert len({biller["id"] for page in pages for biller in page}) == 26
    assert len(product.call("GET", "/billers")[1]["content"]) == 26


def test_billers_filtered(product: Client) -> None:
    """Filters narrow the list by the document's names."""
    query = "/billers?countryISOCode=NG&serviceType=PREPAID&type=ELECTRICITY_BILL_PAYMENT"
    found = product.call("GET", query)[1]["content"]
    assert {biller["id"] for biller in found} == {3, 4, 5}
    assert product.call("GET", "/billers?name=kano")[1]["content"][0]["name"].startswith("Kano")


def test_pay(product: Client) -> None:
    """A payment is acknowledged with the document's fields, times without a zone."""
    payment = product.payment()
    with product.door.standing_still():
        status, receipt = product.pay(payment)
    assert status == 200
    assert set(receipt) == {
        "id", "status", "referenceId", "code", "message", "submittedAt", "finalStatusAvailabilityAt",
    }  # fmt: skip
    assert (receipt["status"], receipt["code"]) == ("PROCESSING", "PAYMENT_PROCESSING_IN_PROGRESS")
    submitted = datetime.strptime(receipt["submittedAt"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - submitted) < timedelta(minutes=1)
    promised = datetime.strptime(receipt["finalStatusAvailabilityAt"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert timedelta(hours=23) < promised - submitted < timedelta(hours=25)


def test_prepaid(product: Client) -> None:
    """A prepaid token comes with success and not before, and stays the same."""
    payment = product.payment("9900000026")
    with product.door.standing_still():
        product.pay(payment)
        details = product.find(payment)[0]["transaction"]["billDetails"]
    assert "pinDetails" not in details
    assert details["completedAt"] is None
    until(lambda: product.status(payment) == "SUCCESSFUL")
    (entry,) = product.find(payment)
    assert entry["code"] == "PAYMENT_PROCESSED_SUCCESSFULLY"
    pin = entry["transaction"]["billDetails"]["pinDetails"]
    assert set(pin) == {"token", "info1", "info2", "info3"}
    assert re.fullmatch(r"(\d{4}-){4}\d{4}", pin["token"])
    assert product.find(payment)[0]["transaction"]["billDetails"]["pinDetails"] == pin


def test_postpaid(product: Client) -> None:
    """A postpaid payment has no token."""
    payment = product.payment(billerId=2)
    product.pay(payment)
    until(lambda: product.status(payment) == "SUCCESSFUL")
    assert "pinDetails" not in product.find(payment)[0]["transaction"]["billDetails"]


def test_by_number(product: Client) -> None:
    """One transaction by number is an array of one, under both of the document's paths."""
    payment = product.payment()
    number = product.pay(payment)[1]["id"]
    for path in (f"/transactions/{number}", f"/transaction/{number}"):
        status, (entry,) = product.call("GET", path)
        assert (status, entry["transaction"]["referenceId"]) == (200, payment["referenceId"])
    assert product.call("GET", "/transactions/999999999")[0] == 404


def test_filters(product: Client) -> None:
    """Transactions are filtered and paged; an unknown reference is an empty array."""
    payment = product.payment()
    product.pay(payment)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    query = f"/transactions?referenceId={payment['referenceId']}"
    for more, count in [
        ("&status=FAILED", 0),
        ("&serviceType=PREPAID&billerCountryCode=NG&billerType=ELECTRICITY_BILL_PAYMENT", 1),
        ("&serviceType=POSTPAID", 0),
        (f"&startDate={today}&endDate={today}", 1),
        ("&startDate=2999-01-01", 0),
        ("&page=2&size=1", 0),
    ]:
        assert len(product.call("GET", query + more)[1]) == count, more
    assert product.call("GET", "/transactions?referenceId=nobody") == (200, [])
    assert len(product.call("GET", "/transactions?size=1")[1]) == 1


def test_local_amount(product: Client) -> None:
    """Paid in local currency, ledger and transaction are local, the wallet pays the rest."""
    payment = product.payment(amount=1500.5)
    product.pay(payment)
    (entry,) = product.performed(payment)
    assert (entry["amount"], entry["currency"], entry["operation"]) == ("1500.50", "NGN", "pay")
    transaction = product.find(payment)[0]["transaction"]
    assert (transaction["amount"], transaction["amountCurrencyCode"]) == (1500.5, "NGN")
    balance = transaction["balanceInfo"]
    assert balance["currencyCode"] == "INR"
    old, cost, new = (Decimal(str(balance[name])) for name in ("oldBalance", "cost", "newBalance"))
    assert old - cost == new


def test_wallet_amount(product: Client) -> None:
    """Without `useLocalAmount` the amount is the wallet's."""
    payment = product.payment(amount=300)
    del payment["useLocalAmount"]
    product.pay(payment)
    (entry,) = product.performed(payment)
    assert (entry["amount"], entry["currency"]) == ("300.00", "INR")
    transaction = product.find(payment)[0]["transaction"]
    assert transaction["deliveryAmountCurrencyCode"] == "NGN"
    assert transaction["deliveryAmount"] > transaction["amount"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": 999}, "INVALID_AMOUNT"),
        ({"amount": 100001}, "INVALID_AMOUNT"),
        ({"amount": "1500"}, "INVALID_AMOUNT"),
        ({"amount": True}, "INVALID_AMOUNT"),
        ({"amount": -1500}, "INVALID_AMOUNT"),
        ({"amount": 1500.123456}, "INVALID_AMOUNT"),
        ({"amount": 1e300}, "INVALID_AMOUNT"),
        ({"amount": float("nan")}, "INVALID_AMOUNT"),
        ({"amount": None}, "INVALID_AMOUNT"),
        ({"useLocalAmount": "yes"}, "INVALID_AMOUNT"),
        ({"useLocalAmount": True, "billerId": 21, "amount": 100}, "INVALID_AMOUNT"),
        ({"useLocalAmount": False, "billerId": 19, "amount": 100}, "INVALID_AMOUNT"),
        ({"billerId": 999}, "BILLER_NOT_FOUND"),
        ({"billerId": None}, "BILLER_NOT_FOUND"),
        ({"subscriberAccountNumber": "9900000025"}, "SUBSCRIBER_NOT_FOUND"),
        ({"subscriberAccountNumber": "!"}, "SUBSCRIBER_NOT_FOUND"),
        ({"subscriberAccountNumber": "9900000037"}, "INSUFFICIENT_BALANCE"),
        ({"subscriberAccountNumber": "9900000017"}, "INSUFFICIENT_BALANCE"),
        ({"billerId": 8, "amount": 2500}, "INVALID_AMOUNT"),
        ({"billerId": 8, "amount": 2500, "amountId": 2}, "INVALID_AMOUNT"),
    ],
)
def test_refused(product: Client, changed: dict[str, Any], code: str) -> None:
    """What cannot be paid is a 400 with its code, leaves no transaction and no entry."""
    payment = product.payment(**changed)
    status, error = product.pay(payment)
    assert (status, error["errorCode"], set(error)) == (400, code, ERROR)
    assert product.find(payment) == product.performed(payment) == []


def test_fixed_denomination(product: Client) -> None:
    """A fixed denomination is paid by its number and its amount; the biller's number may be quoted."""
    biller = product.call("GET", "/billers?id=8")[1]["content"][0]
    assert biller["denominationType"] == "FIXED"
    choice = biller["localFixedAmounts"][1]
    payment = product.payment(billerId="8", amount=choice["amount"], amountId=choice["id"])
    assert product.pay(payment)[0] == 200


def test_duplicate(product: Client) -> None:
    """A reference is good once."""
    payment = product.payment()
    assert product.pay(payment)[0] == 200
    status, error = product.pay(payment)
    assert (status, error["errorCode"]) == (400, "DUPLICATE_REFERENCE")
    assert len(product.performed(payment)) == 1


def test_duplicates_performed(own: Any) -> None:
    """With `--duplicates perform` a repeated payment is performed again, and both are found."""
    fleet, folder = own("reloadly_utilities", duplicates="perform")
    client = Client(fleet.stands["reloadly_utilities"], folder)
    payment = client.payment()
    client.pay(payment)
    client.pay(payment)
    assert len(client.performed(payment)) == len(client.find(payment)) == 2


@pytest.mark.parametrize(
    ("fault", "ending", "beginning", "performed"),
    [
        ("drop", "reset", b"", 0),
        ("hang-before", "silence", b"", 0),
        ("hang-after", "silence", b"", 1),
        ("error-before", "closed", b"HTTP/1.1 500 ", 0),
        ("error-after", "closed", b"HTTP/1.1 500 ", 1),
        ("half-reply", "closed", b"HTTP/1.1 200 ", 1),
        ("garbage", "closed", b"\x00\xff", 1),
        ("slow", "closed", b"HTTP/1.1 200 ", 1),
        ("decline", "closed", b"HTTP/1.1 400 ", 0),
    ],
)
def test_fault(product: Client, fault: str, ending: str, beginning: bytes, performed: int) -> None:
    """Faults end and perform here as they do everywhere."""
    payment = product.payment()
    product.door.fault(fault)
    heard = product.hear_pay(payment, patience(fault))
    assert heard.ending == ending
    assert heard.data.startswith(beginning)
    until(lambda: len(product.performed(payment)) == performed)
    assert (product.status(payment) == "absent") == (performed == 0)


@pytest.mark.parametrize(
    ("tail", "ending", "performed"),
    [("02", "reset", 0), ("03", "silence", 0), ("04", "silence", 1), ("07", "closed", 1), ("08", "closed", 1)],
)
def test_magic_fault(product: Client, tail: str, ending: str, performed: int) -> None:
    """Magic accounts meet their faults without a switch."""
    payment = product.payment("99000000" + tail)
    assert product.hear_pay(payment, 0.4 if ending == "silence" else 10).ending == ending
    until(lambda: len(product.performed(payment)) == performed)


def test_magic_refusal(product: Client) -> None:
    """The refusing account's payment is dropped, and nobody gets through for two seconds."""
    payment = product.payment("9900000001")
    assert product.hear_pay(payment).ending == "reset"
    assert refused(product.stand.protocol)
    until(lambda: not refused(product.stand.protocol))
    assert product.find(payment) == []


def test_unverifiable(product: Client) -> None:
    """Where nothing is signed, what cannot be verified is broken JSON."""
    payment = product.payment()
    product.door.fault("bad-signature")
    heard = product.hear_pay(payment)
    assert len(heard.body) == heard.content_length
    with pytest.raises(json.JSONDecodeError):
        json.loads(heard.body)
    assert len(product.performed(payment)) == 1


def test_unmapped(product: Client) -> None:
    """A payment or enquiry answers a status nobody has heard of, another query an error code."""
    payment = product.payment("9900000012")
    assert product.pay(payment)[1]["status"] == "ON_HOLD"
    product.door.fault("unmapped-code", "enquiry")
    assert product.status(payment) == "ON_HOLD"
    assert product.status(payment) in {"PROCESSING", "SUCCESSFUL"}
    product.door.fault("unmapped-code", "billers")
    assert product.call("GET", "/billers")[1]["errorCode"] == "UNHEARD_OF"


def test_wrong_amount(product: Client) -> None:
    """The right amount is performed and another reported, for ever or for one enquiry."""
    payment = product.payment("9900000011")
    product.pay(payment)
    assert product.find(payment)[0]["transaction"]["amount"] == 1501
    assert product.performed(payment)[0]["amount"] == "1500.00"
    ordinary = product.payment()
    product.pay(ordinary)
    product.door.fault("wrong-amount", "enquiry")
    assert [product.find(ordinary)[0]["transaction"]["amount"] for _ in range(2)] == [1501, 1500]


@pytest.mark.parametrize(
    ("tail", "first", "last", "performed"),
    [
        ("26", "PROCESSING", "SUCCESSFUL", 1),
        ("27", "PROCESSING", "FAILED", 0),
        ("28", "PROCESSING", "PROCESSING", 0),
        ("29", "SUCCESSFUL", "SUCCESSFUL", 1),
        ("38", "PROCESSING", "REFUNDED", 0),
    ],
)
def test_fates(product: Client, tail: str, first: str, last: str, performed: int) -> None:
    """A magic account's payment is acknowledged as processing and ends as it says."""
    payment = product.payment("99000000" + tail)
    with product.door.standing_still():
        assert product.pay(payment)[1]["status"] == "PROCESSING"
        assert product.status(payment) == first
    if tail == "28":
        product.door.forward(10)
    until(lambda: product.status(payment) == last)
    assert len(product.performed(payment)) == performed


def test_failed_costs_nothing(product: Client) -> None:
    """A payment that fails leaves the wallet as it was."""
    payment = product.payment("9900000027")
    product.pay(payment)
    balance = product.find(payment)[0]["transaction"]["balanceInfo"]
    assert balance["oldBalance"] == balance["newBalance"]


def test_late_pin(product: Client) -> None:
    """Success may come first and the token later."""
    payment = product.payment("9900000039")
    with product.door.standing_still():
        product.pay(payment)
        product.door.forward(2 * QUICK["processing_seconds"])
        assert product.status(payment) == "SUCCESSFUL"
        assert "pinDetails" not in product.find(payment)[0]["transaction"]["billDetails"]
    until(lambda: "pinDetails" in product.find(payment)[0]["transaction"]["billDetails"])


def test_final_at_once(own: Any) -> None:
    """With no processing time the answer itself is final."""
    fleet, folder = own("reloadly_utilities", processing_seconds=0)
    client = Client(fleet.stands["reloadly_utilities"], folder)
    assert client.pay(client.payment())[1]["status"] == "SUCCESSFUL"
