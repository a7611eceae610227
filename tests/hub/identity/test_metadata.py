"""What the server says about itself."""

from tests.hub.identity import keys
from tests.hub.identity.door import SCOPES, Door


async def test_server_metadata_tells_what_there_is(door: Door):
    """RFC 8414 metadata name the endpoints, the one way to authenticate, and the scopes of the contract."""
    told = (await door.http.get("/.well-known/oauth-authorization-server")).json()
    assert told["issuer"] == keys.ISSUER
    assert told["token_endpoint"] == f"{keys.ISSUER}/oauth/token"
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["PS256", "ES256", "EdDSA"]
    assert told["grant_types_supported"] == ["client_credentials"]
    assert set(told["scopes_supported"]) >= set(SCOPES)
    assert "introspection_endpoint" not in told


async def test_every_address_told_is_there(door: Door):
    """No endpoint of the metadata answers 404."""
    told = (await door.http.get("/.well-known/oauth-authorization-server")).json()
    for name in ("token_endpoint", "revocation_endpoint"):
        assert (await door.http.post(told[name], data={"x": "y"})).status_code in (400, 401)
    assert (await door.http.get(told["jwks_uri"])).status_code == 200


async def test_resource_metadata_name_the_server(door: Door):
    """RFC 9728 metadata lead from the API to the authorization server."""
    told = (await door.http.get("/.well-known/oauth-protected-resource")).json()
    assert told["resource"] == keys.ISSUER
    assert told["authorization_servers"] == [keys.ISSUER]


async def test_openapi_describes_the_endpoints(door: Door):
    """Every endpoint has an operation_id, a summary, its form and its refusals in the OpenAPI document."""
    paths = (await door.http.get("/schema/openapi.json")).json()["paths"]
    operations = {path: operation for path, item in paths.items() for operation in item.values()}
    assert set(operations) == {
        "/oauth/token",
        "/oauth/revoke",
        "/oauth/jwks",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource",
    }
    assert all(operation["operationId"] and operation["summary"] for operation in operations.values())
    token = operations["/oauth/token"]
    form = token["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert form["required"] == ["grant_type", "client_assertion_type", "client_assertion"]
    assert set(token["responses"]) == {"200", "400", "401", "413", "503"}
