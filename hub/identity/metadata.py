"""What the server says about itself."""

import msgspec

from hub.identity.jose import ALGORITHMS
from hub.identity.scopes import contract_scopes
from hub.identity.server import GRANT_TYPE, PRIVATE_KEY_JWT

SERVER_PATH = "/.well-known/oauth-authorization-server"
RESOURCE_PATH = "/.well-known/oauth-protected-resource"


class ServerMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The authorization server. Source: RFC 8414, section 2."""

    issuer: str
    token_endpoint: str
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    revocation_endpoint: str
    revocation_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_signing_alg_values_supported: list[str]
    jwks_uri: str
    grant_types_supported: list[str]
    response_types_supported: list[str]
    scopes_supported: list[str]
    protected_resources: list[str]


class ResourceMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The API that the tokens are for. Source: RFC 9728, section 2."""

    resource: str
    authorization_servers: list[str]
    scopes_supported: list[str]
    bearer_methods_supported: list[str]


def server_metadata(issuer: str) -> ServerMetadata:
    return ServerMetadata(
        issuer=issuer,
        token_endpoint=f"{issuer}/oauth/token",
        token_endpoint_auth_methods_supported=[PRIVATE_KEY_JWT],
        token_endpoint_auth_signing_alg_values_supported=list(ALGORITHMS),
        revocation_endpoint=f"{issuer}/oauth/revoke",
        revocation_endpoint_auth_methods_supported=[PRIVATE_KEY_JWT],
        revocation_endpoint_auth_signing_alg_values_supported=list(ALGORITHMS),
        jwks_uri=f"{issuer}/oauth/jwks",
        grant_types_supported=[GRANT_TYPE],
        response_types_supported=[],  # required by RFC 8414; there is no authorization endpoint
        scopes_supported=contract_scopes(),
        protected_resources=[issuer],  # RFC 9728, section 4
    )


def resource_metadata(issuer: str) -> ResourceMetadata:
    return ResourceMetadata(
        resource=issuer,
        authorization_servers=[issuer],
        scopes_supported=contract_scopes(),
        bearer_methods_supported=["header"],
    )
