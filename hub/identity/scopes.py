"""What a token may allow: one scope per scenario and access, read off the contract."""

import re
from collections.abc import Collection

from hub.identity.refusals import ClientError, OAuthRefusal
from schemas.scenarios import operations

_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


def contract_scopes() -> list[str]:
    """Every scope there is: `utility-bills:pay`."""
    return sorted({operation.scope for operation in operations() if operation.access})


def checked(scopes: Collection[str]) -> list[str]:
    """A client's scopes, sorted. Raises: ClientError naming the ones that the contract does not know."""
    there = contract_scopes()
    if not scopes:
        raise ClientError(f"a client needs at least one scope; scopes: {', '.join(there)}")
    unknown = sorted(set(scopes) - set(there))
    if unknown:
        raise ClientError(f"unknown scope {', '.join(map(repr, unknown))}; scopes: {', '.join(there)}")
    return sorted(set(scopes))


def granted(requested: str | None, allowed: Collection[str]) -> list[str]:
    """What a token gets: all that the client has when it names none, else exactly what it names.

    Source: RFC 6749, section 3.3; too much is `invalid_scope`, never a token with less.
    Raises: OAuthRefusal.
    """
    if not requested:
        return sorted(allowed)
    wanted = requested.split(" ")
    if not all(_TOKEN.fullmatch(scope) for scope in wanted):
        raise OAuthRefusal("invalid_scope", "scope: names separated by single spaces")
    beyond = sorted(set(wanted) - set(allowed))
    if beyond:
        raise OAuthRefusal("invalid_scope", f"not granted to this client: {' '.join(beyond)}")
    return sorted(set(wanted))
