"""Nobody comes in without a token that is good for what is asked."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from litestar import Litestar
from litestar.routes import HTTPRoute

from hub import app as composition
from hub.errors import ScopeMissing
from hub.identity.refusals import Unauthenticated
from hub.settings import Settings
from schemas.scenarios import operations
from tests.banks import TwoBanks
from tests.caller import BILLERS, PAYMENTS, SEARCHES, Caller, new_key, problem
from tests.running import RELOADLY, Running

OPEN = {
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/docs"),
    ("GET", "/docs/assets/{name}"),
    ("GET", "/openapi.json"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/.well-known/oauth-protected-resource"),
    ("GET", "/oauth/jwks"),
    ("POST", "/oauth/token"),
    ("POST", "/oauth/revoke"),
    ("POST", "/callbacks/{partner}/{account_id}"),
}
"""Needs no token, or proves its caller in another way. Everything else is guarded, unasked."""
NOT_THE_OAUTH_METHOD = {("/oauth/token", method) for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE")} | {
    ("/oauth/revoke", method) for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE")
}


@pytest.fixture
def served(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Method and path of every route that the composition root puts together."""
    monkeypatch.setattr(composition, "traced", lambda app: app)
    settings = Settings(database_url=sqlite_url, master_key=base64.b64encode(bytes(32)).decode())
    made: Any = composition.create_app(settings)
    return set(_routes(made))


def _routes(app: Litestar) -> Iterator[tuple[str, str]]:
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else []:
            for method in handler.http_methods - {"OPTIONS"}:
                if (route.path_format, method) not in NOT_THE_OAUTH_METHOD:
                    yield method, route.path_format


def test_every_route_is_guarded(served: set[tuple[str, str]], caller: Caller) -> None:
    """A call without a token is a 401 wherever it goes, except at the few routes that are open to all."""
    guarded = served - OPEN
    assert served >= OPEN
    assert guarded >= {(operation.method, operation.route) for operation in operations() if operation.path}
    for method, path in guarded:
        for body in (None, "no json", "{}"):
            answer = caller.call(method, path.replace("{", "").replace("}", ""), body, token="")
            problem(answer, Unauthenticated)
            challenge = answer.headers["www-authenticate"]
            assert challenge.startswith("Bearer ")
            assert "error=" not in challenge  # who showed no token is told no error (RFC 6750, section 3.1)
            assert "/.well-known/oauth-protected-resource" in challenge


def test_open_routes_ask_for_no_token(caller: Caller) -> None:
    """What is open answers a stranger, even one with a bad token."""
    for method, path in OPEN - {("GET", "/docs/assets/{name}")}:
        for token in ("", "garbage"):
            assert caller.call(method, path, token=token).headers.get("content-type") != "", path
            assert caller.call(method, path, token=token).status_code != 403
            if method == "GET":
                assert caller.call(method, path, token=token).status_code == 200


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def header_of(token: str) -> dict[str, Any]:
    head = token.split(".", maxsplit=1)[0]
    return dict(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))))


def _part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def bad_tokens(caller: Caller) -> Iterator[tuple[str, str]]:
    """Tokens that look like the bank's own, each wrong in one way."""
    good = caller.app.token()
    head, claims, signature = good.split(".")
    header, said = header_of(good), claims_of(good)
    keys = caller.call("GET", "/oauth/jwks", token="").json()
    foreign = ECKey.generate_key("P-256")
    rsa = RSAKey.generate_key(2048)
    public = KeySet.import_key_set(keys).keys[0]
    yield "garbage", "garbage"
    yield "empty parts", ".."
    yield "two parts", f"{head}.{claims}"
    yield "no signature", f"{head}.{claims}."
    yield "another signature", f"{head}.{claims}.{signature[::-1]}"
    yield "none", f"{_part(header | {'alg': 'none'})}.{claims}."
    yield "None", f"{_part(header | {'alg': 'None'})}.{claims}."
    yield "foreign key", jwt.encode({**header, "alg": "ES256"}, said, foreign)
    brought = header | {"alg": "ES256", "jwk": foreign.as_dict(private=False)}
    yield "foreign key, brought along", jwt.encode(brought, said, foreign)
    yield "foreign key, another id", jwt.encode({**header, "alg": "ES256", "kid": "mine"}, said, foreign)
    yield "RS256", jwt.encode({**header, "alg": "RS256"}, said, rsa)
    secret = OctKey.import_key(json.dumps(public.as_dict(private=False)))
    yield "HS256 under the public key", jwt.encode({**header, "alg": "HS256"}, said, secret)
    for name, change in {
        "another audience": {"aud": "https://elsewhere.example"},
        "audiences": {"aud": [said["aud"]]},
        "expired": {"exp": said["iat"] - 1},
        "another tenant": {"tenant": "bnk_other"},
        "another scope": {"scope": "everything:all"},
    }.items():
        yield name, f"{head}.{_part(said | change)}.{signature}"
        yield f"{name}, foreign key", jwt.encode({**header, "alg": "ES256"}, said | change, foreign)
    yield "over-long", good + "A" * 20_000


def test_bad_tokens(caller: Caller, live_hub: Running) -> None:
    """A token that the hub did not sign, or not so, is a 401 that names `invalid_token`, and makes no order."""
    payment, newest = live_hub.payment(RELOADLY, "4400112231"), caller.newest()
    for name, token in bad_tokens(caller):
        for method, path, body in [("GET", "/v1/orders", None), ("GET", BILLERS, None), ("POST", PAYMENTS, payment)]:
            answer = caller.call(method, path, body, token=token, headers={"Idempotency-Key": new_key()})
            problem(answer, Unauthenticated)
            assert 'error="invalid_token"' in answer.headers["www-authenticate"], name
            assert token not in answer.text + str(answer.headers)
    assert caller.newest() == newest


@pytest.mark.parametrize("scheme", ["Basic", "DPoP", "Token", ""])
def test_another_scheme(caller: Caller, scheme: str) -> None:
    """The token comes as a bearer token and in no other way."""
    answer = caller.call(
        "GET", "/v1/orders", token="", headers={"Authorization": f"{scheme} {caller.app.token()}".strip()}
    )
    problem(answer, Unauthenticated)


def test_two_tokens_are_none(caller: Caller) -> None:
    """A call with two `Authorization` headers is refused, whichever of them is good."""
    good, bad = ("Authorization", f"Bearer {caller.app.token()}"), ("Authorization", "Bearer x")
    for headers in ([good, bad], [bad, good], [good, good]):
        for path in ("/v1/orders", BILLERS, "/v1/documents/doc_none"):
            answer = caller.call("GET", path, token="", headers=headers)
            problem(answer, Unauthenticated)
            assert 'error="invalid_request"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("place", ["?access_token={}", "?token={}"])
def test_a_token_in_the_address(caller: Caller, place: str) -> None:
    """A token in the address is none: addresses are logged."""
    problem(caller.call("GET", "/v1/orders" + place.format(caller.app.token()), token=""), Unauthenticated)


def test_scopes(two_banks: TwoBanks) -> None:
    """A client does what its scopes say, and a 403 tells which scope was missing."""
    biller = two_banks.hub.biller(RELOADLY, prepaid=False, choices=[])
    search = {"biller_id": biller["biller_id"], "account": "4400112232"}
    payment = search | {"amount": biller["rule"]["minimum"]}
    assert two_banks.reader.get(BILLERS, limit=1).status_code == 200
    assert two_banks.reader.call("POST", SEARCHES, search).is_success
    assert "utility-bills:pay" in problem(two_banks.reader.pay(payment), ScopeMissing)["detail"]
    assert two_banks.payer.pay(payment).is_success
    assert "utility-bills:read" in problem(two_banks.payer.get(BILLERS), ScopeMissing)["detail"]
    assert "utility-bills:read" in problem(two_banks.payer.call("POST", SEARCHES, search), ScopeMissing)["detail"]


def test_scope_before_body(two_banks: TwoBanks) -> None:
    """Who may not pay learns nothing about bodies, keys or billers."""
    for body in ("no json", "{}", None):
        problem(two_banks.reader.call("POST", PAYMENTS, body), ScopeMissing)
