"""The OpenAPI document says what the hub serves: all of it, and nothing else."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from schemathesis.specs.openapi.definitions import OPENAPI_31

from hub import app as composition
from hub import errors
from hub.gateway import reading
from hub.gateway.documents import document
from hub.gateway.problems import TABLE, TYPE
from hub.gateway.tokens import Tokens
from hub.settings import Settings
from schemas.contract import operation_named
from schemas.money import Money
from schemas.refs import PartnerRef
from schemas.scenarios import operations
from schemas.utility_bills import BillPayment

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TOKENS = Tokens(bytes(32))
BILLER = TOKENS.write_ref(PartnerRef(7, "42"))
NO_OPERATION = {errors.MethodNotAllowed, errors.TooMany}
"""Belongs to a path, or to partners' callbacks, and so to no entry."""


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """The document as a reader gets it."""
    return dict(json.loads(msgspec.json.encode(document())))


@pytest.fixture
def app(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Litestar:
    """The hub as the composition root puts it together."""
    monkeypatch.setattr(composition, "traced", lambda app: app)
    settings = Settings(database_url=sqlite_url, master_key=base64.b64encode(bytes(32)).decode())
    made: Any = composition.create_app(settings)
    return made


def entries(written: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in written["paths"].items():
        for method, entry in methods.items():
            yield method.upper(), path, entry


def entry_of(written: dict[str, Any], operation_id: str) -> dict[str, Any]:
    return next(entry for _, _, entry in entries(written) if entry["operationId"] == operation_id)


def routes(app: Litestar) -> Iterator[tuple[str, str, str | None, bool]]:
    """Method, path, operation id, and whether the document should tell, of everything that is served."""
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else []:
            for method in handler.http_methods - {"OPTIONS"}:
                name = handler.operation_id
                told = handler.resolve_include_in_schema()
                yield method, route.path_format, name if isinstance(name, str) else None, told


def test_is_valid_openapi(written: dict[str, Any]) -> None:
    """The document satisfies the OpenAPI 3.1 meta schema, which knows no relative `tokenUrl` (the text does, 4.8.1)."""
    validator = jsonschema_rs.Draft202012Validator(OPENAPI_31, validate_formats=False)
    assert [error.message for error in validator.iter_errors(written)] == []


def test_schemas_are_valid(written: dict[str, Any]) -> None:
    """Every component is a JSON Schema of 2020-12, and every reference leads somewhere."""
    for name, schema in written["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": DIALECT} | schema), name
    for where in _references(written):
        found = written
        for step in where.removeprefix("#/").split("/"):
            found = found[step]


def _references(piece: Any) -> Iterator[str]:
    if isinstance(piece, dict):
        yield from [piece["$ref"]] if isinstance(piece.get("$ref"), str) else []
        for value in piece.values():
            yield from _references(value)
    if isinstance(piece, list):
        for value in piece:
            yield from _references(value)


def test_tells_of_every_route(written: dict[str, Any], app: Litestar) -> None:
    """What is served and what is described are the same, name for name."""
    served = {(method, path, name) for method, path, name, told in routes(app) if told}
    assert {(method, path, entry["operationId"]) for method, path, entry in entries(written)} == served


def test_hides_only_what_banks_do_not_call(app: Litestar) -> None:
    """Partners' callbacks, the documentation itself, and the OAuth endpoints' answer to a wrong method."""
    hidden = {path for _, path, _, told in routes(app) if not told}
    assert hidden <= {
        "/callbacks/{partner}/{account_id}",
        "/docs",
        "/docs/assets/{name}",
        "/oauth/revoke",
        "/oauth/token",
        "/openapi.json",
    }


def test_tells_of_the_whole_contract(written: dict[str, Any]) -> None:
    """Each operation that banks can call has its method, scope and level there."""
    for operation in operations():
        if operation.path:
            entry = written["paths"][operation.route][operation.method.lower()]
            assert entry["operationId"] == operation.key
            assert entry["security"] == [{"oauth": [operation.scope]}]
            assert entry["x-level"] == operation.level


def test_operation_ids_are_unique(written: dict[str, Any]) -> None:
    """No two entries share a name."""
    names = [entry["operationId"] for _, _, entry in entries(written)]
    assert len(names) == len(set(names))


def test_scopes_are_those_of_the_contract(written: dict[str, Any]) -> None:
    """The scheme lists every scope with a description, and no entry asks for another."""
    scopes = written["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]["scopes"]
    assert set(scopes) == {operation.scope for operation in operations() if operation.path}
    assert all(scopes.values())
    asked = {
        scope for _, _, entry in entries(written) for choice in entry["security"] for scope in choice.get("oauth", ())
    }
    assert asked == set(scopes)


def test_what_a_token_is_worth_is_told(written: dict[str, Any]) -> None:
    """Whoever reads the scheme learns that a token is good for whoever holds it, and where that will change."""
    description = written["components"]["securitySchemes"]["oauth"]["description"]
    assert "bearer" in description
    assert "`x-level` A2" in description


def test_query_parameters_are_the_fields(written: dict[str, Any]) -> None:
    """A GET's parameters are the fields of its struct, bounds and patterns included, and none of them is null."""
    found = {
        parameter["name"]: parameter
        for parameter in entry_of(written, "utility-bills.list_billers")["parameters"]
        if parameter.get("in") == "query"
    }
    fields = operation_named("utility-bills.list_billers").request.__struct_fields__
    assert set(found) == set(fields)
    assert found["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    assert found["cursor"]["schema"] == {"type": "string", "maxLength": 4096}
    assert found["region"]["schema"]["pattern"].startswith("^")
    assert found["region"]["description"]
    assert "electricity" in found["category"]["schema"]["enum"]
    assert "null" not in json.dumps(found)


def test_every_answer_has_a_trace(written: dict[str, Any]) -> None:
    """No answer of any route goes without `Trace-Id`."""
    for _, path, entry in entries(written):
        for status, answer in entry["responses"].items():
            assert "Trace-Id" in answer["headers"], (path, status)


def test_orders_take_a_key(written: dict[str, Any]) -> None:
    """An order asks for the header that the gateway reads, with the gateway's own rule."""
    assert {"$ref": "#/components/parameters/Idempotency-Key"} in entry_of(written, "utility-bills.pay")["parameters"]
    schema = written["components"]["parameters"]["Idempotency-Key"]["schema"]
    assert (schema["maxLength"], schema["pattern"]) == (reading.MAX_KEY, f"^{reading.KEY.pattern}$")


@pytest.mark.parametrize(
    ("operation_id", "needed"),
    [("rights.book", True), ("rights.buy", True), ("rights.quote", False), ("lending.pre_check", False)],
)
def test_who_needs_a_consent(written: dict[str, Any], operation_id: str, needed: bool) -> None:
    """Where somebody is concerned the document tells of the header and its 403."""
    entry, shared = entry_of(written, operation_id), written["components"]["parameters"]
    named = [shared[each["$ref"].rpartition("/")[2]] for each in entry["parameters"] if "$ref" in each]
    asked = [each.get("required", False) for each in named if each["name"] == "Consent-Id"]
    assert asked == ([True] if needed else [])
    told = TYPE + TABLE[errors.ConsentMissing].slug in json.dumps(entry["responses"]["403"])
    assert told is needed


def test_orders_and_questions_may_take_longer(written: dict[str, Any]) -> None:
    """202 is an order, or a query to ask at; a merged list leaves out whoever is late instead."""

    def later(operation_id: str) -> Any:
        answer = entry_of(written, operation_id)["responses"].get("202")
        return answer and answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]

    assert later("utility-bills.pay") == "UtilityBillsPayOrder"
    assert later("utility-bills.find_bills") == "QueryState"
    assert later("queries.see") == "QueryState"
    assert later("utility-bills.list_billers") is None


def test_tells_of_every_problem(written: dict[str, Any]) -> None:
    """Each line of the gateway's table is described somewhere, under its own status."""
    described = {
        (name, status)
        for _, _, entry in entries(written)
        for status, answer in entry["responses"].items()
        for content in [answer["content"].get("application/problem+json")]
        if content
        for name in content["schema"]["allOf"][1]["properties"]["type"]["enum"]
    }
    for kind in TABLE.keys() - NO_OPERATION:
        assert (TYPE + TABLE[kind].slug, str(TABLE[kind].status)) in described, kind.__name__


def test_keeps_secrets_out(written: dict[str, Any]) -> None:
    """No schema of an answer has a field that is sealed: a result names its deliverable instead."""
    assert "Sealed" not in json.dumps(written)
    receipt = written["components"]["schemas"]["Receipt"]["properties"]
    assert "token" not in receipt
    assert "deliverable_id" in receipt


def test_an_order_has_its_operations_result(written: dict[str, Any]) -> None:
    """The order of `pay` holds a receipt or nothing, and is told from others by its operation."""
    schemas = written["components"]["schemas"]
    order = schemas["UtilityBillsPayOrder"]["properties"]
    assert order["operation"]["enum"] == ["utility-bills.pay"]
    assert order["result"]["anyOf"] == [{"$ref": "#/components/schemas/Receipt"}, {"type": "null"}]
    assert schemas["Order"]["discriminator"]["mapping"] == {
        operation.key: "#/components/schemas/"
        + "".join(map(str.capitalize, re.split(r"[-._]", operation.key)))
        + "Order"
        for operation in operations()
        if operation.kind == "order"
    }


@pytest.mark.parametrize(
    ("amount", "is_good"),
    [
        ("12.30", True),
        ("0", True),
        ("999999999999999.9999", True),
        ("1e2", False),
        ("-1", False),
        ("01", False),
        ("１２", False),
        ("12.30\n", False),
        ("NaN", False),
        (12.3, False),
    ],
)
def test_money_reads_alike(written: dict[str, Any], amount: object, is_good: bool) -> None:
    """The published schema and the hub's decoder draw the same line."""
    money = {"amount": amount, "currency": "CLF"}
    assert _accepts(written, "Money", money) is is_good
    assert _decodes(money, Money) is is_good


@pytest.mark.parametrize(
    ("change", "is_good"),
    [
        ({}, True),
        ({"bill_id": None}, True),
        ({"fields": {"meter_kind": "3"}}, True),
        ({"account": ""}, False),
        ({"account": "1" * 65}, False),
        ({"account": "12 34"}, False),
        ({"fields": {"Meter": "3"}}, False),
        ({"fields": {f"f{number}": "" for number in range(17)}}, False),
        ({"colour": "red"}, False),
        ({"amount": {"amount": "1"}}, False),
    ],
)
def test_payments_read_alike(written: dict[str, Any], change: dict[str, object], is_good: bool) -> None:
    """So it is with a whole payment: unknown, missing, empty and over-long fields."""
    payment = {"biller_id": BILLER, "account": "3300112233", "amount": {"amount": "1", "currency": "CNY"}} | change
    assert _accepts(written, "BillPayment", payment) is is_good
    assert _decodes(payment, BillPayment) is is_good


def test_every_body_has_an_example(written: dict[str, Any]) -> None:
    """Who reads an operation sees a request that its schema takes."""
    for operation in operations():
        if operation.method == "POST":
            content = entry_of(written, operation.key)["requestBody"]["content"]["application/json"]
            schema = content["schema"] | {"components": written["components"]}
            jsonschema_rs.Draft202012Validator(schema).validate(content["example"])


def _accepts(written: dict[str, Any], name: str, value: object) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": written["components"]}
    return jsonschema_rs.Draft202012Validator(schema).is_valid(value)


def _decodes(value: object, of: type) -> bool:
    try:
        TOKENS.codec.decoder(of).decode(json.dumps(value).encode())
    except msgspec.ValidationError:
        return False
    return True
