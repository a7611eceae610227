"""What the OAuth endpoints answer, and how they are described in the OpenAPI document."""

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from hub.identity.assertions import ASSERTION_TYPE
from hub.identity.form import FORM
from hub.identity.refusals import OAuthRefusal
from hub.identity.server import GRANT_TYPE
from hub.store import StoreUnavailable

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""Source: RFC 6749, section 5.1."""
CHALLENGE = 'private_key_jwt realm="hub"'
"""HTTP wants a challenge with every 401 (RFC 9110, section 15.5.2); no registered scheme says this."""


class TokenAnswer(msgspec.Struct, frozen=True):
    """Source: RFC 6749, section 5.1."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class OAuthError(msgspec.Struct, frozen=True):
    """Source: RFC 6749, section 5.2."""

    error: str
    error_description: str


class KeySet(msgspec.Struct, frozen=True):
    """Source: RFC 7517, section 5."""

    keys: list[dict[str, str]]


class Nothing(msgspec.Struct, frozen=True):
    """An empty object."""


def refused(request: Request[Any, Any, Any], refusal: OAuthRefusal) -> Response[OAuthError]:
    """Counted like every refusal of a stranger."""
    request.app.state.refusals.count(request.client.host if request.client else "", f"oauth-{refusal.error}")
    headers = NO_STORE | ({"WWW-Authenticate": CHALLENGE} if refusal.status == 401 else {})  # noqa: PLR2004 - HTTP
    return Response(OAuthError(refusal.error, refusal.description), status_code=refusal.status, headers=headers)


def unavailable(_: Request[Any, Any, Any], __: StoreUnavailable) -> Response[OAuthError]:
    """The code is RFC 6749's, section 4.1.2.1, for lack of one in 5.2."""
    body = OAuthError("temporarily_unavailable", "the hub cannot read or write its store now")
    return Response(body, status_code=503, headers=NO_STORE | {"Retry-After": "2"})


REFUSALS = {
    400: ResponseSpec(OAuthError, generate_examples=False, description="The request is refused"),
    401: ResponseSpec(OAuthError, generate_examples=False, description="The client did not prove itself"),
    413: ResponseSpec(OAuthError, generate_examples=False, description="The body is too long"),
    503: ResponseSpec(OAuthError, generate_examples=False, description="The store is unavailable"),
}

_TEXT = Schema(type=OpenAPIType.STRING)
_AUTHENTICATION = {
    "client_assertion_type": Schema(type=OpenAPIType.STRING, const=ASSERTION_TYPE),
    "client_assertion": Schema(
        type=OpenAPIType.STRING,
        description="A JWT signed with the client's key (RFC 7523): `iss` and `sub` are the client id, `aud` is the "
        "issuer as one string (not the token endpoint), `exp` at most five minutes ahead, `jti` new every time; "
        "ES256, PS256 or EdDSA, with the key's `kid`",
    ),
}


def _form(required: dict[str, Schema], optional: dict[str, Schema]) -> RequestBody:
    fields = required | _AUTHENTICATION
    schema = Schema(type=OpenAPIType.OBJECT, properties={**fields, **optional}, required=list(fields))
    return RequestBody(content={FORM: OpenAPIMediaType(schema=schema)}, required=True)


@dataclass
class TokenOperation(Operation):
    """Describes the form of the token endpoint."""

    def __post_init__(self) -> None:
        scope = Schema(type=OpenAPIType.STRING, description="Left out: everything the client may do")
        grant_type = Schema(type=OpenAPIType.STRING, const=GRANT_TYPE)
        self.request_body = _form({"grant_type": grant_type}, {"scope": scope, "client_id": _TEXT})


@dataclass
class RevocationOperation(Operation):
    """Describes the form of the revocation endpoint."""

    def __post_init__(self) -> None:
        self.request_body = _form({"token": _TEXT}, {"token_type_hint": _TEXT, "client_id": _TEXT})
