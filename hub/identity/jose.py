"""Compact JWS (RFC 7515): three algorithms, a closed header, and keys that say themselves what they are for."""

from binascii import Error as Base64Error
from typing import Literal, TypeAlias, TypeVar, get_args

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

Algorithm = Literal["PS256", "ES256", "EdDSA"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
"""Never `none`, a shared secret, or PKCS #1 v1.5. Source: FAPI 2.0 Security Profile, section 5.4."""

Claims = TypeVar("Claims")
AsymmetricKey: TypeAlias = RSAKey | ECKey | OKPKey

LONGEST = 8192
PARTS = 3


class Unreadable(Exception):
    """Not a signed token of a known form, or not signed by this key. The message may be shown."""


class Key(msgspec.Struct, frozen=True):
    """A key, its name, and the one algorithm it is used with (RFC 8725, section 3.1)."""

    kid: str
    alg: Algorithm
    jwk: AsymmetricKey


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The header parameters that mean something here.

    Any other is refused: `jwk`, `jku`, `x5u` and `x5c` would bring the key along, `crit` and `b64` change the rules.
    """

    alg: str
    kid: str | None = None
    typ: str | None = None
    x5t: str | None = None
    x5t_s256: str | None = msgspec.field(name="x5t#S256", default=None)


_header = msgspec.json.Decoder(Header)
_encode = msgspec.json.Encoder().encode


def header_of(compact: str) -> Header:
    """The header, unverified. Raises: Unreadable."""
    if len(compact) > LONGEST:
        raise Unreadable(f"it is longer than {LONGEST} characters")
    return _decode(_parts(compact)[0], _header, "header")


def claims_of(compact: str, decoder: msgspec.json.Decoder[Claims]) -> Claims:
    """The claims, unverified. Raises: Unreadable naming the claim at fault."""
    return _decode(_parts(compact)[1], decoder, "claims")


def check_signature(compact: str, header: Header, key: Key) -> None:
    """Raises: Unreadable unless exactly this key, with its own algorithm, signed it."""
    if header.alg != key.alg:
        raise Unreadable(f"it is signed with {header.alg}, this key is for {key.alg}")
    signed, _, signature = compact.rpartition(".")
    # joserfc's own entry points would take the algorithm from the header, and warn at every EdDSA (RFC 9864)
    algorithm = JWSRegistry.algorithms[key.alg]
    try:
        good = algorithm.verify(signed.encode("ascii"), urlsafe_b64decode(signature.encode("ascii")), key.jwk)
    except (JoseError, ValueError):
        good = False
    if not good:
        raise Unreadable("its signature does not match the key")


def sign(claims: msgspec.Struct, key: Key, typ: str) -> str:
    """The claims as a compact JWS."""
    header = Header(alg=key.alg, kid=key.kid, typ=typ)
    signed = urlsafe_b64encode(_encode(header)) + b"." + urlsafe_b64encode(_encode(claims))
    signature = JWSRegistry.algorithms[key.alg].sign(signed, key.jwk)
    return (signed + b"." + urlsafe_b64encode(signature)).decode("ascii")


def _parts(compact: str) -> list[str]:
    parts = compact.split(".")
    if len(parts) != PARTS:
        raise Unreadable("it is no JWT of three parts")
    return parts


def _decode(part: str, decoder: msgspec.json.Decoder[Claims], name: str) -> Claims:
    try:
        return decoder.decode(urlsafe_b64decode(part.encode("ascii")))
    except msgspec.ValidationError as error:
        raise Unreadable(f"{name}: {error}") from None
    except (msgspec.DecodeError, UnicodeError, Base64Error, ValueError, RecursionError):
        raise Unreadable(f"its {name} cannot be read") from None
