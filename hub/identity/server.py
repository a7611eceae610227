"""The authorization server: authlib's, with one grant (RFC 6749, section 4.4) and one way to authenticate.

authlib is synchronous, so this runs in a thread and touches no store: what it needs to know is in the request,
and what it decides is left there for the caller to write down. Every way in which authlib would answer an error
ends in OAuthRefusal, because its own answers quote the request and know 400 where 401 is due.
"""
# authlib carries no types; no other module imports it, and nothing of it passes beyond this one.
# mypy: disable-error-code="import-untyped", disallow-subclassing-any=False

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint

from hub.identity.assertions import Proof
from hub.identity.refusals import OAuthRefusal
from hub.identity.rows import ClientRow
from hub.identity.scopes import granted
from hub.identity.tokens import AccessToken

PRIVATE_KEY_JWT = "private_key_jwt"
GRANT_TYPE = "client_credentials"

Prove = Callable[[Mapping[str, str], ClientRow | None], Proof]
Mint = Callable[[ClientRow, str], tuple[AccessToken, str]]
ReadToken = Callable[[str], AccessToken | None]


class OAuthClient(ClientMixin):
    """A client as authlib asks about it."""

    def __init__(self, row: ClientRow) -> None:
        self.row = row

    def get_client_id(self) -> str:
        return self.row.client_id

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == GRANT_TYPE

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - authlib's signature
        return method == PRIVATE_KEY_JWT


class OAuthQuestion(OAuth2Request):
    """A request, the client it claims to come from, and, afterwards, what was found and decided."""

    def __init__(self, form: Mapping[str, str], claimed: ClientRow | None) -> None:
        super().__init__("POST", "https://hub.invalid/oauth")  # authlib wants https; TLS is not its business here
        self.payload = BasicOAuth2Payload(form)
        self.claimed = claimed
        self.proof: Proof | None = None
        self.issued: AccessToken | None = None
        self.revoked: AccessToken | None = None

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data  # type: ignore[no-any-return]  # authlib's payload, which holds our mapping


class _ClientCredentials(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = [PRIVATE_KEY_JWT]

    def validate_requested_scope(self) -> None:
        """A scope that is too wide is refused; authlib would cut it down to nothing, and answer 200."""
        scopes = granted(self.request.payload.scope, self.request.client.row.scopes)
        self.request.payload.data["scope"] = " ".join(scopes)


class _Issued:
    """A token that came to be revoked, as authlib asks about it."""

    def __init__(self, token: AccessToken) -> None:
        self.token = token

    def check_client(self, client: OAuthClient) -> bool:
        return self.token.client_id == client.row.client_id


class _Revocation(RevocationEndpoint):
    """RFC 7009. What cannot be read, or has expired, needs no revoking: 200 (section 2.2)."""

    CLIENT_AUTH_METHODS: ClassVar = [PRIVATE_KEY_JWT]

    def check_params(self, request: OAuthQuestion, client: OAuthClient) -> None:  # noqa: ARG002 - authlib's signature
        """`token_type_hint` may be ignored (section 2.1), so no value of it is wrong."""
        if not request.form.get("token"):
            raise OAuthRefusal("invalid_request", "token is missing")

    def query_token(self, token_string: str, token_type_hint: str | None) -> _Issued | None:  # noqa: ARG002 - authlib's
        token = self.server.read_token(token_string)
        return _Issued(token) if token else None

    def revoke_token(self, token: _Issued, request: OAuthQuestion) -> None:
        request.revoked = token.token


class OAuthServer(AuthorizationServer):
    """Answers token and revocation requests. Raises: OAuthRefusal."""

    def __init__(self, *, prove: Prove, mint: Mint, read_token: ReadToken) -> None:
        super().__init__()
        self._prove = prove
        self._mint = mint
        self.read_token = read_token
        self.register_client_auth_method(PRIVATE_KEY_JWT, self._authenticate)
        self.register_grant(_ClientCredentials)
        self.register_endpoint(_Revocation)

    def token(self, question: OAuthQuestion) -> dict[str, Any]:
        """The answer of the token endpoint (RFC 6749, section 5.1)."""
        if not question.form.get("grant_type"):
            raise OAuthRefusal("invalid_request", "grant_type is missing")
        answer: dict[str, Any] = self.create_token_response(question)
        return answer

    def revoke(self, question: OAuthQuestion) -> None:
        """Leaves the token to revoke in the question, if there is one."""
        self.create_endpoint_response(_Revocation.ENDPOINT_NAME, question)

    def _authenticate(self, _: object, question: OAuthQuestion) -> OAuthClient | None:
        question.proof = self._prove(question.form, question.claimed)
        return OAuthClient(question.claimed) if question.claimed else None

    # What follows is what authlib asks of a framework.

    def query_client(self, client_id: str) -> None:
        raise NotImplementedError("clients come with the question")

    def generate_token(self, **asked: Any) -> dict[str, Any]:
        client: OAuthClient = asked["client"]
        token, written = self._mint(client.row, asked["scope"])
        return {
            "access_token": written,
            "token_type": "Bearer",
            "expires_in": token.exp - token.iat,
            "scope": token.scope,
            "issued": token,
        }

    def save_token(self, token: dict[str, Any], request: OAuthQuestion) -> None:
        request.issued = token.pop("issued")

    def create_oauth2_request(self, request: OAuthQuestion) -> OAuthQuestion:
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: object) -> Any:  # noqa: ARG002 - authlib's signature
        return body

    def handle_error_response(self, request: OAuthQuestion, error: OAuth2Error) -> None:  # noqa: ARG002 - authlib's
        words = {
            "unsupported_grant_type": f"grant_type must be {GRANT_TYPE}",
            "invalid_grant": "the token was issued to another client",
        }
        status = 401 if error.error == "invalid_client" else 400
        raise OAuthRefusal(error.error, words.get(error.error, error.description or ""), status)
