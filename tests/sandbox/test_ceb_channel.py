"""The channel's dialect: envelope, session, catalogue, bills and orders."""

import json
import re
import time
from typing import Any

import pytest

from sandbox.providers.ceb_channel.catalogue import Catalogue, Item
from sandbox.providers.ceb_channel.codes import Refused
from sandbox.providers.ceb_channel.rules import check_window
from tests.sandbox.ceb import (
    BILL,
    CATEGORIES,
    CITIES,
    CREATE,
    INFO,
    ITEMS,
    LIST,
    LOGIN,
    MOBILE_BILL,
    Client,
)
from tests.sandbox.wire import until


def test_signed(channel: Client) -> None:
    """An answer is signed over respCode, respMsg and the plain JSON; a refusal too."""
    assert channel.ask(CITIES, {}).signed
    refusal = channel.ask(INFO, channel.question({"merOrderNo": "unknown"}))
    assert (refusal.code, refusal.signed) == ("1005", True)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"signature": "Zm9v"}, "1001"),
        ({"signature": "!"}, "1001"),
        ({"siteCode": "NOBODY"}, "1001"),
        ({"reqdata": "e30="}, "1001"),
        ({"reqdata": "###"}, "1003"),
        ({"version": "2.0.0"}, "1003"),
        ({"deviceType": "9"}, "1003"),
        ({"charset": ""}, "1003"),
    ],
)
def test_envelope(channel: Client, changed: dict[str, str], code: str) -> None:
    """An envelope that is bent or not signed by its site is refused."""
    assert channel.ask(CITIES, {"a": 1}, **changed).code == code


@pytest.mark.parametrize("text", ["[]", "nonsense", '"x"', "[" * 100_000])
def test_reqdata_is_an_object(channel: Client, text: str) -> None:
    """What is no JSON object is malformed, however well it is signed."""
    assert channel.ask(CITIES, text).code == "1003"


def test_unknown_code(channel: Client) -> None:
    """A transacCode that nobody knows is malformed; the push is none that can be asked."""
    assert channel.ask("TMRI_ORDER_DANCE", {}).code == "1003"
    assert channel.ask("TMRI_ORDER_RESULT", {}).code == "1003"


def test_login(channel: Client) -> None:
    """A user is new once."""
    user = f"user-{time.monotonic_ns()}"
    first, second = channel.ask(LOGIN, {"userId": user}), channel.ask(LOGIN, {"userId": user})
    assert (first.data["userStatus"], second.data["userStatus"]) == ("1", "0")
    assert first.data["sessionId"] != second.data["sessionId"]
    assert channel.ask(LOGIN, {}).code == "1003"


@pytest.mark.parametrize("code", [BILL, CREATE, INFO])
def test_session(channel: Client, code: str) -> None:
    """Without a good session neither a bill nor an order, nor news of one."""
    order = {**channel.order(), "sessionId": "expired"}
    assert channel.ask(code, order).code == "1002"
    assert channel.performed(order) == []


def test_session_expires(own: Any) -> None:
    """A session is refused once its time is over."""
    fleet, folder = own("ceb_channel", session_seconds=0.4)
    client = Client(fleet.stands["ceb_channel"], folder)
    order = client.order()
    time.sleep(0.45)
    assert client.ask(CREATE, order).code == "1002"


def test_catalogue(channel: Client) -> None:
    """City, category and item lead to one another, with real codes and the documents' field names."""
    cities = {city["cityCode"]: city["cityName"] for city in channel.ask(CITIES, {}).data["cityList"]}
    assert cities["210100"] == "沈阳市"
    assert cities["110000"] == "北京市"
    categories = channel.ask(CATEGORIES, {"cityCode": "210100"}).data["categoryList"]
    assert [each["categoryType"] for each in categories] == ["01", "02", "03", "04"]
    water = channel.ask(ITEMS, {"cityCode": "210100", "categoryType": "02"}).data["payItemList"]
    assert {item["categoryType"] for item in water} == {"02"}
    assert water[0]["companyId"] == "024001101"
    assert water[0]["queryBusinessCode"] == "BJCEBQBIReq"
    assert channel.ask(ITEMS, {"cityCode": "999999"}).data["payItemList"] == []


def test_rules_of_every_kind(channel: Client) -> None:
    """The catalogue has every exactness, choices, a window over midnight, contracts and extra fields."""
    items = channel.ask(ITEMS, {"cityCode": "210900"}).data["payItemList"]
    assert {item["rangLimit"] for item in items} == {"-10", "-2", "-1", "0", "1", "2"}
    assert "50|100|200" in {item["chooseAmount"] for item in items}
    assert "25200000-86400000|0-10800000" in {item["timeRangeLimit"] for item in items}
    assert {item["needContractNo"] for item in items} == {"0", "1"}
    other = next(item for item in items if "跨城" in item["paymentItemName"])
    assert other["extraFields"][0]["pattern"] == "^024$"


def test_bill(channel: Client) -> None:
    """A bill is in fen, its name masked and given in full, the same each time."""
    first, second = channel.bill("20260007"), channel.bill("20260007")
    assert first.data["queryState"] == "0"
    assert first.data["totalNum"] == "1"
    (bill,) = first.data["data"]
    assert re.fullmatch(r"[1-9]\d{2,4}", bill["payAmount"])
    assert "*" in bill["customerName"]
    assert "*" not in bill["originalCustomerName"]
    assert first.data["data"] == second.data["data"]


@pytest.mark.parametrize(
    ("tail", "code"), [("21", "DEF0002"), ("25", "DEF0010"), ("30", "DEF0001"), ("31", "DEF0003"), ("32", "DEF0018")]
)
def test_no_bill(channel: Client, tail: str, code: str) -> None:
    """Nothing owed, nobody known, not reached: each has its code."""
    assert channel.bill("99000000" + tail).code == code


def test_a_name_in_full_or_masked(channel: Client) -> None:
    """Where a bill gives no name in full, an order gives the masked one; elsewhere the masked one fits no bill."""
    (gas,), (water,) = (channel.bill("9900000029", name).data["data"] for name in ("管道燃气", "自来水"))
    assert (gas["originalCustomerName"], gas["customerName"][1]) == ("", "*")
    for name, given, code in (
        ("管道燃气", gas["customerName"], "0000"),
        ("自来水", water["originalCustomerName"], "0000"),
        ("自来水", water["customerName"], "DEF0013"),
    ):
        row = json.dumps(gas if name == "管道燃气" else water)
        order = channel.order("9900000029", "128.50", name, customerName=given, billQueryResultDataModel=row)
        assert channel.ask(CREATE, order).code == code


def test_several_bills(channel: Client) -> None:
    """Several bills come with contracts of their own, and each can be paid."""
    bills = channel.bill("9900000022").data["data"]
    assert [bill["payAmount"] for bill in bills] == ["3500", "12850", "701"]
    contract = bills[2]["contractNo"]
    order = channel.order("9900000022", "7.01", "自来水", billAmount="701", contractNo=contract)
    assert channel.ask(CREATE, order).code == "0000"
    order = channel.order("9900000022", "7.01", "自来水", billAmount="3500", contractNo=contract)
    assert channel.ask(CREATE, order).code == "DEF0013"


def test_slow_bill(channel: Client) -> None:
    """A bill that is fetched slowly is polled by its serial until it is there, and stays there."""
    with channel.door.standing_still():
        first = channel.bill("9900000023").data
    assert (first["queryState"], first["data"]) == ("1", [])
    assert first["pollingInterval"] >= 1
    serial = first["qryAcqSsn"]
    until(lambda: channel.bill("9900000023", serial=serial).data["queryState"] == "0")
    again = channel.bill("9900000023", serial=serial).data
    assert (again["qryAcqSsn"], len(again["data"])) == (serial, 1)


def test_third_poll(channel: Client) -> None:
    """A bill that needs three queries is there at the third."""
    serial, states = "", []
    for _ in range(3):
        data = channel.bill("9900000024", serial=serial).data
        serial = data["qryAcqSsn"]
        states.append(data["queryState"])
    assert states == ["1", "1", "0"]


def test_slow_item(channel: Client) -> None:
    """Some billers are always slow."""
    assert channel.bill("20260008", "农村电网").data["queryState"] == "1"


def test_serial(channel: Client) -> None:
    """An unknown serial starts afresh; a serial of another account is malformed."""
    assert channel.bill("20260007", serial="00000").data["qryAcqSsn"] != "00000"
    serial = channel.bill("20260007").data["qryAcqSsn"]
    assert channel.bill("20260008", serial=serial).code == "1003"


def test_mobile(channel: Client) -> None:
    """A mobile number is queried by its own code and topped up by choice."""
    content = {**channel.about("13000000000", "话费"), "pollingTimes": 1, "qryAcqSsn": ""}
    assert channel.ask(MOBILE_BILL, content).data["data"][0]["payAmount"] == "0"
    order = channel.order("13000000000", "30.00", "话费", type="1")
    assert channel.ask(CREATE, order).code == "0000"
    assert channel.ask(CREATE, channel.order("13000000000", "31.00", "话费")).code == "DEF0013"


@pytest.mark.parametrize(
    ("name", "amount", "code"),
    [
        ("自来水", "128.50", "0000"),
        ("自来水", "128.5", "0000"),
        ("自来水", "128.49", "DEF0013"),
        ("管道燃气", "128.50", "0000"),
        ("管道燃气", "500.00", "0000"),
        ("管道燃气", "128.49", "DEF0013"),
        ("管道燃气", "5000.01", "DEF0009"),
        ("居民用电", "0.01", "0000"),
        ("居民用电", "128.51", "DEF0013"),
        ("中水", "128.51", "0000"),
        ("中水", "128.50", "DEF0013"),
        ("瓶装燃气", "128.49", "0000"),
        ("瓶装燃气", "128.50", "DEF0013"),
        ("预付费电表", "9.99", "DEF0008"),
        ("预付费电表", "2000.00", "0000"),
        ("燃气卡", "100.00", "0000"),
        ("燃气卡", "100.01", "DEF0013"),
    ],
)
def test_amount(channel: Client, name: str, amount: str, code: str) -> None:
    """An order keeps its item's rule about the amount, or is refused and not performed."""
    order = channel.order("9900000022" if code == "?" else "9900000029", amount, name)
    assert channel.ask(CREATE, order).code == code
    assert len(channel.performed(order)) == (code == "0000")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("payAmount", "1e2", "1003"),
        ("payAmount", "-5.00", "1003"),
        ("payAmount", "0.00", "1003"),
        ("payAmount", "5.001", "1003"),
        ("payAmount", 50, "1003"),
        ("payAmount", "５０.00", "1003"),
        ("merOrderNo", "", "1003"),
        ("merOrderNo", "x" * 33, "1003"),
        ("merOrderNo", "\ud800", "1003"),
        ("merOrderDate", "2026-11-23", "1003"),
        ("merOrderDate", "20261323", "1003"),
        ("merOrderDate", "20261123101112", "1003"),
        ("merOrderDate", "２０261123", "1003"),
        ("billQueryResultDataModel", {"payAmount": "12850"}, "1003"),
        ("billQueryResultDataModel", "[]", "1003"),
        ("billKey", "", "1003"),
        ("billKey", "a b", "DEF0010"),
        ("paymentItemId", "1", "NPP0004"),
        ("paymentItemCode", "PI", "NPP0004"),
        ("customerName", "模****1", "DEF0013"),
    ],
)
def test_order_fields(channel: Client, field: str, value: Any, code: str) -> None:
    """An order with a bent field is refused and not performed."""
    order = {**channel.order(name="居民用电", amount="1.00"), field: value}
    before = len(channel.door.call("GET", "/_sandbox/ledger")[1]["entries"])
    assert channel.ask(CREATE, order).code == code
    assert len(channel.door.call("GET", "/_sandbox/ledger")[1]["entries"]) == before


def test_contract(channel: Client) -> None:
    """Where an item needs a contract number, an order without it is malformed."""
    bill = channel.bill("20260009", "二次供水").data["data"][0]
    amount = f"{int(bill['payAmount']) / 100:.2f}"
    order = channel.order("20260009", amount, "二次供水")
    assert channel.ask(CREATE, order).code == "1003"
    assert channel.ask(CREATE, {**order, "contractNo": bill["contractNo"]}).code == "0000"


def test_extra_fields(channel: Client) -> None:
    """The extra fields of an item are demanded by bill query and order."""
    assert channel.bill("20260009", "跨城").code == "1003"
    assert channel.bill("20260009", "跨城", filed3="418").code == "1003"
    assert channel.bill("20260009", "跨城", filed3="024").code == "0000"
    assert channel.ask(CREATE, channel.order(name="表号")).code == "1003"
    assert channel.ask(CREATE, channel.order(name="表号", filed1="12345678")).code == "0000"


def test_order(channel: Client) -> None:
    """An order is processing, then successful, and shows what was ordered."""
    order = channel.order("20260010", "66.60")
    with channel.door.standing_still():
        answer = channel.ask(CREATE, order).data
    assert set(answer) == {"merOrderNo", "merOrderDate", "transacNo", "orderDate", "order_status", "payAmount"}
    assert (answer["order_status"], answer["payAmount"]) == ("1", "66.60")
    until(lambda: channel.status(order) == "3")
    found = channel.enquire(order).data
    assert (found["orderNo"], found["payAmount"]) == (order["merOrderNo"], "66.60")
    assert (found["transacNo"], found["errorCode"]) == (answer["transacNo"], "")


def test_the_list_s_filter_has_numbers_of_its_own(channel: Client) -> None:
    """An order is 1 and then 3, whoever shows it; the list is asked for 0 and then 1."""
    order = channel.order()
    seen = []
    with channel.door.standing_still():
        channel.ask(CREATE, order)
        for wanted in ("0", "1"):
            listed = {"status": wanted, "merOrderNo": order["merOrderNo"]}
            (one,) = channel.ask(LIST, listed).data["orderList"]
            seen.append((one["order_status"], channel.status(order)))
            channel.door.forward(10)
    assert seen == [("1", "1"), ("3", "3")]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"tranDate": "2020-01-01"}, "1005"),
        ({"tranDate": "20261123"}, "1003"),
        ({"tranDate": "2026-13-23"}, "1003"),
        ({"tranDate": None}, "1003"),
        ({"orderNo": None}, "1003"),
        ({"orderNo": "nobody"}, "1005"),
    ],
)
def test_enquiry_fields(channel: Client, changed: dict[str, Any], code: str) -> None:
    """A reference under another day is another order, and a day is written yyyy-MM-dd here."""
    order = channel.order()
    channel.ask(CREATE, order)
    assert channel.ask(INFO, {**channel.question(order), **changed}).code == code


def test_list(channel: Client) -> None:
    """The list is filtered by reference and status, and paged."""
    order = channel.order()
    for _ in range(3):
        channel.ask(CREATE, order)
    reference = order["merOrderNo"]
    until(lambda: channel.status(order) == "3")
    assert channel.ask(LIST, {"status": "1", "merOrderNo": reference}).data["totalNum"] == "3"
    assert channel.ask(LIST, {"status": "2", "merOrderNo": reference}).data["orderList"] == []
    page = channel.ask(LIST, {"status": "-1", "merOrderNo": reference, "pageNum": 2, "pageSize": 2}).data
    assert len(page["orderList"]) == 1


def test_duplicates_refused(own: Any) -> None:
    """With `--duplicates refuse` a known reference of the same date is refused, of another date not."""
    fleet, folder = own("ceb_channel", duplicates="refuse")
    client = Client(fleet.stands["ceb_channel"], folder)
    order = client.order()
    assert client.ask(CREATE, order).code == "0000"
    assert client.ask(CREATE, order).code == "1004"
    assert client.ask(CREATE, {**order, "merOrderDate": "20261124"}).code == "0000"
    assert len(client.performed(order)) == 2


@pytest.mark.parametrize(
    ("tail", "code", "first", "last", "performed"),
    [
        ("26", "0000", "1", "3", 1),
        ("27", "0000", "1", "2", 0),
        ("28", "0000", "1", "1", 0),
        ("29", "0000", "3", "3", 1),
        ("33", "NPP0005", "1", "3", 1),
        ("34", "NPP0008", "1", "3", 1),
        ("35", "NPP0003", "1005", "1005", 0),
        ("36", "DEF0005", "1005", "1005", 0),
        ("37", "NPP0006", "1005", "1005", 0),
        ("12", "UNK7777", "1", "3", 1),
    ],
)
def test_fates(channel: Client, tail: str, code: str, first: str, last: str, performed: int) -> None:
    """A magic account's order is answered, enquired about and performed as it says."""
    order = channel.order("99000000" + tail)
    with channel.door.standing_still():
        assert channel.ask(CREATE, order).code == code
        assert channel.status(order) == first
    if tail == "28":
        channel.door.forward(10)
    until(lambda: channel.status(order) == last)
    assert len(channel.performed(order)) == performed


def test_wrong_amount(channel: Client) -> None:
    """The right amount is performed, and another reported by answer and enquiry."""
    order = channel.order("9900000011", "50.00")
    assert channel.ask(CREATE, order).data["payAmount"] == "51.00"
    assert channel.enquire(order).data["payAmount"] == "51.00"
    assert channel.performed(order)[0]["amount"] == "50.00"


def test_spoiled_enquiry(channel: Client) -> None:
    """At an enquiry, a wrong amount or an unmapped status is that answer's alone."""
    order = channel.order()
    channel.ask(CREATE, order)
    channel.door.fault("wrong-amount", "enquiry")
    assert channel.enquire(order).data["payAmount"] == "51.00"
    channel.door.fault("unmapped-code", "enquiry")
    assert channel.status(order) == "7"
    channel.door.fault("bad-signature", "enquiry")
    assert not channel.enquire(order).signed
    assert channel.enquire(order).data["payAmount"] == "50.00"


@pytest.mark.parametrize(("clock", "opened"), [("06:59", False), ("07:00", True), ("23:59", True), ("02:59", True)])
def test_window(clock: str, opened: bool) -> None:
    """A window over midnight is open from seven to three, in Shanghai."""
    catalogue = Catalogue()
    shown = next(item for item in catalogue.items("210100", "01") if "夜间" in item["paymentItemName"])
    item = catalogue.item(shown["paymentItemId"], shown["paymentItemCode"])
    assert isinstance(item, Item)
    hours, minutes = clock.split(":")
    moment = (20_000 * 24 - 8) * 3600 + int(hours) * 3600 + int(minutes) * 60
    if opened:
        check_window(item, moment)
    else:
        with pytest.raises(Refused):
            check_window(item, moment)
