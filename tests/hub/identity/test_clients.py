"""Adding clients, and which keys they may have."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OKPKey, RSAKey

from hub.identity import client_keys, rows
from hub.identity.clients import add_client, deactivate_client
from hub.identity.refusals import ClientError
from tests.hub.identity import keys
from tests.hub.identity.door import SCOPES, Door

PUBLIC = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "kid": "one",
    "alg": "ES256",
}
"""RFC 7515, appendix A.3: the same in every test process."""
RSA: dict[str, Any] = {"kty": "RSA", "crv": None, "x": None, "y": None, "alg": None, "e": "AQAB"}


def key_set(**changes: Any) -> bytes:
    jwk = {name: value for name, value in (PUBLIC | changes).items() if value is not None}
    return json.dumps({"keys": [jwk]}).encode()


def refused(raw: bytes) -> str:
    with pytest.raises(ClientError) as caught:
        client_keys.canonical(raw)
    return str(caught.value)


@pytest.mark.parametrize("alg", ["PS256", "ES256", "EdDSA"])
def test_good_keys_are_kept_in_one_form(alg: str):
    """A public key of each kind is kept with its name and algorithm, and without anything that came along."""
    jwk = keys.key_pair(alg).as_dict(private=False)
    del jwk["alg"]
    raw = json.dumps({"keys": [jwk | {"x5c": ["..."], "note": 1}], "more": 2}, indent=3).encode()
    stored = client_keys.canonical(raw)
    [kept] = json.loads(stored)["keys"]
    assert kept == jwk | {"alg": alg, "use": "sig"}
    assert client_keys.canonical(stored) == stored
    [key] = client_keys.load(stored)
    assert (key.kid, key.alg) == ("one", alg)


@pytest.mark.parametrize(
    "key",
    [ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519"), RSAKey.generate_key(2048)],
    ids=lambda k: k.key_type,
)
def test_private_keys_are_refused(key):
    """A private key is refused with the advice to make another, and none of it is repeated."""
    private = key.as_dict(private=True, kid="mine")
    words = refused(json.dumps({"keys": [private]}).encode())
    assert "'mine'" in words
    assert "private" in words
    assert private["d"] not in words


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (key_set(kid=None), "no kid"),
        (key_set(kid=""), "no kid"),
        (key_set(kid=5), "no kid"),
        (key_set(kid="k" * 256), "no kid"),
        (key_set(kty="oct", k="c2VjcmV0"), "shared secret"),
        (key_set(kty="ML-DSA"), "ML-DSA"),
        (key_set(kty=None), "kty"),
        (key_set(kty=["EC"]), "kty"),
        (key_set(crv="P-384"), "P-384"),
        (key_set(crv="secp256k1"), "secp256k1"),
        (key_set(crv=None), "curve"),
        (key_set(kty="OKP", crv="Ed448"), "Ed448"),
        (key_set(kty="OKP", crv="X25519"), "X25519"),
        (key_set(x="AAAA"), "cannot be read"),
        (key_set(x="é"), "cannot be read"),
        (key_set(x=None), "cannot be read"),
        (key_set(x=5), "cannot be read"),
        (key_set(**RSA, n="AQAB" * 5000), "bits"),
        (key_set(**RSA, n=5), "cannot be read"),
        (key_set(**RSA), "cannot be read"),
        (key_set(**RSA, n=""), "cannot be read"),
        (key_set(alg="RS256"), "RS256"),
        (key_set(alg="EdDSA"), "EdDSA"),
        (key_set(use="enc"), "enc"),
        (key_set(key_ops=["sign"]), "key_ops"),
        (b"", "no JWK set"),
        (b"[]", "no JWK set"),
        (b'{"keys": {}}', "no JWK set"),
        (b'{"keys": []}', "1 to 10"),
        (b'{"keys": [1]}', "no JWK set"),
        (json.dumps(PUBLIC).encode(), "no JWK set"),
        (b"-----BEGIN PUBLIC KEY-----", "no JWK set"),
        (b'{"keys": ' + b"[" * 100_000, "no JWK set"),
        (json.dumps({"keys": [PUBLIC] * 11}).encode(), "1 to 10"),
        (json.dumps({"keys": [PUBLIC] * 2}).encode(), "two keys have the kid 'one'"),
    ],
)
def test_unfit_key_sets_are_refused(raw: bytes, word: str):
    """A key set that cannot be used is refused with the reason."""
    assert word in refused(raw)


def test_key_at_fault_is_named():
    """Of several keys the one at fault is named."""
    raw = keys.jwks(keys.key_pair("ES256"), ECKey.generate_key("P-384", {"kid": "second"}))
    assert refused(raw).startswith("key 2 ('second')")


@pytest.mark.parametrize("bits", [1024, 2047])
def test_short_rsa_keys_are_refused(bits: int):
    """An RSA key under 2048 bits is refused."""
    number = json.loads(keys.jwks(keys.key_pair("PS256")))["keys"][0]
    odd = (1 << (bits - 1)) | 1
    number["n"] = keys.b64(odd.to_bytes((bits + 7) // 8, "big"))
    assert str(bits) in refused(json.dumps({"keys": [number]}).encode())


def test_real_rsa_1024_is_refused():
    """A real RSA key of 1024 bits is refused."""
    pair = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the subject of the test
    modulus = keys.b64(pair.public_key().public_numbers().n.to_bytes(128, "big"))
    jwk = {"kty": "RSA", "n": modulus, "e": "AQAB", "kid": "one"}
    assert "1024 bits" in refused(json.dumps({"keys": [jwk]}).encode())


def test_small_exponent_is_refused():
    """An RSA key with the exponent 3 is refused."""
    jwk = json.loads(keys.jwks(keys.key_pair("PS256")))["keys"][0]
    assert "exponent" in refused(json.dumps({"keys": [jwk | {"e": "Aw"}]}).encode())


@pytest.mark.parametrize("scopes", [[], ["utility-bills:steal"], ["utility-bills:read", "*"]])
async def test_scopes_that_do_not_exist_are_refused(door: Door, scopes: list[str]):
    """A client gets at least one scope, and none that the contract does not know."""
    with pytest.raises(ClientError, match="utility-bills:read"):
        await door.add_client(door.key, name="other", scopes=scopes)


async def test_scopes_come_from_the_contract(door: Door):
    """Every scope of the contract can be granted, each once."""
    client_id = await door.add_client(door.key, name="other", scopes=SCOPES * 2)
    client = await door.store.read(lambda tx: rows.find_client(tx, client_id))
    assert client
    assert client.scopes == SCOPES


async def test_name_is_used_once_in_a_bank(any_door: Door):
    """A bank has one client of a name; another bank may use the name too."""
    with pytest.raises(ClientError, match="already has a client named 'app'"):
        await any_door.add_client(any_door.key, name="app")
    any_door.tenant = await any_door.add_bank("second-bank")
    await any_door.add_client(any_door.key, name="app")


@pytest.mark.parametrize("name", ["", " x", "a\x00", "a\nb", "x" * 81])
async def test_unfit_names_are_refused(door: Door, name: str):
    """A name is printable and short."""
    with pytest.raises(ClientError, match="no name"):
        await door.add_client(door.key, name=name)


async def test_refused_client_leaves_nothing(door: Door):
    """A client that is refused is not there afterwards."""
    now = door.clock.now()
    with pytest.raises(ClientError):
        await door.store.write(lambda tx: add_client(tx, door.tenant, "bad", SCOPES, b"{}", now=now))
    there = await door.store.read(lambda tx: rows.list_clients(tx, door.tenant))
    assert [client.name for client in there] == ["app"]


async def test_shutting_out_nobody_is_an_error(door: Door):
    """Only a client that exists can be shut out."""
    with pytest.raises(ClientError, match="no client"):
        await door.store.write(lambda tx: deactivate_client(tx, "cli_nobody", now=door.clock.now()))
