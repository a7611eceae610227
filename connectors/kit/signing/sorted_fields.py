"""The texts that partners have signed instead of what travels: fields, sorted and strung together.

Source: partners/social-security-and-medical.md, B3 (the NHSA recipe); partners/rights.md, E1 and E2 (the others).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias, Union

import msgspec

Value: TypeAlias = Union[str, int, Decimal, Sequence["Value"], Mapping[str, "Value"], None]  # noqa: UP007 - recursive
Kept: TypeAlias = Union[str, list["Kept"], dict[str, "Kept"]]  # noqa: UP007 - recursive

NEVER_SIGNED = frozenset({"signData", "encData", "extra"})


def nhsa_text(fields: Mapping[str, Value], secret: str) -> str:
    """`key=value&` of every field that is not empty, sorted regardless of case, then `key=<secret>`.

    What is nested becomes compact JSON, its keys sorted and every scalar a string. A number is written as it was read,
    so decode JSON with `parse_float=Decimal`: 1.10 and 1.1 are two texts.

    Raises: ValueError for a float.
    """
    kept = {key: value for key in sorted(fields.keys() - NEVER_SIGNED) if (value := _kept(fields[key])) is not None}
    pieces = [f"{key}={value if isinstance(value, str) else _compact(value)}&" for key, value in kept.items()]
    return "".join(sorted(pieces, key=str.lower)) + f"key={secret}"


def query_text(fields: Mapping[str, str], suffix: str = "") -> str:
    """`k=v&k=v`, sorted by key in the order of ASCII (PHP's ksort), nothing escaped; then the suffix, as it is."""
    return "&".join(f"{key}={fields[key]}" for key in sorted(fields)) + suffix


def characters_of_fields(fields: Mapping[str, str], secret: str) -> str:
    """The characters of the fields' JSON without `sign`, sorted one by one, then the secret.

    The JSON is compact and escapes neither slashes nor Chinese, whatever travels (PHP's flag 320). Two fields that
    swap a digit give the same text: it proves little, and is for talking to those who demand it.
    """
    return characters_of_text(_compact({key: value for key, value in fields.items() if key != "sign"}), secret)


def characters_of_text(text: str, secret: str) -> str:
    """The characters of a text, such as a reply's `result`, sorted one by one, then the secret."""
    return "".join(sorted(text)) + secret


def _kept(value: Value) -> Kept | None:
    """A value with its scalars as strings; None for what is empty: null, "", and an array of nothing but those."""
    if isinstance(value, float):
        raise ValueError("a float has lost how it was written: read numbers as Decimal")  # noqa: TRY004 - see above
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, Mapping):
        return {key: kept for key in sorted(value) if (kept := _kept(value[key])) is not None}
    if isinstance(value, Sequence):
        return [kept for item in value if (kept := _kept(item)) is not None] or None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _compact(value: object) -> str:
    return msgspec.json.encode(value).decode()
