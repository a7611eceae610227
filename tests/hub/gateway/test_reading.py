"""Every body and every header from a bank is read strictly, and what is wrong is named."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Request
from litestar.testing import RequestFactory

from hub.consents.consents import ConsentRequest
from hub.errors import FieldError, Invalid, KeyMissing, Malformed
from hub.gateway.reading import decode, field_error, idempotency_key
from hub.gateway.routes import flat, preference
from hub.gateway.tokens import Tokens
from hub.orders.desk import OrderSearch
from schemas.refs import PartnerRef
from schemas.scenarios import operations
from schemas.struct import WORDS, Canonical
from schemas.utility_bills import BillPayment

TOKENS = Tokens(bytes(32))
DECODER = TOKENS.codec.decoder(BillPayment)
GOOD: dict[str, Any] = {
    "biller_id": TOKENS.write_ref(PartnerRef(7, "42")),
    "account": "3300112233",
    "amount": {"amount": "12.30", "currency": "CNY"},
}
LONGEST = timedelta(seconds=25)


def request(*headers: tuple[str, str]) -> Request[Any, Any, Any]:
    made = RequestFactory().post("/")
    made.scope["headers"] = [(name.lower().encode(), value.encode("utf-8")) for name, value in headers]
    return made


def trouble(body: bytes) -> Malformed | Invalid | None:
    """What is wrong with a body; anything else than these two would be a fault of ours."""
    try:
        decode(body, DECODER)
    except (Malformed, Invalid) as error:
        return error
    return None


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes(body: bytes) -> None:
    """Whatever comes is a payment, Malformed or Invalid: nothing else ever leaves the reader."""
    error = trouble(body)
    assert error is None or error.detail


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.sampled_from([*GOOD, "bill_id", "fields", "colour"]), JSON)
def test_any_value(field: str, value: Any) -> None:
    """Whatever one field holds, the payment reads well or that very field is named."""
    body = json.dumps(GOOD | {field: value}).encode()
    error = trouble(body)
    if error is not None:
        named = [each.field for each in error.errors]
        assert all(name == field or name.startswith((f"{field}.", f"{field}[")) for name in named), named
        assert named or isinstance(error, Malformed)


@pytest.mark.parametrize(
    ("words", "field", "message"),
    [
        ("Expected `str`, got `int` - at `$.amount.amount`", "amount.amount", "Expected `str`, got `int`"),
        ("Object contains unknown field `colour`", "colour", "is no field of this request"),
        ("Object contains unknown field `colour` - at `$.amount`", "amount.colour", "is no field of this request"),
        ("Object missing required field `currency` - at `$.amount`", "amount.currency", "is missing"),
        ("amount: CNY has 2 decimals, not 3 - at `$.amount`", "amount.amount", "CNY has 2 decimals, not 3"),
        ("amount.amount: must be more than zero", "amount.amount", "must be more than zero"),
        ("Expected `str`, got `int` - at `$.fields[...]`", "fields", "Expected `str`, got `int`"),
        ("Expected `str` - at `key` in `$.fields`", "fields", "Expected `str`"),
        ("Expected `object`, got `array`", "body", "Expected `object`, got `array`"),
        ("Expected `int`, got `str` - at `$.legs[2].amount`", "legs[2].amount", "Expected `int`, got `str`"),
    ],
)
def test_field_error(words: str, field: str, message: str) -> None:
    """A validation message becomes the field as the bank wrote it, and what is wrong with it."""
    assert field_error(words) == FieldError(field=field, message=message)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": {"amount": "1,5", "currency": "CNY"}}, "amount.amount"),
        ({"amount": {"amount": "15", "currency": "yuan"}}, "amount.currency"),
        ({"account": "33 00"}, "account"),
        ({"fields": {"Name!": "x"}}, "fields.Name!"),
    ],
)
def test_patterns_are_told_in_words(changes: dict[str, Any], field: str) -> None:
    """Whoever misses a pattern hears what was asked for, and not the pattern."""
    error = trouble(json.dumps(GOOD | changes).encode())
    assert error is not None
    [flaw] = error.errors
    assert flaw.field == field
    assert flaw.message.removeprefix("must be: ") in WORDS.values()


@pytest.mark.parametrize("missed", ["visa", "v" * 9000, ""])
def test_choices_are_told(missed: str) -> None:
    """Whoever misses an enumeration hears what there is to choose from, wherever it stands."""
    customer = {"name": "x", "id_number": "12345", "id_type": missed}
    body = {"customer": customer, "operations": ["a"], "expires_at": "2026-01-31T08:00:00Z"}
    with pytest.raises(Invalid) as error:
        decode(json.dumps(body).encode(), msgspec.json.Decoder(ConsentRequest))
    told = FieldError(field="customer.id_type", message="must be one of: resident-id, credit-code, passport")
    assert error.value.errors == (told,)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"state": "lost"}, "must be one of: received, submitting, pending, unknown, succeeded, declined"),
        ({"since": "2026-01-31"}, "must be a time: 2026-01-31T08:00:00+08:00 (in an address, + is %2B)"),
        ({"since": "2026-01-31T08:00:00"}, "must name its zone: 2026-01-31T08:00:00+08:00 (in an address, + is %2B)"),
    ],
)
def test_an_address_is_told_in_words(query: dict[str, str], message: str) -> None:
    """What is wrong in an address is told as in a body."""
    made = RequestFactory().get("/", query_params=query)
    with pytest.raises(Invalid) as error:
        flat(made, OrderSearch, TOKENS.codec)
    assert error.value.errors == (FieldError(field=next(iter(query)), message=message),)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"meter": "1", "mobile": 1}, "fields.mobile"),
        ({"meter": "1", "mobile": "1" * 129}, "fields.mobile"),
        ({"meter": "1", "Mobile": "1"}, "fields.Mobile"),
        ({f"f{number}": "" for number in range(17)}, "fields"),
        ([], "fields"),
    ],
)
def test_the_key_at_fault_is_named(fields: Any, field: str) -> None:
    """Among the fields that a biller demands, the one at fault is named, for what it holds or for its name."""
    error = trouble(json.dumps(GOOD | {"fields": fields}).encode())
    assert error is not None
    assert [flaw.field for flaw in error.errors] == [field]


class Nested(Canonical):
    """Objects in an object, both with keys of one's own."""

    outer: dict[str, dict[Annotated[str, msgspec.Meta(max_length=1)], int]]


@pytest.mark.parametrize(
    ("outer", "field"), [({"a": {"b": "c"}}, "outer.a"), ({"a": {"bb": 1}}, "outer"), ({"a": 1}, "outer.a")]
)
def test_the_outer_key_at_most(outer: Any, field: str) -> None:
    """Where an object with keys of one's own stands in another, the field is named as far as it is known."""
    with pytest.raises(Invalid) as error:
        decode(json.dumps({"outer": outer}).encode(), msgspec.json.Decoder(Nested))
    assert [flaw.field for flaw in error.value.errors] == [field]


def test_every_pattern_has_words() -> None:
    """Of the whole contract, no pattern is declared without its words."""
    read = {operation.request for operation in operations()} | {ConsentRequest}
    _, schemas = msgspec.json.schema_components(read, schema_hook=lambda _: {"type": "string"}, ref_template="{name}")
    patterns = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(schemas)))
    assert patterns
    assert {json.loads(pattern) for pattern in patterns} <= WORDS.keys()


@pytest.mark.parametrize("first", ["", "for each in registry.find().values(): each.partner"])
def test_words_are_the_contracts(first: str) -> None:
    """A partner's account has patterns too, and the same as the contract's: the bank reads the contract's words."""
    told = "print(WORDS[vouchers.InstitutionCode.__metadata__[0].pattern])"
    imports = "from connectors.kit import registry", "from schemas.struct import WORDS"
    lines = [*imports, first, "from schemas.medical_insurance import vouchers", told]
    ran = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert ran.stdout == "A capital letter and 11 characters more, as the fund lists it\n"


@pytest.mark.parametrize("key", ["k", "k" * 255, "a b", "~!"])
def test_good_keys(key: str) -> None:
    """A key is one header of 1 to 255 printable characters."""
    assert idempotency_key(request(("Idempotency-Key", key))) == key


@pytest.mark.parametrize("keys", [[""], ["k" * 256], [" k"], ["k "], ["é"], ["１"], ["\x7f"], ["a", "a"], ["a", ""]])
def test_bad_keys(keys: list[str]) -> None:
    """Anything else cannot be used, and the header is named."""
    with pytest.raises(Malformed) as error:
        idempotency_key(request(*(("Idempotency-Key", key) for key in keys)))
    assert [each.field for each in error.value.errors] == ["Idempotency-Key"]


def test_no_key() -> None:
    """A missing key has a problem of its own."""
    with pytest.raises(KeyMissing):
        idempotency_key(request())


@pytest.mark.parametrize(
    ("lines", "seconds", "applied"),
    [
        ([], 25, ""),
        ([""], 25, ""),
        (["wait=10"], 10, "wait=10"),
        (["WAIT=10"], 10, "wait=10"),
        (["wait=0"], 0, "wait=0"),
        (["wait=100"], 25, "wait=25"),
        (["wait=999999999"], 25, "wait=25"),
        (["wait=5, wait=7"], 5, "wait=5"),
        (["respond-async"], 0, "respond-async"),
        (["Respond-Async;x=1"], 0, "respond-async"),
        (["respond-async, wait=10"], 10, "respond-async, wait=10"),
        (["wait=10", "respond-async"], 10, "respond-async, wait=10"),
        (["return=minimal", "wait=3"], 3, "wait=3"),
        (["handling=lenient; wait=3"], 25, ""),
        (["wait"], 25, ""),
        (["wait=soon"], 25, ""),
        (["wait=-1"], 25, ""),
        (["wait=１"], 25, ""),
        (["wait=" + "9" * 5000], 25, ""),
    ],
)
def test_preference(lines: list[str], seconds: int, applied: str) -> None:
    """RFC 7240: lines are one list, the first of a name counts, parameters are passed over, and so is nonsense."""
    wait = preference(request(*(("Prefer", line) for line in lines)), LONGEST)
    assert wait == (timedelta(seconds=seconds), applied)
