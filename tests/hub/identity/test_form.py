"""Requests to the OAuth endpoints that are not even wrong assertions."""

import httpx
import pytest

from hub.store import StoreUnavailable
from tests.hub.identity import keys
from tests.hub.identity.door import Door

FORM = {"content-type": "application/x-www-form-urlencoded"}
ENDPOINTS = ["/oauth/token", "/oauth/revoke"]


def check(answer: httpx.Response, status: int, error: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["grant_type", "client_assertion", "client_assertion_type", "scope", "unknown"])
async def test_parameter_twice_is_refused(door: Door, name: str):
    """A parameter that is there twice is invalid_request, whichever it is."""
    pairs = [*keys.token_form(door.assertion(), scope="utility-bills:read", unknown="x").items()]
    pairs += [pair for pair in pairs if pair[0] == name]
    body = str(httpx.QueryParams(pairs))
    check(await door.http.post("/oauth/token", content=body, headers=FORM), 400, "invalid_request")


async def test_unknown_parameter_is_ignored(door: Door):
    """A parameter that the server does not know changes nothing."""
    assert (await door.ask(audience="https://elsewhere.example")).status_code == 200


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
async def test_other_content_types_are_refused(door: Door, path: str, kind: str):
    """Anything but a form is invalid_request."""
    answer = await door.http.post(path, content=b'{"grant_type": "client_credentials"}', headers={"content-type": kind})
    check(answer, 400, "invalid_request")


async def test_charset_of_a_form_does_not_matter(door: Door):
    """A form may name its charset."""
    body = str(httpx.QueryParams(keys.token_form(door.assertion())))
    kind = {"content-type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"}
    assert (await door.http.post("/oauth/token", content=body, headers=kind)).status_code == 200


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_long_body_is_refused(door: Door, path: str):
    """A body beyond the limit is refused, announced or not."""
    check(await door.http.post(path, content=b"a=" + b"b" * 40_000, headers=FORM), 413, "invalid_request")

    async def stream():
        for _ in range(50):
            yield b"a" * 1000

    check(await door.http.post(path, content=stream(), headers=FORM), 413, "invalid_request")


@pytest.mark.parametrize(
    "body", [b"a", b"a&b", b"%ff=%ff", b"a=%zz%ff", b"\xff=1", b"&".join(b"a%d=1" % n for n in range(40)), b"=&="]
)
async def test_what_is_no_form_is_refused(door: Door, body: bytes):
    """A body that cannot be read as a form is invalid_request."""
    check(await door.http.post("/oauth/token", content=body, headers=FORM), 400, "invalid_request")


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_other_methods_are_refused(door: Door, path: str, method: str):
    """Only POST: parameters in an address would be logged everywhere."""
    answer = await door.http.request(method, path, params=keys.token_form("x"))
    check(answer, 405, "invalid_request")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_head_is_told_what_there_is(door: Door, path: str):
    """HEAD is refused like the others, without a body, and `Allow` lists nothing that would be refused as well."""
    answer = await door.http.head(path)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "POST", b"")


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("authorization_code", "unsupported_grant_type"),
        ("refresh_token", "unsupported_grant_type"),
        ('"quoted" 账单\n', "unsupported_grant_type"),
    ],
)
async def test_other_grants_are_refused(door: Door, grant_type: str | None, error: str):
    """Only client_credentials; the refusal does not repeat what was sent."""
    answer = await door.ask(grant_type=grant_type)
    check(answer, 400, error)
    assert "quoted" not in answer.text


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("type_", [None, "", "jwt-bearer", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"])
async def test_other_assertion_types_are_refused(door: Door, path: str, type_: str | None):
    """client_assertion_type is exact."""
    form = keys.token_form(door.assertion(), client_assertion_type=type_, token="x")
    check(await door.http.post(path, data=form), 401, "invalid_client")


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_secrets_are_refused(door: Door, path: str):
    """Neither HTTP Basic nor client_secret lets a client in, nor a second way beside the assertion."""
    bare = {"grant_type": "client_credentials", "token": "x"}
    secret = {"client_id": door.client_id, "client_secret": "s"}
    check(await door.http.post(path, data=bare, auth=(door.client_id, "secret")), 401, "invalid_client")
    check(await door.http.post(path, data=bare | secret), 401, "invalid_client")
    check(await door.http.post(path, data=bare | {"client_id": door.client_id}), 401, "invalid_client")
    both = keys.token_form(door.assertion(), token="x") | secret
    check(await door.http.post(path, data=both), 401, "invalid_client")


async def test_store_that_is_gone_is_a_503_in_oauths_words(door: Door, monkeypatch: pytest.MonkeyPatch):
    """No token leaves when the use of its assertion cannot be written down."""

    async def gone(_):
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(door.store, "write", gone)
    answer = await door.ask()
    check(answer, 503, "temporarily_unavailable")
    assert "retry-after" in answer.headers


async def test_introspection_is_not_offered(door: Door):
    """There is no introspection endpoint to be asked with garbage."""
    assert (await door.http.post("/oauth/introspect", data={"token": "garbage"})).status_code == 404
