"""Reads what OAuth endpoints take: one form, each parameter once (RFC 6749, section 3.2 and appendix B)."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from hub.identity.refusals import OAuthRefusal

FORM = "application/x-www-form-urlencoded"
MAX_BODY = 32 * 1024
MAX_PARAMETERS = 32


async def read_form(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The parameters; one without a value counts as omitted. Raises: OAuthRefusal."""
    if request.headers.get("authorization") is not None:
        raise OAuthRefusal("invalid_client", "authenticate in the form alone, with private_key_jwt", 401)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM or "content-encoding" in request.headers:
        raise OAuthRefusal("invalid_request", f"send {FORM}, unencoded")
    return parse(await _body(request))


def parse(body: bytes) -> dict[str, str]:
    """Raises: OAuthRefusal."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        raise OAuthRefusal("invalid_request", "the body is no form, or a longer one than any request needs") from None
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise OAuthRefusal("invalid_request", f"{twice[:40]} is there more than once")
    return {name: value for name, value in pairs if value}


async def _body(request: Request[Any, Any, Any]) -> bytes:
    announced = request.headers.get("content-length", "0")
    body = bytearray()
    if announced.isdecimal() and len(announced) < 10 and int(announced) <= MAX_BODY:  # noqa: PLR2004 - digits
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                break
        else:
            return bytes(body)
    raise OAuthRefusal("invalid_request", f"the body is longer than {MAX_BODY} bytes", 413)
