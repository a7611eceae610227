"""The product's dialect: pairs of request and response, rules as data, options in time, and webhooks nobody signed."""

import http.client
import json
import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.stand import fleet
from tests import ports
from tests.sandbox.conftest import QUICK
from tests.sandbox.wire import Door, address, hear, patience, post, until

EXACT, ABOVE, BELOW, ANY = "SBXE00000KAR01", "SBXE00000TEL03", "SBXW00000TAM05", "SBXG00000GUJ07"
TIMELY, RANGE = "SBXE00000MAH02", "ADIT00000NAT0T"
SINGLE, SEVERAL, ALL = "SBXB00000NAT09", "SBXL00000NAT08", "SBXS00000NAT10"
VALIDATED, DIRECT, ADHOC, CLOSED = "SBXD00000NAT12", "SBXC00000NAT13", "SBXM00000NAT11", "SBXW00000KAR06"
IST = timezone(timedelta(hours=5, minutes=30))
BILLS = "/api/v2/bbps/bills"
EARLY, LATE = "Early Payment Amount", "Late Payment Amount"
MOBILE = "9000000000"


class Client:
    """Asks with a token and the partner's id."""

    def __init__(self, stand: fleet.Stand, folder: Path) -> None:
        self.stand, self.door = stand, Door(stand)
        self.handed = json.loads((folder / "credentials.json").read_text())
        self.token = self.get_token()[1]["token"]
        self.billers = {each["id"]: each for each in self.get("/api/v2/bbps/billers")["billers"]}

    def call(self, method: str, path: str, document: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(*address(self.stand.protocol), timeout=5)
        try:
            given = {"authorization": f"Bearer {self.token}", "x-partner-id": self.handed["partner_id"], **headers}
            connection.request(method, path, None if document is None else json.dumps(document), given)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def get_token(self, **changed: str) -> tuple[int, Any]:
        self.token = ""
        asked = {"clientID": self.handed["client_id"], "secret": self.handed["client_secret"], **changed}
        return self.call("POST", "/api/v2/auth/token", asked)

    def get(self, path: str) -> Any:
        status, answer = self.call("GET", path)
        assert (status, answer["success"]) == (200, True), answer
        return answer["data"]

    def customer(self, biller: str, account: str, **params: str) -> dict[str, Any]:
        """Who asks, whom, about whom; the first customerParam is the account, others only where given."""
        asked = {self.billers[biller]["customerParams"][0]["paramName"]: account, **params}
        if biller == TIMELY:
            asked.setdefault("Billing Unit", "4021")
        agent = {name: self.handed[f"agent_{name}"] for name in ("id", "channel", "ip", "mac")}
        named = [{"name": name, "value": value} for name, value in asked.items()]
        return {"agent": agent, "biller": {"id": biller}, "customer": {"mobile": MOBILE, "customerParams": named}}

    def fetch(self, biller: str, account: str, **params: str) -> tuple[int, Any]:
        return self.call("POST", f"{BILLS}/fetch/request", self.customer(biller, account, **params))

    def bill(self, ref_id: str) -> dict[str, Any]:
        status, answer = self.call("POST", f"{BILLS}/fetch/response", {"refId": ref_id})
        assert status == 200, answer
        data: dict[str, Any] = answer["data"]
        return data

    def fetched(self, biller: str, account: str = "9900000099") -> dict[str, Any]:
        """A fetch that has come to its end."""
        status, answer = self.fetch(biller, account)
        assert status == 200, answer
        ref_id = answer["data"]["refId"]
        until(lambda: self.bill(ref_id)["status"] != "Processing")
        return self.bill(ref_id)

    def payment(self, amount: Any, about: dict[str, Any], option: str = "", **more: Any) -> dict[str, Any]:
        details = {
            "amount": amount,
            "mode": "Internet Banking",
            "paymentRefId": "P" + secrets.token_hex(8),
            "timestamp": datetime.now(UTC).isoformat(),
            "accountInfo": "sandbox",
            **more,
        }
        if option:
            details["selectedPaymentOptions"] = [{"name": option, "amount": amount}]
        return {**about, "paymentDetails": details, "remitter": {"name": "SANDBOX PAYER"}}

    def direct(self, account: str = "20260001", amount: Any = 12_850, **more: Any) -> dict[str, Any]:
        """A payment that needs no bill."""
        return self.payment(amount, self.customer(DIRECT, account), **more)

    def pay(self, payment: dict[str, Any]) -> tuple[int, Any]:
        return self.call("POST", f"{BILLS}/payment/request", payment)

    def paid(self, payment: dict[str, Any]) -> str:
        """The refId of an accepted payment."""
        status, answer = self.pay(payment)
        assert status == 200, answer
        return str(answer["data"]["refId"])

    def enquire(self, ref_id: str) -> dict[str, Any]:
        status, answer = self.call("POST", f"{BILLS}/payment/response", {"refId": ref_id})
        assert status == 200, answer
        data: dict[str, Any] = answer["data"]
        return data

    def listed(self, payment: dict[str, Any]) -> list[dict[str, Any]]:
        """What the transaction list has under a payment's reference."""
        today = datetime.now(IST).date().isoformat()
        found = self.get(f"/api/v2/bbps/transactions?startDate={today}&endDate={today}")["transactions"]
        return [each for each in found if each["paymentRefId"] == payment["paymentDetails"]["paymentRefId"]]

    def performed(self, payment: dict[str, Any]) -> list[dict[str, str]]:
        return self.door.performed(payment["paymentDetails"]["paymentRefId"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    var = tmp_path_factory.mktemp("setu")
    fleet.prepare(var, ["setu_bbps"])
    with fleet.start(var, names=["setu_bbps"], **QUICK) as opened:
        yield Client(opened.stands["setu_bbps"], var / "setu_bbps")


@pytest.fixture
def setu(running: Client) -> Iterator[Client]:
    running.door.fresh()
    yield running
    running.door.clear()


@pytest.fixture
def heard(setu: Client) -> Iterator[list[dict[str, Any]]]:
    """What arrives at the registered URL."""
    events: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            events.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "16")
            self.end_headers()
            self.wfile.write(b'{"success":true}')

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", ports.take()), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    register(setu, f"http://127.0.0.1:{server.server_port}/callbacks")
    yield events
    register(setu, "")
    server.shutdown()
    thread.join()
    server.server_close()


def register(setu: Client, url: str) -> None:
    assert setu.door.call("POST", "/_sandbox/notify-url", {"url": url}) == (200, {"url": url})


def test_token_and_partner(setu: Client) -> None:
    """A wrong secret is 400; without a good token it is 401, under another partner's id 403; tokens can be revoked."""
    good = setu.token
    assert setu.get_token(secret="x")[1]["error"]["code"] == "validation-error"
    assert setu.call("GET", "/api/v2/bbps/billers")[0] == 401
    setu.token = good
    assert setu.call("GET", "/api/v2/bbps/billers", **{"x-partner-id": "1"})[0] == 403
    assert setu.door.call("POST", "/_sandbox/expire-tokens")[1]["expired"] >= 1
    assert setu.call("GET", "/api/v2/bbps/billers")[0] == 401
    status, token = setu.get_token()
    assert (status, set(token), token["expiresIn"]) == (200, {"token", "expiresIn", "success", "traceId"}, 300)
    setu.token = token["token"]
    assert setu.call("GET", "/api/v2/bbps/billers")[0] == 200


def test_billers_in_pages(setu: Client) -> None:
    """Pages follow one another by `nextPage`, which lacks the version; a category is found in either spelling."""
    seen: list[str] = []
    path: str | None = "/api/v2/bbps/billers?limit=5"
    while path is not None:
        page = setu.get(path)
        seen += [each["id"] for each in page["billers"]]
        path = page.get("nextPage")
        assert path is None or path.startswith("/api/bbps/billers?limit=5&after=")
    assert seen == sorted(setu.billers)
    for category in ("Loan+Repayment", "loan-repayment"):
        page = setu.get(f"/api/v2/bbps/billers?categoryName={category}&categoryName=Gas")
        assert {each["id"] for each in page["billers"]} == {RANGE, ANY}


@pytest.mark.parametrize(
    ("biller", "account", "params", "says"),
    [
        (EXACT, "1234567", {}, "wrong length"),
        (EXACT, "12345678x", {}, "does not match"),
        (TIMELY, "20260001", {"Billing Unit": "40x1"}, "does not match"),
        (TIMELY, "20260001", {"Processing Cycle": "09"}, "no choice"),
        (TIMELY, "20260001", {"Processing Cycle": ""}, "left out"),
        (EXACT, "20260001", {"Billing Unit": "4021"}, "not asked for"),
        (CLOSED, "20260001", {}, "DEACTIVATED"),
        (DIRECT, "20260001", {}, "without a fetch"),
    ],
)
def test_fetch_refused(setu: Client, biller: str, account: str, params: dict[str, str], says: str) -> None:
    """What breaks the biller's own rules is a validation error, and an empty parameter breaks them too."""
    status, answer = setu.fetch(biller, account, **params)
    assert (status, answer["success"], answer["error"]["code"]) == (400, False, "validation-error")
    assert says in answer["error"]["message"]


def test_fetch_is_a_pair(setu: Client) -> None:
    """A fetch gives a reference, is Processing without bills, and then has them in paise."""
    with setu.door.standing_still():
        ref_id = setu.fetch(EXACT, "9900000099")[1]["data"]["refId"]
        assert len(ref_id) == 35
        first = setu.bill(ref_id)
        assert (first["status"], "bills" in first) == ("Processing", False)
    until(lambda: setu.bill(ref_id)["status"] == "Success")
    (bill,) = setu.bill(ref_id)["bills"]
    assert bill["amount"] == 12_850
    assert setu.fetched(EXACT, "9900000025")["failureReason"]["code"] == "ERR004"
    assert setu.fetched(EXACT, "9900000030")["status"] == "Failure"
    validated = setu.fetched(VALIDATED)
    assert (validated["status"], validated["bills"]) == ("Success", [])


def test_exactness(setu: Client) -> None:
    """Each biller takes the amounts its exactness allows, in whole paise, within the mode's limits."""
    for biller, good, bad in [
        (EXACT, [12_850], [12_849, 12_851]),
        (ABOVE, [12_850, 12_851], [12_849]),
        (BELOW, [12_850, 12_849], [12_851]),
        (ANY, [12_851, 100], [99, 20_000_001]),
        (RANGE, [6_400, 25_700, 12_900], [6_350, 25_750, 12_851]),
    ]:
        about = {"refId": setu.fetched(biller)["refId"]}
        assert [setu.pay(setu.payment(amount, about))[0] for amount in good] == [200] * len(good), biller
        assert [setu.pay(setu.payment(amount, about))[0] for amount in bad] == [400] * len(bad), biller
    for amount in (True, "12850", 128.5, 0):
        assert setu.pay(setu.direct(amount=amount))[1]["error"]["code"] == "validation-error"


@pytest.mark.parametrize(("tail", "good"), [("41", EARLY), ("42", LATE), ("43", "")])
def test_options_in_time(setu: Client, tail: str, good: str) -> None:
    """Early until its date, late after the due date, neither if the date cannot be read; the base amount always."""
    fetch = setu.fetched(TIMELY, "99000000" + tail)
    about = {"refId": fetch["refId"]}
    options = {each["name"]: each["amount"] for each in fetch["bills"][0]["paymentOptions"]}
    for name, amount in options.items():
        assert (setu.pay(setu.payment(amount, about, name))[0] == 200) == (name == good), name
        assert setu.pay(setu.payment(amount, about))[0] == 400, "an option's amount needs its name"
    assert setu.pay(setu.payment(12_850, about, EARLY))[0] == 400, "an option's name needs its amount"
    assert setu.pay(setu.payment(12_850, about))[0] == 200


@pytest.mark.parametrize(("biller", "counts"), [(SINGLE, {1}), (SEVERAL, {1, 2, 3}), (ALL, {3})])
def test_bills_are_chosen(setu: Client, biller: str, counts: set[int]) -> None:
    """Of a list one, any or all are paid, and the amount is their sum."""
    fetch = setu.fetched(biller)
    for count in (1, 2, 3):
        chosen = [{"billNumber": bill["billNumber"], "amount": bill["amount"]} for bill in fetch["bills"][:count]]
        total = sum(bill["amount"] for bill in chosen)
        about = {"refId": fetch["refId"], "bills": chosen}
        assert (setu.pay(setu.payment(total, about))[0] == 200) == (count in counts), count
        assert setu.pay(setu.payment(total + 1, about))[0] == 400
    assert setu.pay(setu.payment(12_850, {"refId": fetch["refId"]}))[0] == 400


def test_fetch_before_payment(setu: Client) -> None:
    """No bill, no payment, unless the biller allows it; a same-day biller wants a fetch of today, others do not."""
    assert setu.pay(setu.payment(12_850, setu.customer(EXACT, "9900000099")))[0] == 400
    assert setu.pay(setu.payment(12_850, setu.customer(ADHOC, "9900000099")))[0] == 200
    with setu.door.standing_still():
        unready = setu.fetch(EXACT, "9900000099")[1]["data"]["refId"]
        assert setu.pay(setu.payment(12_850, {"refId": unready}))[0] == 400
    stale = {biller: {"refId": setu.fetched(biller, "9900000034")["refId"]} for biller in (EXACT, ABOVE)}
    assert [setu.pay(setu.payment(12_850, stale[biller]))[0] for biller in (EXACT, ABOVE)] == [400, 200]


def test_payment_names_its_payer(setu: Client) -> None:
    """A remitter with a name is part of every payment."""
    payment = setu.direct()
    for remitter in ({}, {"remitter": {}}, {"remitter": {"name": ""}}):
        status, answer = setu.pay({key: each for key, each in payment.items() if key != "remitter"} | remitter)
        assert (status, "name" in str(answer["error"]) or "remitter" in str(answer["error"])) == (400, True)
    assert setu.performed(payment) == []


def test_payment_is_a_pair(setu: Client) -> None:
    """A payment gives another reference; ledger in rupees, enquiry and list in paise; a repeat is told the first."""
    payment = setu.direct(timestamp="2025-05-30T20:00:00+00:00")
    with setu.door.standing_still():
        ref_id = setu.paid(payment)
        assert setu.enquire(ref_id)["status"] == "Processing"
    until(lambda: setu.enquire(ref_id)["status"] == "Success")
    assert setu.enquire(ref_id)["paymentDetails"] == payment["paymentDetails"]
    # 20:00 in UTC is the next day in India, and the list goes by that day.
    for day, count in (("2025-05-30", 0), ("2025-05-31", 1)):
        path = f"/api/v2/bbps/transactions?startDate={day}&endDate={day}&ids={ref_id}"
        found = setu.get(path)["transactions"]
        assert [(each["amount"], each["refId"]) for each in found] == [(12_850, ref_id)] * count
    status, answer = setu.pay(payment)
    assert (status, answer["success"], answer["data"]["duplicate"]["code"]) == (409, True, "duplicate-ref-id")
    assert answer["data"]["duplicate"]["refId"] == ref_id
    (entry,) = setu.performed(payment)
    assert (entry["amount"], entry["currency"], entry["account"], entry["operation"]) == (
        "128.50", "INR", "20260001", "pay",
    )  # fmt: skip
    assert setu.call("POST", f"{BILLS}/payment/response", {"refId": "unknown"})[0] == 400
    assert setu.call("GET", "/api/v2/bbps/transactions")[0] == 400


@pytest.mark.parametrize(
    ("tail", "status", "entry", "performed"),
    [
        ("17", "Failure", "Error", 0),
        ("25", "Failure", "Error", 0),
        ("26", "Success", "Success", 1),
        ("27", "Failure", "Error", 0),
        ("32", "Credit_Adjustment", "Credit_Adjustment", 0),
        ("33", "Credit_Adjustment", "Credit_Adjustment", 0),
    ],
)
def test_fates(setu: Client, tail: str, status: str, entry: str, performed: int) -> None:
    """Refusals come after acceptance; a failure has another name in the list; what was not posted is refunded."""
    payment = setu.direct("99000000" + tail)
    with setu.door.standing_still():
        ref_id = setu.paid(payment)
        assert setu.enquire(ref_id)["status"] == "Processing"
    until(lambda: setu.enquire(ref_id)["status"] == status)
    assert ("failureReason" in setu.enquire(ref_id)) == (status == "Failure")
    (shown,) = setu.listed(payment)
    assert shown["status"] == entry
    assert shown.get("refundStatus") == (None if status == "Success" else "Required")
    if status != "Success":
        until(lambda: setu.listed(payment)[0]["refundStatus"] == "Processed")
    assert len(setu.performed(payment)) == performed


@pytest.mark.parametrize(
    ("tail", "ending", "beginning", "performed"),
    [
        ("02", "reset", b"", 0),
        ("03", "silence", b"", 0),
        ("04", "silence", b"", 1),
        ("06", "closed", b"HTTP/1.1 500 ", 1),
        ("10", "closed", b"HTTP/1.1 200 ", 1),
        ("12", "closed", b"HTTP/1.1 400 ", 1),
    ],
)
def test_list_knows_what_was_not_answered(
    setu: Client, tail: str, ending: str, beginning: bytes, performed: int
) -> None:
    """Without a refId the transaction list is the only enquiry, and it has what was performed."""
    payment = setu.direct("99000000" + tail)
    headers = (f"authorization: Bearer {setu.token}", f"x-partner-id: {setu.handed['partner_id']}")
    request = post(f"{BILLS}/payment/request", json.dumps(payment).encode(), "application/json", *headers)
    answer = hear(setu.stand.protocol, request, patience("hang" if ending == "silence" else ""))
    assert answer.ending == ending
    assert answer.data.startswith(beginning)
    until(lambda: len(setu.performed(payment)) == performed)
    assert len(setu.listed(payment)) == performed


def test_wrong_amount_and_unmapped_status(setu: Client) -> None:
    """Enquiries report another amount, or a status nobody has heard of; the ledger has the truth."""
    payment = setu.direct("9900000011")
    ref_id = setu.paid(payment)
    assert setu.enquire(ref_id)["paymentDetails"]["amount"] == setu.listed(payment)[0]["amount"] == 12_950
    assert setu.performed(payment)[0]["amount"] == "128.50"
    setu.door.fault("unmapped-code", "enquiry", account="9900000011")
    assert setu.enquire(ref_id)["status"] == "On_Hold"


def test_webhook(setu: Client, heard: list[dict[str, Any]]) -> None:
    """The end of a payment is pushed as BILL_PAY, with neither signature, trace nor time."""
    payment = setu.direct("9900000014")
    ref_id = setu.paid(payment)
    assert len(heard) == 1, "an early webhook has arrived when the answer comes"
    assert set(heard[0]) == {"event", "data"}
    assert (heard[0]["event"], heard[0]["data"]) == ("BILL_PAY", setu.enquire(ref_id))
    setu.paid(setu.direct("9900000013"))
    until(lambda: len(heard) == 3)
    assert heard[1] == heard[2]


def test_webhooks_lie(setu: Client, heard: list[dict[str, Any]]) -> None:
    """Anybody may send one: a forged webhook, and one that is too hopeful, say what an enquiry does not."""
    setu.door.fault("bad-signature", "push")
    ref_id = setu.paid(setu.direct())
    until(lambda: heard)
    assert (heard[0]["data"]["status"], setu.enquire(ref_id)["status"]) == ("Failure", "Success")
    with setu.door.standing_still():
        ref_id = setu.paid(setu.direct("9900000035"))
        until(lambda: len(heard) == 2)
        assert (heard[1]["data"]["status"], setu.enquire(ref_id)["status"]) == ("Success", "Processing")
    until(lambda: len(heard) == 3)
    assert heard[2]["data"]["status"] == setu.enquire(ref_id)["status"] == "Failure"
