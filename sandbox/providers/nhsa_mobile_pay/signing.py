"""SM2 over a canonical text: sorted fields, nested objects as compact JSON of strings, the secret at the end."""

import json
from base64 import b64decode, b64encode
from typing import Any

from gmalg import SM2

from sandbox.stand.sm2 import quick

_LEFT_OUT = frozenset({"signData", "encData", "extra"})
_HALF = 32


def sign_text(fields: dict[str, Any], secret: str) -> str:
    """Step 1 of the recipe. Numbers must have been read as text, so that they stand here as they were sent."""
    stated = {name: _stated(value) for name, value in fields.items() if name not in _LEFT_OUT}
    pieces = [f"{name}={_shown(value)}&" for name, value in stated.items() if not _empty(value)]
    return "".join(sorted(pieces, key=str.lower)) + f"key={secret}"


def read_for_signing(text: str) -> Any:
    """JSON with every number kept as the text it was."""
    return json.loads(text, parse_float=str, parse_int=str)


def sign(text: str, private_key: bytes, public_key: bytes, user_id: bytes) -> str:
    """Base64 of the plain 64 bytes r‖s. Takes some milliseconds: never on the event loop."""
    halves = quick(SM2(private_key, user_id, public_key)).sign(text.encode())
    return b64encode(b"".join(half.rjust(_HALF, b"\0") for half in halves)).decode()


def verifies(signature: str, text: str, public_key: bytes, user_id: bytes) -> bool:
    """As slow as signing."""
    try:
        raw = b64decode(signature, validate=True)
        if len(raw) != 2 * _HALF:
            return False
        return bool(quick(SM2(uid=user_id, pk=public_key)).verify(text.encode(), raw[:_HALF], raw[_HALF:]))
    except ValueError:
        return False


def _stated(value: Any) -> Any:
    if isinstance(value, dict):
        members = ((name, _stated(each)) for name, each in sorted(value.items()))
        return {name: each for name, each in members if not _empty(each)}
    if isinstance(value, list):
        return [each for each in map(_stated, value) if not _empty(each)]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def _empty(value: Any) -> bool:
    return value is None or value in ("", [])


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
