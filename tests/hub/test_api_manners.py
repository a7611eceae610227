"""What every answer has in common, and what no answer and no log ever says."""

import re
from pathlib import Path

import httpx
import pytest

from hub.errors import MethodNotAllowed, NotAcceptable, NotFound
from tests.banks import TwoBanks
from tests.caller import BILLERS, JSON, PAYMENTS, SEARCHES, Caller, new_key, problem
from tests.running import CEB, RELOADLY, Running

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACE_ID = re.compile("[0-9a-f]{32}")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", BILLERS + "?limit=1", {}, 200),
        ("GET", "/v1/orders", {}, 200),
        ("GET", "/health/live", {}, 200),
        ("GET", "/health/ready", {}, 200),
        ("GET", "/openapi.json", {}, 200),
        ("GET", "/oauth/jwks", {}, 200),
        ("OPTIONS", PAYMENTS, {}, 204),
        ("POST", PAYMENTS, {"Idempotency-Key": "k"}, 415),
        ("POST", "/oauth/token", {}, 401),
        ("GET", "/v1/orders", {"Authorization": "Bearer x"}, 401),
        ("GET", "/v1/nothing", {}, 404),
        ("GET", "/", {}, 404),
        ("GET", "/favicon.ico", {}, 404),
        ("GET", "/v1/orders/ord_none", {}, 404),
        ("POST", "/callbacks/ceb_channel/acc_none", {}, 404),
        ("DELETE", "/v1/orders", {}, 405),
        ("HEAD", "/v1/orders", {}, 405),
        ("GET", BILLERS, {"Accept": "text/html"}, 406),
    ],
)
def test_every_answer_has_a_trace(caller: Caller, method: str, path: str, headers: dict[str, str], status: int) -> None:
    """`Trace-Id` stands on every answer, once; it is the caller's own trace where the caller brought one."""
    token = "" if "Authorization" in headers else None
    answers = [caller.call(method, path, headers=headers, token=token) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, status]
    traces = [answer.headers.get_list("trace-id") for answer in answers]
    assert all(len(trace) == 1 and TRACE_ID.fullmatch(trace[0]) for trace in traces)
    assert traces[0] != traces[1]
    parent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    assert caller.call(method, path, headers=headers | parent, token=token).headers["trace-id"] == TRACE


@pytest.mark.parametrize(
    "parent",
    [
        "",
        TRACE,
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-00f067aa0ba902b7",
        f"00-{TRACE}' or 1-00f067aa0ba902b7-01",
        "00-" + "é" * 32 + "-00f067aa0ba902b7-01",
    ],
)
def test_a_bad_trace_is_not_continued(caller: Caller, parent: str) -> None:
    """Without a valid `traceparent` the hub begins a trace of its own."""
    answer = caller.call("GET", "/v1/nothing", headers=[("traceparent", parent.encode())])
    assert TRACE_ID.fullmatch(answer.headers["trace-id"])
    assert answer.headers["trace-id"] != TRACE


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (BILLERS, {"GET"}),
        (SEARCHES, {"POST"}),
        (PAYMENTS, {"POST"}),
        ("/v1/orders", {"GET"}),
        ("/v1/orders/ord_none", {"GET"}),
        ("/v1/queries/qry_none", {"GET"}),
        ("/v1/deliverables/dlv_none/release", {"POST"}),
        ("/health/live", {"GET"}),
    ],
)
def test_methods(caller: Caller, path: str, allowed: set[str]) -> None:
    """A method that a path has not is a 405 that names those it has; OPTIONS names them too, to anybody."""
    allowed = allowed | {"OPTIONS"}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - allowed:
        answer = caller.call(method, path)
        problem(answer, MethodNotAllowed)
        assert set(answer.headers["allow"].split(", ")) == allowed
    head = caller.call("HEAD", path)
    assert (head.status_code, head.content) == (405, b"")
    options = caller.call("OPTIONS", path, token="")
    assert (options.status_code, options.content) == (204, b"")
    assert set(options.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/orders/a/b", "/v2/orders", "/v1/utility-bills", "/v1/utility-bills/pay", "/admin", "/V1/ORDERS"],
)
def test_no_such_route(caller: Caller, path: str) -> None:
    """Where nothing is served there is a 404, for every method and without a token."""
    for method in ("GET", "POST", "DELETE"):
        told = problem(caller.call(method, path, token=""), NotFound)
        assert "/docs" in told["detail"]


@pytest.mark.parametrize(
    ("accept", "is_good"),
    [
        ("application/json", True),
        ("*/*", True),
        ("application/*", True),
        ("text/html, application/json;q=0.1", True),
        ("Application/JSON; charset=utf-8", True),
        ("text/html", False),
        ("application/xml, text/*", False),
        ("application/json;q=0", False),
        ("application/json; q=0.000, text/plain", False),
    ],
)
def test_accept(caller: Caller, live_hub: Running, accept: str, is_good: bool) -> None:
    """Who takes no JSON is told so before anything happens."""
    answer = caller.call("GET", BILLERS + "?limit=1", headers={"Accept": accept})
    newest = caller.newest()
    order = caller.pay(live_hub.payment(RELOADLY, "9900000017"), accept=accept)
    if is_good:
        assert (answer.status_code, order.status_code) == (200, 200)
        assert answer.headers["content-type"] == JSON
    else:
        problem(answer, NotAcceptable)
        problem(order, NotAcceptable)
        assert caller.newest() == newest


def test_accept_in_lines(caller: Caller) -> None:
    """Several `Accept` lines are one list: it is enough that one of them takes JSON."""
    for kinds, status in ((["text/html", JSON], 200), ([JSON, "text/html"], 200), (["text/html", "text/plain"], 406)):
        answer = caller.call("GET", BILLERS + "?limit=1", headers=[("Accept", kind) for kind in kinds])
        assert answer.status_code == status


def test_health(caller: Caller) -> None:
    """The hub says that it lives and is ready, to anybody."""
    assert caller.call("GET", "/health/live", token="").json() == {"status": "live"}
    assert caller.call("GET", "/health/ready", token="").json() == {"status": "ready"}


def test_nothing_tells_what_serves(caller: Caller) -> None:
    """No header names the software behind the hub."""
    for path in ("/v1/orders", "/v1/nothing", "/health/live"):
        headers = caller.call("GET", path).headers
        assert not {"server", "x-powered-by", "via"} & set(headers)


def test_no_cache_keeps_an_answer(caller: Caller, live_hub: Running) -> None:
    """A query, a list, an order and a problem are for the bank that asked; what is public says so itself."""
    biller = live_hub.biller(RELOADLY)
    private = [
        caller.get(BILLERS, limit=1),
        caller.search(biller, "9900000017"),
        caller.pay(live_hub.payment(RELOADLY, "9900000017")),
        caller.get("/v1/orders"),
        caller.get("/v1/orders/ord_none"),
        caller.call("GET", "/v1/orders", token=""),
        caller.call("GET", "/nothing"),
    ]
    assert {answer.headers["cache-control"] for answer in private} == {"no-store"}
    assert "max-age" in caller.get("/openapi.json").headers["cache-control"]


def test_the_log_names_nobody(two_banks: TwoBanks) -> None:
    """Good days, bad days and bad input leave no account number, name, token or key in the most talkative log."""
    hub, one = two_banks.hub, two_banks.one
    accounts = [f"44005500{number}" for number in range(10, 16)]
    biller = hub.biller(CEB, bill="required", against_bill="exact")
    bill = hub.bills(biller, accounts[0])[0]
    for fault in ("error-before", "bad-signature", "garbage"):
        hub.fault(CEB, fault, "bill", account=accounts[1])
        one.search(biller, accounts[1])
    for account, fault in zip(accounts[2:], ("garbage", "error-after", "bad-signature", "wrong-amount"), strict=True):
        payment = hub.payment(CEB, account)
        hub.fault(CEB, fault, account=account)
        one.pay(payment)
    one.pay(hub.payment(RELOADLY, accounts[0]) | {"colour": accounts[0]}, key := new_key())
    one.pay(f'{{"account": "{accounts[0]}"', key)
    one.call("POST", "/callbacks/ceb_channel/acc_none", f"billKey={accounts[0]}", token="")
    log = Path(hub.place.log).read_text()
    assert "attempt-without-answer" in log
    for word in [*accounts, bill["customer_name"], "模拟用户", key, one.app.token(), biller["biller_id"]]:
        assert word not in log


def test_connection_stays_open(live_hub: Running) -> None:
    """A refused call does not cost the bank its connection, whatever was in it."""
    with httpx.Client(base_url=live_hub.base_url, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {live_hub.token()}", "Content-Type": "application/json"}
        seen = set()
        for content in (b"{", b"{}" + b" " * 70_000, b"[" * 10_000, iter([b"{", b" " * 70_000])):
            answer = client.post(SEARCHES, content=content, headers=headers)
            assert answer.status_code in (400, 413)
            seen.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
        assert len(seen) == 1
