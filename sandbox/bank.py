"""A bank's program as a bank would write it: a key of its own, a signed assertion, a token, and plain HTTP.

`python -m sandbox.bank var/demo/bank.json` prints an access token, for a first call with curl.
"""

import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def make_key() -> dict[str, Any]:
    """A private JWK for ES256, with `alg` and `kid`."""
    key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig", "kid": secrets.token_hex(8)}, private=True)
    return dict(key.as_dict(private=True))


def public_jwks(private_jwk: dict[str, Any]) -> bytes:
    """The public JWK set of a private key."""
    public = ECKey.import_key(private_jwk).as_dict(private=False)
    return json.dumps({"keys": [public]}).encode()


class BankApp:
    """One client of the hub, from `bank.json`."""

    def __init__(self, bank: dict[str, Any]) -> None:
        self._bank = bank
        # Unbounded: a full pool closes "idle" connections that another thread has just been given.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._http = httpx.Client(base_url=bank["base_url"], timeout=60.0, limits=limits, trust_env=False)
        self._token = ""
        self._until = 0.0

    def close(self) -> None:
        self._http.close()

    def token(self) -> str:
        """The access token, a new one shortly before the old one ends. Raises: httpx.HTTPError."""
        if time.time() > self._until - 30:
            answer = self._http.post(
                self._bank["token_endpoint"],
                data={
                    "grant_type": "client_credentials",
                    "client_assertion_type": ASSERTION_TYPE,
                    "client_assertion": self._assertion(),
                    "scope": " ".join(self._bank["scopes"]),
                },
            )
            answer.raise_for_status()
            said = answer.json()
            self._token, self._until = said["access_token"], time.time() + said["expires_in"]
        return self._token

    def get(self, path: str, **query: str) -> httpx.Response:
        return self._http.get(path, params=query, headers=self._headers())

    def post(
        self, path: str, body: dict[str, Any], key: str | None = None, *, consent: str | None = None
    ) -> httpx.Response:
        """Posts JSON; an order carries an Idempotency-Key of the caller's making, a customer's business a consent."""
        given = {"Idempotency-Key": key, "Consent-Id": consent}
        headers = self._headers() | {name: value for name, value in given.items() if value}
        return self._http.post(path, json=body, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}"}

    def _assertion(self) -> str:
        """Who we are, for a minute and for one use. Source: RFC 7523, section 3."""
        jwk = self._bank["private_jwk"]
        now = int(time.time())
        claims = {
            "iss": self._bank["client_id"],
            "sub": self._bank["client_id"],
            "aud": self._bank["issuer"],
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode({"alg": jwk["alg"], "kid": jwk["kid"]}, claims, ECKey.import_key(jwk))


def main() -> None:
    """Prints a token for the bank of a `bank.json`."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and one file
        sys.exit("usage: python -m sandbox.bank path/to/bank.json")
    try:
        app = BankApp(json.loads(Path(sys.argv[1]).read_text()))
        print(app.token())
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error.strerror}; `hub demo` makes one")
    except httpx.HTTPError as error:
        sys.exit(f"no token: {error}; does the hub run? (make demo)")
    app.close()


if __name__ == "__main__":
    main()
