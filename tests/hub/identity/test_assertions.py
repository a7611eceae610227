"""Assertions that prove nothing."""

import time
from typing import Any

import httpx
import pytest

from tests.hub.identity import keys
from tests.hub.identity.door import Door

NOW = int(time.time())
TEN_YEARS = 10 * 365 * 86400


def refused(answer: httpx.Response) -> str:
    """Asserts OAuth's own refusal of a client, and returns what it says."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["www-authenticate"]
    body = answer.json()
    assert set(body) == {"error", "error_description"}
    assert body["error"] == "invalid_client"
    return str(body["error_description"])


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"aud": f"{keys.ISSUER}/oauth/token"}, "aud"),
        ({"aud": [keys.ISSUER]}, "aud"),
        ({"aud": [keys.ISSUER, "https://other.example"]}, "aud"),
        ({"aud": keys.ISSUER + "/"}, "aud"),
        ({"aud": "https://other.example"}, "aud"),
        ({"aud": None}, "aud"),
        ({"iss": "cli_somebodyelse"}, "iss"),
        ({"iss": None}, "iss"),
        ({"exp": None}, "exp"),
        ({"exp": NOW - 1}, "exp"),
        ({"exp": NOW - TEN_YEARS}, "exp"),
        ({"exp": NOW + TEN_YEARS}, "exp"),
        ({"exp": NOW + 3600}, "exp"),
        ({"exp": 10**30}, "exp"),
        ({"exp": 1e300}, "exp"),
        ({"exp": str(NOW + 60)}, "exp"),
        ({"exp": True}, "exp"),
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": "j" * 256}, "jti"),
        ({"jti": "a\x00b"}, "jti"),
        ({"jti": 5}, "jti"),
        ({"iat": NOW + 3600}, "iat"),
        ({"iat": NOW - 86400}, "iat"),
        ({"nbf": NOW + 3600}, "nbf"),
    ],
)
async def test_claims_out_of_line_are_refused(door: Door, changes: dict[str, Any], word: str):
    """An assertion with a claim that is missing, wrong or far away is refused, and the claim named."""
    assert word in refused(await door.ask(door.assertion(**changes)))


@pytest.mark.parametrize("sub", [None, "", "cli_00000000000000000000000000", "' OR 1=1 --", "a\x00", 5, ["x"], "cli_"])
async def test_unknown_subject_is_refused(door: Door, sub: Any):
    """An assertion about nobody the hub knows is refused."""
    refused(await door.ask(door.assertion(sub=sub, iss=sub)))


async def test_small_skew_is_forgiven(door: Door):
    """A client whose clock is twenty seconds ahead gets its token."""
    ahead = int(time.time()) + 20
    answer = await door.ask(door.assertion(iat=ahead, nbf=ahead, exp=ahead + 300))
    assert answer.status_code == 200, answer.text


async def test_longest_jti_is_accepted(door: Door):
    """A jti of 255 characters is accepted."""
    assert (await door.ask(door.assertion(jti="j" * 255))).status_code == 200


async def test_foreign_key_is_refused(door: Door):
    """An assertion signed with somebody else's key of the same name is refused."""
    assert "signature" in refused(await door.ask(keys.assertion(door.client_id, keys.key_pair("ES256"))))


async def test_unsigned_is_refused(door: Door):
    """An assertion without its signature is refused."""
    refused(await door.ask(door.assertion().rpartition(".")[0] + "."))
    refused(await door.ask(door.assertion().rpartition(".")[0]))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
async def test_none_is_refused(door: Door, alg: str):
    """An assertion that says it needs no signature is refused."""
    bare = keys.signed({"alg": alg, "kid": "one"}, keys.claims(door.client_id), None)
    refused(await door.ask(bare))


@pytest.mark.parametrize("alg", ["RS256", "RS512", "PS384", "PS512"])
async def test_other_rsa_algorithms_are_refused(door: Door, alg: str):
    """A good RSA signature of a kind that FAPI does not know is refused."""
    key = keys.key_pair("PS256")
    client_id = await door.add_client(key, name="rsa")
    assert alg in refused(await door.ask(keys.assertion(client_id, key, header={"alg": alg})))


async def test_public_key_as_shared_secret_is_refused(door: Door):
    """An HS256 signature made with the client's public key is refused."""
    for secret in (door.key.as_pem(private=False), door.key.as_der(private=False), keys.jwks(door.key), b""):
        forged = keys.signed({"alg": "HS256", "kid": "one"}, keys.claims(door.client_id), secret)
        assert "HS256" in refused(await door.ask(forged))


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "two"},
        {"kid": "../../../../dev/null"},
        {"kid": "' UNION SELECT 1 --"},
        {"kid": "one\x00"},
        {"kid": 1},
        {"kid": ["one"]},
        {"jku": "https://attacker.example/jwks"},
        {"x5u": "https://attacker.example/cert"},
        {"jwk": {"kty": "oct", "k": "AA"}},
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"typ": "at+jwt"},
        {"typ": "dpop+jwt"},
        {"alg": "EdDSA"},
        {"alg": ["ES256"]},
        {"alg": None},
    ],
)
async def test_header_tricks_are_refused(door: Door, header: dict[str, Any]):
    """A header that brings a key, changes the rules or names another key is refused."""
    head = {"alg": "ES256", "kid": "one", "typ": "JWT"} | header
    signed = keys.signed({"alg": "ES256"}, keys.claims(door.client_id), door.key)
    good_signature = keys.b64(head) + "." + signed.split(".", 1)[1]
    refused(await door.ask(good_signature))


async def test_embedded_key_is_refused_though_the_signature_fits(door: Door):
    """A key that comes along in the header is not believed."""
    mine = keys.key_pair("ES256")
    head = {"alg": "ES256", "kid": "one", "jwk": mine.as_dict(private=False)}
    refused(await door.ask(keys.signed(head, keys.claims(door.client_id), mine)))


async def test_kid_may_be_left_out_where_there_is_one_key(door: Door):
    """A client with one key need not name it, one with two keys must."""
    assert (await door.ask(door.assertion(header={"kid": None}))).status_code == 200
    door.client_id = await door.add_client(door.key, keys.key_pair("EdDSA", "two"), name="two keys")
    assert "kid" in refused(await door.ask(door.assertion(header={"kid": None})))
    assert (await door.ask(door.assertion())).status_code == 200


@pytest.mark.parametrize(
    "assertion",
    [
        "garbage",
        "..",
        "a.b.c",
        "e30.e30.",
        "W10.W10.AA",
        "é.é.é",
        "A" * 9000,
        "." * 50,
        keys.b64(b"[" * 3000) + ".e30.AA",
        keys.b64({"alg": "ES256", "kid": "one"}) + "." + keys.b64(b"[" * 4000) + ".AA",
        keys.b64({"alg": "ES256", "kid": "one"}) + "." + keys.b64(b'{"sub":"\xff"}') + ".AA",
    ],
)
async def test_garbage_is_refused(door: Door, assertion: str):
    """What is no JWT, or a bomb, is refused as what it is, whoever it is about."""
    told = refused(await door.ask(assertion))
    assert told.startswith("client_assertion: ")
    assert "active client" not in told


@pytest.mark.parametrize("spoilt", [{"header": b"{"}, {"header": {"alg": 5}}, {"claims": {"exp": "soon"}}])
async def test_what_cannot_be_read_tells_nothing_of_clients(door: Door, spoilt: dict[str, Any]):
    """An assertion that cannot be read is told so in the same words, whether there is such a client or not."""
    told = set()
    for sub in (door.client_id, "cli_00000000000000000000000000"):
        claims = keys.claims(sub) | spoilt.get("claims", {})
        head = spoilt.get("header", {"alg": "ES256", "kid": "one"})
        told.add(refused(await door.ask(f"{keys.b64(head)}.{keys.b64(claims)}.AA")))
    assert len(told) == 1
    assert told.pop().startswith("client_assertion: ")


async def test_a_bad_jti_is_told_in_words(door: Door):
    """No pattern is shown to whoever sends a jti that cannot be used."""
    assert "1 to 255 printable" in refused(await door.ask(door.assertion(jti="ü")))


async def test_assertion_of_another_client_is_refused(door: Door):
    """A client_id beside the assertion must be the assertion's own."""
    other = await door.add_client(door.key, name="other")
    assert "client_id" in refused(await door.ask(client_id=other))
    assert (await door.ask(client_id=door.client_id)).status_code == 200


async def test_access_token_is_no_assertion(door: Door):
    """A token that the hub signed proves no client."""
    refused(await door.ask(await door.token()))
