"""Reads what a bank sends: one place for every body and every query string."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeVar

import msgspec
from litestar import Request

from hub.errors import (
    FieldError,
    Invalid,
    KeyMissing,
    Malformed,
    NotAcceptable,
    TooLarge,
    WrongMediaType,
)
from hub.gateway import asked
from schemas.struct import WORDS

T = TypeVar("T")

MAX_BODY = 64 * 1024
MAX_CALLBACK = 256 * 1024
"""A partner may tell much at once: the offers of a hundred lenders."""
MAX_KEY = 255
MAX_FLAWS = 8
"""Places at fault that one answer names."""
LONGEST_PATH = 120

_AT = re.compile(r"(?s)(?P<message>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>.*)`)?")
_OWN_FIELD = re.compile(r"(?s)(?P<field>[a-z_]+(?:\.[a-z_0-9]+)*): (?P<message>.*)")
_PATTERN = re.compile(r"(?s)Expected `str` matching regex (?P<quoted>.*)")
_NO_CHOICE = "Invalid enum value "
_QUOTED_FIELD = re.compile(r"Object (?:contains unknown|missing required) field `(?P<field>[^`]*)`")
_IN_WORDS = {
    "Invalid RFC3339 encoded datetime": "must be a time: 2026-01-31T08:00:00+08:00 (in an address, + is %2B)",
    "Expected `datetime` with a timezone component": "must name its zone: 2026-01-31T08:00:00+08:00 (in an address, "
    "+ is %2B)",
    "Invalid RFC3339 encoded date": "must be a date: 2026-01-31",
}
KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")


class _FlawError(Exception):
    """What Python's parser takes and JSON does not: a key twice, or a number that is none."""


class _Object(list[tuple[str, Any]]):
    """An object as it was written, doubles and all."""


class _NoNumber(str):
    """NaN, or an infinity."""

    __slots__ = ()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _FlawError
    return found


def _no_number(_: str) -> None:
    raise _FlawError


_strict = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
_as_written = json.JSONDecoder(object_pairs_hook=_Object, parse_constant=_NoNumber)


async def read_json(request: Request[Any, Any, Any], decoder: msgspec.json.Decoder[T]) -> T:
    """The body as the operation's struct. Raises: WrongMediaType, TooLarge, Malformed, Invalid."""
    content_types = [each.partition(";")[0].strip().lower() for each in request.headers.getall("content-type", [])]
    if content_types != ["application/json"] or "content-encoding" in request.headers:
        raise WrongMediaType("send application/json, unencoded")
    return decode(await body_of(request), decoder)


def refuse_nul(request: Request[Any, Any, Any]) -> None:
    """No name, id or filter holds a NUL, and not every database can even be asked about one. Raises: Malformed."""
    if "\x00" in request.url.path or "%00" in request.url.query:
        raise Malformed("an address holds no NUL")


async def body_of(request: Request[Any, Any, Any], most: int = MAX_BODY) -> bytes:
    """The raw body, up to the limit. Raises: TooLarge."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > most:
        raise TooLarge(f"a body has at most {most} bytes")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge(f"a body has at most {most} bytes")
    return bytes(body)


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Raises: Malformed for what is no JSON object without doubles, Invalid for one that breaks the contract."""
    try:
        text = body.decode("utf-8")
        try:
            given = _strict.decode(text)
        except _FlawError:
            flaws = islice(_flaws(_as_written.decode(text), ""), MAX_FLAWS)
            raise Malformed("the body is no JSON as RFC 8259 has it", *flaws) from None
    except RecursionError:
        raise Malformed("the JSON is nested too deeply") from None
    except ValueError as error:
        raise Malformed(f"the body is no JSON in UTF-8: {_brief(error)}") from None
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        flaw = field_error(str(error), decoder.type, given)
        raise Invalid.at(flaw.field, flaw.message) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Malformed(f"the body is no JSON: {_brief(error)}") from None


def _flaws(written: Any, path: str) -> Iterator[FieldError]:
    """Every place where a key stands twice or a number is none, as the bank wrote it."""
    if isinstance(written, _NoNumber):
        yield _at(path, f"{written} is no number of JSON")
    elif isinstance(written, _Object):
        known = set()
        for name, value in written:
            place = (f"{path}.{name}" if path else name)[:LONGEST_PATH]
            if name in known:
                yield _at(place, "stands there twice")
            known.add(name)
            yield from _flaws(value, place)
    elif isinstance(written, list):
        for index, value in enumerate(written):
            yield from _flaws(value, f"{path}[{index}]"[:LONGEST_PATH])


def _at(path: str, message: str) -> FieldError:
    """A lone surrogate is a name that Python can read and nobody can write."""
    return FieldError(field=path.encode("utf-8", "replace").decode() or "body", message=message)


def _brief(error: Exception) -> str:
    """What the parser says, without a word of the body."""
    return str(error).partition(": '")[0][:120] if isinstance(error, json.JSONDecodeError) else type(error).__name__


def field_error(words: str, of: Any = None, given: Any = None) -> FieldError:
    """A validation message of msgspec's, or of a struct's own check, as the field at fault and what is wrong.

    Shape: `of` is the type that was asked for, `given` what came instead, where they are known.
    """
    found = _AT.fullmatch(words)
    message, place = (found["message"], found["path"] or "") if found else (words, "")
    path = _spelled(place, of, given, by_key=bool(found and found["key"]))
    inner = _QUOTED_FIELD.match(message) or _OWN_FIELD.fullmatch(message)
    if inner is not None:
        path = ".".join(filter(None, (path, inner["field"])))
        message = _in_words(message) if "message" not in inner.groupdict() else inner["message"]
    else:
        message = _asked_for(message, of, place)
    return _at(path[:LONGEST_PATH], message[:300])


def _spelled(place: str, of: Any, given: Any, *, by_key: bool) -> str:
    """A path with the key at fault, for which msgspec writes `[...]`, or nothing but where it stands."""
    before, within, after = (place, "", "") if by_key else place.partition("[...]")
    found = given is not None and (by_key or within) and "[...]" not in before  # the outer of two is not looked for
    key = asked.key_at_fault(of, before, given, itself=by_key) if found else None
    named = "" if key is None else f".{key}"
    return (before + named + after).removeprefix(".").replace("[...]", "")


def _in_words(message: str) -> str:
    return "is no field of this request" if "unknown" in message else "is missing"


def _asked_for(message: str, of: Any, place: str) -> str:
    """What is wanted, where msgspec's message says so in a programmer's words or not at all."""
    if (unmatched := _PATTERN.fullmatch(message)) is not None:
        found = (f"must be: {words}" for regex, words in WORDS.items() if repr(regex) == unmatched["quoted"])
        return next(found, message)
    if message.startswith(_NO_CHOICE) and (choices := asked.choices(of, place)):
        return f"must be one of: {', '.join(choices)}"
    return _IN_WORDS.get(message, message)


def authorization(request: Request[Any, Any, Any]) -> list[str]:
    """Every `Authorization` line, for the guard to judge."""
    return request.headers.getall("authorization", [])


def idempotency_key(request: Request[Any, Any, Any]) -> str:
    """Raises: KeyMissing, Malformed."""
    keys = request.headers.getall("idempotency-key", [])
    field = "Idempotency-Key"
    if not keys:
        error = FieldError(field=field, message="is missing")
        raise KeyMissing("send an Idempotency-Key header of your own making: repeat it to repeat the call", error)
    if len(keys) > 1 or not KEY.fullmatch(keys[0]):
        error = FieldError(field=field, message=f"takes 1 to {MAX_KEY} printable ASCII characters, once")
        raise Malformed("the Idempotency-Key cannot be used", error)
    return str(keys[0])


def must_accept_json(request: Request[Any, Any, Any]) -> None:
    """Raises: NotAcceptable."""
    lines = request.headers.getall("accept", [])
    if not lines:
        return
    for part in ",".join(lines).split(","):  # several lines are one list (RFC 9110, section 5.3)
        kind, _, parameters = part.strip().lower().partition(";")
        if re.search(r"(?:^|;)\s*q=0(?:\.0{0,3})?\s*(?:;|$)", parameters):
            continue
        if kind.strip() in ("*/*", "application/*", "application/json"):
            return
    raise NotAcceptable("the hub answers in application/json")
