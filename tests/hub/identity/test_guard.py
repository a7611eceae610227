"""Access tokens at the guard."""

import time
from typing import Any

import pytest

from hub.identity import guard
from hub.identity.jose import Key
from hub.identity.refusals import Unauthenticated
from tests.hub.identity import keys
from tests.hub.identity.door import SCOPES, Door

NOW = int(time.time())


async def own_key(door: Door) -> Key:
    return (await door.identity._watch.standing()).ring.signer(door.clock.now())


async def refusal(door: Door, *authorization: str) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        await door.identity.authenticate(*authorization)
    return caught.value


def good_claims(door: Door, **changes: Any) -> dict[str, Any]:
    good = {
        "iss": keys.ISSUER,
        "sub": door.client_id,
        "client_id": door.client_id,
        "tenant": door.tenant,
        "aud": keys.ISSUER,
        "scope": "utility-bills:read",
        "jti": "j1",
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


async def forge(door: Door, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token that the hub's own key signed, with changes; unchanged, it is good."""
    key = await own_key(door)
    head = {"alg": "ES256", "kid": key.kid, "typ": "at+jwt"} | (header or {})
    return keys.signed(head, good_claims(door, **changes), key.jwk)


async def test_good_token_names_the_caller(any_door: Door):
    """A good token tells the bank, the client, what it may do and until when; a second look says the same."""
    token = await any_door.token()
    caller = await any_door.enter(token)
    assert (caller.tenant, caller.client_id) == (any_door.tenant, any_door.client_id)
    assert caller.scopes == frozenset(SCOPES)
    assert 590 < (caller.expires_at - any_door.clock.now()).total_seconds() <= 600
    assert await any_door.enter(token) == caller
    assert await any_door.identity.authenticate(f"bearer   {token}") == caller


async def test_forgery_helper_makes_good_tokens(door: Door):
    """The tests below refuse a token for its one change only."""
    assert (await door.enter(await forge(door))).token_id == "j1"


async def test_no_token_is_asked_for_one(door: Door):
    """A call without a token gets a challenge without an error code (RFC 6750, section 3.1)."""
    error = await refusal(door)
    assert error.error is None
    assert "error" not in error.www_authenticate
    assert f'resource_metadata="{keys.ISSUER}/.well-known/oauth-protected-resource"' in error.www_authenticate


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a b",
        "Token x",
        "Bearer \x00",
        "Bearer \ud800",
        "Bearer é",
        "DPoP x",
    ],
)
async def test_other_credentials_are_refused(door: Door, authorization: str):
    """What is no bearer token is refused as invalid_token."""
    error = await refusal(door, authorization)
    assert error.error == "invalid_token"
    assert 'error="invalid_token"' in error.www_authenticate


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "https://other.example"},
        {"aud": keys.ISSUER + "/"},
        {"aud": [keys.ISSUER]},
        {"aud": None},
        {"exp": NOW - 1},
        {"exp": None},
        {"exp": str(NOW + 600)},
        {"exp": float(NOW) + 600.5},
        {"iat": NOW + 3600},
        {"iat": None},
        {"jti": None},
        {"scope": None},
        {"scope": ["utility-bills:pay"]},
        {"tenant": None},
        {"client_id": None},
        {"admin": True},
    ],
)
async def test_claims_out_of_line_are_refused(door: Door, changes: dict[str, Any]):
    """A token with a claim that is missing, wrong or unknown is refused, though the hub's key signed it."""
    assert (await refusal(door, f"Bearer {await forge(door, **changes)}")).error == "invalid_token"


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"typ": "application/at+jwt"},
        {"kid": "other"},
        {"kid": None},
        {"kid": "../../../../dev/null"},
        {"kid": "' OR '1'='1"},
        {"jku": "https://attacker.example"},
        {"crit": ["exp"]},
        {"alg": "RS256"},
        {"alg": "ES384"},
        {"alg": "none"},
    ],
)
async def test_header_tricks_are_refused(door: Door, header: dict[str, Any]):
    """A token of another type, key or algorithm is refused."""
    head, rest = (await forge(door)).split(".", 1)
    key = await own_key(door)
    changed = {"alg": "ES256", "kid": key.kid, "typ": "at+jwt"} | header
    assert head
    token = keys.b64({name: value for name, value in changed.items() if value is not None}) + "." + rest
    assert (await refusal(door, f"Bearer {token}")).error == "invalid_token"


async def test_none_is_refused(door: Door):
    """A token that says it needs no signature is refused."""
    key = await own_key(door)
    bare = keys.signed({"alg": "none", "kid": key.kid, "typ": "at+jwt"}, good_claims(door), None)
    await refusal(door, f"Bearer {bare}")
    await refusal(door, f"Bearer {(await door.token()).rpartition('.')[0]}.")


async def test_public_key_as_shared_secret_is_refused(door: Door):
    """A token signed HS256 with the hub's public key is refused."""
    key = await own_key(door)
    for secret in (key.jwk.as_pem(private=False), key.jwk.as_der(private=False), b""):
        head = {"alg": "HS256", "kid": key.kid, "typ": "at+jwt"}
        forged = keys.signed(head, good_claims(door), secret)
        assert "HS256" in (await refusal(door, f"Bearer {forged}")).description


async def test_foreign_key_is_refused(door: Door):
    """A token that another key signed under the hub's kid is refused, also with RS256."""
    key = await own_key(door)
    for alg, foreign in (("ES256", keys.key_pair("ES256")), ("RS256", keys.key_pair("PS256"))):
        forged = keys.signed({"alg": alg, "kid": key.kid, "typ": "at+jwt"}, good_claims(door), foreign)
        await refusal(door, f"Bearer {forged}")


async def test_assertion_is_no_access_token(door: Door):
    """A client's own assertion opens nothing."""
    await refusal(door, f"Bearer {door.assertion()}")


@pytest.mark.parametrize("length", [8200, 100_000, 5_000_000])
async def test_huge_token_is_refused_at_once(door: Door, length: int):
    """A huge token is refused before anything is calculated."""
    began = time.thread_time()  # of the processor, whoever else is busy
    assert "too long" in (await refusal(door, "Bearer " + "a" * length)).description
    assert time.thread_time() - began < 0.05


async def test_token_expires_though_it_is_remembered(door: Door):
    """A token that was good is refused when its ten minutes are over."""
    token = await door.token()
    await door.enter(token)
    door.clock.moved = 599
    await door.enter(token)
    door.clock.moved = 601
    assert "expired" in (await refusal(door, f"Bearer {token}")).description


async def test_memory_of_tokens_is_bounded(door: Door, monkeypatch: pytest.MonkeyPatch):
    """The guard forgets the token that was not seen for longest, and can verify it again."""
    monkeypatch.setattr(guard, "REMEMBERED", 3)
    tokens = [await forge(door, jti=f"j{n}") for n in range(5)]
    for token in tokens:
        await door.enter(token)
    assert len(door.identity._guard._known) == 3
    assert (await door.enter(tokens[0])).token_id == "j0"


async def test_refused_tokens_are_not_remembered(door: Door):
    """Garbage takes no room."""
    for n in range(20):
        await refusal(door, f"Bearer a.b.{n}")
    assert not door.identity._guard._known


async def test_memory_holds_no_token(door: Door):
    """Tokens are remembered by their digest alone."""
    token = await door.token()
    await door.enter(token)
    assert token not in repr(door.identity._guard._known)
