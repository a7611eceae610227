"""How canonical values become JSON and come back, for every side that needs it."""

from collections.abc import Callable
from typing import Any, TypeVar, get_origin

import msgspec

from schemas.refs import TOKEN_SCHEMA, PartnerRef
from schemas.secret import Secret

T = TypeVar("T")


class Codec:
    """JSON under one way of writing a PartnerRef.

    The gateway's codec signs and opens them; PLAIN writes them as they are, for the journal.
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
        return msgspec.convert(flat, of, strict=False, dec_hook=self._decode)

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


PLAIN = Codec(str, PartnerRef.parse)


def schema_hook(of: type) -> dict[str, Any]:
    """JSON Schema of the contract's own classes, for msgspec."""
    if of is PartnerRef:
        return TOKEN_SCHEMA
    if get_origin(of) is Secret or of is Secret:
        return {"type": "string", "description": "Sealed: released by a call of its own"}
    raise NotImplementedError
