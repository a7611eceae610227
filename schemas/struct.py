"""The one base of every canonical struct, so that no subclass repeats how strict it is."""

from datetime import datetime
from typing import Annotated, Any, cast, dataclass_transform

import msgspec


class CanonicalMeta(msgspec.StructMeta):
    """Frozen, keyword-only, and closed to fields that nobody declared."""

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **options: Any
    ) -> "CanonicalMeta":
        strict = {"frozen": True, "kw_only": True, "forbid_unknown_fields": True}
        return super().__new__(mcls, name, bases, namespace, **(strict | options))


# On the class: mypy prefers `msgspec.Struct`'s own transform to one on a metaclass.
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Canonical(msgspec.Struct, metaclass=CanonicalMeta, frozen=True, kw_only=True):
    """A value of the contract."""


WORDS: dict[str, str] = {}
"""What each pattern of the contract asks for, for people who cannot read it: in the words of whoever had it first."""


def pattern(regex: str, description: str, min_length: int | None = None, max_length: int | None = None) -> msgspec.Meta:
    r"""A whole-string pattern that reads the same in Python and in JSON Schema.

    Python's `$` also matches before a last line feed; the look-ahead closes that gap.
    Write `[0-9]`, never `\d`: Python's `\d` takes full-width digits.
    """
    whole = rf"^(?:{regex})$(?!\n)"
    WORDS.setdefault(whole, description)
    return msgspec.Meta(pattern=whole, description=description, min_length=min_length, max_length=max_length)


Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with its zone: the only kind that travels."""


def within_reach(name: str, moment: datetime) -> None:
    """Refuses a time of no calendar that anybody keeps. Raises: ValueError, naming the field."""
    if not 1900 <= moment.year <= 2200:  # noqa: PLR2004 - and far from where another zone's clock would overflow
        raise ValueError(f"{name}: is a time that nobody keeps; name a year from 1900 to 2200")


def derived_struct(name: str, of: type, fields: dict[str, Any], defaults: dict[str, Any]) -> type[Canonical]:
    """A canonical struct made from another one's fields (`msgspec.defstruct` cannot take a metaclass)."""
    namespace = {"__annotations__": fields, "__doc__": of.__doc__, "__module__": of.__module__, **defaults}
    made = CanonicalMeta(name, (Canonical,), namespace)
    return cast("type[Canonical]", made)
