"""Whatever comes in: a refusal, never a crash."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.identity import client_keys
from hub.identity.refusals import ClientError, Unauthenticated
from hub.store import open_store
from tests.hub.identity import keys
from tests.hub.identity.door import Door, Time, build

Run = Callable[[Coroutine[Any, Any, Any]], Any]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
headers = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "jku", "crit", "b64"]), json_values, max_size=4)
claims = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "scope", "tenant"]), json_values, max_size=6
)
words = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=200)
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def quiet_door(run: Run, sqlite_url: str) -> Iterator[Door]:
    """A door whose loop the test drives, because hypothesis calls the test many times."""
    store = open_store(sqlite_url)

    async def opened() -> tuple[Any, Door]:
        doors = build(store, Time())
        return doors, await anext(doors)

    doors, door = run(opened())
    yield door
    run(doors.aclose())
    run(store.close())


@often
@given(header=headers, body=claims, key=st.none() | st.just("own") | st.binary(max_size=40))
def test_random_jwts_are_refused(run: Run, quiet_door: Door, header: Any, body: Any, key: Any):
    """A JWT with random header and claims gets no token, no entry, and no 500."""
    head = header if key != "own" else {"alg": "ES256", "kid": "one"}
    jwt = keys.signed(head, keys.claims(quiet_door.client_id) | body if body else body, _key(quiet_door, key))
    if key != "own" or body:
        answer = run(quiet_door.ask(jwt))
        assert answer.status_code in (200, 401), answer.text
        assert answer.status_code == 401 or key == "own"
    with pytest.raises(Unauthenticated):
        run(quiet_door.enter(jwt))


def _key(door: Door, key: Any) -> Any:
    return door.key if key == "own" else key


@often
@given(authorization=words)
def test_random_credentials_are_refused(run: Run, quiet_door: Door, authorization: str):
    """A random Authorization header is refused."""
    for value in (authorization, f"Bearer {authorization}"):
        with pytest.raises(Unauthenticated) as caught:
            run(quiet_door.identity.authenticate(value))
        caught.value.www_authenticate.encode("ascii")


@often
@given(body=st.binary(max_size=300), kind=st.sampled_from(["application/x-www-form-urlencoded", "application/json"]))
def test_random_bodies_are_refused(run: Run, quiet_door: Door, body: bytes, kind: str):
    """A random body is refused in OAuth's words."""
    for path in ("/oauth/token", "/oauth/revoke"):
        answer = run(quiet_door.http.post(path, content=body, headers={"content-type": kind}))
        assert answer.status_code in (400, 401), answer.text
        assert set(answer.json()) == {"error", "error_description"}


@often
@given(form=st.dictionaries(st.text(max_size=10), st.text(max_size=30), max_size=4), changes=st.data())
def test_random_parameters_are_refused(run: Run, quiet_door: Door, form: dict[str, str], changes: st.DataObject):
    """Random values for known parameters end in a token or in a refusal."""
    names = ["grant_type", "scope", "client_id", "client_assertion", "client_assertion_type", "token"]
    name = changes.draw(st.sampled_from(names))
    asked = keys.token_form(quiet_door.assertion()) | form | {name: changes.draw(st.text(max_size=50))}
    for path in ("/oauth/token", "/oauth/revoke"):
        assert run(quiet_door.http.post(path, data=asked)).status_code in (200, 400, 401)


@given(raw=st.binary(max_size=200) | st.builds(lambda value: repr(value).encode(), json_values))
def test_random_key_sets_are_refused(raw: bytes):
    """A random key set is refused in words."""
    with pytest.raises(ClientError):
        client_keys.canonical(raw)


@often
@given(
    jwk=st.dictionaries(
        st.sampled_from(["kty", "kid", "crv", "x", "y", "n", "e", "alg", "use", "key_ops", "d"]),
        st.sampled_from(["EC", "RSA", "OKP", "P-256", "Ed25519", "sig", "one", "AQAB", "AA"]) | json_values,
    )
)
def test_random_keys_are_refused(jwk: dict[str, Any]):
    """A key of random parts is refused in words."""
    with pytest.raises(ClientError):
        client_keys.canonical(msgspec.json.encode({"keys": [jwk]}))
