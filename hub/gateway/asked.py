"""What the contract asks for at one place of a request: looked up once something is wrong there, and not before.

Shape: places are told as msgspec tells them, `.legs[2].name`, and `[...]` for a value under any key.
"""

import re
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

_STEP = re.compile(r"\.(?P<field>[^.\[]+)|\[(?P<index>[0-9]+)\]|\[\.\.\.\]")


def choices(of: Any, path: str) -> list[str]:
    """What an enumeration takes."""
    kinds = [kind for kind in _at(of, path) if get_origin(kind) is Literal]
    return [str(choice) for kind in kinds for choice in get_args(kind)]


def key_at_fault(of: Any, path: str, given: Any, *, itself: bool) -> str | None:
    """The first key of an object that breaks its rule, or whose value does, where `itself` is false."""
    for step in _STEP.finditer(path):
        given = given[int(step["index"]) if step["index"] else step["field"]]
    for kind in _at(of, path):
        if get_origin(kind) is dict and isinstance(given, Mapping):
            rule = get_args(kind)[0 if itself else 1]
            return next((key for key, value in given.items() if _breaks(rule, key if itself else value)), None)
    return None


def _breaks(rule: Any, value: Any) -> bool:
    try:
        msgspec.convert(value, rule)
    except msgspec.ValidationError:
        return True
    return False


def _at(of: Any, path: str) -> list[Any]:
    """The types at a place: several for a union."""
    kinds = list(_members(of))
    for step in _STEP.finditer(path):
        kinds = [member for kind in kinds for inner in _within(kind, step["field"]) for member in _members(inner)]
    return kinds


def _within(kind: Any, field: str | None) -> Iterator[Any]:
    """The type of a struct's field, of a list's items, or of an object's values."""
    if field is None:
        yield from get_args(kind)[-1:]
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind, include_extras=True)
        yield from [hints[field]] if field in hints else []


def _members(of: Any) -> Iterator[Any]:
    if get_origin(of) is Annotated:
        yield from _members(get_args(of)[0])
    elif get_origin(of) in (Union, UnionType):
        for member in get_args(of):
            yield from _members(member)
    else:
        yield of
