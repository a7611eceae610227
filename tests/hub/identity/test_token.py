"""Getting an access token."""

import asyncio
import base64
import time

import msgspec
import pytest

from hub.identity.clients import deactivate_client
from hub.identity.tokens import AccessToken
from hub.tenants import banks
from tests.hub.identity import keys
from tests.hub.identity.door import SCOPES, Door


def claims_of(token: str) -> AccessToken:
    payload = token.split(".")[1]
    return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=="), type=AccessToken)


async def test_token_is_an_rfc_9068_token_of_ten_minutes(any_door: Door):
    """A client that proves itself gets a bearer token of ten minutes for everything it may do."""
    answer = await any_door.ask()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 600
    assert body["scope"] == " ".join(SCOPES)
    token = claims_of(body["access_token"])
    assert (token.iss, token.aud) == (keys.ISSUER, keys.ISSUER)
    assert token.sub == token.client_id == any_door.client_id
    assert token.tenant == any_door.tenant
    assert token.exp - token.iat == 600
    assert abs(token.iat - time.time()) < 5


@pytest.mark.parametrize("alg", ["PS256", "ES256", "EdDSA"])
async def test_each_fapi_algorithm_is_accepted(door: Door, alg: str):
    """PS256, ES256 and EdDSA assertions are accepted."""
    key = keys.key_pair(alg)
    client_id = await door.add_client(key, name=alg)
    answer = await door.ask(keys.assertion(client_id, key))
    assert answer.status_code == 200, answer.text


async def test_scope_can_be_narrowed(door: Door):
    """A client that names scopes gets exactly those."""
    answer = await door.ask(scope="utility-bills:read")
    assert answer.json()["scope"] == "utility-bills:read"


@pytest.mark.parametrize("scope", ["", None])
async def test_scope_left_out_means_all(door: Door, scope: str | None):
    """A scope that is left out or empty means everything the client may do."""
    answer = await door.ask(scope=scope)
    assert answer.json()["scope"] == " ".join(SCOPES)


@pytest.mark.parametrize(
    "scope",
    ["admin", "utility-bills:read admin", "utility-bills:pay utility-bills:read", " ", "a  b", 'a"b', "账单", "a\\b"],
)
async def test_scope_too_wide_or_garbled_is_refused(door: Door, scope: str):
    """A scope that was not granted is invalid_scope, never a token with less."""
    door.client_id = await door.add_client(door.key, name="reader", scopes=["utility-bills:read"])
    answer = await door.ask(scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


async def test_assertion_is_used_up_by_a_refused_request(door: Door):
    """An assertion that was verified is used up even where the scope is refused."""
    assertion = door.assertion()
    assert (await door.ask(assertion, scope="admin")).json()["error"] == "invalid_scope"
    assert (await door.ask(assertion)).status_code == 401


async def test_assertion_works_once(any_door: Door):
    """A second use of an assertion is refused."""
    assertion = any_door.assertion()
    assert (await any_door.ask(assertion)).status_code == 200
    again = await any_door.ask(assertion)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


async def test_assertion_works_once_under_concurrency(any_door: Door):
    """Of many concurrent uses of one assertion exactly one gets a token."""
    assertion = any_door.assertion()
    answers = await asyncio.gather(*(any_door.ask(assertion) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_jti_belongs_to_its_client(door: Door):
    """Two clients may choose the same jti."""
    other = await door.add_client(door.key, name="other")
    assert (await door.ask(door.assertion(jti="same"))).status_code == 200
    assert (await door.ask(keys.assertion(other, door.key, jti="same"))).status_code == 200


async def test_assertion_stays_used_up_while_it_lives(door: Door):
    """Pruning forgets an assertion only after it has expired."""
    assertion = door.assertion(exp=int(time.time()) + 300)
    assert (await door.ask(assertion)).status_code == 200
    door.clock.moved = 200
    assert (await door.ask(door.assertion(exp=int(time.time()) + 400))).status_code == 200
    assert "used before" in (await door.ask(assertion)).json()["error_description"]


async def test_inactive_client_gets_no_token(door: Door):
    """A client that was shut out gets no token."""
    await door.store.write(lambda tx: deactivate_client(tx, door.client_id, now=door.clock.now()))
    assert (await door.ask()).status_code == 401


async def test_client_of_a_suspended_bank_gets_no_token(door: Door):
    """A client of a suspended bank gets no token, and gets one when the bank is back."""
    await door.store.write(lambda tx: banks.suspend(tx, "first-bank", now=door.clock.now()))
    assert (await door.ask()).status_code == 401
    await door.store.write(lambda tx: banks.resume(tx, "first-bank", now=door.clock.now()))
    assert (await door.ask()).status_code == 200


async def test_issue_is_audited(door: Door):
    """An issued token leaves an audit record with its jti, and no token."""
    token = await door.token()
    bodies = await door.store.read(lambda tx: tx.exec_driver_sql("select body from audit_records").scalars().all())
    records = [msgspec.json.decode(body) for body in bodies]
    issued = [record for record in records if record["operation"] == "token.issue"]
    assert [record["facts"]["jti"] for record in issued] == [claims_of(token).jti]
    assert not any(token.split(".")[2].encode() in bytes(body) for body in bodies)


async def test_refusals_are_counted(door: Door):
    """A client that fails to prove itself, and a request that is no request, are counted by their source."""
    stranger = keys.assertion(door.client_id, keys.key_pair("ES256"))
    assert (await door.ask(stranger)).status_code == 401
    assert (await door.ask(grant_type=None)).status_code == 400
    assert await door.refusals.flush() == 2
    facts = [record["facts"] for record in await records(door) if record["kind"] == "refusals"]
    assert [one["reason"] for one in facts] == ["oauth-invalid_client", "oauth-invalid_request"]


async def test_refused_client_leaves_a_record(any_door: Door):
    """A client that proved itself and asked for too much is on record; a stranger is only counted."""
    assert (await any_door.ask(scope="utility-bills:everything")).json()["error"] == "invalid_scope"
    await any_door.ask(keys.assertion(any_door.client_id, keys.key_pair("ES256")))
    told = [record for record in await records(any_door) if record["operation"] == "token.refuse"]
    assert [(one["actor"], one["facts"]) for one in told] == [(any_door.client_id, {"error": "invalid_scope"})]


async def records(door: Door) -> list[dict[str, object]]:
    bodies = await door.store.read(lambda tx: tx.exec_driver_sql("select body from audit_records").scalars().all())
    return sorted((msgspec.json.decode(body) for body in bodies), key=lambda record: record["record_id"])
