"""Reads what a bank sends: one place for every body and every query string."""

import json
import re
from typing import Any, TypeVar

import msgspec
from litestar import Request

from hub.errors import FieldError, Invalid, KeyMissing, Malformed, NotAcceptable, TooLarge, WrongMediaType

T = TypeVar("T")

MAX_BODY = 64 * 1024
MAX_KEY = 255

_AT = re.compile(r"(?s)(?P<message>.*?)(?: - at `\$(?P<path>.*)`)?")
_OWN_FIELD = re.compile(r"(?s)(?P<field>[a-z_]+(?:\.[a-z_0-9]+)*): (?P<message>.*)")
_QUOTED_FIELD = re.compile(r"Object (?:contains unknown|missing required) field `(?P<field>[^`]*)`")
_KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")


class _DuplicateKeyError(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateKeyError(next(name for name in names if names.count(name) > 1))
    return found


_strict = json.JSONDecoder(object_pairs_hook=_once)


async def read_json(request: Request[Any, Any, Any], decoder: msgspec.json.Decoder[T]) -> T:
    """The body as the operation's struct. Raises: WrongMediaType, TooLarge, Malformed, Invalid."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json" or "content-encoding" in request.headers:
        raise WrongMediaType("send application/json, unencoded")
    return decode(await body_of(request), decoder)


async def body_of(request: Request[Any, Any, Any]) -> bytes:
    """The raw body, up to the limit. Raises: TooLarge."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > MAX_BODY:
        raise TooLarge(f"a body has at most {MAX_BODY} bytes")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLarge(f"a body has at most {MAX_BODY} bytes")
    return bytes(body)


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Raises: Malformed for what is no JSON object without doubles, Invalid for one that breaks the contract."""
    try:
        _strict.decode(body.decode("utf-8"))
    except _DuplicateKeyError as error:
        problem = FieldError(field=error.key[:80], message="stands there twice")
        raise Malformed("the JSON object has a key twice", problem) from None
    except RecursionError:
        raise Malformed("the JSON is nested too deeply") from None
    except ValueError as error:
        raise Malformed(f"the body is no JSON in UTF-8: {_brief(error)}") from None
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Invalid("the request breaks the contract", field_error(str(error))) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Malformed(f"the body is no JSON: {_brief(error)}") from None


def _brief(error: Exception) -> str:
    """What the parser says, without a word of the body."""
    return str(error).partition(": '")[0][:120] if isinstance(error, json.JSONDecodeError) else type(error).__name__


def field_error(words: str) -> FieldError:
    """A validation message of msgspec's, or of a struct's own check, as the field at fault and what is wrong."""
    found = _AT.fullmatch(words)
    message, path = (found["message"], found["path"] or "") if found else (words, "")
    path = path.removeprefix(".")
    inner = _QUOTED_FIELD.match(message) or _OWN_FIELD.fullmatch(message)
    if inner is not None:
        path = ".".join(filter(None, (path, inner["field"])))
        message = _in_words(message) if "message" not in inner.groupdict() else inner["message"]
    return FieldError(field=path[:120] or "body", message=message[:300])


def _in_words(message: str) -> str:
    return "is no field of this request" if "unknown" in message else "is missing"


def idempotency_key(request: Request[Any, Any, Any]) -> str:
    """Raises: KeyMissing, Malformed."""
    keys = request.headers.getall("idempotency-key", [])
    field = "Idempotency-Key"
    if not keys:
        error = FieldError(field=field, message="is missing")
        raise KeyMissing("send an Idempotency-Key header of your own making: repeat it to repeat the call", error)
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        error = FieldError(field=field, message=f"takes 1 to {MAX_KEY} printable ASCII characters, once")
        raise Malformed("the Idempotency-Key cannot be used", error)
    return str(keys[0])


def must_accept_json(request: Request[Any, Any, Any]) -> None:
    """Raises: NotAcceptable."""
    accepted = request.headers.get("accept")
    if accepted is None:
        return
    for part in accepted.split(","):
        kind, _, parameters = part.strip().lower().partition(";")
        if re.search(r"(?:^|;)\s*q=0(?:\.0{0,3})?\s*(?:;|$)", parameters):
            continue
        if kind.strip() in ("*/*", "application/*", "application/json"):
            return
    raise NotAcceptable("the hub answers in application/json")
