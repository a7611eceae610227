"""The one base of every canonical struct, so that no subclass repeats how strict it is."""

from typing import Any, cast, dataclass_transform

import msgspec


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class CanonicalMeta(msgspec.StructMeta):
    """Frozen, keyword-only, and closed to fields that nobody declared."""

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **options: Any
    ) -> "CanonicalMeta":
        strict = {"frozen": True, "kw_only": True, "forbid_unknown_fields": True}
        return super().__new__(mcls, name, bases, namespace, **(strict | options))


class Canonical(msgspec.Struct, metaclass=CanonicalMeta):
    """A value of the contract."""


def pattern(regex: str, description: str) -> msgspec.Meta:
    r"""A whole-string pattern that reads the same in Python and in JSON Schema.

    Python's `$` also matches before a last line feed; the look-ahead closes that gap.
    Write `[0-9]`, never `\d`: Python's `\d` takes full-width digits.
    """
    return msgspec.Meta(pattern=rf"^(?:{regex})$(?!\n)", description=description)


def derived_struct(name: str, fields: dict[str, Any], defaults: dict[str, Any], doc: str | None) -> type[Canonical]:
    """A canonical struct that is made from another one's fields (`msgspec.defstruct` cannot take a metaclass)."""
    namespace = {"__annotations__": fields, "__doc__": doc, "__module__": __name__, **defaults}
    made = CanonicalMeta(name, (Canonical,), namespace)
    return cast("type[Canonical]", made)
