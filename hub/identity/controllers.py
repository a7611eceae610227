"""The OAuth endpoints. `request.app.state.identity` is the Identity that the composition root made."""

from typing import Any, cast

from litestar import Controller, Request, Response, get, post, route

from hub.identity import answers, metadata
from hub.identity.answers import NO_STORE, REFUSALS, KeySet, Nothing, RevocationOperation, TokenAnswer, TokenOperation
from hub.identity.form import read_form
from hub.identity.identity import Identity
from hub.identity.metadata import ResourceMetadata, ServerMetadata
from hub.identity.refusals import OAuthRefusal
from hub.store import StoreUnavailable

AnyRequest = Request[Any, Any, Any]

PUBLIC = {"Cache-Control": "public, max-age=60"}
"""Less than the lead of a new signing key, so that whoever caches the keys knows it before it signs."""


def _identity(request: AnyRequest) -> Identity:
    return cast("Identity", request.app.state.identity)


class OAuthController(Controller):
    """Tokens for clients that prove themselves with a signed assertion."""

    path = "/oauth"
    tags = ("OAuth",)
    security = ({},)
    exception_handlers = {OAuthRefusal: answers.refused, StoreUnavailable: answers.unavailable}  # noqa: RUF012 - as Litestar reads it

    @post(
        "/token",
        operation_id="issue_token",
        summary="Get an access token (RFC 6749, client credentials with private_key_jwt)",
        status_code=200,
        operation_class=TokenOperation,
        responses=REFUSALS,
    )
    async def token(self, request: AnyRequest) -> Response[TokenAnswer]:
        answer = await _identity(request).token(await read_form(request))
        return Response(TokenAnswer(**answer), headers=NO_STORE)

    @post(
        "/revoke",
        operation_id="revoke_token",
        summary="Revoke an access token of one's own (RFC 7009)",
        status_code=200,
        operation_class=RevocationOperation,
        responses=REFUSALS,
    )
    async def revoke(self, request: AnyRequest) -> Response[Nothing]:
        await _identity(request).revoke(await read_form(request))
        return Response(Nothing(), headers=NO_STORE)

    @get(
        "/jwks",
        operation_id="list_signing_keys",
        summary="The keys that access tokens are signed with (RFC 7517)",
        responses={503: REFUSALS[503]},
    )
    async def jwks(self, request: AnyRequest) -> Response[KeySet]:
        return Response(KeySet(**await _identity(request).jwks()), headers=PUBLIC)

    @route(
        ["/token", "/revoke"],
        http_method=["GET", "HEAD", "PUT", "PATCH", "DELETE"],
        status_code=405,
        include_in_schema=False,
    )
    async def wrong_method(self) -> Response[answers.OAuthError]:
        error = answers.OAuthError("invalid_request", "this endpoint takes POST")
        return Response(error, headers=NO_STORE | {"Allow": "POST"})


class WellKnownController(Controller):
    """Where a program finds out the rest."""

    path = "/.well-known"
    tags = ("OAuth",)
    security = ({},)

    @get(
        metadata.SERVER_PATH.removeprefix(path),
        operation_id="describe_authorization_server",
        summary="Metadata of the authorization server (RFC 8414)",
        sync_to_thread=False,
    )
    def server(self, request: AnyRequest) -> Response[ServerMetadata]:
        return Response(metadata.server_metadata(_identity(request).issuer), headers=PUBLIC)

    @get(
        metadata.RESOURCE_PATH.removeprefix(path),
        operation_id="describe_protected_resource",
        summary="Metadata of the API that the tokens are for (RFC 9728)",
        sync_to_thread=False,
    )
    def resource(self, request: AnyRequest) -> Response[ResourceMetadata]:
        return Response(metadata.resource_metadata(_identity(request).issuer), headers=PUBLIC)


ROUTES = [OAuthController, WellKnownController]
