"""What a bank must not send: a problem that names the field, no order, and a key that is still free."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub import errors
from hub.errors import Invalid, KeyMissing, Malformed, TooLarge, WrongMediaType
from hub.gateway.reading import MAX_BODY
from tests.caller import BILLERS, PAYMENTS, SEARCHES, Caller, new_key, problem
from tests.running import CEB, RELOADLY, Running

ACCOUNT = "4400918273"


@pytest.fixture
def payment(live_hub: Running) -> dict[str, Any]:
    """A payment in NGN that breaks no rule."""
    return live_hub.payment(RELOADLY, ACCOUNT)


@pytest.fixture
def no_order(caller: Caller, payment: dict[str, Any]) -> Iterator[str]:
    """A key under which a good payment still makes an order after the test, as if nothing had been sent."""
    key, newest = new_key(), caller.newest()
    yield key
    assert caller.newest() == newest
    answer = caller.pay(payment, key, prefer="respond-async")
    assert answer.status_code == 202
    assert "idempotency-replayed" not in answer.headers


def changed(payment: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The payment with one value changed, or one more: `amount.currency`."""
    first, _, rest = path.partition(".")
    return payment | {first: changed(payment[first], rest, value) if rest else value}


FULL_WIDTH = "１００"
BAD_FIELDS: list[tuple[str, object, str]] = [
    ("colour", "red", "colour"),
    ("amount.colour", "red", "amount.colour"),
    ("amount.amount", 1000, "amount.amount"),
    ("amount.amount", 1000.5, "amount.amount"),
    ("amount.amount", True, "amount.amount"),
    ("amount.amount", None, "amount.amount"),
    ("amount.amount", "NaN", "amount.amount"),
    ("amount.amount", "Infinity", "amount.amount"),
    ("amount.amount", "1e3", "amount.amount"),
    ("amount.amount", FULL_WIDTH, "amount.amount"),
    ("amount.amount", "-1000.00", "amount.amount"),
    ("amount.amount", "+1000.00", "amount.amount"),
    ("amount.amount", "0", "amount.amount"),
    ("amount.amount", "0.00", "amount.amount"),
    ("amount.amount", "01000", "amount.amount"),
    ("amount.amount", "1,000.00", "amount.amount"),
    ("amount.amount", "1000.00\n", "amount.amount"),
    ("amount.amount", "1000.", "amount.amount"),
    ("amount.amount", "", "amount.amount"),
    ("amount.amount", "1" * 400, "amount.amount"),
    ("amount.amount", "1000.001", "amount.amount"),
    ("amount", {"amount": "12.345", "currency": "CNY"}, "amount.amount"),
    ("amount", {"amount": "1200.5", "currency": "JPY"}, "amount.amount"),
    ("amount", {"amount": "1000"}, "amount.currency"),
    ("amount", {"currency": "NGN"}, "amount.amount"),
    ("amount", "1000.00", "amount"),
    ("amount", ["1000.00", "NGN"], "amount"),
    ("amount", None, "amount"),
    ("amount.currency", "XXQ", "amount.currency"),
    ("amount.currency", "ngn", "amount.currency"),
    ("amount.currency", "ＮＧＮ", "amount.currency"),
    ("amount.currency", 566, "amount.currency"),
    ("account", "", "account"),
    ("account", "1" * 65, "account"),
    ("account", "44 00", "account"),
    ("account", "4400\u0000", "account"),
    ("account", "４４００１１２２", "account"),
    ("account", 4400112233, "account"),
    ("account", None, "account"),
    ("account", {"$ne": ""}, "account"),
    ("fields", [], "fields"),
    ("fields", {"Meter": "1"}, "fields.Meter"),
    ("fields", {"meter": 1}, "fields.meter"),
    ("fields", {"meter": "1" * 129}, "fields.meter"),
    ("fields", {f"f{number}": "" for number in range(17)}, "fields"),
    ("biller_id", "", "biller_id"),
    ("biller_id", "made-up", "biller_id"),
    ("biller_id", "１" * 30, "biller_id"),
    ("biller_id", 7, "biller_id"),
    ("biller_id", None, "biller_id"),
    ("bill_id", "made-up", "bill_id"),
    ("bill_id", 7, "bill_id"),
]


@pytest.mark.parametrize(
    ("path", "value", "field"), BAD_FIELDS, ids=[f"{path}={value!r:.20}" for path, value, _ in BAD_FIELDS]
)
def test_bad_field(
    caller: Caller, payment: dict[str, Any], no_order: str, path: str, value: object, field: str
) -> None:
    """A value that the contract does not take is a 422 that names the field as the bank wrote it."""
    problem(caller.pay(changed(payment, path, value), no_order), Invalid, field)


@pytest.mark.parametrize("field", ["biller_id", "account", "amount"])
def test_missing_field(caller: Caller, payment: dict[str, Any], no_order: str, field: str) -> None:
    """A field that is not there is named."""
    rest = {name: value for name, value in payment.items() if name != field}
    problem(caller.pay(rest, no_order), Invalid, field)


def _without_quotes(word: str) -> Callable[[str], str]:
    return lambda text: text.replace('"amount": "1000.00"', f'"amount": {word}')


NO_JSON: dict[str, tuple[Callable[[str], str | bytes], str | None]] = {
    "nothing": (lambda _: "", None),
    "blanks": (lambda _: " \n", None),
    "cut off": (lambda text: text[:-1], None),
    "trailing garbage": (lambda text: text + "x", None),
    "two documents": (lambda text: text + text, None),
    "comment": (lambda text: "/* pay */" + text, None),
    "single quotes": (lambda text: text.replace('"', "'"), None),
    "BOM": (lambda text: b"\xef\xbb\xbf" + text.encode(), None),
    "UTF-16": (lambda text: text.encode("utf-16"), None),
    "GBK": (lambda text: text.replace(ACCOUNT, "账号").encode("gbk"), None),
    "invalid UTF-8": (lambda text: text.encode().replace(ACCOUNT.encode(), b"\xc3\x28"), None),
    "surrogate bytes": (lambda text: text.encode().replace(ACCOUNT.encode(), b"\xed\xa0\x80"), None),
    "lone surrogate": (lambda text: text.replace(ACCOUNT, "\\ud800"), None),
    "lone surrogate as a key": (lambda _: '{"\\ud800": 1}', None),
    "lone surrogate as a key twice": (lambda _: '{"\\ud800": 1, "\\ud800": 2}', "?"),
    "control character": (lambda text: text.replace(ACCOUNT, "44\t00"), None),
    "NaN": (_without_quotes("NaN"), "amount.amount"),
    "Infinity": (_without_quotes("-Infinity"), "amount.amount"),
    "number of 5000 digits": (_without_quotes("1" * 5000), None),
    "key twice": (lambda text: text.replace("{", '{"account": "1", ', 1), "account"),
    "key twice in amount": (lambda text: text.replace('"amount": "', '"amount": "1", "amount": "'), "amount.amount"),
    "key twice in two spellings": (
        lambda text: text.replace('"amount": "', '"amoun\\u0074": "1", "amount": "'),
        "amount.amount",
    ),
    "key twice in a list": (lambda _: '{"fields": [0, {"a": [{"b": 1, "b": 1}]}]}', "fields[1].a[0].b"),
    "10,000 lists": (lambda _: "[" * 10_000, None),
    "10,000 lists, closed": (lambda _: "[" * 10_000 + "]" * 10_000, None),
    "10,000 objects": (lambda _: '{"a":' * 10_000, None),
    "10,000 objects, closed": (lambda _: '{"a":' * 10_000 + "1" + "}" * 10_000, None),
    "10,000 lists in a field": (lambda text: text.replace(f'"{ACCOUNT}"', "[" * 10_000 + "]" * 10_000), None),
    "300 objects around a key twice": (lambda _: '{"a":' * 300 + '{"b":1,"b":1}' + "}" * 300, "a." * 60),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_JSON)
def test_no_json(caller: Caller, payment: dict[str, Any], no_order: str, name: str) -> None:
    """What is no JSON is a 400, which names the place where there is one to name."""
    spoil, field = NO_JSON[name]
    told = problem(caller.pay(spoil(json.dumps(payment)), no_order), Malformed)
    assert [error["field"] for error in told["errors"]] == ([field] if field else [])


@pytest.mark.parametrize("body", ["[]", "null", "7", '"pay"', "true", "[" * 300 + "]" * 300])
def test_no_object(caller: Caller, no_order: str, body: str) -> None:
    """JSON that is no object is a 422 about the body."""
    problem(caller.pay(body, no_order), Invalid, "body")


def test_names_a_handful_of_doubles(caller: Caller, no_order: str) -> None:
    """A body of nothing but doubles is answered shortly."""
    told = problem(caller.pay("{" + ",".join(['"a":1'] * 9000) + "}", no_order), Malformed)
    assert len(told["errors"]) == 8


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/xml"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/jsonx"},
        {"content-type": ""},
        {"content-encoding": "gzip"},
        {"content-encoding": "identity"},
    ],
    ids=str,
)
def test_no_json_by_its_own_word(
    caller: Caller, payment: dict[str, Any], no_order: str, headers: dict[str, str]
) -> None:
    """A body that is said to be something else, or to be packed, is a 415."""
    headers = {"Idempotency-Key": no_order, **headers}
    problem(caller.call("POST", PAYMENTS, json.dumps(payment), headers=headers), WrongMediaType)


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"]
)
def test_json_by_any_name(caller: Caller, payment: dict[str, Any], content_type: str) -> None:
    """Parameters and capitals of the content type change nothing."""
    headers = {"Idempotency-Key": new_key(), "Content-Type": content_type, "Prefer": "respond-async"}
    assert caller.call("POST", PAYMENTS, payment, headers=headers).status_code == 202


def test_too_large(caller: Caller, payment: dict[str, Any], no_order: str) -> None:
    """A body over 64 KiB is a 413, whether it says its length or comes in chunks."""
    body = json.dumps(payment).encode()
    body += b" " * (MAX_BODY + 1 - len(body))
    problem(caller.pay(body, no_order), TooLarge)
    problem(caller.pay(iter([body[:100], body[100:]]), no_order), TooLarge)
    problem(caller.pay(body * 20, no_order), TooLarge)


def test_just_not_too_large(caller: Caller, payment: dict[str, Any]) -> None:
    """A body of 64 KiB is read, in one piece or in many."""
    body = json.dumps(payment).encode()
    body += b" " * (MAX_BODY - len(body))
    assert caller.pay(body, prefer="respond-async").status_code == 202
    assert caller.pay(iter([body[:100], body[100:]]), prefer="respond-async").status_code == 202


BAD_KEYS: dict[str, list[tuple[str, str | bytes]]] = {
    "empty": [("Idempotency-Key", "")],
    "over-long": [("Idempotency-Key", "k" * 256)],
    "non-ASCII": [("Idempotency-Key", "ключ".encode())],
    "full-width": [("Idempotency-Key", "１２３".encode())],
    "tab": [("Idempotency-Key", "a\tb")],
    "doubled": [("Idempotency-Key", "a"), ("Idempotency-Key", "b")],
    "doubled, the same": [("Idempotency-Key", "a"), ("idempotency-key", "a")],
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_bad_key(caller: Caller, payment: dict[str, Any], name: str) -> None:
    """A key that cannot be used is a 400 that names the header, and there is no order."""
    newest = caller.newest()

    problem(caller.call("POST", PAYMENTS, payment, headers=BAD_KEYS[name]), Malformed, "Idempotency-Key")
    assert caller.newest() == newest


def test_no_key(caller: Caller, payment: dict[str, Any]) -> None:
    """An order without a key is a 400 that says so, and there is no order."""
    newest = caller.newest()
    problem(caller.call("POST", PAYMENTS, payment), KeyMissing, "Idempotency-Key")
    assert caller.newest() == newest


@pytest.mark.parametrize("key", ["k", "k" * 255, "with inner spaces", "!#$%&'*+-.^_`|~/;,="])
def test_good_key(caller: Caller, payment: dict[str, Any], key: str) -> None:
    """A key is 1 to 255 printable ASCII characters."""
    answer = caller.pay(payment, key + new_key()[: 255 - len(key)], prefer="respond-async")
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("query", "kind", "field"),
    [
        ("colour=red", Invalid, "colour"),
        ("Region=NG", Invalid, "Region"),
        ("region=NG&region=NG", Malformed, "region"),
        ("limit=5&Limit=5&limit=5", Malformed, "limit"),
        ("limit=0", Invalid, "limit"),
        ("limit=201", Invalid, "limit"),
        ("limit=-1", Invalid, "limit"),
        ("limit=abc", Invalid, "limit"),
        ("limit=", Invalid, "limit"),
        ("limit=1e1", Invalid, "limit"),
        ("limit=5.0", Invalid, "limit"),
        ("limit=%EF%BC%95", Invalid, "limit"),
        ("limit=" + "9" * 5000, Invalid, "limit"),
        ("region=", Invalid, "region"),
        ("region=null", Invalid, "region"),
        ("region=990000", Invalid, "region"),
        ("region=33010", Invalid, "region"),
        ("region=ng", Invalid, "region"),
        ("category=null", Invalid, "category"),
        ("category=rent", Invalid, "category"),
        ("cursor=", Malformed, "cursor"),
        ("cursor=made-up", Malformed, "cursor"),
        ("cursor=%FF%FE", Malformed, "cursor"),
        ("cursor=" + "a" * 4097, Invalid, "cursor"),
    ],
)
def test_bad_query(caller: Caller, query: str, kind: type[Exception], field: str) -> None:
    """A parameter that is unknown, doubled or unfit is named."""
    problem(caller.get(f"{BILLERS}?{query}"), kind, field)


@pytest.mark.parametrize(
    ("query", "kind", "field"),
    [
        ("colour=red", Invalid, "colour"),
        ("state=paid", Invalid, "state"),
        ("state=null", Invalid, "state"),
        ("state=pending&state=unknown", Malformed, "state"),
        ("review=maybe", Invalid, "review"),
        ("review=null", Invalid, "review"),
        ("since=yesterday", Invalid, "since"),
        ("since=1", Invalid, "since"),
        ("since=2026-01-01", Invalid, "since"),
        ("since=2026-01-01T00:00:00", Invalid, "since"),
        ("until=null", Invalid, "until"),
        ("limit=201", Invalid, "limit"),
        ("cursor=", Malformed, "cursor"),
        ("cursor=made-up", Malformed, "cursor"),
    ],
)
def test_bad_order_filter(caller: Caller, query: str, kind: type[Exception], field: str) -> None:
    """So it is with the filters of the list of orders."""
    problem(caller.get(f"/v1/orders?{query}"), kind, field)


@pytest.mark.parametrize("path", ["/v1/orders/%00", "/v1/queries/a%00b", "/v1/orders?partner=%00", "/v1/orders?%00=1"])
def test_nul_in_an_address(caller: Caller, path: str) -> None:
    """A NUL never reaches a database."""
    problem(caller.get(path), Malformed)


@pytest.mark.parametrize(
    "path", ["/v1/orders/%FF", "/v1/orders/" + "a" * 3000, "/v1/queries/..%2F..%2Fetc", "/v1/orders/' or 1=1"]
)
def test_odd_ids(caller: Caller, path: str) -> None:
    """An id that the hub never gave is not found, whatever it looks like."""
    problem(caller.get(path), errors.NotFound)


def test_searches_are_read_as_strictly(caller: Caller, live_hub: Running) -> None:
    """A question's body is held to the same rules as an order's."""
    search = {"biller_id": live_hub.biller(RELOADLY, prepaid=False)["biller_id"], "account": ACCOUNT}
    problem(caller.call("POST", SEARCHES, search | {"colour": "red"}), Invalid, "colour")
    problem(caller.call("POST", SEARCHES, search | {"biller_id": "made-up"}), Invalid, "biller_id")
    problem(caller.call("POST", SEARCHES, search | {"limit": 5}), Invalid, "limit")
    problem(caller.call("POST", SEARCHES, '{"account": "1", "account": "1"}'), Malformed, "account")
    problem(caller.call("POST", SEARCHES, search, headers={"Content-Type": "text/xml"}), WrongMediaType)
    problem(caller.call("POST", SEARCHES, " " * (MAX_BODY + 1)), TooLarge)
    assert caller.call("POST", SEARCHES, search).status_code == 200


def test_foreign_references(caller: Caller, live_hub: Running) -> None:
    """A reference that was tampered with is none, one letter anywhere; nor is one of another kind of token."""
    biller = live_hub.biller(CEB, bill="required", against_bill="exact")
    token = biller["biller_id"]
    cursor = caller.get(BILLERS, limit=1).json()["next"]
    spoilt = [
        token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :] for index in range(0, len(token), 5)
    ]
    for bad in [*spoilt, token + "=", token + "A", token[:-1], token[:10], cursor]:
        problem(caller.search({"biller_id": bad}, ACCOUNT), Invalid, "biller_id")
