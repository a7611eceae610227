"""Values as a log or an audit record may show them: what `schemas.privacy.private` marks C2 is masked."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from schemas.privacy import C2
from schemas.refs import PartnerRef
from schemas.secret import Secret

MASK = "***"
LONG_ENOUGH = 8
"""From this length on, the last two characters stay, so that a customer's question can be answered."""
LONGEST_FACT = 200

Masker: TypeAlias = Callable[[Any], Any]


def masked(struct: msgspec.Struct) -> dict[str, Any]:
    """The struct as plain data (dict, list, str, int, bool, None) without its personal values."""
    return {name: mask(getattr(struct, name)) for name, mask in _plan(type(struct))} | _tag(struct)


def facts_of(struct: msgspec.Struct) -> dict[str, str]:
    """The masked struct in one flat layer, as an audit record keeps it: `{"amount.currency": "CNY"}`.

    What is absent is left out.
    """
    return dict(_flat("", masked(struct)))


def shown(value: Any) -> Any:
    """Any value as plain data; what has no known form shows its type's name alone."""
    kind = type(value)
    if value is None or kind in _PLAIN:
        return value
    if isinstance(value, msgspec.Struct):
        return masked(value)
    if isinstance(value, Mapping):
        return {str(key): shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [shown(item) for item in value]
    if isinstance(value, Enum):
        return shown(value.value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, _WORDED):
        return str(value)
    return f"<{kind.__name__}>"


def hidden(value: Any) -> Any:
    """A personal value: `***`, for longer text with its last two characters; what is absent stays absent."""
    if value is None or value is msgspec.UNSET:
        return None
    if isinstance(value, str):
        return MASK + value[-2:] if len(value) >= LONG_ENOUGH else MASK
    if isinstance(value, Mapping):
        return {str(key): hidden(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [hidden(item) for item in value]
    return MASK


_PLAIN = frozenset({str, int, float, bool})
_WORDED = (Decimal, timedelta, UUID, PartnerRef, Secret, str, int, float)


@cache
def _plan(struct: type[msgspec.Struct]) -> tuple[tuple[str, Masker], ...]:
    """How each field of a struct is shown, read off its annotations once."""
    hints = get_type_hints(struct, include_extras=True)
    return tuple((name, _masker(hints[name])) for name in struct.__struct_fields__)


def _tag(struct: msgspec.Struct) -> dict[str, Any]:
    """Which member of a union it is; an answer's "succeeded" says more than its fields."""
    config = struct.__struct_config__
    return {config.tag_field: config.tag} if config.tag_field is not None else {}


def _masker(annotation: Any) -> Masker:
    """`hidden`, or `shown`, or a way through a container whose inside is marked."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return hidden if _personal(annotation.__metadata__) else _masker(arguments[0])
    if origin in (Union, UnionType):
        return _through_union([_masker(member) for member in arguments if member is not type(None)])
    if not arguments or origin is Secret or all(_masker(argument) is shown for argument in arguments):
        return shown
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _through_mapping(*(_masker(argument) for argument in arguments))
    if origin in (list, set, frozenset) or (origin is tuple and arguments[1:] == (...,)):
        return _through_items(_masker(arguments[0]))
    return hidden


def _personal(metadata: Iterable[Any]) -> bool:
    return any(isinstance(note, msgspec.Meta) and (note.extra or {}).get("privacy") == C2 for note in metadata)


def _through_union(members: list[Masker]) -> Masker:
    """Where it is not plain which member a value is, the strictest holds."""
    if all(member is shown for member in members):
        return shown
    if len(members) > 1:
        return hidden
    [only] = members
    return lambda value: None if value is None else only(value)


def _through_mapping(key: Masker, item: Masker) -> Masker:
    if key is not shown:
        return lambda _: MASK
    return lambda value: {str(name): item(inner) for name, inner in value.items()}


def _through_items(item: Masker) -> Masker:
    return lambda value: [item(inner) for inner in value]


def _flat(path: str, value: Any) -> Iterable[tuple[str, str]]:
    match value:
        case None:
            return
        case dict():
            for name, item in value.items():
                yield from _flat(f"{path}.{name}" if path else name, item)
        case list():
            for index, item in enumerate(value):
                yield from _flat(f"{path}.{index}", item)
        case bool():
            yield path, "true" if value else "false"
        case _:
            yield path, str(value)[:LONGEST_FACT]
