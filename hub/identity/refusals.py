"""How the door says no.

Unauthenticated   a call without a valid access token            (RFC 6750; the gateway renders it)
OAuthRefusal      a request that an OAuth endpoint refuses       (RFC 6749, section 5.2; rendered here)
ClientError       a client that the operator may not add as it is
"""

import re

_UNPRINTABLE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
LONGEST = 300


def printable(text: str) -> str:
    """The text as an `error_description` may carry it. Source: RFC 6749, section 5.2."""
    return _UNPRINTABLE.sub("?", text[:LONGEST])


class Unauthenticated(Exception):
    """No valid access token. Without an `error`, the caller showed none at all (RFC 6750, section 3.1)."""

    def __init__(self, error: str | None, description: str, *, resource_metadata: str = "") -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.resource_metadata = resource_metadata

    @property
    def www_authenticate(self) -> str:
        """The challenge. Source: RFC 6750, section 3; RFC 9728, section 5.1."""
        parameters = {
            "realm": "hub",
            "error": self.error,
            "error_description": printable(self.description) if self.error else None,
            "resource_metadata": self.resource_metadata or None,
        }
        return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value)


class OAuthRefusal(Exception):
    """What an OAuth endpoint answers instead. Shape: `error` is a code of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = printable(description)
        self.status = status


class ClientError(Exception):
    """A client cannot be added or changed as asked. The message names the scope or the key at fault."""
