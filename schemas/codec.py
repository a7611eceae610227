"""How canonical values become JSON and come back, for every side that needs it."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec

from schemas.refs import TOKEN_SCHEMA, PartnerRef
from schemas.secret import Secret

T = TypeVar("T")


class Codec:
    """JSON under one way of writing a PartnerRef.

    The gateway's codec encrypts and opens them; PLAIN writes them as they are, for the journal.
    """

    def __init__(self, write_ref: Callable[[PartnerRef], str], read_ref: Callable[[str], PartnerRef]) -> None:
        self._write_ref = write_ref
        self._read_ref = read_ref
        self._encoder = msgspec.json.Encoder(enc_hook=self._encode, order="deterministic")

    def encode(self, value: object) -> bytes:
        """Raises: TypeError for a Secret that nobody took out."""
        return self._encoder.encode(value)

    def decoder(self, of: type[T]) -> msgspec.json.Decoder[T]:
        return msgspec.json.Decoder(of, dec_hook=self._decode)

    def convert(self, flat: dict[str, str], of: type[T]) -> T:
        """Reads a query string's parameters against a flat struct. Raises: msgspec.ValidationError."""
        bare = _bare(cast("Any", of))
        given = {name: _read_bare(text) if name in bare else text for name, text in flat.items()}
        return msgspec.convert(given, of, dec_hook=self._decode)

    def _encode(self, value: object) -> object:
        if isinstance(value, PartnerRef):
            return self._write_ref(value)
        raise TypeError(f"{type(value).__name__} has no JSON form")

    def _decode(self, of: type, value: Any) -> object:
        if of is PartnerRef:
            if not isinstance(value, str):
                raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
            return self._read_ref(value)
        raise TypeError(f"{of} has no JSON form")


_BARE = re.compile(r"true|false|-?(?:0|[1-9][0-9]{0,17})")


@cache
def _bare(struct: Any) -> frozenset[str]:
    """Fields of a flat struct that JSON writes without quotes: numbers and truth values."""
    hints = get_type_hints(struct)
    return frozenset(name for name, hint in hints.items() if {int, bool} & {hint, *get_args(hint)})


def _read_bare(text: str) -> object:
    """Msgspec's own lax mode would also take "null" for nothing, and a number for a time."""
    return msgspec.json.decode(text) if _BARE.fullmatch(text) else text


PLAIN = Codec(str, PartnerRef.parse)


def schema_hook(of: type) -> dict[str, Any]:
    """JSON Schema of the contract's own classes, for msgspec."""
    if of is PartnerRef:
        return TOKEN_SCHEMA
    if get_origin(of) is Secret or of is Secret:
        return {"type": "string", "description": "Sealed: released by a call of its own"}
    raise NotImplementedError
